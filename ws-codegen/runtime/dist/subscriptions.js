/**
 * Who listens to a client, and to what. The real client and the fake of the tests share it; it knows nothing of messages
 * and connections.
 */
import { createListeners } from "./listeners.js";
import { createStream } from "./stream.js";
/** Makes both halves. */
export function createAudience(contract, initial) {
    let state = initial;
    const known = contract?.events && new Set(contract.events);
    const failed = (cause, event) => {
        const where = event === undefined ? {} : { event };
        report({ code: "ws.client.listener_failed", message: String(cause), cause, ...where });
    };
    // A listener for errors that fails itself has nobody left to tell but the console.
    const errors = createListeners((cause, error) => console.error(error, cause));
    const report = (error) => {
        if (!errors.emit(error))
            console.error(`${error.code}: ${error.message}`, error);
    };
    const moves = [];
    const states = createListeners((cause) => failed(cause));
    const gaps = createListeners((cause) => failed(cause));
    const any = createListeners((cause, { event }) => failed(cause, event));
    const unknown = createListeners((cause, { event }) => failed(cause, event));
    const named = new Map();
    const on = (name, listener) => {
        let listeners = named.get(name);
        if (!listeners)
            named.set(name, (listeners = createListeners((cause) => failed(cause, name))));
        return listeners.add(listener);
    };
    const ended = (listener) => {
        if (state.status === "closed")
            queueMicrotask(listener);
        return states.add(({ status }) => void (status === "closed" && listener()));
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
            events: (name, options = {}) => createStream((listener) => on(name, listener), ended, options),
            messages: (options = {}) => createStream(any.add, ended, options),
            onAny: any.add,
            onUnknown: unknown.add,
            onState: states.add,
            onGap: gaps.add,
            onError: errors.add,
        },
        knows: (event) => !known || known.has(event),
        deliver(message) {
            const { event, data } = message;
            const heard = named.get(event)?.emit(data);
            const heardByAny = any.emit(message);
            if (!known && !heard && !heardByAny)
                unknown.emit(message);
        },
        deliverUnknown: (message) => void unknown.emit(message),
        move(next) {
            state = next;
            // A listener that changes the state, by `close()`, must not make the others hear the changes in the wrong order.
            if (moves.push(next) > 1)
                return;
            for (const move of moves)
                states.emit(move);
            moves.length = 0;
        },
        tellGap(gap) {
            if (gaps.emit(gap))
                return;
            report({ code: "ws.client.gap", message: `events of ${gap.channel} are missing: ${gap.why}`, gap });
        },
        report,
    };
}
