/**
 * The messages of the protocol `ws.v1.json`: reads what a server sends, writes what a client sends. This is the only file
 * that knows the members of messages; it knows nothing of sockets and of contracts.
 */

/** The subprotocol that the client offers, and that the server has to select. */
export const SUBPROTOCOL = "ws.v1.json";

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
export type ServerFrame =
  | { readonly kind: "ping" }
  | { readonly kind: "event"; readonly event: string; readonly data: unknown; readonly place: Place | undefined }
  | { readonly kind: "reply"; readonly id: number; readonly data: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly error: WireError }
  | { readonly kind: "error"; readonly error: WireError }
  | { readonly kind: "welcome"; readonly welcome: Welcome }
  | { readonly kind: "ready" }
  | { readonly kind: "joined"; readonly joined: Joined }
  | { readonly kind: "gap"; readonly gap: Gap }
  | { readonly kind: "bye"; readonly bye: Bye }
  | { readonly kind: "invalid"; readonly why: string };

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
export const PONG = "{}";

/** Writes the first message of a session. */
export function encodeHello(hello: Hello): string {
  return JSON.stringify({ hello });
}

/** Writes an event, or a request when it has an `id`. Throws what `JSON.stringify` throws: a `bigint`, a cycle. */
export function encodeEvent(event: string, data: unknown, id?: number): string {
  return JSON.stringify({ event, data, id });
}

/** Writes that the answer to a request is no longer wanted. */
export function encodeCancel(id: number): string {
  return JSON.stringify({ cancel: id });
}

/** How many bytes a text takes on the wire. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Reads a message of the server, whatever it is. Never throws. */
export function parseServerFrame(text: unknown): ServerFrame {
  let frame: ServerFrame | undefined;
  try {
    // A binary message is none, even if it holds JSON.
    if (isText(text)) frame = read(JSON.parse(text) as Members);
  } catch {
    // Not JSON, or not even the shape that is needed to look into it.
  }
  return frame ?? { kind: "invalid", why: `not a ${SUBPROTOCOL} message: ${String(text).slice(0, 99)}` };
}

/** The members of messages that this client looks at, each of them anything. What is no object has none of them. */
type Members = {
  readonly [Name in "error" | "welcome" | "ready" | "joined" | "gap" | "bye"]?: Members;
} & {
  readonly [Name in
    | ("event" | "id" | "data" | "channel" | "pos")
    | ("connection" | "contract" | "ping" | "max" | "resumed" | "why")
    | ("code" | "reason" | "reconnect_in")]?: unknown;
};

/** Tells the kind of a message by the member that is present; nothing when that member is not what it has to be. */
function read(message: Members): ServerFrame | undefined {
  const { event, id, data = {}, error, welcome, ready, joined, gap, bye } = message;
  if (isText(event)) return { kind: "event", event, data, place: isPlace(message) ? message : undefined };
  if (isError(error)) return isInteger(id) ? { kind: "failure", id, error } : { kind: "error", error };
  if (isInteger(id) && !error) return { kind: "reply", id, data };
  if (welcome) return readWelcome(welcome);
  if (ready) return { kind: "ready" };
  if (isPlace(joined)) return { kind: "joined", joined };
  if (isPlace(gap)) return { kind: "gap", gap: gap as Gap };
  if (bye) return readBye(bye);
  return JSON.stringify(message) === "{}" ? { kind: "ping" } : undefined;
}

function readWelcome({ connection, contract, ping = 25_000, max = 65_536 }: Members): ServerFrame | undefined {
  if (!isText(connection) || !isLength(ping) || !isLength(max)) return undefined;
  const verdict = contract === "same" || contract === "compatible" ? contract : "unknown";
  return { kind: "welcome", welcome: { connection, contract: verdict, ping, max } };
}

function readBye({ code, reason = "", reconnect_in = [] }: Members): ServerFrame | undefined {
  if (!isInteger(code) || !isText(reason)) return undefined;
  const [least, most] = reconnect_in as readonly unknown[];
  const reconnectIn = isLength(least) && isLength(most) ? ([least, most] as const) : undefined;
  return { kind: "bye", bye: { code, reason, reconnectIn } };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/** A length of something: of time, or of a text. */
function isLength(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

function isPlace(value: Members | undefined): value is Members & Place {
  return isText(value?.channel) && isText(value.pos);
}

function isError(value: Members | undefined): value is WireError {
  return isText(value?.code);
}
