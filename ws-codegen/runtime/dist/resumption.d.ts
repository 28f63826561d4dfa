/**
 * What one connection leaves to the next: its id, and the last position of each channel that keeps history, which lets the
 * server send what was missed. In memory: a page that is loaded anew starts without them.
 */
import type { Hello, Joined, Place } from "./frames.js";
/**
 * How many channels are remembered: those that were heard last. Bounded because all of them travel in `hello`, which has
 * to stay below the server's limit for messages.
 */
export declare const MAX_CHANNELS = 256;
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
