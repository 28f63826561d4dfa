/**
 * One attempt to be connected, from the token to the loss: opens a socket, says `hello`, answers pings, notices silence.
 * Nothing but `hello` and pongs leave before `ready` is here. Knows nothing of what comes before and after this connection.
 */
import type { Clock } from "./clock.js";
import { type Bye, type ServerFrame } from "./frames.js";
import type { Socket, SocketConstructor } from "./socket.js";
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
export declare function openConnection(options: ConnectionOptions, events: ConnectionEvents): Connection;
