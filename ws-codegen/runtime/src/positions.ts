/**
 * The last position of each channel that keeps history, which lets the server send what was missed. In memory: a page that
 * is loaded anew starts without them.
 */

import type { Joined } from "./frames.js";

/**
 * How many channels are remembered: those that were heard last. Bounded because all of them travel in `hello`, which has
 * to stay below the server's limit for messages.
 */
export const MAX_CHANNELS = 256;

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
export function createPositions(): Positions {
  const positions = new Map<string, string>();
  let offered = new Set<string>();
  const moved = (channel: string, pos: string): void => {
    positions.delete(channel);
    positions.set(channel, pos);
    if (positions.size > MAX_CHANNELS) for (const [oldest] of positions) return void positions.delete(oldest);
  };
  return {
    moved,
    joined({ channel, pos, resumed }) {
      // Not resumed from a position that we gave: a gap follows. Until it is here the old position stays, so that a
      // client whose connection breaks in between is told about the gap on the next one.
      const gapFollows = offered.delete(channel) && !resumed;
      if (!gapFollows) moved(channel, pos);
    },
    resume() {
      offered = new Set(positions.keys());
      // fromEntries defines own members, so a channel named `__proto__` is a member like any other.
      return positions.size ? Object.fromEntries(positions) : undefined;
    },
  };
}
