/**
 * One attempt to be connected, from the token to the loss: opens a socket, says `hello`, answers pings, notices silence.
 * Nothing but `hello` and pongs leave before `ready` is here. Knows nothing of what comes before and after this connection.
 */

import type { Cancel, Clock } from "./clock.js";
import { describe } from "./errors.js";
import { type Bye, parseServerFrame, PONG, type ServerFrame, SUBPROTOCOL } from "./frames.js";
import { STABLE_AFTER } from "./reconnect.js";
import type { Socket, SocketConstructor } from "./socket.js";

/** How much longer than the server's interval of pings a silence may last, in milliseconds. */
const GRACE = 10_000;

/** How long the server may take to close a connection after its `bye`, in milliseconds. */
const BYE_DEADLINE = 5_000;

/** How a connection ended: as the server announced it, or else as the socket broke. */
export interface Loss extends Bye {
  /** Whether the connection had held for long enough to forget the failures before it. */
  readonly stable: boolean;
  /** Whether there was a socket that opened. */
  readonly opened: boolean;
  /** What was thrown, when there was no token, or no socket for that address; absent where nothing was. */
  readonly cause?: unknown;
}

/** What one attempt needs. */
export interface ConnectionOptions {
  readonly url: string;
  readonly WebSocket: SocketConstructor;
  readonly clock: Clock;
  /** How long everything up to `welcome` may take, in milliseconds. */
  readonly timeoutMs: number;
  /**
   * Takes its time to find a token, and then gives what writes the first message. That is called when the message leaves, and
   * not for an attempt that was given up meanwhile: what it says is what the server knows.
   */
  hello(): Promise<() => string>;
}

/** What one attempt tells. */
export interface ConnectionEvents {
  /** A message, if it is no ping. From `ready` until `bye` the socket takes messages. */
  receive(frame: ServerFrame, socket: Socket): void;
  /** The connection is gone. Comes once, and last. */
  lose(loss: Loss): void;
}

/** A connection, or the attempt to get one. */
export interface Connection {
  /** Ends it. None of its events comes after that. */
  close(code: number, reason?: string): void;
}

/** Starts an attempt. Its first event comes after the caller is done. */
export function openConnection(options: ConnectionOptions, events: ConnectionEvents): Connection {
  const { url, WebSocket, clock, timeoutMs, hello } = options;
  let socket: Socket | undefined;
  let bye: Bye | undefined;
  let over = false;
  /** How long a silence may last: known from `welcome` until `bye`. */
  let patience = 0;
  let opened = false;
  /** What the environment said of the last error. Browsers say nothing. */
  let problem = "";
  let stableAt = Infinity;
  let cancelTimer: Cancel | undefined;

  const close: Connection["close"] = (code, reason) => {
    over = true;
    cancelTimer?.();
    socket?.close(code, reason);
  };
  const lose = (code: number, reason: string, rest?: { readonly cause: unknown }): void => {
    if (over) return;
    // Without effect where the socket is closed already.
    close(4012);
    events.lose({ code, reason, ...bye, stable: clock.now() >= stableAt, opened, ...rest });
  };
  const expectLifeWithin = (milliseconds: number): void => {
    cancelTimer?.();
    cancelTimer = clock.after(milliseconds, () => lose(4012, "no sign of life"));
  };

  const receive = (data: unknown, from: Socket): void => {
    if (over) return;
    const frame = parseServerFrame(data);
    if (frame.kind === "welcome") patience = frame.welcome.ping + GRACE;
    if (frame.kind === "ready") stableAt = clock.now() + STABLE_AFTER;
    if (frame.kind === "bye") {
      bye = frame.bye;
      patience = 0;
      expectLifeWithin(BYE_DEADLINE);
    }
    if (patience) expectLifeWithin(patience);
    if (frame.kind !== "ping") events.receive(frame, from);
    else if (patience) from.send(PONG);
  };

  const start = async (): Promise<void> => {
    try {
      const greeting = await hello();
      if (over) return;
      const made = new WebSocket(url, [SUBPROTOCOL]);
      socket = made;
      made.addEventListener("open", () => {
        opened = true;
        if (!over) made.send(greeting());
      });
      made.addEventListener("message", ({ data }) => receive(data, made));
      // A close event follows every error event. The error may know the reason, and some sockets throw if nobody listens.
      made.addEventListener("error", (event) => (problem = (event as { message?: string }).message ?? ""));
      made.addEventListener("close", ({ code, reason }) => lose(code, reason || problem));
    } catch (cause) {
      lose(1006, describe(cause), { cause });
    }
  };

  expectLifeWithin(timeoutMs);
  void start();
  return { close };
}
