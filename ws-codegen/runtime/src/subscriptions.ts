/**
 * Who listens to a client, and to what. The real client and the fake of the tests share it; it knows nothing of messages
 * and connections.
 */

import type { Contract } from "./contract.js";
import { describe, type ReportedError } from "./errors.js";
import type { Gap } from "./frames.js";
import { createListeners, type Listener, type Listeners, type Unsubscribe } from "./listeners.js";
import type { ConnectionState } from "./state.js";
import { createStream, type StreamOptions } from "./stream.js";

/** A contract whose types are gone: what the runtime works with inside. */
export interface AnyContract extends Contract {
  readonly server: Record<string, unknown>;
  readonly client: Record<string, unknown>;
  readonly requests: Record<string, { input: unknown; output: unknown; error: unknown }>;
}

/** An event of the server, whatever it is. */
export interface AnyMessage {
  readonly event: string;
  readonly data: unknown;
}

/** The half of a client that applications listen to. */
export interface Subscriptions {
  readonly state: ConnectionState;
  on(name: string, listener: Listener<unknown>): Unsubscribe;
  once(name: string, listener: Listener<unknown>): Unsubscribe;
  events(name: string, options?: StreamOptions): AsyncIterableIterator<unknown>;
  onAny(listener: Listener<AnyMessage>): Unsubscribe;
  messages(options?: StreamOptions): AsyncIterableIterator<AnyMessage>;
  onUnknown(listener: Listener<AnyMessage>): Unsubscribe;
  onState(listener: Listener<ConnectionState>): Unsubscribe;
  onGap(listener: Listener<Gap>): Unsubscribe;
  onError(listener: Listener<ReportedError>): Unsubscribe;
}

/** The half that tells them. */
export interface Audience {
  readonly subscriptions: Subscriptions;
  /** An event of the contract. */
  deliver(message: AnyMessage): void;
  /** Whether the contract has an event of that name. */
  knows(event: string): boolean;
  readonly unknown: Listeners<AnyMessage>;
  readonly gaps: Listeners<Gap>;
  report(error: ReportedError): void;
  move(state: ConnectionState): void;
}

/**
 * Makes both halves. Without a list of `events`, every event counts as one of the contract.
 *
 * @param end aborted when the client ends, and its streams with it
 */
export function createAudience(end: AbortSignal, events?: readonly string[]): Audience {
  let state: ConnectionState = { status: "connecting", attempt: 1 };
  const known = events && new Set(events);

  // A listener for errors that fails itself has nobody left to tell but the console.
  const errors = createListeners<ReportedError>((cause) => console.error(cause));
  /** What the console was told last. There may be one error for each message, such as where they are too many. */
  let told: string | undefined;
  const report = (error: ReportedError): void => {
    if (errors.emit(error)) return;
    if (error.message !== told) console.error(error);
    told = error.message;
  };
  const failed = (cause: unknown, event?: string): void =>
    report({ code: "ws.client.listener_failed", event, message: describe(cause), cause });
  const states = createListeners<ConnectionState>(failed);
  const gaps = createListeners<Gap>(failed);
  const any = createListeners<AnyMessage>(failed);
  const unknown = createListeners<AnyMessage>(failed);
  const named = new Map<string, Listeners<unknown>>();

  const on: Subscriptions["on"] = (name, listener) => {
    let listeners = named.get(name);
    if (!listeners) named.set(name, (listeners = createListeners((cause) => failed(cause, name))));
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
