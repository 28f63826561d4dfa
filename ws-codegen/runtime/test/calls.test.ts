/** A call ends exactly once, as a value, whatever happens to it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isLibraryError } from "../src/index.js";
import { settled } from "./support/clock.js";
import { codes, harness, opened } from "./support/harness.js";

const ANA = { id: "ana", name: "Ana" };

test("calls run at the same time, and replies come in any order", async () => {
  const { client, socket } = await opened();
  const first = client.call("participants.info", { id: "ana" });
  const second = client.call("participants.list");
  assert.deepEqual(socket.sent, [
    '{"event":"participants.info","data":{"id":"ana"},"id":1}',
    '{"event":"participants.list","id":2}',
  ]);
  socket.receive({ id: 2, data: [ANA] });
  socket.receive({ id: 1, data: ANA });
  assert.deepEqual(await first, { ok: true, value: ANA });
  assert.deepEqual(await second, { ok: true, value: [ANA] });
});

test("a declared error comes as it is, and is told from the library's by its code", async () => {
  const { client, socket } = await opened();
  const declared = client.call("participants.info", { id: "ana" });
  const library = client.call("participants.info", { id: "ana" });
  socket.receive({ id: 1, error: { code: "hidden", until: "tomorrow" } });
  socket.receive({ id: 2, error: { code: "ws.timeout", message: "30 s have passed" } });
  const [one, two] = await Promise.all([declared, library]);
  assert.ok(!one.ok && !isLibraryError(one.error));
  assert.deepEqual(one.error, { code: "hidden", until: "tomorrow" });
  assert.ok(!two.ok && isLibraryError(two.error));
  assert.deepEqual(two.error, { code: "ws.timeout", message: "30 s have passed" });
});

test("a call that is aborted tells the server, and its late answer is of no interest", async () => {
  const { client, socket, errors } = await opened();
  const controller = new AbortController();
  const call = client.call("participants.info", { id: "ana" }, controller);
  controller.abort();
  const answer = await call;
  assert.ok(!answer.ok && answer.error.code === "ws.client.aborted");
  assert.equal(socket.sent[1], '{"cancel":1}');
  socket.receive({ id: 1, data: ANA });
  assert.deepEqual(errors, []);
});

test("a call whose signal was aborted before is not sent", async () => {
  const { client, socket } = await opened();
  const answer = await client.call("participants.list", {}, { signal: AbortSignal.abort() });
  assert.ok(!answer.ok && answer.error.code === "ws.client.aborted");
  assert.deepEqual(socket.sent, []);
});

test("aborting after the answer says nothing to the server", async () => {
  const { client, socket } = await opened();
  const controller = new AbortController();
  const call = client.call("participants.list", {}, controller);
  socket.receive({ id: 1, data: [] });
  await call;
  controller.abort();
  assert.equal(socket.sent.length, 1);
});

test("a call times out, by its own time or the client's", async () => {
  const { client, clock, socket } = await opened({ callTimeoutMs: 9_000 });
  const own = client.call("participants.list", {}, { timeoutMs: 500 });
  const usual = client.call("participants.list");
  clock.advance(500);
  const first = await own;
  assert.ok(!first.ok && first.error.code === "ws.client.timeout");
  assert.equal(first.error.message, "no answer within 500 ms");
  assert.equal(socket.sent[2], '{"cancel":1}');
  clock.advance(8_500);
  const second = await usual;
  assert.ok(!second.ok && second.error.code === "ws.client.timeout");
});

test("a call that is answered leaves no timer", async () => {
  const { client, clock, socket } = await opened();
  const before = clock.pending;
  const call = client.call("participants.list");
  assert.equal(clock.pending, before + 1);
  socket.receive({ id: 1, data: [] });
  await call;
  assert.equal(clock.pending, before);
});

test("calls that had left when the connection was lost end, and are not repeated", async () => {
  const { client, clock, socket, sockets } = await opened();
  const call = client.call("participants.list");
  socket.break();
  const answer = await call;
  assert.ok(!answer.ok && answer.error.code === "ws.client.disconnected");
  clock.advance(1_000);
  await settled();
  sockets[1]?.welcome("c-2");
  assert.deepEqual(sockets[1]?.sent, []);
  sockets[1]?.receive({ id: 1, data: [] });
  client.close();
});

test("a call that waits for a connection survives failures, and is sent once", async () => {
  const { client, clock, socket, sockets } = await harness();
  const call = client.call("participants.list");
  socket.break();
  clock.advance(1_000);
  await settled();
  sockets[1]?.welcome("c-1");
  assert.deepEqual(sockets[1]?.sent, ['{"event":"participants.list","id":1}']);
  sockets[1]?.receive({ id: 1, data: [ANA] });
  assert.deepEqual(await call, { ok: true, value: [ANA] });
  client.close();
});

test("a call that is given up while it waits is never sent", async () => {
  const { client, clock, socket } = await harness();
  const controller = new AbortController();
  const aborted = client.call("participants.list", {}, controller);
  const late = client.call("participants.list", {}, { timeoutMs: 10 });
  controller.abort();
  clock.advance(10);
  const answers = await Promise.all([aborted, late]);
  assert.deepEqual(answers.map((answer) => !answer.ok && answer.error.code), ["ws.client.aborted", "ws.client.timeout"]);
  socket.welcome();
  assert.deepEqual(socket.sent, []);
});

test("an answer that is none is reported, and the call ends by its timeout", async () => {
  const { client, clock, socket, errors } = await opened();
  const call = client.call("participants.list");
  socket.receive({ id: 1, error: { message: "no code" } });
  socket.receive({ id: 99, data: {} });
  assert.deepEqual(codes(errors), ["ws.client.invalid_message"]);
  for (let pings = 0; pings < 2; pings += 1) {
    clock.advance(20_000);
    socket.receive({});
  }
  const answer = await call;
  assert.ok(!answer.ok && answer.error.code === "ws.client.timeout");
});

test("a call ends when the client is closed", async () => {
  const { client } = await opened();
  const call = client.call("participants.list");
  client.close();
  const answer = await call;
  assert.ok(!answer.ok && answer.error.code === "ws.client.closed");
});
