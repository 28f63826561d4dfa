/**
 * The way out. While the connection is open a message goes straight to the socket; while it is not, messages wait in a
 * queue with a bound. What cannot be sent is told to whoever gave it: nothing is lost silently.
 */

import { failure, type SendError } from "./errors.js";
import { byteLength } from "./frames.js";
import { type Result, succeed } from "./result.js";
import { OPEN, type Socket } from "./socket.js";

/** How many bytes may wait in the socket's own buffer until the network counts as blocked. */
export const MAX_BUFFERED = 1e6;

/** The options for sending one event. */
export interface SendOptions {
  /**
   * Whether the event is dropped if it cannot be sent right away: while there is no open connection, after the client
   * was closed, or while the network does not accept any more. The default is `false`. It suits events that the next
   * one replaces, such as the position of a cursor.
   */
  readonly volatile?: boolean | undefined;
}

/** A message on its way out. */
export interface Outgoing extends SendOptions {
  readonly event: string;
  readonly text: string;
  /** Whether the socket has it. */
  sent?: boolean;
  /** It had to wait, and will not be sent any more. */
  dropped(error: SendError): void;
}

/**
 * Where a message that was not refused went: to the socket, into the queue until there is a socket, or nowhere if it is
 * volatile.
 */
export type Sent = "sent" | "queued" | "dropped";

/** The way out of one client, over all its connections. */
export interface Outbox {
  /** Sends now, or queues, or drops what is volatile. */
  send(message: Outgoing): Result<Sent, SendError>;
  /** Takes a message back: out of the queue, and in case it has left, by sending `cancel` after it. */
  withdraw(message: Outgoing, cancel: string): void;
  /** A connection is open, which takes messages of up to `max` bytes. */
  open(socket: Socket, max: number): void;
  /** What waited goes out, in order. What is sent meanwhile comes after it. */
  flush(): void;
  /** There is no connection for now. */
  pause(): void;
  /** There will be no connection any more: what waits is dropped, and everything later refused. */
  end(reason: string): void;
}

/** Makes an outbox that queues up to `limit` messages. */
export function createOutbox(limit: number): Outbox {
  let socket: Socket | undefined;
  let max = 0;
  let ended: string | undefined;
  let queue: Outgoing[] = [];

  /** Gives a message to the socket; nothing when it has to wait for one. */
  const transmit = (message: Outgoing): Result<Sent, SendError> | undefined => {
    if (socket?.readyState !== OPEN) return undefined;
    if (isLonger(message.text, max)) return failure("ws.client.too_large", message.event, `more than ${max} bytes`);
    socket.send(message.text);
    message.sent = true;
    return succeed("sent");
  };

  return {
    send(message) {
      const blocked = socket && socket.bufferedAmount > MAX_BUFFERED;
      if (message.volatile && (blocked || socket?.readyState !== OPEN)) return succeed("dropped");
      if (ended !== undefined) return failure("ws.client.closed", message.event, ended);
      const outcome = blocked || queue.length ? undefined : transmit(message);
      if (outcome) return outcome;
      if (blocked || queue.length >= limit) return failure("ws.client.full", message.event, "too much is waiting");
      queue.push(message);
      return succeed("queued");
    },
    withdraw(message, cancel) {
      socket?.send(cancel);
      queue = queue.filter((other) => other !== message);
    },
    open(opened, accepted) {
      socket = opened;
      max = accepted;
    },
    flush() {
      for (let message; (message = queue[0]); ) {
        const outcome = transmit(message);
        if (!outcome) return;
        // Before anybody hears that it is dropped: they may close the client, which drops what waits.
        queue.shift();
        if (!outcome.ok) message.dropped(outcome.error);
      }
    },
    pause() {
      socket = undefined;
    },
    end(reason) {
      ended = reason;
      socket = undefined;
      for (const { event, dropped } of queue.splice(0)) dropped({ code: "ws.client.closed", event, message: reason });
    },
  };
}

/** Whether `text` takes more than `max` bytes in UTF-8; counts them only where its length leaves a doubt. */
function isLonger(text: string, max: number): boolean {
  return text.length * 3 > max && byteLength(text) > max;
}
