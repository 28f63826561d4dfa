/** Requests that wait for their answer. Each ends exactly once, and always as a value: nothing here rejects. */
import { failure } from "./errors.js";
import { encodeCancel } from "./frames.js";
import { fail } from "./result.js";
/** Makes the table of open requests. Their ids are never used twice by one client, whatever the connection. */
export function createRequests(outbox, { write }, clock, defaultTimeoutMs) {
    const open = new Map();
    let lastId = 0;
    return {
        call: (event, data, { signal, timeoutMs = defaultTimeoutMs } = {}) => new Promise((resolve) => {
            const aborted = failure("ws.client.aborted", event, "signal aborted");
            if (signal?.aborted)
                return resolve(aborted);
            const id = ++lastId;
            const text = write(event, data, id);
            if (!text.ok)
                return resolve(text);
            const settle = (answer) => {
                open.delete(id);
                cancelTimer();
                signal?.removeEventListener("abort", abort);
                resolve(answer);
            };
            const request = { event, text: text.value, settle, dropped: (error) => settle(fail(error)) };
            const giveUp = (answer) => {
                outbox.withdraw(request, encodeCancel(id));
                settle(answer);
            };
            const abort = () => giveUp(aborted);
            const late = failure("ws.client.timeout", event, `no answer within ${timeoutMs} ms`);
            const cancelTimer = clock.after(timeoutMs, () => giveUp(late));
            open.set(id, request);
            signal?.addEventListener("abort", abort);
            const outcome = outbox.send(request);
            if (!outcome.ok)
                settle(outcome);
        }),
        answer(id, read) {
            const request = open.get(id);
            request?.settle(read(request.event));
        },
        lose(code, message) {
            for (const { event, sent, settle } of open.values())
                if (sent)
                    settle(failure(code, event, message));
        },
    };
}
