/**
 * The globals that exist in some environments and not in others. They are read at the moment of use, never at import, and
 * described here so that the sources compile with the DOM's types, with Node's, or with both.
 */
import type { SocketConstructor } from "./socket.js";
/** The page or worker around the client, as far as there is one. */
interface Environment extends Partial<Source> {
    readonly WebSocket?: SocketConstructor;
    readonly location?: {
        readonly href: string;
    };
    readonly document?: Source & {
        readonly hidden: boolean;
    };
}
interface Source {
    addEventListener(type: string, listener: () => void, options: {
        readonly signal: AbortSignal;
    }): void;
}
/** What is there now. */
export declare function environment(): Environment;
/**
 * The address of a WebSocket, in full. Throws where it is relative and there is no page to begin from: in Node.js, and in a
 * worker that was made of a Blob.
 */
export declare function resolve(url: string | URL): string;
/**
 * Calls `wake` when the network comes back, and when the page becomes visible: timers sleep in hidden pages. Does nothing
 * where there is no page.
 *
 * @param until aborted when that is no longer wanted
 */
export declare function watchWakeUps(wake: () => void, until: {
    readonly signal: AbortSignal;
}): void;
export {};
