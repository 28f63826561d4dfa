/**
 * What one connection leaves to the next: its id, and the last position of each channel that keeps history, which lets the
 * server send what was missed. In memory: a page that is loaded anew starts without them.
 *
 * Positions travel in `hello`, and one that is longer than what the server takes would never be welcomed. So those that were
 * heard last are offered, as many as fit. Of any other channel the application is told a gap when this client is in it again:
 * nothing is lost silently.
 */
import { type Gap, type Hello, type Joined, type Place } from "./frames.js";
/**
 * How many channels are remembered: those that were heard last. Bounded because a server can name channels without end. Once
 * there are so many, one that is not among them may have been forgotten, and counts as one that was known.
 */
export declare const MAX_CHANNELS = 10000;
/** Remembers. */
export interface Resumption {
    /** The id of the latest connection. */
    connection?: string;
    /** The most bytes of a `hello`: what the latest server takes, until one turns out to take less. */
    max: number;
    /** An event, or a gap, told where its channel stands. */
    move(place: Place): void;
    /** The server registered this client in a channel. Returns the gap that the server cannot tell: only the client knows it. */
    joined(joined: Joined): Gap | undefined;
    /** Writes the next `hello`, with the positions that fit. */
    hello(rest: Hello): string;
}
/** Starts with nothing. */
export declare function createResumption(): Resumption;
