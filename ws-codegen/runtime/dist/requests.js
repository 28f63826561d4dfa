/** Requests that wait for their answer. Each ends exactly once, and always as a value: nothing here rejects. */
import { encodeCancel } from "./frames.js";
import { fail } from "./result.js";
/** Makes the table of open requests. Their ids are never used twice by one client, whatever the connection. */
export function createRequests(outbox, encode, clock, defaultTimeoutMs) {
    const open = new Map();
    let lastId = 0;
    const call = (event, data, { signal, timeoutMs = defaultTimeoutMs }) => new Promise((resolve) => {
        const error = (code, message) => fail({ code, event, message });
        if (signal?.aborted)
            return resolve(error("ws.client.aborted", "the signal was aborted before the call"));
        const id = ++lastId;
        const text = encode(event, data, id);
        if (!text.ok)
            return resolve(text);
        const request = {
            event,
            sent: false,
            settle(answer) {
                open.delete(id);
                cancelTimer();
                signal?.removeEventListener("abort", abort);
                resolve(answer);
            },
        };
        const message = {
            event,
            text: text.value,
            sent: () => void (request.sent = true),
            dropped: (refusal) => request.settle(fail(refusal)),
        };
        const giveUp = (answer) => {
            if (!outbox.withdraw(message))
                outbox.sendNow(encodeCancel(id));
            request.settle(answer);
        };
        const abort = () => giveUp(error("ws.client.aborted", "the signal was aborted"));
        const cancelTimer = clock.after(timeoutMs, () => {
            giveUp(error("ws.client.timeout", `no answer within ${timeoutMs} ms`));
        });
        open.set(id, request);
        signal?.addEventListener("abort", abort);
        const outcome = outbox.send(message);
        if (!outcome.ok)
            request.settle(outcome);
    });
    return {
        call,
        event: (id) => open.get(id)?.event,
        answer: (id, answer) => open.get(id)?.settle(answer),
        lost(code, message) {
            for (const { event, sent, settle } of [...open.values()])
                if (sent)
                    settle(fail({ code, event, message }));
        },
    };
}
