/**
 * The last position of each channel that keeps history, which lets the server send what was missed. In memory: a page that
 * is loaded anew starts without them.
 */
import type { Joined } from "./frames.js";
/**
 * How many channels are remembered: those that were heard last. Bounded because all of them travel in `hello`, which has
 * to stay below the server's limit for messages.
 */
export declare const MAX_CHANNELS = 256;
/** Remembers positions. */
export interface Positions {
    /** An event, or a gap, told where its channel stands. */
    moved(channel: string, pos: string): void;
    /** The server registered this client in a channel. */
    joined(joined: Joined): void;
    /** What goes into `hello`; nothing while no channel is known. */
    resume(): Readonly<Record<string, string>> | undefined;
}
/** Starts without any position. */
export declare function createPositions(): Positions;
