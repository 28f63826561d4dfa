/** The client as applications see it. */
import type { Contract, EventData, Input, Message, Output, PayloadArguments, RequestError, SendData } from "./contract.js";
import type { LibraryError, ReportedError, SendError } from "./errors.js";
import type { Gap } from "./frames.js";
import type { Listener, Unsubscribe } from "./listeners.js";
import type { SendOptions, Sent } from "./outbox.js";
import type { CallOptions } from "./requests.js";
import type { Result } from "./result.js";
import type { ConnectionState } from "./state.js";
import type { StreamOptions } from "./stream.js";
/**
 * A typed client of one contract. It connects by itself, and reconnects after every loss until {@link Client.close} is
 * called or the server forbids it.
 *
 * Listeners are independent of the connection: registered once, they receive the events of every connection. None of
 * the functions needs its `this`, so they may be passed around on their own; they are declared as properties rather
 * than methods, so that linters know it. Every `on…` function returns a function that removes the listener.
 */
export interface Client<C extends Contract> {
    /**
     * Calls `listener` with the payload of every event of that name.
     *
     * If the listener throws, or returns a promise that rejects, this is reported to {@link Client.onError} and affects
     * no other listener.
     *
     * @example
     * const off = chat.on("chats.msg", (msg) => show(msg.from, msg.text));
     * off();
     */
    readonly on: <Name extends keyof C["server"] & string>(name: Name, listener: Listener<EventData<C, Name>>) => Unsubscribe;
    /**
     * Like {@link Client.on}, but only for the next event.
     *
     * @example
     * chat.once("app.connected", ({ participants }) => greet(participants));
     */
    readonly once: <Name extends keyof C["server"] & string>(name: Name, listener: Listener<EventData<C, Name>>) => Unsubscribe;
    /**
     * Returns the events of that name as a stream. It starts with this call, continues across reconnections, and ends
     * when the client is closed, the signal is aborted or the loop is left. Its `return()` ends it at once, even while
     * `next()` is waiting for an event.
     *
     * Events that arrive while the loop is busy wait in a buffer. If the loop falls more than `buffer` events behind, it
     * receives what is in the buffer, and then a {@link StreamOverflowError}: a stream never skips events.
     *
     * @example
     * for await (const msg of chat.events("chats.msg", { signal })) await store(msg);
     */
    readonly events: <Name extends keyof C["server"] & string>(name: Name, options?: StreamOptions) => AsyncIterableIterator<EventData<C, Name>>;
    /**
     * Calls `listener` with every event of the contract, as a union discriminated by `event`.
     *
     * @example
     * chat.onAny((message) => console.debug(message.event, message.data));
     */
    readonly onAny: (listener: Listener<Message<C>>) => Unsubscribe;
    /** Like {@link Client.events}, for every event of the contract. */
    readonly messages: (options?: StreamOptions) => AsyncIterableIterator<Message<C>>;
    /**
     * Calls `listener` with events that the contract does not have, because the server's contract is newer. Without a
     * listener, they are ignored.
     */
    readonly onUnknown: (listener: Listener<{
        readonly event: string;
        readonly data: unknown;
    }>) => Unsubscribe;
    /**
     * Sends an event. A payload without fields may be omitted.
     *
     * Never throws, and never waits. Without a connection, the message is queued, up to `queueLimit`, and sent in order
     * once there is a connection. `sent` means that the message was given to the socket, not that it arrived: use a
     * request for anything that must be confirmed. A message that is refused is returned as an error, and also reported
     * to {@link Client.onError}, because the result of `send` is easily ignored. A queued message that can no longer be
     * sent is reported, too.
     *
     * A `volatile` message never waits: if it cannot be sent right away, it is `dropped`, which is not an error and is
     * not reported. This keeps messages that are soon out of date from filling the queue.
     *
     * @example
     * chat.send("chats.msg", { text: "hello" });
     * chat.send("app.signout");
     * board.send("board.cursor", { x, y }, { volatile: true });
     */
    readonly send: <Name extends keyof C["client"] & string>(name: Name, ...payload: PayloadArguments<SendData<C, Name>, SendOptions, Name, keyof C["client"]>) => Result<Sent, SendError>;
    /**
     * Sends a request and waits for its answer. Never rejects: every failure is a value, discriminated by `code`.
     *
     * Without a connection, the request is queued like an event, and its timeout is already running. A request that had
     * been sent when the connection was lost ends with `ws.client.disconnected`. It is not repeated, because only the
     * application knows whether that is harmless. Aborting the request, or its timeout, stops the handler on the server.
     *
     * @example
     * const info = await chat.call("participants.info", { id: "ana" }, { signal, timeoutMs: 5_000 });
     * if (info.ok) show(info.value.name);
     */
    readonly call: <Name extends keyof C["requests"] & string>(name: Name, ...payload: PayloadArguments<Input<C, Name>, CallOptions, Name, keyof C["requests"]>) => Promise<Result<Output<C, Name>, RequestError<C, Name> | LibraryError>>;
    /** The current state of the connection. It is the same object until the state changes. */
    readonly state: ConnectionState;
    /**
     * Calls `listener` with every new state, but not with the current one.
     *
     * @example
     * const state = useSyncExternalStore(chat.onState, () => chat.state);   // in React, where no server renders
     */
    readonly onState: (listener: Listener<ConnectionState>) => Unsubscribe;
    /**
     * Calls `listener` when events of a channel were missed and cannot be recovered. This is the time to reload the state
     * of the channel. Events that arrive while it is loading may be newer than what is loaded: compare the two by a
     * revision instead of simply replacing what is shown. Without a listener, a gap is reported to {@link
     * Client.onError}.
     *
     * A client that reconnects asks for what it missed in as many channels as fit into the longest message that the
     * server accepts, starting with the ones that it heard from most recently: about 1,000 with names of 36 bytes and the
     * default of 64 KiB. For every other channel that it was in and is in again, it reports a gap by itself, whose `why`
     * is `unavailable`. It remembers 10,000 channels. Once there are that many, it reports a gap for every channel that
     * is not among them and that it joins after a loss.
     */
    readonly onGap: (listener: Listener<Gap>) => Unsubscribe;
    /**
     * Calls `listener` with everything that went wrong and has no caller to tell. Without a listener, errors are logged
     * with `console.error`. Of consecutive errors with the same `message`, only the first is logged, because there may be
     * one for each message that is sent, such as `ws.rate_limited`.
     *
     * @example
     * chat.onError((error) => monitor.record(error.code, error.message, error.cause));
     */
    readonly onError: (listener: Listener<ReportedError>) => Unsubscribe;
    /**
     * Tries to connect now if the state is `waiting`, and does nothing otherwise. It is meant for a "try now" button: it
     * skips even a wait that the server has asked for, which exists so that not all clients reconnect at once.
     *
     * @example
     * <button hidden={state.status !== "waiting"} onClick={chat.reconnect}>try now</button>
     */
    readonly reconnect: () => void;
    /**
     * Ends the connection with 1000, for good: nothing reconnects, open calls end with `ws.client.closed`, streams end,
     * and timers stop. What was sent before still leaves. Calling it again is harmless.
     */
    readonly close: () => void;
}
