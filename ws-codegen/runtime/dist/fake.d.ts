/**
 * A client without a server, for the tests of front ends: the test plays the server. Typed by the contract like the real
 * one, so a test cannot emit what the server cannot send.
 */
import type { Client } from "./client.js";
import type { Contract, EventData, Input, Output, RequestError, RequestName, SendName } from "./contract.js";
import { type LibraryError, type ReportedError } from "./errors.js";
import type { Gap } from "./frames.js";
import type { Off } from "./listeners.js";
import { type Result } from "./result.js";
import type { ConnectionState } from "./state.js";
/** An event that the code under test has sent, told apart by `event`. */
export type SentEvent<C extends Contract> = {
    [Name in SendName<C>]: {
        readonly event: Name;
        readonly data: C["client"][Name];
    };
}[SendName<C>];
/** A request that the code under test has made, told apart by `event`. */
export type CalledRequest<C extends Contract> = {
    [Name in RequestName<C>]: {
        readonly event: Name;
        readonly data: Input<C, Name>;
    };
}[RequestName<C>];
/** Answers a request in place of the server. The signal is aborted when the caller's is. */
export type Answering<C extends Contract, Name extends RequestName<C>> = (input: Input<C, Name>, call: {
    readonly signal: AbortSignal | undefined;
}) => Reply<C, Name> | Promise<Reply<C, Name>>;
/** What a request may end with. */
export type Reply<C extends Contract, Name extends RequestName<C>> = Result<Output<C, Name>, RequestError<C, Name> | LibraryError>;
/** A {@link Client} that does what the test says. */
export interface FakeClient<C extends Contract> extends Client<C> {
    /** Delivers an event, as if the server had sent it; all listeners have heard it when this returns. */
    readonly emit: <Name extends keyof C["server"] & string>(name: Name, data: EventData<C, Name>) => void;
    /**
     * Answers requests of that name with `handler`, the latest one that was given. A request reaches it when the state is `open`:
     * at once, or later. A call rejects with what the handler throws, and where there is no handler with an error that says so, which
     * no call of the real client does.
     */
    readonly onCall: <Name extends keyof C["requests"] & string>(name: Name, handler: Answering<C, Name>) => Off;
    /** Everything that was sent so far, in order: also what the real client would have queued, and not what it drops or refuses. */
    readonly sent: readonly SentEvent<C>[];
    /** Every request that was made so far, in order, whether it has been answered or not. */
    readonly calls: readonly CalledRequest<C>[];
    /**
     * Changes the state, as if the connection had. A fake begins as `open`. When it is `open` no more, the calls that a handler
     * has begun to answer end with `ws.client.disconnected`, and later ones wait until it is `open` again; once it is `closed`,
     * all of them end with `ws.client.closed`.
     */
    readonly setState: (state: ConnectionState) => void;
    /** Tells of a gap, as if the server had. */
    readonly emitGap: (gap: Gap) => void;
    /** Reports an error, as if the client had found it. */
    readonly emitError: (error: ReportedError) => void;
}
/**
 * Makes a fake client.
 *
 * It has the types, the states and the results of the real client, and differs from it in this: nothing takes time, so that
 * `timeoutMs` has no effect, and a handler that is to time out answers `ws.client.timeout`; nothing is written, so that nothing
 * is too large, too much or no JSON, and values are neither converted nor judged; the state changes when the test says so, or the
 * code under test by `reconnect` and `close`; and what the test emits is heard in every state.
 *
 * @example
 * const fake = fakeClient<Chat>();
 * fake.onCall("participants.info", ({ id }) => ({ ok: false, error: { code: "not_found" } }));
 * const page = render(fake);
 * fake.emit("chats.msg", { from: "ana", text: "hi", sent_at: "2026-11-23T09:45:00Z" });
 * page.type("hello");
 * assert.deepEqual(fake.sent, [{ event: "chats.msg", data: { text: "hello" } }]);
 */
export declare function fakeClient<C extends Contract>(): FakeClient<C>;
