/** The options of a connection, and their defaults. */

import type { Clock } from "./clock.js";
import type { Validate } from "./payloads.js";
import type { SocketConstructor } from "./socket.js";

/** The options of a connection. All of them are optional. */
export interface ConnectOptions {
  /**
   * Provides the credentials for `hello`. It is called before every attempt, so that an expired token is replaced. If
   * it throws or rejects, this is reported, and the next attempt calls it again.
   *
   * @example
   * connectChat(url, { token: async () => (await fetch("/token")).text() });
   */
  readonly token?: (() => string | undefined | Promise<string | undefined>) | undefined;
  /** How many messages may wait while there is no connection; further ones are refused. The default is 100. */
  readonly queueLimit?: number | undefined;
  /**
   * How long a call waits for its answer, in milliseconds, unless the call itself sets a timeout. The default is
   * 35,000, a little more than a server gives its handlers, so that the server's own `ws.timeout` comes first.
   */
  readonly callTimeoutMs?: number | undefined;
  /** How long one attempt may take, from asking for the token to `welcome`, in milliseconds. The default is 20,000. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Checks what the server sends before the application sees it. Create it with `validateWith`. Without it, the server
   * is trusted, because it was compiled against the same contract.
   */
  readonly validate?: Validate | undefined;
  /**
   * The WebSocket to use. The default is the global one. Node.js before version 22 has none: pass that of the package
   * `ws`.
   */
  readonly WebSocket?: SocketConstructor | undefined;
  /** The source of time and randomness, for tests. */
  readonly clock?: Clock | undefined;
}
