/**
 * What one connection leaves to the next: its id, and the last position of each channel that keeps history, which lets the
 * server send what was missed. In memory: a page that is loaded anew starts without them.
 */
import type { Hello, Joined, Place } from "./frames.js";
/**
 * How many channels are remembered: those that were heard last. A server admits a client to 64 channels by default. Bounded
 * because all of them travel in `hello`, and a `hello` above the server's limit for messages would never be welcomed.
 */
export declare const MAX_CHANNELS = 100;
/** Remembers. */
export interface Resumption {
    /** The id of the latest connection. */
    connection?: string;
    /** An event, or a gap, told where its channel stands. */
    move(place: Place): void;
    /** The server registered this client in a channel. */
    joined(joined: Joined): void;
    /** The positions for the next `hello`; nothing while no channel is known. */
    offer(): Hello["resume"];
}
/** Starts with nothing. */
export declare function createResumption(): Resumption;
