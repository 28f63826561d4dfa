/**
 * The errors of the library: those that the server answers with (`ws.<word>`), and those that the client finds itself
 * (`ws.client.<word>`). A contract's own error codes never start with `ws.`, so the three cannot be confused.
 */
import type { Gap, WireError } from "./frames.js";
import { type Result } from "./result.js";
/**
 * The codes that the server answers with. Section 6 of the protocol says what each of them means, and when to retry. A
 * server that is newer than this runtime may answer with others, which also begin with `ws.`: a `switch` should have a
 * `default`.
 */
export type ServerErrorCode = "ws.invalid_message" | "ws.unknown_event" | "ws.wrong_direction" | "ws.invalid_payload" | "ws.too_large" | "ws.rate_limited" | "ws.too_many_requests" | "ws.timeout" | "ws.unauthorized" | "ws.unsupported" | "ws.internal";
/**
 * The codes with which the client refuses to send.
 *
 * | code | meaning |
 * |---|---|
 * | `ws.client.closed` | this client was closed for good, by `close()` or by the server |
 * | `ws.client.full` | too much is waiting: the queue has reached its limit, or the network does not accept any more |
 * | `ws.client.too_large` | the message is longer than what the server accepts |
 * | `ws.client.invalid_payload` | the payload cannot be written as JSON, for instance because of a `NaN`: see `path` |
 */
export type SendErrorCode = "ws.client.closed" | "ws.client.full" | "ws.client.too_large" | "ws.client.invalid_payload";
/**
 * The codes with which the client ends a call, in addition to those of {@link SendErrorCode}.
 *
 * | code | meaning |
 * |---|---|
 * | `ws.client.timeout` | no answer in time; the server was told to stop, and the effect of the request is unknown |
 * | `ws.client.aborted` | the signal of the call was aborted; the server was told to stop |
 * | `ws.client.disconnected` | the connection was lost after the request had been sent; its effect is unknown |
 * | `ws.client.invalid_data` | the answer does not match the contract; the request took effect |
 */
export type CallErrorCode = SendErrorCode | "ws.client.timeout" | "ws.client.aborted" | "ws.client.disconnected" | "ws.client.invalid_data";
/**
 * The codes that are only reported to `onError`.
 *
 * | code | meaning |
 * |---|---|
 * | `ws.client.invalid_message` | the server sent something that is not a message of the protocol; it was skipped |
 * | `ws.client.invalid_data` | an event does not match the contract; it was not delivered |
 * | `ws.client.listener_failed` | a listener threw, or its promise rejected: see `cause` |
 * | `ws.client.connect_failed` | the token provider failed, or the socket could not be created: see `cause`; or an attempt opened no socket, which is reported once, until a socket has opened again |
 * | `ws.client.gap` | events of a channel are missing, and there was no `onGap` listener: see `gap` |
 */
export type ReportCode = "ws.client.invalid_message" | "ws.client.invalid_data" | "ws.client.listener_failed" | "ws.client.connect_failed" | "ws.client.gap";
/** What every error of the library contains in addition to its `code`. */
export interface ErrorDetails {
    /** A description for people, in English. Programs should use `code`. */
    readonly message: string;
    /** The event concerned, if there is one. */
    readonly event?: string | undefined;
    /** A JSON pointer into the data of the event, if a single place in it is at fault. */
    readonly path?: string | undefined;
    /** The value that was thrown, if any. */
    readonly cause?: unknown;
    /** The missing events, for `ws.client.gap`. */
    readonly gap?: Gap;
}
/** One error type for each code, so that a `switch` over `code` can be exhaustive. */
export type Coded<Code extends string> = {
    [Each in Code]: ErrorDetails & {
        readonly code: Each;
    };
}[Code];
/** The reason why `send` did not send. */
export type SendError = Coded<SendErrorCode>;
/** The reason why a call failed, apart from the errors that the contract declares for it. */
export type LibraryError = Coded<ServerErrorCode | CallErrorCode>;
/** An error that `onError` reports: everything that went wrong and has no caller to tell. */
export type ReportedError = Coded<ServerErrorCode | SendErrorCode | ReportCode>;
/**
 * Returns `true` for errors of the library, and `false` for those that the contract declares, by the prefix of their
 * code.
 *
 * @example
 * const info = await chat.call("participants.info", { id });
 * if (!info.ok) {
 *   if (isLibraryError(info.error)) retryLater(info.error.message);
 *   else switch (info.error.code) {
 *     case "not_found": show("nobody here by that name"); break;
 *     default: info.error satisfies never;
 *   }
 * }
 */
export declare function isLibraryError<Declared extends {
    readonly code: string;
}>(error: Declared | LibraryError): error is LibraryError;
/** A failure of the library that concerns an event. */
export declare function failure<Code extends string>(code: Code, event: string, message: string): Result<never, Coded<Code>>;
/** An error of the library as the server wrote it, with a message in any case. */
export declare function readServerError(error: WireError): Coded<ServerErrorCode>;
/** What was thrown, as text. Anything can be thrown, even what refuses to become text. */
export declare function describe(cause: unknown): string;
