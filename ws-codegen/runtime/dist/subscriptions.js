/**
 * Who listens to a client, and to what. The real client and the fake of the tests share it; it knows nothing of messages
 * and connections.
 */
import { describe } from "./errors.js";
import { createListeners } from "./listeners.js";
import { createStream } from "./stream.js";
/**
 * Makes both halves. Without a list of `events`, every event counts as one of the contract.
 *
 * @param end aborted when the client ends, and its streams with it
 */
export function createAudience(end, events) {
    let state = { status: "connecting", attempt: 1 };
    const known = events && new Set(events);
    // A listener for errors that fails itself has nobody left to tell but the console.
    const errors = createListeners((cause) => console.error(cause));
    /** What the console was told last. There may be one error for each message, such as where they are too many. */
    let told;
    const report = (error) => {
        if (errors.emit(error))
            return;
        if (error.message !== told)
            console.error(error);
        told = error.message;
    };
    const failed = (cause, event) => report({ code: "ws.client.listener_failed", event, message: describe(cause), cause });
    const states = createListeners(failed);
    const gaps = createListeners(failed);
    const any = createListeners(failed);
    const unknown = createListeners(failed);
    const named = new Map();
    const on = (name, listener) => {
        let listeners = named.get(name);
        if (!listeners)
            named.set(name, (listeners = createListeners((cause) => failed(cause, name))));
        return listeners.add(listener);
    };
    return {
        subscriptions: {
            get state() {
                return state;
            },
            on,
            once(name, listener) {
                const off = on(name, (data) => {
                    off();
                    return listener(data);
                });
                return off;
            },
            events: (name, options) => createStream((listener) => on(name, listener), end, options),
            messages: (options) => createStream(any.add, end, options),
            onAny: any.add,
            onUnknown: unknown.add,
            // A listener may change the state, by `close()`; then the others hear the new one, and not the old one after it.
            onState: (listener) => states.add((next) => (next === state ? listener(next) : undefined)),
            onGap: gaps.add,
            onError: errors.add,
        },
        deliver(message) {
            named.get(message.event)?.emit(message.data);
            any.emit(message);
        },
        knows: (event) => !known || known.has(event),
        unknown,
        gaps,
        report,
        move(next) {
            state = next;
            states.emit(next);
        },
    };
}
