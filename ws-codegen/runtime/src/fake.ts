/**
 * A client without a server, for the tests of front ends: the test plays the server. Typed by the contract like the real
 * one, so a test cannot emit what the server cannot send.
 */

import type { Client } from "./client.js";
import type { Contract, EventData, Input, Output, RequestError, RequestName, SendName } from "./contract.js";
import { type Coded, failure, type LibraryError, type ReportedError } from "./errors.js";
import type { Gap } from "./frames.js";
import type { Off } from "./listeners.js";
import type { Sent } from "./outbox.js";
import type { CallOptions } from "./requests.js";
import { type Result, succeed } from "./result.js";
import type { ConnectionState } from "./state.js";
import { type AnyContract, createAudience } from "./subscriptions.js";

/** An event that the code under test has sent, told apart by `event`. */
export type SentEvent<C extends Contract> = {
  [Name in SendName<C>]: { readonly event: Name; readonly data: C["client"][Name] };
}[SendName<C>];

/** Answers a request in place of the server. The signal is aborted when the caller's is. */
export type Answering<C extends Contract, Name extends RequestName<C>> = (
  input: Input<C, Name>,
  call: { readonly signal: AbortSignal | undefined },
) => Reply<C, Name> | Promise<Reply<C, Name>>;

/** What a request may end with. */
export type Reply<C extends Contract, Name extends RequestName<C>> = Result<
  Output<C, Name>,
  RequestError<C, Name> | LibraryError
>;

/** A {@link Client} that does what the test says. */
export interface FakeClient<C extends Contract> extends Client<C> {
  /** Delivers an event, as if the server had sent it; all listeners have heard it when this returns. */
  emit<Name extends keyof C["server"] & string>(name: Name, data: EventData<C, Name>): void;

  /**
   * Answers requests of that name with `handler`, the latest one that was given. A request without a handler rejects with
   * an error that says so: this is the only way in which a call of the fake differs from a real one.
   */
  onCall<Name extends keyof C["requests"] & string>(name: Name, handler: Answering<C, Name>): Off;

  /** Everything that was sent so far, in order. */
  readonly sent: readonly SentEvent<C>[];

  /** Changes the state, as if the connection had. A fake begins as `open`. */
  setState(state: ConnectionState): void;

  /** Tells of a gap, as if the server had. */
  emitGap(gap: Gap): void;

  /** Reports an error, as if the client had found it. */
  emitError(error: ReportedError): void;
}

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
export function fakeClient<C extends Contract>(): FakeClient<C> {
  const life = new AbortController();
  const audience = createAudience(life.signal);
  const handlers = new Map<string, Answering<AnyContract, string>>();
  const sent: { event: string; data: unknown }[] = [];
  const closed = (event: string): Result<never, Coded<"ws.client.closed">> =>
    failure("ws.client.closed", event, "the fake was closed");
  const setState = (state: ConnectionState): void => {
    if (state.status === "closed") life.abort();
    audience.move(state);
  };

  const call = (event: string, data: unknown = {}, { signal }: CallOptions = {}): Promise<Result<unknown, unknown>> =>
    new Promise((resolve, reject) => {
      const handler = handlers.get(event);
      const abort = (): void => resolve(failure("ws.client.aborted", event, "the signal was aborted"));
      const end = (): void => resolve(closed(event));
      if (signal?.aborted) return abort();
      if (life.signal.aborted) return end();
      if (!handler) return reject(new Error(`nothing answers ${event}: say how with fake.onCall("${event}", …)`));
      signal?.addEventListener("abort", abort, { once: true });
      life.signal.addEventListener("abort", end, { once: true });
      Promise.resolve(handler(data, { signal })).then(resolve, reject);
    });

  const fake: FakeClient<AnyContract> = Object.assign(audience.subscriptions, {
    sent,
    call,
    send(event: string, data: unknown = {}) {
      if (life.signal.aborted) return closed(event);
      sent.push({ event, data });
      const outcome: Sent = fake.state.status === "open" ? "sent" : "queued";
      return succeed(outcome);
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
    emitGap: (gap: Gap) => void audience.gaps.emit(gap),
    emitError: audience.report,
  });
  setState({ status: "open", connection: "fake", contract: "same" });
  // The types of a contract exist only outside: inside, names are text and payloads are unknown.
  return fake as unknown as FakeClient<C>;
}
