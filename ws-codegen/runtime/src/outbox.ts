/**
 * The way out. While the connection is open a message goes straight to the socket; while it is not, messages wait in a
 * queue with a bound. What cannot be sent is told to whoever gave it: nothing is lost silently.
 */

import type { SendError } from "./errors.js";
import { fail, type Result, succeed } from "./result.js";

/** How many bytes may wait in the socket's own buffer until the network counts as blocked. */
export const MAX_BUFFERED = 1_048_576;

/** A message on its way out. */
export interface Outgoing {
  readonly event: string;
  readonly text: string;
  /** It was given to the socket. */
  sent?(): void;
  /** It had to wait, and will not be sent any more. */
  dropped(error: SendError): void;
}

/** An open connection, as the outbox needs it. */
export interface Wire {
  /** The longest message that the server accepts, in bytes. */
  readonly max: number;
  readonly bufferedAmount: number;
  /** Hands `text` to the socket; `false` when the socket is no longer open. */
  send(text: string): boolean;
}

/** Where a message that was not refused went: to the socket, or into the queue until there is one. */
export type Sent = "sent" | "queued";

/** The way out of one client, over all its connections. */
export interface Outbox {
  /** Sends now, or queues. */
  send(message: Outgoing): Result<Sent, SendError>;
  /** Sends now or not at all, past the queue: for what means nothing on another connection. */
  sendNow(text: string): void;
  /** Takes a message out of the queue; `false` when it is not there. */
  withdraw(message: Outgoing): boolean;
  /** A connection is open: what waited goes out, in order. */
  open(wire: Wire): void;
  /** There is no connection for now. */
  pause(): void;
  /** There will be no connection any more: what waits is dropped, and everything later refused. */
  end(reason: string): void;
}

/** Makes an outbox that queues up to `limit` messages. */
export function createOutbox(limit: number): Outbox {
  let wire: Wire | undefined;
  let ended: string | undefined;
  let queue: Outgoing[] = [];

  /** Gives a message to the socket: `undefined` when the socket is gone. */
  const transmit = (message: Outgoing, to: Wire): Result<Sent, SendError> | undefined => {
    const { event, text } = message;
    if (isLonger(text, to.max)) {
      return fail({ code: "ws.client.too_large", event, message: `longer than the server's limit of ${to.max} bytes` });
    }
    if (!to.send(text)) return undefined;
    message.sent?.();
    return succeed("sent");
  };

  return {
    send(message) {
      const { event } = message;
      if (ended !== undefined) return fail({ code: "ws.client.closed", event, message: ended });
      if (wire && wire.bufferedAmount > MAX_BUFFERED) {
        return fail({ code: "ws.client.full", event, message: "the network does not take what was sent before" });
      }
      const outcome = wire && !queue.length && transmit(message, wire);
      if (outcome) return outcome;
      if (queue.length >= limit) {
        return fail({ code: "ws.client.full", event, message: `${limit} messages wait for a connection` });
      }
      queue.push(message);
      return succeed("queued");
    },
    sendNow(text) {
      wire?.send(text);
    },
    withdraw(message) {
      const waiting = queue.includes(message);
      if (waiting) queue = queue.filter((other) => other !== message);
      return waiting;
    },
    open(opened) {
      wire = opened;
      while (queue[0]) {
        const outcome = transmit(queue[0], opened);
        if (!outcome) return;
        const message = queue.shift();
        if (!outcome.ok) message?.dropped(outcome.error);
      }
    },
    pause() {
      wire = undefined;
    },
    end(reason) {
      ended = reason;
      wire = undefined;
      const dropped = queue;
      queue = [];
      for (const { event, dropped: tell } of dropped) tell({ code: "ws.client.closed", event, message: reason });
    },
  };
}

/** Whether `text` takes more than `max` bytes in UTF-8; counts them only where its length leaves a doubt. */
function isLonger(text: string, max: number): boolean {
  return text.length > max || (text.length * 3 > max && new TextEncoder().encode(text).length > max);
}
