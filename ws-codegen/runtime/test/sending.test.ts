/** What is sent leaves in order, waits while it must, and is never lost without a word. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_BUFFERED } from "../src/outbox.js";
import { settled } from "./support/clock.js";
import { codes, harness, opened } from "./support/harness.js";

test("nothing but hello leaves before the server is ready, and then everything in order", async () => {
  const { client, socket } = await harness();
  assert.deepEqual(client.send("chats.msg", { text: "one" }), { ok: true, value: "queued" });
  void client.call("participants.list");
  client.send("app.signout");
  socket.open();
  assert.deepEqual(socket.sent, ['{"hello":{"contract":"5f2b"}}']);
  socket.receive({});
  assert.equal(socket.sent.length, 1, "not even a pong");
  client.onState(({ status }) => {
    if (status === "open") client.send("chats.msg", { text: "two" });
  });
  socket.receive({ welcome: { connection: "c-1", contract: "same", ping: 25_000, max: 65_536 } });
  assert.equal(client.state.status, "connecting");
  assert.equal(socket.sent.length, 1);
  socket.receive({ ready: {} });
  assert.deepEqual(socket.sent.slice(1), [
    '{"event":"chats.msg","data":{"text":"one"}}',
    '{"event":"participants.list","id":1}',
    '{"event":"app.signout"}',
    '{"event":"chats.msg","data":{"text":"two"}}',
  ]);
  assert.deepEqual(client.send("app.signout"), { ok: true, value: "sent" });
  client.close();
});

test("what waits is sent by the connection that is let in, and not lost with one that is not", async () => {
  const all = await harness();
  const { client, clock, errors } = all;
  const states: string[] = [];
  client.onState(({ status }) => states.push(status));
  client.send("chats.msg", { text: "one" });
  all.socket.open();
  all.socket.receive({ welcome: { connection: "c-1" } });
  assert.deepEqual(client.send("app.signout"), { ok: true, value: "queued" });
  // What the server says before is heard, and a ping answered.
  const heard: string[] = [];
  client.on("chats.msg", ({ text }) => heard.push(text));
  all.socket.receive({ event: "chats.msg", data: { from: "ana", text: "hi", sent_at: "2026-11-23T09:45:00Z" } });
  all.socket.receive({});
  assert.deepEqual(heard, ["hi"]);
  assert.deepEqual(all.socket.sent.slice(1), ["{}"]);
  all.socket.receive({ bye: { code: 4005, reason: "another token, please" } });
  all.socket.break(4005);
  clock.advance(600);
  await settled();
  all.socket.welcome("c-2");
  assert.deepEqual(all.socket.sent, ['{"event":"chats.msg","data":{"text":"one"}}', '{"event":"app.signout"}']);
  assert.deepEqual(states, ["waiting", "connecting", "open"]);
  assert.deepEqual(errors, []);
  client.close();
});

test("the queue is bounded, and what it refuses is returned and reported", async () => {
  const { client, errors, socket } = await harness({ queueLimit: 2 });
  client.send("chats.msg", { text: "1" });
  client.send("chats.msg", { text: "2" });
  const third = client.send("chats.msg", { text: "3" });
  assert.ok(!third.ok && third.error.code === "ws.client.full");
  const call = await client.call("participants.list");
  assert.ok(!call.ok && call.error.code === "ws.client.full");
  assert.deepEqual(codes(errors), ["ws.client.full"], "the caller of a call knows by itself");
  socket.welcome();
  assert.equal(socket.sent.length, 2);
});

test("cursors of an outage do not fill the queue, do not leave at its end, and the save is not refused", async () => {
  const { client, socket, errors } = await harness();
  const move = () => client.send("chats.msg", { text: "cursor" }, { volatile: true });
  for (let count = 0; count < 150; count++) assert.deepEqual(move(), { ok: true, value: "dropped" });
  assert.deepEqual(client.send("chats.msg", { text: "save" }), { ok: true, value: "queued" });
  socket.welcome();
  assert.deepEqual(move(), { ok: true, value: "sent" });
  assert.deepEqual(socket.sent, ["save", "cursor"].map((text) => `{"event":"chats.msg","data":{"text":"${text}"}}`));
  socket.bufferedAmount = MAX_BUFFERED + 1;
  assert.deepEqual(move(), { ok: true, value: "dropped" }, "the network takes nothing");
  socket.bufferedAmount = 0;
  socket.receive({ bye: { code: 4001, reason: "drain" } });
  assert.deepEqual(move(), { ok: true, value: "dropped" }, "the server has said bye");
  socket.readyState = 2;
  assert.deepEqual(move(), { ok: true, value: "dropped" }, "the socket is closing");
  client.close();
  assert.deepEqual(move(), { ok: true, value: "dropped" }, "there is no connection any more");
  assert.deepEqual(errors, []);
  assert.equal(socket.sent.length, 2);
});

test("a volatile message is refused as any other where it is wrong", async () => {
  const { client, errors } = await opened();
  client.send("chats.msg", { text: "x".repeat(70_000) }, { volatile: true });
  client.send("chats.msg", { text: 1n as unknown as string }, { volatile: true });
  assert.deepEqual(codes(errors), ["ws.client.too_large", "ws.client.invalid_payload"]);
});

test("a volatile message of a listener that hears the client open leaves, after what has waited", async () => {
  const { client, socket } = await harness();
  client.send("app.signout");
  client.onState(({ status }) => {
    if (status === "open") client.send("chats.msg", { text: "cursor" }, { volatile: true });
  });
  socket.welcome();
  assert.deepEqual(socket.sent, ['{"event":"app.signout"}', '{"event":"chats.msg","data":{"text":"cursor"}}']);
});

test("a queue of none still sends while the connection is open", async () => {
  const { client, socket } = await opened({ queueLimit: 0 });
  assert.ok(client.send("app.signout").ok);
  socket.break();
  assert.ok(!client.send("app.signout").ok);
});

test("a message above the server's limit is refused: it would cost the connection", async () => {
  const { client, socket, errors } = await opened();
  const max = (text: string) => new TextEncoder().encode(`{"event":"chats.msg","data":{"text":"${text}"}}`).length;
  const fits = "é".repeat((65_536 - max("")) / 2);
  assert.ok(client.send("chats.msg", { text: fits }).ok);
  assert.equal(max(socket.sent[0]?.slice(37, -3) ?? ""), 65_536);
  const long = client.send("chats.msg", { text: `${fits}a` });
  assert.ok(!long.ok && long.error.code === "ws.client.too_large");
  assert.equal(socket.sent.length, 1);
  const call = await client.call("participants.info", { id: "x".repeat(70_000) });
  assert.ok(!call.ok && call.error.code === "ws.client.too_large");
  assert.deepEqual(codes(errors), ["ws.client.too_large"]);
});

test("a queued message that turns out too long is reported, and the rest still leaves", async () => {
  const { client, socket, errors } = await harness();
  client.send("chats.msg", { text: "x".repeat(200) });
  const call = client.call("participants.info", { id: "x".repeat(200) });
  client.send("app.signout");
  socket.welcome("c-1", { max: 100 });
  assert.deepEqual(codes(errors), ["ws.client.too_large"]);
  assert.deepEqual(socket.sent, ['{"event":"app.signout"}']);
  const answer = await call;
  assert.ok(!answer.ok && answer.error.code === "ws.client.too_large");
});

test("a payload that JSON cannot hold is refused", async () => {
  const { client, errors } = await opened();
  const cycle: { text: string; self?: unknown } = { text: "" };
  cycle.self = cycle;
  for (const payload of [cycle, { text: 1n as unknown as string }]) {
    const sent = client.send("chats.msg", payload);
    assert.ok(!sent.ok && sent.error.code === "ws.client.invalid_payload" && sent.error.cause instanceof TypeError);
  }
  const call = await client.call("participants.info", { id: 1n as unknown as string });
  assert.ok(!call.ok && call.error.code === "ws.client.invalid_payload");
  assert.deepEqual(codes(errors), ["ws.client.invalid_payload", "ws.client.invalid_payload"]);
});

test("a network that takes nothing is noticed", async () => {
  const { client, socket, errors } = await opened();
  socket.bufferedAmount = MAX_BUFFERED + 1;
  const sent = client.send("app.signout");
  assert.ok(!sent.ok && sent.error.code === "ws.client.full");
  socket.bufferedAmount = 0;
  assert.ok(client.send("app.signout").ok);
  assert.deepEqual(codes(errors), ["ws.client.full"]);
});

test("a socket that is closing takes nothing: messages wait for the next one", async () => {
  const { client, clock, socket, sockets } = await opened();
  socket.readyState = 2;
  assert.deepEqual(client.send("app.signout"), { ok: true, value: "queued" });
  socket.break();
  clock.advance(1_000);
  await settled();
  sockets[1]?.welcome("c-2");
  assert.deepEqual(sockets[1]?.sent, ['{"event":"app.signout"}']);
  client.close();
});

test("what is sent while the queue empties comes after what has waited", async () => {
  const { client, socket } = await harness();
  client.send("chats.msg", { text: "x".repeat(200) });
  client.send("chats.msg", { text: "one" });
  client.onError(() => client.send("chats.msg", { text: "two" }));
  socket.welcome("c-1", { max: 100 });
  assert.deepEqual(socket.sent, ["one", "two"].map((text) => `{"event":"chats.msg","data":{"text":"${text}"}}`));
});

test("a client that is closed while the queue empties stays closed, and sends no more", async () => {
  const { client, socket } = await harness();
  client.send("chats.msg", { text: "x".repeat(200) });
  client.send("chats.msg", { text: "one" });
  client.onError(() => client.close());
  socket.welcome("c-1", { max: 100 });
  assert.equal(client.state.status, "closed");
  assert.deepEqual(socket.sent, []);
});

test("a socket that closes at once leaves the queue to the next one", async () => {
  const { client, clock, socket, sockets } = await harness();
  client.send("app.signout");
  socket.open();
  socket.readyState = 2;
  socket.receive({ welcome: { connection: "c-1" } });
  socket.receive({ ready: {} });
  socket.bufferedAmount = MAX_BUFFERED + 1;
  socket.break();
  assert.deepEqual(client.send("app.signout"), { ok: true, value: "queued" });
  clock.advance(1_000);
  await settled();
  sockets[1]?.welcome("c-2");
  assert.equal(sockets[1]?.sent.length, 2);
  client.close();
});

test("what still waits when the client ends is reported", async () => {
  const { client, errors } = await harness();
  client.send("chats.msg", { text: "one" });
  const call = client.call("participants.list");
  client.close();
  assert.deepEqual(codes(errors), ["ws.client.closed"]);
  const answer = await call;
  assert.ok(!answer.ok && answer.error.code === "ws.client.closed");
  const later = client.send("app.signout");
  assert.ok(!later.ok && later.error.code === "ws.client.closed");
  const called = await client.call("participants.list");
  assert.ok(!called.ok && called.error.code === "ws.client.closed");
});

test("a message that waited and is too long is told once, even where whoever hears it closes the client", async () => {
  const { client, socket, errors } = await harness();
  client.send("chats.msg", { text: "x".repeat(100) });
  client.onError(() => client.close());
  socket.welcome("c-1", { max: 50 });
  assert.deepEqual(codes(errors), ["ws.client.too_large"]);
});
