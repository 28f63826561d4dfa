/** The fake does what the test says, with the types and the results of the real client. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeClient } from "../src/fake.js";
import type { Client } from "../src/index.js";
import { settled } from "./support/clock.js";
import { type Chat, message } from "./support/contract.js";

/** Stands for the code under test: it knows the real client's type alone. */
async function greet(client: Client<Chat>, id: string): Promise<string> {
  const info = await client.call("participants.info", { id });
  if (info.ok) client.send("chats.msg", { text: `hello, ${info.value.name}` });
  return info.ok ? "greeted" : info.error.code;
}

test("calls are answered by the test, and what is sent is seen", async () => {
  const fake = fakeClient<Chat>();
  const off = fake.onCall("participants.info", ({ id }) =>
    id === "ana" ? { ok: true, value: { id, name: "Ana" } } : { ok: false, error: { code: "not_found" } },
  );
  assert.equal(await greet(fake, "ana"), "greeted");
  assert.equal(await greet(fake, "bob"), "not_found");
  fake.send("app.signout");
  assert.deepEqual(fake.sent, [
    { event: "chats.msg", data: { text: "hello, Ana" } },
    { event: "app.signout", data: {} },
  ]);
  off();
  await assert.rejects(greet(fake, "ana"), /fake\.onCall\("participants\.info", …\)/);
});

test("events reach on, onAny and streams", async () => {
  const fake = fakeClient<Chat>();
  const heard: string[] = [];
  fake.on("chats.msg", ({ text }) => heard.push(text));
  fake.onAny(({ event }) => heard.push(event));
  const stream = fake.events("chats.msg");
  fake.emit("chats.msg", message("hi"));
  assert.deepEqual(heard, ["hi", "chats.msg"]);
  assert.deepEqual((await stream.next()).value, message("hi"));
});

test("a handler sees the caller's signal, and a call that is aborted ends", async () => {
  const fake = fakeClient<Chat>();
  const seen: (AbortSignal | undefined)[] = [];
  fake.onCall("participants.list", (_input, { signal }) => {
    seen.push(signal);
    return new Promise(() => {});
  });
  const controller = new AbortController();
  const call = fake.call("participants.list", {}, controller);
  controller.abort();
  const answer = await call;
  assert.ok(!answer.ok && answer.error.code === "ws.client.aborted");
  assert.deepEqual(seen, [controller.signal]);
});

test("states, gaps and errors are the test's to tell", () => {
  const fake = fakeClient<Chat>();
  const told: string[] = [];
  fake.onState(({ status }) => told.push(status));
  fake.onGap(({ why }) => told.push(why));
  fake.onError(({ code }) => told.push(code));
  assert.equal(fake.state.status, "open");
  fake.setState({ status: "waiting", attempt: 1, retryAt: 0, code: 1006, reason: "", opened: true });
  assert.deepEqual(fake.send("app.signout"), { ok: true, value: "queued" });
  fake.reconnect();
  fake.reconnect();
  fake.emitGap({ channel: "room", why: "trimmed", pos: "p" });
  fake.emitError({ code: "ws.internal", message: "" });
  assert.deepEqual(told, ["waiting", "connecting", "trimmed", "ws.internal"]);
});

test("calls are recorded, whether they are answered or not", async () => {
  const fake = fakeClient<Chat>();
  fake.onCall("participants.list", () => new Promise(() => {}));
  void fake.call("participants.list");
  await assert.rejects(fake.call("participants.info", { id: "ana" }));
  await fake.call("participants.list", {}, { signal: AbortSignal.abort() });
  assert.deepEqual(fake.calls, [
    { event: "participants.list", data: {} },
    { event: "participants.info", data: { id: "ana" } },
  ]);
});

const waiting = { status: "waiting", attempt: 1, retryAt: 0, code: 1006, reason: "", opened: true } as const;
const again = { status: "open", connection: "fake-2", contract: "same" } as const;

test("a call while the fake is waiting is pending, and reaches its handler when the fake is open again", async () => {
  const fake = fakeClient<Chat>();
  const asked: string[] = [];
  fake.onCall("participants.info", ({ id }) => {
    asked.push(id);
    return { ok: true, value: { id, name: id } };
  });
  fake.setState(waiting);
  const call = fake.call("participants.info", { id: "ana" });
  const controller = new AbortController();
  const given = fake.call("participants.info", { id: "bob" }, controller);
  controller.abort();
  await settled();
  assert.deepEqual(asked, []);
  fake.reconnect();
  await settled();
  assert.deepEqual(asked, []);
  fake.setState(again);
  assert.deepEqual(await call, { ok: true, value: { id: "ana", name: "ana" } });
  const aborted = await given;
  assert.ok(!aborted.ok && aborted.error.code === "ws.client.aborted");
  assert.deepEqual(asked, ["ana"]);
});

test("a loss ends the calls that had left, and those alone", async () => {
  const fake = fakeClient<Chat>();
  const answers: ((value: { ok: true; value: [] }) => void)[] = [];
  fake.onCall("participants.list", () => new Promise((resolve) => answers.push(resolve)));
  const left = fake.call("participants.list");
  fake.setState(waiting);
  const answer = await left;
  assert.ok(!answer.ok && answer.error.code === "ws.client.disconnected");
  const waits = fake.call("participants.list");
  fake.setState({ ...waiting, attempt: 2 });
  fake.setState(again);
  answers[0]?.({ ok: true, value: [] });
  answers[1]?.({ ok: true, value: [] });
  assert.deepEqual(await waits, { ok: true, value: [] });
  const never = fake.call("participants.list");
  fake.setState(waiting);
  assert.ok(!(await never).ok);
  const closed = fake.call("participants.list");
  fake.setState({ status: "closed", code: 4503, reason: "" });
  const end = await closed;
  assert.ok(!end.ok && end.error.code === "ws.client.closed" && end.error.message === "closed with 4503");
});

test("what is sent after the end is reported, as is a gap that nobody listens for", () => {
  const fake = fakeClient<Chat>();
  const errors: string[] = [];
  fake.onError(({ code }) => errors.push(code));
  fake.emitGap({ channel: "room", why: "trimmed", pos: "p" });
  fake.close();
  const sent = fake.send("app.signout");
  assert.ok(!sent.ok && sent.error.code === "ws.client.closed" && sent.error.message === "closed by the application");
  assert.deepEqual(errors, ["ws.client.gap", "ws.client.closed"]);
});

test("what is volatile is sent while the fake is open, and dropped otherwise", () => {
  const fake = fakeClient<Chat>();
  const move = () => fake.send("chats.msg", { text: "cursor" }, { volatile: true });
  assert.deepEqual(move(), { ok: true, value: "sent" });
  fake.setState({ status: "connecting", attempt: 2 });
  assert.deepEqual(move(), { ok: true, value: "dropped" });
  fake.close();
  assert.deepEqual(move(), { ok: true, value: "dropped" });
  assert.equal(fake.sent.length, 1);
});

test("closing it ends what is open", async () => {
  const fake = fakeClient<Chat>();
  fake.onCall("participants.list", () => new Promise(() => {}));
  const open = fake.call("participants.list");
  const stream = fake.messages().next();
  fake.close();
  fake.close();
  for (const answer of [await open, await fake.call("participants.list")]) {
    assert.ok(!answer.ok && answer.error.code === "ws.client.closed");
  }
  assert.equal((await stream).done, true);
  const sent = fake.send("app.signout");
  assert.ok(!sent.ok && sent.error.code === "ws.client.closed");
  assert.deepEqual(fake.sent, []);
});
