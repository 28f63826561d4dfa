/**
 * The errors of the library: those that the server answers with (`ws.<word>`), and those that the client finds itself
 * (`ws.client.<word>`). A contract's own error codes never start with `ws.`, so the three cannot be confused.
 */
import { fail } from "./result.js";
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
export function isLibraryError(error) {
    return error.code.startsWith("ws.");
}
/** A failure of the library that concerns an event. */
export function failure(code, event, message) {
    return fail({ code, event, message });
}
/** An error of the library as the server wrote it, with a message in any case. */
export function readServerError(error) {
    const { code } = error;
    const message = code === "ws.internal" ? "the handler failed: see the server's log" : code;
    return { message, ...error };
}
/** What was thrown, as text. Anything can be thrown, even what refuses to become text. */
export function describe(cause) {
    try {
        return String(cause);
    }
    catch {
        return "unprintable";
    }
}
