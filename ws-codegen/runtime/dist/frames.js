/**
 * The messages of the protocol `ws.v1.json`: reads what a server sends, writes what a client sends. This is the only file
 * that knows the members of messages; it knows nothing of sockets and of contracts.
 */
/** The subprotocol that the client offers, and that the server has to select. */
export const SUBPROTOCOL = "ws.v1.json";
/** The answer to a ping. */
export const PONG = "{}";
/** Writes the first message of a session. */
export function encodeHello({ contract, token, connection, resume }) {
    return JSON.stringify({ hello: { contract, token, connection, resume } });
}
/** Writes an event, or a request when it has an `id`. Throws what `JSON.stringify` throws: a `bigint`, a cycle. */
export function encodeEvent(event, data, id) {
    return JSON.stringify({ event, data, id });
}
/** Writes that the answer to a request is no longer wanted. */
export function encodeCancel(id) {
    return JSON.stringify({ cancel: id });
}
/** Reads a message of the server, whatever it is. Never throws. */
export function parseServerFrame(text) {
    if (typeof text !== "string")
        return invalid("a binary message");
    let message;
    try {
        message = JSON.parse(text);
    }
    catch {
        return invalid("not JSON");
    }
    if (!isObject(message))
        return invalid("not an object");
    const { event, id, data, error, channel, pos } = message;
    if (event !== undefined) {
        if (typeof event !== "string")
            return invalid("`event` is not a text");
        const place = isText(channel) && isText(pos) ? { channel, pos } : {};
        return { kind: "event", event, data: data === undefined ? {} : data, ...place };
    }
    if (id !== undefined) {
        if (!Number.isSafeInteger(id))
            return invalid("`id` is not an integer");
        if (error === undefined)
            return { kind: "reply", id: id, data: data === undefined ? {} : data };
        return isError(error)
            ? { kind: "failure", id: id, error }
            : { kind: "invalid", why: "`error` has no `code`", id: id };
    }
    if (error !== undefined)
        return isError(error) ? { kind: "error", error } : invalid("`error` has no `code`");
    return parseSession(message);
}
function parseSession(message) {
    const { welcome, joined, gap, bye } = message;
    if (isObject(welcome)) {
        const { connection, contract, ping, max } = welcome;
        if (!isText(connection))
            return invalid("`welcome` has no `connection`");
        return {
            kind: "welcome",
            welcome: {
                connection,
                contract: contract === "same" || contract === "compatible" ? contract : "unknown",
                ping: isPositive(ping) ? ping : 25_000,
                max: isPositive(max) ? max : 65_536,
            },
        };
    }
    if (isObject(joined)) {
        const { channel, pos, resumed } = joined;
        if (!isText(channel) || !isText(pos))
            return invalid("`joined` has no `channel` or `pos`");
        return { kind: "joined", joined: { channel, pos, resumed: resumed === true } };
    }
    if (isObject(gap)) {
        const { channel, pos, why } = gap;
        if (!isText(channel) || !isText(pos))
            return invalid("`gap` has no `channel` or `pos`");
        return { kind: "gap", gap: { channel, why: isText(why) ? why : "unavailable", pos } };
    }
    if (isObject(bye)) {
        const { code, reason, reconnect_in: bounds } = bye;
        if (!Number.isInteger(code))
            return invalid("`bye` has no `code`");
        return {
            kind: "bye",
            bye: {
                code: code,
                reason: isText(reason) ? reason : "",
                ...(isBounds(bounds) ? { reconnectIn: bounds } : {}),
            },
        };
    }
    return Object.keys(message).length === 0 ? { kind: "ping" } : invalid("none of its members is known");
}
function invalid(why) {
    return { kind: "invalid", why };
}
function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
function isText(value) {
    return typeof value === "string";
}
function isPositive(value) {
    return Number.isFinite(value) && value > 0;
}
function isError(value) {
    return isObject(value) && isText(value.code);
}
function isBounds(value) {
    if (!Array.isArray(value))
        return false;
    const [least, most] = value;
    return Number.isFinite(least) && isPositive(most) && least >= 0 && least <= most;
}
