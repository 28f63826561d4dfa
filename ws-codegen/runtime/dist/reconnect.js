/** When to come back after a loss: the policy of section 7 of the protocol. Pure: no timers, no sockets. */
/** The ceiling of the first delay, in milliseconds; it doubles with every failure in a row. */
const FIRST_CEILING = 500;
/** The ceiling that the delays of a long outage stay under. */
const LAST_CEILING = 20_000;
/** How long a connection has to last until the failures before it are forgotten. */
export const STABLE_AFTER = 10_000;
/** Whether a close code says that the client must not come back: 1000, and 4500 to 4999. */
export function isFinal(code) {
    return code === 1000 || (code >= 4500 && code <= 4999);
}
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
export function reconnectDelay(failures, random, bounds) {
    const jitter = random * Math.min(LAST_CEILING, FIRST_CEILING * 2 ** Math.max(0, failures - 1));
    if (!bounds)
        return jitter;
    const [least, most] = bounds;
    return least + random * (most - least) + (failures > 1 ? jitter : 0);
}
