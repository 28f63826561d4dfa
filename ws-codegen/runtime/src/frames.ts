/**
 * The messages of the protocol `ws.v1.json`: reads what a server sends, writes what a client sends. This is the only file
 * that knows the members of messages; it knows nothing of sockets and of contracts.
 */

/** The subprotocol that the client offers, and that the server has to select. */
export const SUBPROTOCOL = "ws.v1.json";

/** What the server thinks of the contract that this client was generated from. */
export type ContractVerdict = "same" | "compatible" | "unknown";

/** The server's answer to `hello`. */
export interface Welcome {
  /** The id of this connection. */
  readonly connection: string;
  readonly contract: ContractVerdict;
  /** Milliseconds between two pings of the server. */
  readonly ping: number;
  /** The longest message that the server accepts, in bytes. */
  readonly max: number;
}

/** Where a channel's log stands. */
export interface Joined {
  readonly channel: string;
  readonly pos: string;
  /** Whether everything since the position that this client gave has been sent. */
  readonly resumed: boolean;
}

/** Events of a channel that are missing and cannot be recovered. */
export interface Gap {
  readonly channel: string;
  /** `trimmed`, `reset`, `forked` or `unavailable`; a newer server may add reasons. */
  readonly why: "trimmed" | "reset" | "forked" | "unavailable" | (string & {});
  /** What follows continues here. */
  readonly pos: string;
}

/** What a server says before it closes a connection on purpose. */
export interface Bye {
  readonly code: number;
  readonly reason: string;
  /** The bounds, in milliseconds, between which the client picks the time of its reconnection. */
  readonly reconnectIn?: readonly [number, number];
}

/** An error as it stands in a message: its code, and whatever else the server put there. */
export interface WireError {
  readonly code: string;
  readonly message?: unknown;
  readonly event?: unknown;
  readonly path?: unknown;
}

/** A message of the server. `invalid` is one that no server should send; `id` tells whose answer it would have been. */
export type ServerFrame =
  | { readonly kind: "ping" }
  | { readonly kind: "event"; readonly event: string; readonly data: unknown; readonly channel?: string; readonly pos?: string }
  | { readonly kind: "reply"; readonly id: number; readonly data: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly error: WireError }
  | { readonly kind: "error"; readonly error: WireError }
  | { readonly kind: "welcome"; readonly welcome: Welcome }
  | { readonly kind: "joined"; readonly joined: Joined }
  | { readonly kind: "gap"; readonly gap: Gap }
  | { readonly kind: "bye"; readonly bye: Bye }
  | { readonly kind: "invalid"; readonly why: string; readonly id?: number };

/** What the client says first. */
export interface Hello {
  /** The hash of the contract that the client was generated from. */
  readonly contract?: string | undefined;
  readonly token?: string | undefined;
  /** The id of this client's previous connection, which the server closes if it still lingers. */
  readonly connection?: string | undefined;
  /** For each channel, the last position that this client has seen. */
  readonly resume?: Readonly<Record<string, string>> | undefined;
}

/** The answer to a ping. */
export const PONG = "{}";

/** Writes the first message of a session. */
export function encodeHello({ contract, token, connection, resume }: Hello): string {
  return JSON.stringify({ hello: { contract, token, connection, resume } });
}

/** Writes an event, or a request when it has an `id`. Throws what `JSON.stringify` throws: a `bigint`, a cycle. */
export function encodeEvent(event: string, data: unknown, id?: number): string {
  return JSON.stringify({ event, data, id });
}

/** Writes that the answer to a request is no longer wanted. */
export function encodeCancel(id: number): string {
  return JSON.stringify({ cancel: id });
}

/** Reads a message of the server, whatever it is. Never throws. */
export function parseServerFrame(text: unknown): ServerFrame {
  if (typeof text !== "string") return invalid("a binary message");
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return invalid("not JSON");
  }
  if (!isObject(message)) return invalid("not an object");
  const { event, id, data, error, channel, pos } = message;
  if (event !== undefined) {
    if (typeof event !== "string") return invalid("`event` is not a text");
    const place = isText(channel) && isText(pos) ? { channel, pos } : {};
    return { kind: "event", event, data: data === undefined ? {} : data, ...place };
  }
  if (id !== undefined) {
    if (!Number.isSafeInteger(id)) return invalid("`id` is not an integer");
    if (error === undefined) return { kind: "reply", id: id as number, data: data === undefined ? {} : data };
    return isError(error)
      ? { kind: "failure", id: id as number, error }
      : { kind: "invalid", why: "`error` has no `code`", id: id as number };
  }
  if (error !== undefined) return isError(error) ? { kind: "error", error } : invalid("`error` has no `code`");
  return parseSession(message);
}

type Members = {
  readonly [Name in
    | ("event" | "id" | "data" | "error" | "channel" | "pos")
    | ("welcome" | "joined" | "gap" | "bye")
    | ("connection" | "contract" | "ping" | "max" | "resumed" | "why")
    | ("code" | "reason" | "reconnect_in")]?: unknown;
};

function parseSession(message: Members): ServerFrame {
  const { welcome, joined, gap, bye } = message;
  if (isObject(welcome)) {
    const { connection, contract, ping, max } = welcome;
    if (!isText(connection)) return invalid("`welcome` has no `connection`");
    return {
      kind: "welcome",
      welcome: {
        connection,
        contract: contract === "same" || contract === "compatible" ? contract : "unknown",
        ping: isPositive(ping) ? ping : 25_000,
        max: isPositive(max) ? max : 65_536,
      },
    };
  }
  if (isObject(joined)) {
    const { channel, pos, resumed } = joined;
    if (!isText(channel) || !isText(pos)) return invalid("`joined` has no `channel` or `pos`");
    return { kind: "joined", joined: { channel, pos, resumed: resumed === true } };
  }
  if (isObject(gap)) {
    const { channel, pos, why } = gap;
    if (!isText(channel) || !isText(pos)) return invalid("`gap` has no `channel` or `pos`");
    return { kind: "gap", gap: { channel, why: isText(why) ? why : "unavailable", pos } };
  }
  if (isObject(bye)) {
    const { code, reason, reconnect_in: bounds } = bye;
    if (!Number.isInteger(code)) return invalid("`bye` has no `code`");
    return {
      kind: "bye",
      bye: {
        code: code as number,
        reason: isText(reason) ? reason : "",
        ...(isBounds(bounds) ? { reconnectIn: bounds } : {}),
      },
    };
  }
  return Object.keys(message).length === 0 ? { kind: "ping" } : invalid("none of its members is known");
}

function invalid(why: string): ServerFrame {
  return { kind: "invalid", why };
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isPositive(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) > 0;
}

function isError(value: unknown): value is WireError {
  return isObject(value) && isText(value.code);
}

function isBounds(value: unknown): value is readonly [number, number] {
  if (!Array.isArray(value)) return false;
  const [least, most] = value as readonly unknown[];
  return Number.isFinite(least) && isPositive(most) && (least as number) >= 0 && (least as number) <= most;
}
