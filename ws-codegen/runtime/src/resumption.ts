/**
 * What one connection leaves to the next: its id, and the last position of each channel that keeps history, which lets the
 * server send what was missed. In memory: a page that is loaded anew starts without them.
 *
 * Positions travel in `hello`, and one that is longer than what the server takes would never be welcomed. So those that were
 * heard last are offered, as many as fit. Of any other channel the application is told a gap when this client is in it again:
 * nothing is lost silently.
 */

import { byteLength, encodeHello, type Gap, type Hello, type Joined, type Place } from "./frames.js";

/**
 * How many channels are remembered: those that were heard last. Bounded because a server can name channels without end. Once
 * there are so many, one that is not among them may have been forgotten, and counts as one that was known.
 */
export const MAX_CHANNELS = 10_000;

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
export function createResumption(): Resumption {
  const positions = new Map<string, string>();
  /** What was known when this connection began, of channels that were not joined since. No position where it did not fit. */
  let offered = new Map<string, string | undefined>();
  /** Whether channels may have been forgotten when this connection began. */
  let isFull = false;

  const move = ({ channel, pos }: Place): void => {
    positions.delete(channel);
    positions.set(channel, pos);
    const [oldest = ""] = positions.keys();
    if (positions.size > MAX_CHANNELS) positions.delete(oldest);
  };
  const resumption: Resumption = {
    max: 0,
    move,
    joined(joined) {
      const { channel, pos, resumed } = joined;
      const last = offered.get(channel);
      const wasKnown = offered.delete(channel) || (isFull && !positions.has(channel));
      // Where it stands as it did, nothing is missing.
      if (resumed === true || !wasKnown || positions.get(channel) === pos) move(joined);
      // Not resumed from a position that we gave: a gap follows. Until it is here the old position stays, so that a
      // client whose connection breaks in between is told about the gap on the next one. Where we gave none, nobody tells.
      else if (last === undefined) return { channel, why: "unavailable", pos };
      return undefined;
    },
    hello(rest) {
      const hello = { ...rest, connection: resumption.connection, resume: {} };
      let room = resumption.max - byteLength(encodeHello(hello));
      offered = new Map(
        [...positions].reverse().map((place) => {
          // The brackets and the comma of this are one byte more than the colon and the comma of a member.
          room -= byteLength(JSON.stringify(place)) - 1;
          return [place[0], room < 0 ? undefined : place[1]];
        }),
      );
      isFull = offered.size >= MAX_CHANNELS;
      // fromEntries defines own members, so a channel named `__proto__` is a member like any other.
      return encodeHello({ ...hello, resume: offered.size ? Object.fromEntries(offered) : undefined });
    },
  };
  return resumption;
}
