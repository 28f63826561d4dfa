/** The fake does what the test says, with the types and the results of the real client. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeClient } from "../src/fake.js";
import type { Client } from "../src/index.js";
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
