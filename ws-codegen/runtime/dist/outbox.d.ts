/**
 * The way out. While the connection is open a message goes straight to the socket; while it is not, messages wait in a
 * queue with a bound. What cannot be sent is told to whoever gave it: nothing is lost silently.
 */
import { type SendError } from "./errors.js";
import { type Result } from "./result.js";
import { type Socket } from "./socket.js";
/** How many bytes may wait in the socket's own buffer until the network counts as blocked. */
export declare const MAX_BUFFERED = 1000000;
/** A message on its way out. */
export interface Outgoing {
    readonly event: string;
    readonly text: string;
    /** Whether the socket has it. */
    sent?: boolean;
    /** It had to wait, and will not be sent any more. */
    dropped(error: SendError): void;
}
/** Where a message that was not refused went: to the socket, or into the queue until there is one. */
export type Sent = "sent" | "queued";
/** The way out of one client, over all its connections. */
export interface Outbox {
    /** Sends now, or queues. */
    send(message: Outgoing): Result<Sent, SendError>;
    /** Takes a message back: out of the queue, and in case it has left, by sending `cancel` after it. */
    withdraw(message: Outgoing, cancel: string): void;
    /** A connection is open, which takes messages of up to `max` bytes: what waited goes out, in order. */
    open(socket: Socket, max: number): void;
    /** There is no connection for now. */
    pause(): void;
    /** There will be no connection any more: what waits is dropped, and everything later refused. */
    end(reason: string): void;
}
/** Makes an outbox that queues up to `limit` messages. */
export declare function createOutbox(limit: number): Outbox;
