/**
 * A client without a server, for tests of front ends: the test plays the server. It is typed by the contract like the
 * real client, so a test cannot emit what the server cannot send.
 */
import { failure } from "./errors.js";
import { succeed } from "./result.js";
import { createAudience } from "./subscriptions.js";
/**
 * Creates a fake client.
 *
 * It has the types, the states and the results of the real client, with these differences: nothing takes time, so
 * `timeoutMs` has no effect, and a handler that should time out answers `ws.client.timeout`. Nothing is serialized, so
 * nothing is too large, too much or not JSON, and values are neither converted nor validated. The state changes only
 * when the test changes it, or when the code under test calls `reconnect` or `close`. Events that the test emits are
 * delivered in every state.
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
    const { report } = audience;
    const handlers = new Map();
    const sent = [];
    const calls = [];
    const open = new Set();
    let ended = "";
    const closed = (event) => failure("ws.client.closed", event, ended);
    const setState = (state) => {
        const { status } = state;
        if (status === "closed") {
            ended = state.reason || `closed with ${state.code}`;
            life.abort();
        }
        // In the order of the real client: calls end before the loss is told, and what has waited leaves after the opening is.
        if (status !== "open")
            for (const call of [...open])
                call.lose();
        audience.move(state);
        if (status === "open")
            for (const call of [...open])
                call.leave();
    };
    const call = (event, data = {}, { signal } = {}) => new Promise((resolve, reject) => {
        const aborted = failure("ws.client.aborted", event, "signal aborted");
        if (signal?.aborted)
            return resolve(aborted);
        if (life.signal.aborted)
            return resolve(closed(event));
        calls.push({ event, data });
        let hasLeft = false;
        const settle = (answer) => {
            open.delete(request);
            signal?.removeEventListener("abort", abort);
            resolve(answer);
        };
        const abort = () => settle(aborted);
        const answer = async () => {
            const handler = handlers.get(event);
            if (!handler)
                throw new Error(`no handler for ${event}: add one with fake.onCall("${event}", …)`);
            return handler(data, { signal });
        };
        const request = {
            leave() {
                if (hasLeft)
                    return;
                hasLeft = true;
                answer().then(settle, reject);
            },
            lose() {
                if (life.signal.aborted)
                    settle(closed(event));
                else if (hasLeft)
                    settle(failure("ws.client.disconnected", event, "connection lost"));
            },
        };
        open.add(request);
        signal?.addEventListener("abort", abort);
        if (fake.state.status === "open")
            request.leave();
    });
    const fake = Object.assign(audience.subscriptions, {
        sent,
        calls,
        call,
        send(event, data = {}, { volatile } = {}) {
            const isOpen = fake.state.status === "open";
            const outcome = isOpen ? "sent" : volatile ? "dropped" : "queued";
            if (outcome === "dropped")
                return succeed(outcome);
            if (life.signal.aborted) {
                const refused = closed(event);
                if (!refused.ok)
                    report(refused.error);
                return refused;
            }
            sent.push({ event, data });
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
        emitGap(gap) {
            if (!audience.gaps.emit(gap))
                report({ code: "ws.client.gap", message: `no onGap listener: ${gap.channel}`, gap });
        },
        emitError: report,
    });
    setState({ status: "open", connection: "fake", contract: "same" });
    // The types of a contract exist only outside: inside, names are text and payloads are unknown.
    return fake;
}
