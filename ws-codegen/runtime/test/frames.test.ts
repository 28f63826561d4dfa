/** What no server should send is told apart from what servers send, and never throws. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseServerFrame } from "../src/frames.js";

const INVALID: readonly unknown[] = [
  "hello",
  "",
  "null",
  "true",
  "7",
  '"{}"',
  "[]",
  '[{"event":"chats.msg"}]',
  '{"name":"chats.msg"}',
  '{"event":7}',
  '{"event":null,"data":{}}',
  '{"id":"7","data":{}}',
  '{"id":1.5,"data":{}}',
  '{"id":1152921504606846976,"data":{}}',
  '{"id":7,"error":{}}',
  '{"id":7,"error":"not_found"}',
  '{"id":7,"error":{"code":404}}',
  '{"error":{"message":"no code"}}',
  '{"welcome":7}',
  '{"welcome":{}}',
  '{"welcome":{"connection":7}}',
  '{"welcome":{"connection":"c-1","ping":"often"}}',
  '{"welcome":{"connection":"c-1","ping":-1}}',
  '{"welcome":{"connection":"c-1","max":null}}',
  '{"welcome":null}',
  '{"joined":{"channel":"a"}}',
  '{"joined":["a","b"]}',
  '{"gap":{"channel":"a","pos":7}}',
  '{"bye":{}}',
  '{"bye":{"code":"4001"}}',
  '{"bye":{"code":4001,"reason":7}}',
  '{"bye":{"code":4001,"reconnect_in":7}}',
  '{"__proto__":{"event":"chats.msg","data":{}}}',
  '{"constructor":{"event":"chats.msg"}}',
  '{"event":"chats.msg"',
  new ArrayBuffer(2),
  new Uint8Array([123, 125]),
  Buffer.from('{"event":"chats.msg"}'),
  new Blob(["{}"]),
  undefined,
];

for (const text of INVALID) {
  test(`invalid: ${String(text)}`, () => {
    assert.equal(parseServerFrame(text).kind, "invalid");
  });
}

test("a reason quotes no more than the beginning of a message", () => {
  const frame = parseServerFrame("x".repeat(1_000_000));
  assert.ok(frame.kind === "invalid" && frame.why.length < 200);
});

test("members that are missing have a meaning", () => {
  assert.deepEqual(parseServerFrame('{"event":"a"}'), { kind: "event", event: "a", data: {}, place: undefined });
  assert.deepEqual(parseServerFrame('{"id":0}'), { kind: "reply", id: 0, data: {} });
  assert.deepEqual(parseServerFrame('{"welcome":{"connection":"c-1"}}'), {
    kind: "welcome",
    welcome: { connection: "c-1", contract: "unknown", ping: 25_000, max: 65_536 },
  });
  assert.deepEqual(parseServerFrame('{"bye":{"code":4503}}'), {
    kind: "bye",
    bye: { code: 4503, reason: "", reconnectIn: undefined },
  });
});

test("unknown members are ignored, and so are bounds that are none", () => {
  assert.equal(parseServerFrame('{"event":"a","data":null,"priority":7}').kind, "event");
  for (const bounds of ["[]", "[1]", '["0","9"]', "[-1,5]", "null", "{}"]) {
    const frame = parseServerFrame(`{"bye":{"code":4001,"reason":"","reconnect_in":${bounds}}}`);
    if (frame.kind === "bye") assert.equal(frame.bye.reconnectIn, undefined, bounds);
    else assert.equal(frame.kind, "invalid", bounds);
  }
});

test("a payload keeps everything that JSON can hold", () => {
  const frame = parseServerFrame('{"event":"a","data":{"__proto__":{"admin":true},"n":0}}');
  assert.ok(frame.kind === "event");
  const data = frame.data as Record<string, unknown>;
  assert.ok(Object.hasOwn(data, "__proto__"));
  assert.equal(data["admin"], undefined);
});
