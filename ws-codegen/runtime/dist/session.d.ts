/**
 * Keeps a client connected: one connection after the other, with the waits between them that the policy asks for, until it
 * is closed. Owns the state that the application sees.
 */
import type { Clock } from "./clock.js";
import type { Connection, ConnectionEvents } from "./connection.js";
import type { Welcome } from "./frames.js";
import type { Wire } from "./outbox.js";
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
export declare function startSession(options: SessionOptions): Session;
