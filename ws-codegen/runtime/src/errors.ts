/**
 * The errors of the library: those that the server answers (`ws.<word>`) and those that the client finds by itself
 * (`ws.client.<word>`). A contract's own error codes never start with `ws.`, so the three cannot be confused.
 */

import type { Gap, WireError } from "./frames.js";
import { fail, type Result } from "./result.js";

/**
 * The codes that the server answers. Section 6 of the protocol says what each means, and when to retry. A server that is newer
 * than this runtime may answer others, which also begin with `ws.`: a `switch` does well to have a `default`.
 */
export type ServerErrorCode =
  | "ws.invalid_message"
  | "ws.unknown_event"
  | "ws.wrong_direction"
  | "ws.invalid_payload"
  | "ws.too_large"
  | "ws.rate_limited"
  | "ws.too_many_requests"
  | "ws.timeout"
  | "ws.unauthorized"
  | "ws.unsupported"
  | "ws.internal";

/**
 * The codes with which the client refuses to send.
 *
 * | code | meaning |
 * |---|---|
 * | `ws.client.closed` | this client was closed for ever, by `close()` or by the server |
 * | `ws.client.full` | too much is waiting: the queue is at its bound, or the network takes nothing any more |
 * | `ws.client.too_large` | the message is longer than what the server accepts |
 * | `ws.client.invalid_payload` | the payload cannot be written as JSON, for instance because of a `NaN`: see `path` |
 */
export type SendErrorCode =
  | "ws.client.closed"
  | "ws.client.full"
  | "ws.client.too_large"
  | "ws.client.invalid_payload";

/**
 * The codes with which the client ends a call, besides those of {@link SendErrorCode}.
 *
 * | code | meaning |
 * |---|---|
 * | `ws.client.timeout` | no answer in time; the server was told to stop, its effect is unknown |
 * | `ws.client.aborted` | the call's signal was aborted; the server was told to stop |
 * | `ws.client.disconnected` | the connection was lost after the request had left; its effect is unknown |
 * | `ws.client.invalid_data` | the answer does not fit the contract; the request had its effect |
 */
export type CallErrorCode =
  | SendErrorCode
  | "ws.client.timeout"
  | "ws.client.aborted"
  | "ws.client.disconnected"
  | "ws.client.invalid_data";

/**
 * The codes that only `onError` sees.
 *
 * | code | meaning |
 * |---|---|
 * | `ws.client.invalid_message` | the server sent something that is no message of the protocol; it was skipped |
 * | `ws.client.invalid_data` | an event does not fit the contract; it was not delivered |
 * | `ws.client.listener_failed` | a listener threw, or its promise rejected: see `cause` |
 * | `ws.client.connect_failed` | the token provider failed: see `cause`; or an attempt opened no socket, the first one since there was a socket |
 * | `ws.client.gap` | events of a channel are missing, and no `onGap` listener was there to hear it: see `gap` |
 */
export type ReportCode =
  | "ws.client.invalid_message"
  | "ws.client.invalid_data"
  | "ws.client.listener_failed"
  | "ws.client.connect_failed"
  | "ws.client.gap";

/** What every error of the library carries beside its `code`. */
export interface ErrorDetails {
  /** For people, in English; programs look at `code`. */
  readonly message: string;
  /** The event concerned, where there is one. */
  readonly event?: string | undefined;
  /** A JSON pointer into the event's data, where one place in it is to blame. */
  readonly path?: string | undefined;
  /** What was thrown, where something was. */
  readonly cause?: unknown;
  /** What is missing, for `ws.client.gap`. */
  readonly gap?: Gap;
}

/** One error type for each code, so that a `switch` over `code` can be exhaustive. */
export type Coded<Code extends string> = { [Each in Code]: ErrorDetails & { readonly code: Each } }[Code];

/** Why `send` did not send. */
export type SendError = Coded<SendErrorCode>;

/** Why a call failed, besides the errors that the contract declares for it. */
export type LibraryError = Coded<ServerErrorCode | CallErrorCode>;

/** What `onError` reports: everything that went wrong and has no caller to tell. */
export type ReportedError = Coded<ServerErrorCode | SendErrorCode | ReportCode>;

/**
 * Tells the library's errors from those that the contract declares, by the prefix of their code.
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
export function isLibraryError<Declared extends { readonly code: string }>(
  error: Declared | LibraryError,
): error is LibraryError {
  return error.code.startsWith("ws.");
}

/** A failure of the library that concerns an event. */
export function failure<Code extends string>(code: Code, event: string, message: string): Result<never, Coded<Code>> {
  return fail({ code, event, message } as Coded<Code>);
}

/** An error of the library as the server wrote it, with a message in any case. */
export function readServerError(error: WireError): Coded<ServerErrorCode> {
  const { code } = error;
  const message = code === "ws.internal" ? "the handler failed: see the server's log" : code;
  return { message, ...error } as Coded<ServerErrorCode>;
}

/** What was thrown, as text. Anything can be thrown, even what refuses to become text. */
export function describe(cause: unknown): string {
  try {
    return String(cause);
  } catch {
    return "unprintable";
  }
}
