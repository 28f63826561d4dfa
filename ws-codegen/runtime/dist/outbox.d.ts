/**
 * The way out. While the connection is open a message goes straight to the socket; while it is not, messages wait in a
 * queue with a bound. What cannot be sent is told to whoever gave it: nothing is lost silently.
 */
import { type SendError } from "./errors.js";
import { type Result } from "./result.js";
import { type Socket } from "./socket.js";
/** How many bytes may wait in the socket's own buffer until the network counts as blocked. */
export declare const MAX_BUFFERED = 1000000;
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
export declare function createOutbox(limit: number): Outbox;
