/**
 * Keeps a client connected: one connection after the other, with the waits between them that the policy asks for, until it
 * is closed. Owns the state that the application sees.
 */

import type { Cancel, Clock } from "./clock.js";
import type { Connection, ConnectionEvents, Loss } from "./connection.js";
import type { Welcome } from "./frames.js";
import type { Wire } from "./outbox.js";
import { isFinal, reconnectDelay, STABLE_AFTER } from "./reconnect.js";
import type { ConnectionState } from "./state.js";

/** What a session needs to open a connection and to tell about it. */
export interface SessionOptions {
  readonly clock: Clock;
  /** Opens one connection. */
  connect(events: ConnectionEvents): Connection;
  /** What happens to messages and failures: not the session's business. */
  readonly received: ConnectionEvents["received"];
  readonly failed: ConnectionEvents["failed"];
  /** A connection is open, and takes messages. */
  opened(welcome: Welcome, wire: Wire): void;
  /** The connection takes no more messages; replies may still come. */
  closing(): void;
  /** The connection is gone. */
  lost(): void;
  /** There will be no further one. */
  ended(reason: string): void;
  /** The state has changed. */
  moved(state: ConnectionState): void;
}

/** A session that goes on. */
export interface Session {
  /** Tries now if it waits, unless the server has asked for that wait. */
  wake(): void;
  /** Ends it for ever. */
  close(): void;
}

/** Starts with the first attempt. The caller has already told the application that it is `connecting`. */
export function startSession(options: SessionOptions): Session {
  const { clock } = options;
  let attempt = 1;
  let stableAt = Infinity;
  let connection: Connection | undefined;
  let wait: { readonly cancel: Cancel; readonly paced: boolean } | undefined;
  let over = false;

  const connect = (): void => {
    connection = options.connect({
      opened(welcome, wire) {
        stableAt = clock.now() + STABLE_AFTER;
        options.opened(welcome, wire);
        options.moved({ status: "open", connection: welcome.connection, contract: welcome.contract });
      },
      closing: options.closing,
      received: options.received,
      failed: options.failed,
      lost,
    });
  };
  const retry = (): void => {
    wait = undefined;
    options.moved({ status: "connecting", attempt });
    if (!over) connect();
  };
  const lost = ({ code, reason, reconnectIn }: Loss): void => {
    options.lost();
    if (isFinal(code)) return end(code, reason || `the server closed with ${code}`);
    if (clock.now() >= stableAt) attempt = 0;
    stableAt = Infinity;
    const delay = reconnectDelay(attempt++, clock.random(), reconnectIn);
    wait = { cancel: clock.after(delay, retry), paced: reconnectIn !== undefined };
    options.moved({ status: "waiting", attempt, retryAt: clock.now() + delay, code, reason });
  };
  const end = (code: number, reason: string): void => {
    over = true;
    wait?.cancel();
    wait = undefined;
    options.ended(reason);
    options.moved({ status: "closed", code, reason });
  };

  connect();
  return {
    wake() {
      if (!wait || wait.paced) return;
      wait.cancel();
      retry();
    },
    close() {
      if (over) return;
      connection?.close(1000, "");
      end(1000, "closed by the application");
    },
  };
}
