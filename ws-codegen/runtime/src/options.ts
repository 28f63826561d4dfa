/** What an application may choose when it connects, and what it gets when it does not. */

import type { Clock } from "./clock.js";
import type { Validate } from "./payloads.js";
import type { SocketConstructor } from "./socket.js";

/** All of them are optional. */
export interface ConnectOptions {
  /**
   * Gives the credentials that go into `hello`; asked before every attempt, so that an expired token is replaced. When it
   * throws or rejects, that is reported, and the next attempt asks again.
   *
   * @example
   * connectChat(url, { token: async () => (await fetch("/token")).text() });
   */
  readonly token?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /** How many messages wait while there is no connection; further ones are refused. 100 by default. */
  readonly queueLimit?: number | undefined;
  /**
   * How long a call waits for its answer, in milliseconds, when it does not say so itself. 35,000 by default: a little more
   * than a server gives its handlers, so that the server's own `ws.timeout` comes first.
   */
  readonly callTimeoutMs?: number | undefined;
  /** How long one attempt may take, from asking for the token to `welcome`, in milliseconds. 20,000 by default. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Judges what the server sends before the application sees it; made by `validateWith`. Without it the server is trusted:
   * it was compiled against the same contract.
   */
  readonly validate?: Validate | undefined;
  /** The WebSocket to use; the global one by default. Node.js before 22 has none: give the one of the package `ws`. */
  readonly WebSocket?: SocketConstructor | undefined;
  /** Time and chance, for tests. */
  readonly clock?: Clock | undefined;
}
