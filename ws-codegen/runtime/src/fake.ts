/**
 * A client without a server, for tests of front ends: the test plays the server. It is typed by the contract like the
 * real client, so a test cannot emit what the server cannot send.
 */

import type { Client } from "./client.js";
import type { Contract, EventData, Input, Output, RequestError, RequestName, SendName } from "./contract.js";
import { type Coded, failure, type LibraryError, type ReportedError } from "./errors.js";
import type { Gap } from "./frames.js";
import type { Unsubscribe } from "./listeners.js";
import type { SendOptions, Sent } from "./outbox.js";
import type { CallOptions } from "./requests.js";
import { type Result, succeed } from "./result.js";
import type { ConnectionState } from "./state.js";
import { type AnyContract, createAudience } from "./subscriptions.js";

/** An event that the code under test has sent, discriminated by `event`. */
export type SentEvent<C extends Contract> = {
  [Name in SendName<C>]: { readonly event: Name; readonly data: C["client"][Name] };
}[SendName<C>];

/** A request that the code under test has made, discriminated by `event`. */
export type CalledRequest<C extends Contract> = {
  [Name in RequestName<C>]: { readonly event: Name; readonly data: Input<C, Name> };
}[RequestName<C>];

/** Answers a request in place of the server. The signal is aborted when that of the caller is. */
export type Answering<C extends Contract, Name extends RequestName<C>> = (
  input: Input<C, Name>,
  call: { readonly signal: AbortSignal | undefined },
) => Reply<C, Name> | Promise<Reply<C, Name>>;

/** The outcome of a request. */
export type Reply<C extends Contract, Name extends RequestName<C>> = Result<
  Output<C, Name>,
  RequestError<C, Name> | LibraryError
>;

/** A call that has not ended. */
interface OpenCall {
  /** There is a connection: the request reaches its handler. */
  leave(): void;
  /** There is none any more, for now or for ever. */
  lose(): void;
}

/**
 * A {@link Client} that is controlled by a test.
 */
export interface FakeClient<C extends Contract> extends Client<C> {
  /** Delivers an event as if the server had sent it. All listeners have received it when this returns. */
  readonly emit: <Name extends keyof C["server"] & string>(name: Name, data: EventData<C, Name>) => void;

  /**
   * Answers requests of that name with `handler`, which replaces an earlier one. A request reaches the handler once the
   * state is `open`: immediately, or later. If the handler throws, the call rejects with the same error; if there is no
   * handler, the call rejects with an error that says so. Calls of the real client never reject.
   */
  readonly onCall: <Name extends keyof C["requests"] & string>(name: Name, handler: Answering<C, Name>) => Unsubscribe;

  /**
   * All events that were sent so far, in order. This includes events that the real client would have queued, but not
   * those that it drops or refuses.
   */
  readonly sent: readonly SentEvent<C>[];

  /** All requests that were made so far, in order, whether or not they have been answered. */
  readonly calls: readonly CalledRequest<C>[];

  /**
   * Changes the state, as if the connection had. A fake starts as `open`. When it leaves `open`, calls that a handler
   * has begun to answer end with `ws.client.disconnected`, and later calls wait until it is `open` again. Once it is
   * `closed`, all calls end with `ws.client.closed`.
   */
  readonly setState: (state: ConnectionState) => void;

  /** Reports a gap, as if the server had. */
  readonly emitGap: (gap: Gap) => void;

  /** Reports an error, as if the client had found it. */
  readonly emitError: (error: ReportedError) => void;
}

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
export function fakeClient<C extends Contract>(): FakeClient<C> {
  const life = new AbortController();
  const audience = createAudience(life.signal);
  const { report } = audience;
  const handlers = new Map<string, Answering<AnyContract, string>>();
  const sent: { event: string; data: unknown }[] = [];
  const calls: { event: string; data: unknown }[] = [];
  const open = new Set<OpenCall>();
  let ended = "";
  const closed = (event: string): Result<never, Coded<"ws.client.closed">> => failure("ws.client.closed", event, ended);

  const setState = (state: ConnectionState): void => {
    const { status } = state;
    if (status === "closed") {
      ended = state.reason || `closed with ${state.code}`;
      life.abort();
    }
    // In the order of the real client: calls end before the loss is told, and what has waited leaves after the opening is.
    if (status !== "open") for (const call of [...open]) call.lose();
    audience.move(state);
    if (status === "open") for (const call of [...open]) call.leave();
  };

  const call = (event: string, data: unknown = {}, { signal }: CallOptions = {}): Promise<Result<unknown, unknown>> =>
    new Promise((resolve, reject) => {
      const aborted = failure("ws.client.aborted", event, "signal aborted");
      if (signal?.aborted) return resolve(aborted);
      if (life.signal.aborted) return resolve(closed(event));
      calls.push({ event, data });

      let hasLeft = false;
      const settle = (answer: Result<unknown, unknown>): void => {
        open.delete(request);
        signal?.removeEventListener("abort", abort);
        resolve(answer);
      };
      const abort = (): void => settle(aborted);
      const answer = async (): Promise<Result<unknown, unknown>> => {
        const handler = handlers.get(event);
        if (!handler) throw new Error(`no handler for ${event}: add one with fake.onCall("${event}", …)`);
        return handler(data, { signal });
      };
      const request: OpenCall = {
        leave() {
          if (hasLeft) return;
          hasLeft = true;
          answer().then(settle, reject);
        },
        lose() {
          if (life.signal.aborted) settle(closed(event));
          else if (hasLeft) settle(failure("ws.client.disconnected", event, "connection lost"));
        },
      };
      open.add(request);
      signal?.addEventListener("abort", abort);
      if (fake.state.status === "open") request.leave();
    });

  const fake: FakeClient<AnyContract> = Object.assign(audience.subscriptions, {
    sent,
    calls,
    call,
    send(event: string, data: unknown = {}, { volatile }: SendOptions = {}) {
      const isOpen = fake.state.status === "open";
      const outcome: Sent = isOpen ? "sent" : volatile ? "dropped" : "queued";
      if (outcome === "dropped") return succeed(outcome);
      if (life.signal.aborted) {
        const refused = closed(event);
        if (!refused.ok) report(refused.error);
        return refused;
      }
      sent.push({ event, data });
      return succeed(outcome);
    },
    reconnect() {
      const { state } = fake;
      if (state.status === "waiting") setState({ status: "connecting", attempt: state.attempt });
    },
    close() {
      if (!life.signal.aborted) setState({ status: "closed", code: 1000, reason: "closed by the application" });
    },
    emit: (event: string, data: unknown) => audience.deliver({ event, data }),
    onCall(event: string, handler: Answering<AnyContract, string>) {
      handlers.set(event, handler);
      return () => void (handlers.get(event) === handler && handlers.delete(event));
    },
    setState,
    emitGap(gap: Gap) {
      if (!audience.gaps.emit(gap)) report({ code: "ws.client.gap", message: `no onGap listener: ${gap.channel}`, gap });
    },
    emitError: report,
  });
  setState({ status: "open", connection: "fake", contract: "same" });
  // The types of a contract exist only outside: inside, names are text and payloads are unknown.
  return fake as unknown as FakeClient<C>;
}
