/**
 * The messages of the protocol `ws.v1.json`: reads what a server sends, writes what a client sends. This is the only file
 * that knows the members of messages; it knows nothing of sockets and of contracts.
 */
/** The subprotocol that the client offers, and that the server has to select. */
export declare const SUBPROTOCOL = "ws.v1.json";
/** How the server's contract compares with the one that this client was generated from. */
export type ContractVerdict = "same" | "compatible" | "unknown";
/** The server's answer to `hello`. */
export interface Welcome {
    /** The id of this connection. */
    readonly connection: string;
    readonly contract: ContractVerdict;
    /** The time between two pings of the server, in milliseconds. */
    readonly ping: number;
    /** The longest message that the server accepts, in bytes. It applies to `hello`, too. */
    readonly max: number;
}
/** A channel, and a position in its log. */
export interface Place {
    readonly channel: string;
    readonly pos: string;
}
/** Where a channel's log stands. */
export interface Joined extends Place {
    /** `true` when everything behind the position that this client gave, up to `pos`, has been sent. */
    readonly resumed?: unknown;
}
/** Events of a channel that are missing and cannot be recovered. The channel continues at `pos`. */
export interface Gap extends Place {
    /**
     * `trimmed`, `reset`, `forked` or `unavailable`; a newer server may add reasons. The client itself reports
     * `unavailable` for a channel whose position did not fit into its first message on a new connection.
     */
    readonly why: "trimmed" | "reset" | "forked" | "unavailable" | (string & {});
}
/** What a server sends before it closes a connection on purpose. */
export interface Bye {
    readonly code: number;
    readonly reason: string;
    /** The range, in milliseconds, from which the client picks the time of its reconnection. */
    readonly reconnectIn?: readonly [number, number] | undefined;
}
/** An error as it appears in a message: its code, and whatever else the server added. */
export interface WireError {
    readonly code: string;
}
/** A message of the server. `invalid` stands for anything that no server should send. */
export type ServerFrame = {
    readonly kind: "ping";
} | {
    readonly kind: "event";
    readonly event: string;
    readonly data: unknown;
    readonly place: Place | undefined;
} | {
    readonly kind: "reply";
    readonly id: number;
    readonly data: unknown;
} | {
    readonly kind: "failure";
    readonly id: number;
    readonly error: WireError;
} | {
    readonly kind: "error";
    readonly error: WireError;
} | {
    readonly kind: "welcome";
    readonly welcome: Welcome;
} | {
    readonly kind: "ready";
} | {
    readonly kind: "joined";
    readonly joined: Joined;
} | {
    readonly kind: "gap";
    readonly gap: Gap;
} | {
    readonly kind: "bye";
    readonly bye: Bye;
} | {
    readonly kind: "invalid";
    readonly why: string;
};
/** What the client says first. */
export interface Hello {
    /** The hash of the contract that the client was generated from. */
    readonly contract?: string | undefined;
    readonly token?: string | undefined;
    /** The id of this client's previous connection, which the server closes if it still lingers. */
    readonly connection?: string | undefined;
    /** For each channel, the last position that this client has seen; where it is `undefined`, the channel is not written. */
    readonly resume?: Readonly<Record<string, string | undefined>> | undefined;
}
/** The answer to a ping. */
export declare const PONG = "{}";
/** Writes the first message of a session. */
export declare function encodeHello(hello: Hello): string;
/** Writes an event, or a request when it has an `id`. Throws what `JSON.stringify` throws: a `bigint`, a cycle. */
export declare function encodeEvent(event: string, data: unknown, id?: number): string;
/** Writes that the answer to a request is no longer wanted. */
export declare function encodeCancel(id: number): string;
/** How many bytes a text takes on the wire. */
export declare function byteLength(text: string): number;
/** Reads a message of the server, whatever it is. Never throws. */
export declare function parseServerFrame(text: unknown): ServerFrame;
