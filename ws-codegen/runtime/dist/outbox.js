/**
 * The way out. While the connection is open a message goes straight to the socket; while it is not, messages wait in a
 * queue with a bound. What cannot be sent is told to whoever gave it: nothing is lost silently.
 */
import { failure } from "./errors.js";
import { byteLength } from "./frames.js";
import { succeed } from "./result.js";
import { OPEN } from "./socket.js";
/** How many bytes may wait in the socket's own buffer until the network counts as blocked. */
export const MAX_BUFFERED = 1e6;
/** Makes an outbox that queues up to `limit` messages. */
export function createOutbox(limit) {
    let socket;
    let max = 0;
    let ended;
    let queue = [];
    /** Gives a message to the socket; nothing when it has to wait for one. */
    const transmit = (message) => {
        if (socket?.readyState !== OPEN)
            return undefined;
        if (isLonger(message.text, max))
            return failure("ws.client.too_large", message.event, `more than ${max} bytes`);
        socket.send(message.text);
        message.sent = true;
        return succeed("sent");
    };
    return {
        send(message) {
            const blocked = socket && socket.bufferedAmount > MAX_BUFFERED;
            if (message.volatile && (blocked || socket?.readyState !== OPEN))
                return succeed("dropped");
            if (ended !== undefined)
                return failure("ws.client.closed", message.event, ended);
            const outcome = blocked || queue.length ? undefined : transmit(message);
            if (outcome)
                return outcome;
            if (blocked || queue.length >= limit)
                return failure("ws.client.full", message.event, "too much is waiting");
            queue.push(message);
            return succeed("queued");
        },
        withdraw(message, cancel) {
            socket?.send(cancel);
            queue = queue.filter((other) => other !== message);
        },
        open(opened, accepted) {
            socket = opened;
            max = accepted;
        },
        flush() {
            for (let message; (message = queue[0]);) {
                const outcome = transmit(message);
                if (!outcome)
                    return;
                // Before anybody hears that it is dropped: they may close the client, which drops what waits.
                queue.shift();
                if (!outcome.ok)
                    message.dropped(outcome.error);
            }
        },
        pause() {
            socket = undefined;
        },
        end(reason) {
            ended = reason;
            socket = undefined;
            for (const { event, dropped } of queue.splice(0))
                dropped({ code: "ws.client.closed", event, message: reason });
        },
    };
}
/** Whether `text` takes more than `max` bytes in UTF-8; counts them only where its length leaves a doubt. */
function isLonger(text, max) {
    return text.length * 3 > max && byteLength(text) > max;
}
