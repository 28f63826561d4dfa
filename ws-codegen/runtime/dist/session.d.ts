/**
 * Keeps a client connected: one connection after the other, with the waits between them that the policy asks for, until it
 * is closed. Owns the state that the application sees.
 */
import type { Clock } from "./clock.js";
import type { Connection, ConnectionEvents } from "./connection.js";
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
export declare function startSession(open: Open, clock: Clock, events: SessionEvents): Session;
