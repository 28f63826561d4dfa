/**
 * The errors of the library: those that the server answers (`ws.<word>`) and those that the client finds by itself
 * (`ws.client.<word>`). A contract's own error codes never start with `ws.`, so the three cannot be confused.
 */
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
export function isLibraryError(error) {
    return error.code.startsWith("ws.");
}
const SERVER_CODES = new Set([
    "ws.invalid_message",
    "ws.unknown_event",
    "ws.wrong_direction",
    "ws.invalid_payload",
    "ws.too_large",
    "ws.rate_limited",
    "ws.too_many_requests",
    "ws.timeout",
    "ws.unauthorized",
    "ws.unsupported",
    "ws.internal",
]);
/** Reads an error of the library out of a message. A code that this version does not know stays readable. */
export function readServerError({ code, message, event, path }) {
    const details = {
        message: typeof message === "string" ? message : code,
        ...(typeof event === "string" ? { event } : {}),
        ...(typeof path === "string" ? { path } : {}),
    };
    if (isServerCode(code))
        return { ...details, code };
    return { ...details, code: "ws.client.unknown_error", message: `${code}: ${details.message}` };
}
function isServerCode(code) {
    return SERVER_CODES.has(code);
}
