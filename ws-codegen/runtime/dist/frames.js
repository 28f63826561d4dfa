/**
 * The messages of the protocol `ws.v1.json`: reads what a server sends, writes what a client sends. This is the only file
 * that knows the members of messages; it knows nothing of sockets and of contracts.
 */
/** The subprotocol that the client offers, and that the server has to select. */
export const SUBPROTOCOL = "ws.v1.json";
/** The answer to a ping. */
export const PONG = "{}";
/** Writes the first message of a session. */
export function encodeHello(hello) {
    return JSON.stringify({ hello });
}
/** Writes an event, or a request when it has an `id`. Throws what `JSON.stringify` throws: a `bigint`, a cycle. */
export function encodeEvent(event, data, id) {
    return JSON.stringify({ event, data, id });
}
/** Writes that the answer to a request is no longer wanted. */
export function encodeCancel(id) {
    return JSON.stringify({ cancel: id });
}
/** How many bytes a text takes on the wire. */
export function byteLength(text) {
    return new TextEncoder().encode(text).length;
}
/** Reads a message of the server, whatever it is. Never throws. */
export function parseServerFrame(text) {
    let frame;
    try {
        // A binary message is none, even if it holds JSON.
        if (isText(text))
            frame = read(JSON.parse(text));
    }
    catch {
        // Not JSON, or not even the shape that is needed to look into it.
    }
    return frame ?? { kind: "invalid", why: `not a ${SUBPROTOCOL} message: ${String(text).slice(0, 99)}` };
}
/** Tells the kind of a message by the member that is present; nothing when that member is not what it has to be. */
function read(message) {
    const { event, id, data = {}, error, welcome, ready, joined, gap, bye } = message;
    if (isText(event))
        return { kind: "event", event, data, place: isPlace(message) ? message : undefined };
    if (isError(error))
        return isInteger(id) ? { kind: "failure", id, error } : { kind: "error", error };
    if (isInteger(id) && !error)
        return { kind: "reply", id, data };
    if (welcome)
        return readWelcome(welcome);
    if (ready)
        return { kind: "ready" };
    if (isPlace(joined))
        return { kind: "joined", joined };
    if (isPlace(gap))
        return { kind: "gap", gap: gap };
    if (bye)
        return readBye(bye);
    return JSON.stringify(message) === "{}" ? { kind: "ping" } : undefined;
}
function readWelcome({ connection, contract, ping = 25_000, max = 65_536 }) {
    if (!isText(connection) || !isLength(ping) || !isLength(max))
        return undefined;
    const verdict = contract === "same" || contract === "compatible" ? contract : "unknown";
    return { kind: "welcome", welcome: { connection, contract: verdict, ping, max } };
}
function readBye({ code, reason = "", reconnect_in = [] }) {
    if (!isInteger(code) || !isText(reason))
        return undefined;
    const [least, most] = reconnect_in;
    const reconnectIn = isLength(least) && isLength(most) ? [least, most] : undefined;
    return { kind: "bye", bye: { code, reason, reconnectIn } };
}
function isText(value) {
    return typeof value === "string";
}
function isInteger(value) {
    return Number.isSafeInteger(value);
}
/** A length of something: of time, or of a text. */
function isLength(value) {
    return Number.isFinite(value) && value >= 0;
}
function isPlace(value) {
    return isText(value?.channel) && isText(value.pos);
}
function isError(value) {
    return isText(value?.code);
}
