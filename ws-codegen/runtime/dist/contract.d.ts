/**
 * The shape of a generated contract as seen by this runtime, and the types that are derived from it. There are only
 * types: nothing in this file exists at run time.
 */
/**
 * The shape of a generated contract: three maps from event names to what the events carry.
 *
 * The generator writes an interface of this shape; the names in it are the only ones that `on`, `send` and `call`
 * accept.
 *
 * @example
 * interface Chat {
 *   server: { "chats.msg": ChatMsg };
 *   client: { "chats.msg": SendMsg; "app.signout": Record<string, never> };
 *   requests: { "participants.info": { input: GetParticipant; output: Participant; error: ParticipantError } };
 * }
 */
export interface Contract {
    /** The events that the server sends: event name to payload. */
    readonly server: object;
    /** The events that the client sends without expecting a reply: event name to payload. */
    readonly client: object;
    /** The requests that the client sends: event name to `{ input, output, error }`. */
    readonly requests: object;
}
/** The name of an event that the server sends. */
export type EventName<C extends Contract> = keyof C["server"] & string;
/** The name of an event that the client sends without expecting a reply. */
export type SendName<C extends Contract> = keyof C["client"] & string;
/** The name of an event that the client sends and the server answers. */
export type RequestName<C extends Contract> = keyof C["requests"] & string;
/** The payload of an event that the server sends. */
export type EventData<C extends Contract, Name extends EventName<C>> = C["server"][Name];
/**
 * The payload of an event that the client sends. The `infer` only puts the look-up off until `Name` is known: without it the
 * compiler compares every payload with every other, at every `send`.
 */
export type SendData<C extends Contract, Name extends SendName<C>> = C["client"][Name] extends infer Data ? Data : never;
/** The payload of a request. */
export type Input<C extends Contract, Name extends RequestName<C>> = C["requests"][Name] extends {
    input: infer I;
} ? I : never;
/** The answer of the server to a request that succeeded. */
export type Output<C extends Contract, Name extends RequestName<C>> = C["requests"][Name] extends {
    output: infer O;
} ? O : never;
/** The errors that the contract declares for a request; `never` when it declares none. */
export type RequestError<C extends Contract, Name extends RequestName<C>> = C["requests"][Name] extends {
    error: infer E;
} ? E : never;
/**
 * Any event of the server with its payload, discriminated by `event`: a `switch` over it can be exhaustive.
 *
 * @example
 * client.onAny((message) => {
 *   switch (message.event) {
 *     case "chats.msg": return show(message.data.text);
 *     default: message satisfies never;
 *   }
 * });
 */
export type Message<C extends Contract> = {
    [Name in EventName<C>]: {
        readonly event: Name;
        readonly data: C["server"][Name];
    };
}[EventName<C>];
/**
 * The arguments after a name: the payload, which may be omitted if it has no fields, and then the options.
 *
 * A wrong name is inferred as every one of `Names`. The compiler counts the arguments before it looks at the name, and
 * would say "Expected 2-3 arguments" about a wrong name on its own. It does not count the arguments of a union, and then
 * lists the names that exist.
 */
export type PayloadArguments<Payload, Options, Name, Names> = [Payload] extends [Record<string, never>] ? [Payload] extends [never] ? [payload: Payload] | [payload: Payload, options?: Options] : [payload?: Payload, options?: Options] : [Names] extends [Name] ? [payload: Payload] | [payload: Payload, options?: Options] : [payload: Payload, options?: Options];
/** What the runtime needs to know about a contract. Written by the generator. */
export interface ContractInfo {
    /** The contract's name, for messages to people. */
    readonly name: string;
    /** The hash of the contract that the client was generated from; the server compares it with its own. */
    readonly hash: string;
    /**
     * The names of all events that the server sends. Any other event is only passed to `onUnknown`, so that `onAny` and
     * `messages` never deliver a message outside of their type. Without this list, every event counts as known.
     */
    readonly events?: readonly string[];
    /** Converts JSON to the contract's types and back, for the events that need it. */
    readonly codecs?: Codecs;
}
/**
 * Converts one payload. It may throw: the message of the error is reported, and the payload goes no further.
 *
 * @example
 * const decode: Convert = (data) => ({ ...(data as Wire), total: BigInt((data as Wire).total) });
 */
export type Convert = (data: unknown) => unknown;
/**
 * Conversions by event name, for payloads whose TypeScript type is not what `JSON.parse` returns: a `bigint` that is
 * text on the wire, a `Date`, bytes. Payloads of other events are passed on unchanged.
 */
export interface Codecs {
    /** From JSON, for events of the server. */
    readonly events?: Readonly<Record<string, Convert>>;
    /** To JSON, for events of the client and for the input of requests. */
    readonly inputs?: Readonly<Record<string, Convert>>;
    /** From JSON, for the output of requests. */
    readonly outputs?: Readonly<Record<string, Convert>>;
    /** From JSON, for the errors that requests declare. */
    readonly errors?: Readonly<Record<string, Convert>>;
}
