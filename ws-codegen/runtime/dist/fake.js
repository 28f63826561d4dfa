/**
 * A client without a server, for the tests of front ends: the test plays the server. Typed by the contract like the real
 * one, so a test cannot emit what the server cannot send.
 */
import { failure } from "./errors.js";
import { succeed } from "./result.js";
import { createAudience } from "./subscriptions.js";
/**
 * Makes a fake client.
 *
 * Nothing in it takes time: `timeoutMs` has no effect, and a handler that is to time out answers `ws.client.timeout`.
 *
 * @example
 * const fake = fakeClient<Chat>();
 * fake.onCall("participants.info", ({ id }) => ({ ok: false, error: { code: "not_found" } }));
 * const page = render(fake);
 * fake.emit("chats.msg", { from: "ana", text: "hi", sent_at: "2026-11-23T09:45:00Z" });
 * page.type("hello");
 * assert.deepEqual(fake.sent, [{ event: "chats.msg", data: { text: "hello" } }]);
 */
export function fakeClient() {
    const life = new AbortController();
    const audience = createAudience(life.signal);
    const handlers = new Map();
    const sent = [];
    const closed = (event) => failure("ws.client.closed", event, "the fake was closed");
    const setState = (state) => {
        if (state.status === "closed")
            life.abort();
        audience.move(state);
    };
    const call = (event, data = {}, { signal } = {}) => new Promise((resolve, reject) => {
        const handler = handlers.get(event);
        const abort = () => resolve(failure("ws.client.aborted", event, "the signal was aborted"));
        const end = () => resolve(closed(event));
        if (signal?.aborted)
            return abort();
        if (life.signal.aborted)
            return end();
        if (!handler)
            return reject(new Error(`nothing answers ${event}: say how with fake.onCall("${event}", …)`));
        signal?.addEventListener("abort", abort, { once: true });
        life.signal.addEventListener("abort", end, { once: true });
        Promise.resolve(handler(data, { signal })).then(resolve, reject);
    });
    const fake = Object.assign(audience.subscriptions, {
        sent,
        call,
        send(event, data = {}, { volatile } = {}) {
            const isOpen = fake.state.status === "open";
            const outcome = isOpen ? "sent" : volatile ? "dropped" : "queued";
            if (outcome !== "dropped") {
                if (life.signal.aborted)
                    return closed(event);
                sent.push({ event, data });
            }
            return succeed(outcome);
        },
        reconnect() {
            const { state } = fake;
            if (state.status === "waiting")
                setState({ status: "connecting", attempt: state.attempt });
        },
        close() {
            if (!life.signal.aborted)
                setState({ status: "closed", code: 1000, reason: "closed by the application" });
        },
        emit: (event, data) => audience.deliver({ event, data }),
        onCall(event, handler) {
            handlers.set(event, handler);
            return () => void (handlers.get(event) === handler && handlers.delete(event));
        },
        setState,
        emitGap: (gap) => void audience.gaps.emit(gap),
        emitError: audience.report,
    });
    setState({ status: "open", connection: "fake", contract: "same" });
    // The types of a contract exist only outside: inside, names are text and payloads are unknown.
    return fake;
}
