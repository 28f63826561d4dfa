/**
 * The way out. While the connection is open a message goes straight to the socket; while it is not, messages wait in a
 * queue with a bound. What cannot be sent is told to whoever gave it: nothing is lost silently.
 */
import type { SendError } from "./errors.js";
import { type Result } from "./result.js";
/** How many bytes may wait in the socket's own buffer until the network counts as blocked. */
export declare const MAX_BUFFERED = 1048576;
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
export declare function createOutbox(limit: number): Outbox;
