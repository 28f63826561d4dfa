/** Requests that wait for their answer. Each ends exactly once, and always as a value: nothing here rejects. */
import type { Clock } from "./clock.js";
import { type CallErrorCode } from "./errors.js";
import type { Outbox } from "./outbox.js";
import type { Payloads } from "./payloads.js";
import { type Result } from "./result.js";
/** The options of one call. */
export interface CallOptions {
    /** Ends the call with `ws.client.aborted` when it is aborted, and stops the handler on the server. */
    readonly signal?: AbortSignal | undefined;
    /**
     * Ends the call with `ws.client.timeout` after this many milliseconds. The default is the client's `callTimeoutMs`.
     */
    readonly timeoutMs?: number | undefined;
}
/** The outcome of a request before its types are known: the declared error stays as the server sent it. */
export type Answer = Result<unknown, unknown>;
/** The open requests of one client. */
export interface Requests {
    /** Sends a request, or queues it until there is a connection. */
    call(event: string, data: unknown, options?: CallOptions): Promise<Answer>;
    /** Ends a request with what `read` makes of its event's name. An answer that comes late is of no interest, and not read. */
    answer(id: number, read: (event: string) => Answer): void;
    /** The connection is gone: requests that had left end with `code`, those that wait in the queue go on waiting. */
    lose(code: CallErrorCode, message: string): void;
}
/** Makes the table of open requests. Their ids are never used twice by one client, whatever the connection. */
export declare function createRequests(outbox: Outbox, { write }: Payloads, clock: Clock, defaultTimeoutMs: number): Requests;
