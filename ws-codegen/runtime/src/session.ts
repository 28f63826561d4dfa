/**
 * Keeps a client connected: one connection after the other, with the waits between them that the policy asks for, until it
 * is closed. Owns the state that the application sees.
 */

import type { Cancel, Clock } from "./clock.js";
import type { Connection, ConnectionEvents, Loss } from "./connection.js";
import { isFinal, reconnectDelay } from "./reconnect.js";
import type { ConnectionState } from "./state.js";

/** What a session tells: everything that its connections tell, and what becomes of them. */
export interface SessionEvents extends ConnectionEvents {
  /** There will be no further connection. */
  end(reason: string): void;
  /** The state has changed. */
  move(state: ConnectionState): void;
}

/** Opens one connection. */
export type Open = (events: ConnectionEvents) => Connection;

/** A session that goes on. */
export interface Session {
  /** Tries now if it waits, unless the server has asked for that wait. */
  wake(): void;
  /** Tries now if it waits, whoever has asked for that wait. */
  reconnect(): void;
  /** Ends it for ever. */
  close(): void;
}

/** Starts with the first attempt. `open` opens one connection. */
export function startSession(open: Open, clock: Clock, events: SessionEvents): Session {
  let attempt = 1;
  let connection: Connection;
  let cancelWait: Cancel | undefined;
  let paced = false;
  let over = false;

  const connect = (): void => {
    cancelWait?.();
    cancelWait = undefined;
    events.move({ status: "connecting", attempt });
    if (!over) connection = open({ ...events, lose });
    // The application may have closed the client where it was asked for the token: this attempt, and not the one before.
    if (over) connection.close(1000);
  };
  const lose = (loss: Loss): void => {
    const { code, reason, reconnectIn, stable, opened } = loss;
    events.lose(loss);
    // Whoever hears of the loss may have closed the client.
    if (over) return;
    if (isFinal(code)) return end(code, reason);
    if (stable) attempt = 0;
    const delay = Math.round(reconnectDelay(attempt++, clock.random(), reconnectIn));
    paced = !!reconnectIn;
    cancelWait = clock.after(delay, connect);
    events.move({ status: "waiting", attempt, retryAt: clock.now() + delay, code, reason, opened });
  };
  const reconnect = (): void => {
    if (cancelWait && !over) connect();
  };
  const end = (code: number, reason: string): void => {
    over = true;
    cancelWait?.();
    events.end(reason || `closed with ${code}`);
    events.move({ status: "closed", code, reason });
  };

  connect();
  return {
    wake() {
      if (!paced) reconnect();
    },
    reconnect,
    close() {
      if (over) return;
      connection.close(1000);
      end(1000, "closed by the application");
    },
  };
}
