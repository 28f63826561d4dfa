/**
 * What the compiler accepts and what it refuses. Nothing here runs: `tsc` is the test, and a line below `@ts-expect-error`
 * that compiles is a failure.
 */

import WebSocketOfWs from "ws";
import { type FakeClient, fakeClient } from "../src/fake.js";
import {
  type Client,
  connect,
  type ContractInfo,
  isLibraryError,
  type LibraryError,
  type Message,
  type ReportedError,
  type Result,
  type SocketConstructor,
} from "../src/index.js";
import { type Chat, chat, type Participant, type ParticipantError } from "./support/contract.js";

declare const client: Client<Chat>;

/** Whether two types are the same. */
type Same<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;

function same<Left, Right>(_proof: Same<Left, Right>): void {}

// Listening.

client.on("chats.msg", ({ from, text, sent_at }) => [from, text, sent_at]);
client.on("chats.msg", async (data) => void data.text);
client.once("app.connected", ({ participants }) => participants.length);
// @ts-expect-error the server does not send this
client.on("app.signout", () => {});
// @ts-expect-error a request is no event of the server
client.on("participants.info", () => {});
// @ts-expect-error a typing mistake
client.on("chats.mgs", () => {});
// @ts-expect-error no such field
client.on("chats.msg", ({ author }) => author);
// @ts-expect-error another payload
client.on("chats.msg", (data: { id: number }) => data.id);
// @ts-expect-error the same name has another payload in each direction
client.send("chats.msg", { from: "ana", text: "hi", sent_at: "" });

// Sending.

client.send("chats.msg", { text: "hi" });
client.send("app.signout");
client.send("app.signout", {});
client.send("chats.msg", { text: "hi" }, { volatile: true });
client.send("app.signout", {}, { volatile: true });
// @ts-expect-error options come after the payload, even when that is empty
client.send("app.signout", { volatile: true });
// @ts-expect-error a send has no timeout
client.send("chats.msg", { text: "hi" }, { timeoutMs: 5 });
// @ts-expect-error the payload is missing
client.send("chats.msg");
// @ts-expect-error a field is missing
client.send("chats.msg", {});
// @ts-expect-error a field of another type
client.send("chats.msg", { text: 7 });
// @ts-expect-error a field too many
client.send("chats.msg", { text: "hi", to: "ana" });
// @ts-expect-error only the server sends this
client.send("app.connected", { id: "ana", participants: [] });
// @ts-expect-error a request needs call
client.send("participants.info", { id: "ana" });
// @ts-expect-error there is nothing to say
client.send("app.signout", { reason: "bored" });

// Calling.

async function calling(): Promise<void> {
  const info = await client.call("participants.info", { id: "ana" }, { signal: new AbortController().signal });
  same<typeof info, Result<Participant, ParticipantError | LibraryError>>(true);
  const list = await client.call("participants.list");
  same<typeof list, Result<Participant[], LibraryError>>(true);
  await client.call("participants.list", {}, { timeoutMs: 5 });
  // @ts-expect-error the input is missing
  await client.call("participants.info");
  // @ts-expect-error a field of another type
  await client.call("participants.info", { id: 7 });
  // @ts-expect-error an event is no request
  await client.call("chats.msg", { text: "hi" });
  // @ts-expect-error a typing mistake
  await client.call("participants.inof", { id: "ana" });
  // @ts-expect-error options come after the input, even when that is empty
  await client.call("participants.list", { timeoutMs: 5 });
  // @ts-expect-error the outcome has to be looked at first
  info.value.name;
}

function errors(error: ParticipantError | LibraryError): string {
  switch (error.code) {
    case "not_found":
      return error.code;
    case "hidden":
      return error.until;
    case "ws.invalid_message":
    case "ws.unknown_event":
    case "ws.wrong_direction":
    case "ws.invalid_payload":
    case "ws.too_large":
    case "ws.rate_limited":
    case "ws.too_many_requests":
    case "ws.timeout":
    case "ws.unauthorized":
    case "ws.unsupported":
    case "ws.internal":
    case "ws.client.closed":
    case "ws.client.full":
    case "ws.client.too_large":
    case "ws.client.invalid_payload":
    case "ws.client.timeout":
    case "ws.client.aborted":
    case "ws.client.disconnected":
    case "ws.client.invalid_data":
      return error.message;
    default:
      error satisfies never;
      return "";
  }
}

function declaredErrors(error: ParticipantError | LibraryError): string {
  if (isLibraryError(error)) return error.message;
  same<typeof error, ParticipantError>(true);
  switch (error.code) {
    case "not_found":
      return "";
    default:
      // @ts-expect-error `hidden` is not handled
      error satisfies never;
      return error.until;
  }
}

function reported(error: ReportedError): unknown {
  // @ts-expect-error the end of a call is told to its caller
  if (error.code === "ws.client.timeout") return undefined;
  return error.cause;
}

// All events as a union.

function exhaustive(message: Message<Chat>): string {
  switch (message.event) {
    case "chats.msg":
      return message.data.text;
    case "app.connected":
      return message.data.id;
    default:
      message satisfies never;
      return "";
  }
}

function incomplete(message: Message<Chat>): string {
  switch (message.event) {
    case "chats.msg":
      return message.data.text;
    default:
      // @ts-expect-error `app.connected` is not handled
      message satisfies never;
      return "";
  }
}

async function streaming(): Promise<void> {
  for await (const { text } of client.events("chats.msg", { buffer: 10 })) text.length;
  for await (const message of client.messages()) exhaustive(message);
  // @ts-expect-error only the server's events can be heard
  client.events("app.signout");
}

// Functions are handed around alone, and a linter that looks for methods without their object (unbound-method) has nothing to say:
// they are properties. Only the parameters of methods are compared both ways, so only a method takes whatever takes nothing; where
// there are no parameters there is nothing to compare.

const { send, call, onState } = client;
type Methods<Type> = { [Name in keyof Type]: ((...nothing: never[]) => never) extends Type[Name] ? Name : never }[keyof Type];
same<Methods<Client<Chat>>, "close" | "reconnect">(true);
same<Methods<FakeClient<Chat>>, "close" | "reconnect">(true);
same<Methods<{ one(value: string): void; other: (value: string) => void }>, "one">(true);

// State.

function state(): string {
  const { state } = client;
  switch (state.status) {
    case "connecting":
      return `attempt ${state.attempt}`;
    case "open":
      return state.contract === "same" ? state.connection : state.contract;
    case "waiting":
      return new Date(state.retryAt).toISOString() + state.code;
    case "closed":
      return state.reason;
    default:
      state satisfies never;
      return "";
  }
}

// Connecting: what the generator writes, and every WebSocket there is.

connect<Chat>(chat, new URL("wss://example.com"), { WebSocket, token: () => "t" });
connect<Chat>(chat, "wss://example.com", { WebSocket: WebSocketOfWs, token: async () => undefined });
const generated: ContractInfo = { name: "chat", hash: "5f2b" };
const constructors: SocketConstructor[] = [WebSocket, WebSocketOfWs];
// @ts-expect-error a contract has three maps
connect<{ server: object }>(generated, "");

// A request whose input nothing fits cannot be called, and a contract may be empty.

declare const odd: Client<{ server: object; client: { a: never }; requests: { b: { input: never; output: string; error: never } } }>;
// @ts-expect-error nothing fits
odd.send("a", {});
// @ts-expect-error nothing fits
void odd.call("b");

// The fake.

const fake: FakeClient<Chat> = fakeClient<Chat>();
const asClient: Client<Chat> = fake;
fake.emit("chats.msg", { from: "ana", text: "hi", sent_at: "" });
fake.onCall("participants.info", ({ id }) => ({ ok: true, value: { id, name: id } }));
fake.onCall("participants.info", async () => ({ ok: false, error: { code: "hidden", until: "" } }));
fake.onCall("participants.list", () => ({ ok: false, error: { code: "ws.timeout", message: "" } }));
// @ts-expect-error the server does not send this
fake.emit("app.signout", {});
// @ts-expect-error another payload
fake.emit("chats.msg", { text: "hi" });
// @ts-expect-error an error that is not declared
fake.onCall("participants.list", () => ({ ok: false, error: { code: "not_found" } }));
// @ts-expect-error another output
fake.onCall("participants.info", () => ({ ok: true, value: [] }));

void [send, call, onState, calling, errors, declaredErrors, reported, incomplete, streaming, state, constructors, asClient];
