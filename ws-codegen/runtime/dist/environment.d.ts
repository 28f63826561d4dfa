/**
 * The globals that exist in some environments and not in others. They are read at the moment of use, never at import, and
 * described here so that the sources compile with the DOM's types, with Node's, or with both.
 */
import type { SocketConstructor } from "./socket.js";
/** The page or worker around the client, as far as there is one. */
export interface Environment {
    readonly WebSocket?: SocketConstructor;
    readonly location?: {
        readonly href: string;
    };
    readonly document?: EventSource & {
        readonly visibilityState: string;
    };
    readonly addEventListener?: EventSource["addEventListener"];
    readonly removeEventListener?: EventSource["removeEventListener"];
}
interface EventSource {
    addEventListener(type: string, listener: () => void): void;
    removeEventListener(type: string, listener: () => void): void;
}
/** What is there now. */
export declare function environment(): Environment;
/**
 * Calls `wake` when the network comes back, or when the page becomes visible: timers sleep in hidden pages. Returns the
 * function that stops it. Does nothing where there is no page.
 */
export declare function watchWakeUps(wake: () => void): () => void;
export {};
