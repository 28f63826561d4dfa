/**
 * Who listens to a client, and to what. The real client and the fake of the tests share it; it knows nothing of messages
 * and connections.
 */
import type { Contract } from "./contract.js";
import { type ReportedError } from "./errors.js";
import type { Gap } from "./frames.js";
import { type Listener, type Listeners, type Unsubscribe } from "./listeners.js";
import type { ConnectionState } from "./state.js";
import { type StreamOptions } from "./stream.js";
/** A contract whose types are gone: what the runtime works with inside. */
export interface AnyContract extends Contract {
    readonly server: Record<string, unknown>;
    readonly client: Record<string, unknown>;
    readonly requests: Record<string, {
        input: unknown;
        output: unknown;
        error: unknown;
    }>;
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
export declare function createAudience(end: AbortSignal, events?: readonly string[]): Audience;
