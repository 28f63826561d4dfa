/**
 * One attempt to be connected, from the token to the loss: opens a socket, says `hello`, waits for `welcome`, answers pings,
 * notices silence. Nothing but `hello` leaves before `welcome` is here. Knows nothing of what comes before and after it.
 */
import type { Clock } from "./clock.js";
import type { ReportCode } from "./errors.js";
import { type Bye, type ServerFrame, type Welcome } from "./frames.js";
import type { Wire } from "./outbox.js";
import { type SocketConstructor } from "./socket.js";
/** How a connection ended. */
export interface Loss {
    readonly code: number;
    readonly reason: string;
    /** What the server had said about coming back. */
    readonly reconnectIn?: Bye["reconnectIn"];
}
/** What one attempt needs. */
export interface ConnectionOptions {
    readonly url: string;
    readonly WebSocket: SocketConstructor;
    readonly clock: Clock;
    /** How long everything up to `welcome` may take, in milliseconds. */
    readonly timeoutMs: number;
    /** Writes the first message; may take its time to find a token. */
    hello(): Promise<string>;
}
/** What one attempt tells. */
export interface ConnectionEvents {
    /** The server said `welcome`. */
    opened(welcome: Welcome, wire: Wire): void;
    /** The server said that it is about to close: `wire` takes nothing any more. */
    closing(): void;
    /** A message that is neither `welcome` nor a ping nor `bye`. */
    received(frame: ServerFrame): void;
    /** Something went wrong that a person should know of. */
    failed(code: ReportCode, message: string, cause?: unknown): void;
    /** The connection is gone. Comes once, and last. */
    lost(loss: Loss): void;
}
/** A connection, or the attempt to get one. */
export interface Connection {
    /** Ends it with `code`. None of its events comes after that. */
    close(code: number, reason: string): void;
}
/** Starts an attempt. Its first event comes after the caller is done. */
export declare function openConnection(options: ConnectionOptions, events: ConnectionEvents): Connection;
