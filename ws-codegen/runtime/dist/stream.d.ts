/** Events as an async iterator, for `for await`. */
import type { Listener, Unsubscribe } from "./listeners.js";
/** The options of a stream. */
export interface StreamOptions {
    /** Ends the loop when it is aborted. */
    readonly signal?: AbortSignal | undefined;
    /** How many events may wait while the loop is busy. The default is 1,000. */
    readonly buffer?: number | undefined;
}
/**
 * Thrown into a loop that is more events behind than its buffer holds. The buffered events are delivered first: the
 * stream is complete up to this error, and ends with it.
 */
export declare class StreamOverflowError extends Error {
}
/** Registers a listener. */
export type Subscribe<Value> = (listener: Listener<Value>) => Unsubscribe;
/**
 * Makes a stream of what `subscribe` tells, from now on until the client ends, the signal is aborted, or the loop is left.
 * What was buffered when the client ended is still delivered.
 */
export declare function createStream<Value>(subscribe: Subscribe<Value>, end: AbortSignal, { signal, buffer }?: StreamOptions): AsyncIterableIterator<Value>;
