/**
 * Who listens to a client, and to what. The real client and the fake of the tests share it; it knows nothing of messages
 * and connections.
 */

import type { Contract, ContractInfo } from "./contract.js";
import type { ReportedError } from "./errors.js";
import type { Gap } from "./frames.js";
import { createListeners, type Listener, type Listeners, type Off } from "./listeners.js";
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
  on(name: string, listener: Listener<unknown>): Off;
  once(name: string, listener: Listener<unknown>): Off;
  events(name: string, options?: StreamOptions): AsyncIterableIterator<unknown>;
  onAny(listener: Listener<AnyMessage>): Off;
  messages(options?: StreamOptions): AsyncIterableIterator<AnyMessage>;
  onUnknown(listener: Listener<AnyMessage>): Off;
  onState(listener: Listener<ConnectionState>): Off;
  onGap(listener: Listener<Gap>): Off;
  onError(listener: Listener<ReportedError>): Off;
}

/** The half that tells them. */
export interface Audience {
  readonly subscriptions: Subscriptions;
  /** Whether the contract has an event of that name, as far as that is known. */
  knows(event: string): boolean;
  deliver(message: AnyMessage): void;
  deliverUnknown(message: AnyMessage): void;
  move(state: ConnectionState): void;
  tellGap(gap: Gap): void;
  report(error: ReportedError): void;
}

/** Makes both halves. */
export function createAudience(contract: ContractInfo | undefined, initial: ConnectionState): Audience {
  let state = initial;
  const known = contract?.events && new Set(contract.events);

  const failed = (cause: unknown, event?: string): void => {
    const where = event === undefined ? {} : { event };
    report({ code: "ws.client.listener_failed", message: String(cause), cause, ...where });
  };
  // A listener for errors that fails itself has nobody left to tell but the console.
  const errors = createListeners<ReportedError>((cause, error) => console.error(error, cause));
  const report = (error: ReportedError): void => {
    if (!errors.emit(error)) console.error(`${error.code}: ${error.message}`, error);
  };
  const moves: ConnectionState[] = [];
  const states = createListeners<ConnectionState>((cause) => failed(cause));
  const gaps = createListeners<Gap>((cause) => failed(cause));
  const any = createListeners<AnyMessage>((cause, { event }) => failed(cause, event));
  const unknown = createListeners<AnyMessage>((cause, { event }) => failed(cause, event));
  const named = new Map<string, Listeners<unknown>>();

  const on: Subscriptions["on"] = (name, listener) => {
    let listeners = named.get(name);
    if (!listeners) named.set(name, (listeners = createListeners((cause) => failed(cause, name))));
    return listeners.add(listener);
  };
  const ended = (listener: () => void): Off => {
    if (state.status === "closed") queueMicrotask(listener);
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
      if (!known && !heard && !heardByAny) unknown.emit(message);
    },
    deliverUnknown: (message) => void unknown.emit(message),
    move(next) {
      state = next;
      // A listener that changes the state, by `close()`, must not make the others hear the changes in the wrong order.
      if (moves.push(next) > 1) return;
      for (const move of moves) states.emit(move);
      moves.length = 0;
    },
    tellGap(gap) {
      if (gaps.emit(gap)) return;
      report({ code: "ws.client.gap", message: `events of ${gap.channel} are missing: ${gap.why}`, gap });
    },
    report,
  };
}
