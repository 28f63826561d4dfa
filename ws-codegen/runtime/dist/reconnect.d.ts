/** When to come back after a loss: the policy of section 7 of the protocol. Pure: no timers, no sockets. */
import type { Bye } from "./frames.js";
/** How long a connection has to last until the failures before it are forgotten. */
export declare const STABLE_AFTER = 10000;
/** Whether a close code says that the client must not come back: 1000, and 4500 to 4999. */
export declare function isFinal(code: number): boolean;
/**
 * How many milliseconds to wait before the next attempt.
 *
 * With full jitter: anywhere between 0 and the ceiling, so that the clients of a server that went down do not come back
 * in step. Bounds of the server replace the ceiling, unless connections keep breaking: then they only add to it, so that
 * no server can make its clients reconnect in a tight loop.
 *
 * @param failures attempts since the last stable connection; 0 when it is the stable one that was lost
 * @param random a number from 0 to 1
 */
export declare function reconnectDelay(failures: number, random: number, bounds?: Bye["reconnectIn"]): number;
