/** Every message on the protocol's page is what this runtime reads or writes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeCancel, encodeEvent, encodeHello, parseServerFrame, PONG } from "../src/frames.js";
import { settled } from "./support/clock.js";
import { opened } from "./support/harness.js";
import { vectors } from "./support/vectors.js";

const all = vectors();
const fromServer = all.filter(({ peer }) => peer === "server");
const fromClient = all.filter(({ peer, refused }) => peer === "client" && !refused);

/** What kind of message each member makes; the first that is present decides. */
const KINDS = ["event", "welcome", "ready", "joined", "gap", "bye"] as const;

test("the page has vectors of both peers", () => {
  assert.ok(fromServer.length >= 10, `${fromServer.length} of the server`);
  assert.ok(fromClient.length >= 8, `${fromClient.length} of the client`);
  assert.ok(all.length > fromServer.length + fromClient.length, "and some that are refused");
});

for (const { text, line } of fromServer) {
  test(`line ${line} is read: ${text}`, () => {
    const message = JSON.parse(text) as Record<string, unknown>;
    const frame = parseServerFrame(text);
    const kind =
      KINDS.find((name) => name in message) ??
      ("id" in message ? ("error" in message ? "failure" : "reply") : "error" in message ? "error" : "ping");
    assert.equal(frame.kind, kind);

    switch (frame.kind) {
      case "event":
        assert.deepEqual(frame.data, message["data"]);
        assert.equal(frame.place?.pos, message["pos"]);
        break;
      case "reply":
        assert.deepEqual([frame.id, frame.data], [message["id"], message["data"]]);
        break;
      case "failure":
        assert.deepEqual([frame.id, frame.error], [message["id"], message["error"]]);
        break;
      case "error":
        assert.deepEqual(frame.error, message["error"]);
        break;
      case "welcome":
        assert.deepEqual(frame.welcome, message["welcome"]);
        break;
      case "ready":
        assert.deepEqual(message, { ready: {} });
        break;
      case "joined":
        assert.deepEqual(frame.joined, message["joined"]);
        break;
      case "gap":
        assert.deepEqual(frame.gap, message["gap"]);
        break;
      case "bye": {
        const { reconnect_in, ...rest } = message["bye"] as { reconnect_in: unknown };
        assert.deepEqual(frame.bye, { ...rest, reconnectIn: reconnect_in });
        break;
      }
      default:
        assert.deepEqual(message, {}, "a ping");
    }
  });
}

/** What a client of this runtime never writes, though a server has to accept it. */
const NEVER_WRITTEN = /\\u/;

for (const { text, line } of fromClient.filter(({ text }) => !NEVER_WRITTEN.test(text))) {
  test(`line ${line} is written: ${text}`, () => {
    assert.equal(write(JSON.parse(text) as Members), text);
  });
}

test("a client that is used writes the page's messages", async () => {
  const { client, socket } = await opened();
  client.send("chats.msg", { text: "hello" });
  client.send("app.signout");
  const asked = new AbortController();
  for (let id = 1; id <= 7; id += 1) void client.call("participants.info", { id: "ana" }, asked);
  asked.abort();
  socket.receive({});
  await settled();
  const written = new Set(fromClient.map(({ text }) => text));
  const expected = [
    '{"event":"chats.msg","data":{"text":"hello"}}',
    '{"event":"app.signout"}',
    '{"event":"participants.info","data":{"id":"ana"},"id":7}',
    '{"cancel":7}',
    "{}",
  ];
  for (const text of expected) {
    assert.ok(written.has(text), `${text} is on the page`);
    assert.ok(socket.sent.includes(text), `${text} is written`);
  }
  client.close();
});

interface Members {
  readonly event?: string;
  readonly data?: unknown;
  readonly id?: number;
  readonly cancel?: number;
  readonly hello?: object;
}

function write({ event, data, id, cancel, hello }: Members): string {
  if (event !== undefined) return encodeEvent(event, data, id);
  if (cancel !== undefined) return encodeCancel(cancel);
  return hello ? encodeHello(hello) : PONG;
}
