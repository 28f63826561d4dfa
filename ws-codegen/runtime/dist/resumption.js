/**
 * What one connection leaves to the next: its id, and the last position of each channel that keeps history, which lets the
 * server send what was missed. In memory: a page that is loaded anew starts without them.
 */
/**
 * How many channels are remembered: those that were heard last. A server admits a client to 64 channels by default. Bounded
 * because all of them travel in `hello`, and a `hello` above the server's limit for messages would never be welcomed.
 */
export const MAX_CHANNELS = 100;
/** Starts with nothing. */
export function createResumption() {
    const positions = new Map();
    let offered = new Set();
    const move = ({ channel, pos }) => {
        positions.delete(channel);
        positions.set(channel, pos);
        const [oldest = ""] = positions.keys();
        if (positions.size > MAX_CHANNELS)
            positions.delete(oldest);
    };
    return {
        move,
        joined(joined) {
            // Not resumed from a position that we gave: a gap follows. Until it is here the old position stays, so that a
            // client whose connection breaks in between is told about the gap on the next one.
            const gapFollows = offered.delete(joined.channel) && joined.resumed !== true;
            if (!gapFollows)
                move(joined);
        },
        offer() {
            offered = new Set(positions.keys());
            // fromEntries defines own members, so a channel named `__proto__` is a member like any other.
            return positions.size ? Object.fromEntries(positions) : undefined;
        },
    };
}
