/** The client as applications see it. */
import type { Contract, EventData, Input, Message, Output, PayloadArguments, RequestError, SendData } from "./contract.js";
import type { LibraryError, ReportedError, SendError } from "./errors.js";
import type { Gap } from "./frames.js";
import type { Listener, Off } from "./listeners.js";
import type { SendOptions, Sent } from "./outbox.js";
import type { CallOptions } from "./requests.js";
import type { Result } from "./result.js";
import type { ConnectionState } from "./state.js";
import type { StreamOptions } from "./stream.js";
/**
 * A typed client of one contract. It connects by itself, and again after every loss, until {@link Client.close} or until the
 * server forbids it.
 *
 * Listeners are independent of the connection: registered once, they hear every connection. None of the functions needs its
 * `this`, so they may be handed around alone: they are properties rather than methods, and linters know it. Every `on…` function
 * returns the function that ends the registration.
 */
export interface Client<C extends Contract> {
    /**
     * Calls `listener` with the payload of every event of that name.
     *
     * What the listener throws, or its promise rejects with, is reported to {@link Client.onError}, and harms nobody else.
     *
     * @example
     * const off = chat.on("chats.msg", (msg) => show(msg.from, msg.text));
     * off();
     */
    readonly on: <Name extends keyof C["server"] & string>(name: Name, listener: Listener<EventData<C, Name>>) => Off;
    /**
     * Like {@link Client.on}, for the next event alone.
     *
     * @example
     * chat.once("app.connected", ({ participants }) => greet(participants));
     */
    readonly once: <Name extends keyof C["server"] & string>(name: Name, listener: Listener<EventData<C, Name>>) => Off;
    /**
     * The events of that name as a stream, from this call on, over reconnections, until the client is closed, the signal is
     * aborted or the loop is left.
     *
     * A loop that is busy finds the events in a buffer. When it is more than `buffer` events behind it gets what is in the
     * buffer, and then a {@link StreamOverflowError}: a stream that goes on is whole.
     *
     * @example
     * for await (const msg of chat.events("chats.msg", { signal })) await store(msg);
     */
    readonly events: <Name extends keyof C["server"] & string>(name: Name, options?: StreamOptions) => AsyncIterableIterator<EventData<C, Name>>;
    /**
     * Calls `listener` with every event of the contract, as a union that is told apart by `event`.
     *
     * @example
     * chat.onAny((message) => console.debug(message.event, message.data));
     */
    readonly onAny: (listener: Listener<Message<C>>) => Off;
    /** Like {@link Client.events}, for every event of the contract. */
    readonly messages: (options?: StreamOptions) => AsyncIterableIterator<Message<C>>;
    /**
     * Calls `listener` with events that the contract does not have: the server's is newer. Without a listener they are ignored.
     */
    readonly onUnknown: (listener: Listener<{
        readonly event: string;
        readonly data: unknown;
    }>) => Off;
    /**
     * Sends an event. A payload without fields may be left out.
     *
     * Never throws, and never waits. While there is no connection the message is queued, up to `queueLimit`, and sent in order
     * once there is one. `sent` means that the socket has it, not that it arrived: what must be confirmed is a request. A
     * message that is refused is returned as an error, and reported to {@link Client.onError} as well, because the result of a
     * `send` is easily left unread; so is a queued one that can no longer be sent.
     *
     * A `volatile` message never waits: it is sent while the connection is open, and otherwise `dropped` at once, which is no
     * error and reported to nobody. So what is soon out of date takes no place in the queue.
     *
     * @example
     * chat.send("chats.msg", { text: "hello" });
     * chat.send("app.signout");
     * board.send("board.cursor", { x, y }, { volatile: true });
     */
    readonly send: <Name extends keyof C["client"] & string>(name: Name, ...payload: PayloadArguments<SendData<C, Name>, SendOptions, Name, keyof C["client"]>) => Result<Sent, SendError>;
    /**
     * Sends a request and waits for its answer. Never rejects: every failure is a value, told apart by `code`.
     *
     * While there is no connection the request is queued like an event, and its timeout runs. A request that had left when the
     * connection was lost ends with `ws.client.disconnected`; it is not repeated, because only the application knows whether
     * that is harmless. Aborting it, and its timeout, stop the handler on the server.
     *
     * @example
     * const info = await chat.call("participants.info", { id: "ana" }, { signal, timeoutMs: 5_000 });
     * if (info.ok) show(info.value.name);
     */
    readonly call: <Name extends keyof C["requests"] & string>(name: Name, ...payload: PayloadArguments<Input<C, Name>, CallOptions, Name, keyof C["requests"]>) => Promise<Result<Output<C, Name>, RequestError<C, Name> | LibraryError>>;
    /** The state of the connection now. The same object until the state changes. */
    readonly state: ConnectionState;
    /**
     * Calls `listener` with every new state; not with the present one.
     *
     * @example
     * const state = useSyncExternalStore(chat.onState, () => chat.state);   // in React, where no server renders
     */
    readonly onState: (listener: Listener<ConnectionState>) => Off;
    /**
     * Calls `listener` when events of a channel were missed and cannot be recovered: the moment to load the channel's state
     * anew. Events that come while it is loaded may be newer than it: what is loaded does not simply take the place of what is
     * shown, but is compared with them by a revision. Without a listener a gap is reported to {@link Client.onError}.
     *
     * A client that comes back asks for what it missed in as many channels as fit into the longest message that the server
     * takes, those that it heard last: about 1,000 with names of 36 bytes and the default of 64 KiB. Of every other one that it
     * was in, and is in again, it tells a gap itself, whose `why` is `unavailable`. It remembers 10,000 channels; once there are
     * so many, it tells that of every one that is not among them and that it enters after a loss.
     */
    readonly onGap: (listener: Listener<Gap>) => Off;
    /**
     * Calls `listener` with everything that went wrong and has no caller to tell. Without a listener it goes to
     * `console.error`, of those in a row that have the same `message` the first alone: there may be one for each message that is
     * sent, such as `ws.rate_limited`.
     *
     * @example
     * chat.onError((error) => monitor.record(error.code, error.message, error.cause));
     */
    readonly onError: (listener: Listener<ReportedError>) => Off;
    /**
     * Tries to connect now, where the state is `waiting`; harmless in every other one. For a button that says "try now": it does
     * not keep to a wait that the server has asked for, which is there so that not all clients come at once.
     *
     * @example
     * <button hidden={state.status !== "waiting"} onClick={chat.reconnect}>try now</button>
     */
    readonly reconnect: () => void;
    /**
     * Ends the connection with 1000, for ever: nothing reconnects, open calls end with `ws.client.closed`, streams end, timers
     * stop. What was sent before still leaves. Harmless when repeated.
     */
    readonly close: () => void;
}
