/** Requests that wait for their answer. Each ends exactly once, and always as a value: nothing here rejects. */
import type { Clock } from "./clock.js";
import type { Outbox } from "./outbox.js";
import type { Encode } from "./payloads.js";
import { type Result } from "./result.js";
/** What a caller may say about one call. */
export interface CallOptions {
    /** Ends the call with `ws.client.aborted` when it is aborted, and stops the handler on the server. */
    readonly signal?: AbortSignal | undefined;
    /** Ends the call with `ws.client.timeout` after so many milliseconds; the default is the client's `callTimeoutMs`. */
    readonly timeoutMs?: number | undefined;
}
/** The outcome of a request before its types are known: the declared error stays as the server sent it. */
export type Answer = Result<unknown, unknown>;
/** The open requests of one client. */
export interface Requests {
    /** Sends a request, or queues it until there is a connection. */
    call(event: string, data: unknown, options: CallOptions): Promise<Answer>;
    /** The name of the event that `id` asked; nothing when that request is not open any more. */
    event(id: number): string | undefined;
    /** Ends a request; ignored when it is not open any more. */
    answer(id: number, answer: Answer): void;
    /** The connection is gone: requests that had left end with `code`, those that wait in the queue go on waiting. */
    lost(code: "ws.client.disconnected" | "ws.client.closed", message: string): void;
}
/** Makes the table of open requests. Their ids are never used twice by one client, whatever the connection. */
export declare function createRequests(outbox: Outbox, encode: Encode, clock: Clock, defaultTimeoutMs: number): Requests;
