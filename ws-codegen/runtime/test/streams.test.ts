/** Events as a stream: whole, bounded, and ended by whoever may. */

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { StreamOverflowError } from "../src/index.js";
import { createStream } from "../src/stream.js";
import { settled } from "./support/clock.js";
import { message } from "./support/contract.js";
import { opened } from "./support/harness.js";

test("a stream has every event from its call on, over reconnections", async () => {
  const { client, clock, socket, sockets } = await opened();
  socket.receive({ event: "chats.msg", data: message("before") });
  const stream = client.events("chats.msg");
  socket.receive({ event: "chats.msg", data: message("one") });
  socket.break();
  clock.advance(1_000);
  await settled();
  sockets[1]?.welcome("c-2");
  const heard: string[] = [];
  const loop = (async () => {
    for await (const { text } of stream) {
      heard.push(text);
      if (text === "three") break;
    }
  })();
  sockets[1]?.receive({ event: "chats.msg", data: message("two") });
  await settled();
  sockets[1]?.receive({ event: "chats.msg", data: message("three") });
  sockets[1]?.receive({ event: "chats.msg", data: message("four") });
  await loop;
  assert.deepEqual(heard, ["one", "two", "three"]);
  assert.deepEqual(await stream.next(), { done: true, value: undefined });
  client.close();
});

test("messages has every event of the contract", async () => {
  const { client, socket } = await opened();
  const stream = client.messages();
  socket.receive({ event: "chats.added-later" });
  socket.receive({ event: "chats.msg", data: message("one") });
  assert.deepEqual((await stream.next()).value, { event: "chats.msg", data: message("one") });
  client.close();
});

test("an aborted stream ends, whether its loop waits or not", async () => {
  const { client, socket } = await opened();
  const controller = new AbortController();
  const waiting = client.events("chats.msg", controller);
  const buffered = client.events("chats.msg", controller);
  const next = waiting.next();
  await settled();
  controller.abort();
  assert.deepEqual(await next, { done: true, value: undefined });
  socket.receive({ event: "chats.msg", data: message("one") });
  assert.equal((await buffered.next()).done, true);
  assert.equal((await client.events("chats.msg", { signal: AbortSignal.abort() }).next()).done, true);
});

test("return() of a stream does not wait for the next event while next() is pending", async () => {
  const { client, socket } = await opened();
  const stream = client.events("chats.msg");
  const pending = [stream.next(), stream.next()];
  await settled();
  const left = stream.return?.();
  // Nothing arrives any more, so what hangs here hangs for ever.
  const outcomes = await Promise.race([Promise.all([...pending, left]), settled()]);
  const done = { done: true, value: undefined };
  assert.deepEqual(outcomes, [done, done, done]);
  socket.receive({ event: "chats.msg", data: message("late") });
  assert.deepEqual(await stream.next(), done);
  client.close();
});

test("throw() of a stream does not wait for the next event while next() is pending", async () => {
  const { client } = await opened();
  const stream = client.events("chats.msg");
  const pending = stream.next();
  await settled();
  const thrown = stream.throw?.(new Error("enough")).catch((error: Error) => error.message);
  const outcomes = await Promise.race([Promise.all([pending, thrown]), settled()]);
  assert.deepEqual(outcomes, [{ done: true, value: undefined }, "enough"]);
  client.close();
});

test("a stream that was ended leaves nothing behind, whether it was read or not", async () => {
  for (const how of ["never read", "aborted before", "pending", "between two events"]) {
    const end = new AbortController();
    const { signal } = how === "aborted before" ? { signal: AbortSignal.abort() } : new AbortController();
    const listeners = new Set<(value: string) => void>();
    const subscribe = (listener: (value: string) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    };
    const stream = createStream<string>(subscribe, end.signal, { signal });
    const next = how === "never read" ? undefined : stream.next();
    if (how === "between two events") for (const listener of listeners) listener("one");
    await settled();
    if (how !== "aborted before") void stream.return?.();
    await settled();
    assert.equal(listeners.size, 0, how);
    assert.equal(getEventListeners(end.signal, "abort").length, 0, how);
    assert.equal(getEventListeners(signal, "abort").length, 0, how);
    await next;
  }
});

test("a stream ends with the client, after what it has", async () => {
  const { client, socket } = await opened();
  const waiting = client.events("app.connected").next();
  const stream = client.events("chats.msg");
  socket.receive({ event: "chats.msg", data: message("one") });
  await settled();
  client.close();
  assert.equal((await waiting).done, true);
  assert.deepEqual((await stream.next()).value, message("one"));
  assert.equal((await stream.next()).done, true);
  assert.equal((await client.messages().next()).done, true);
});

test("a loop that is too slow gets what was buffered, then an error", async () => {
  const { client, socket } = await opened();
  const stream = client.events("chats.msg", { buffer: 2 });
  for (const text of ["one", "two", "three", "four"]) socket.receive({ event: "chats.msg", data: message(text) });
  const heard: string[] = [];
  await assert.rejects(async () => {
    for await (const { text } of stream) {
      heard.push(text);
      socket.receive({ event: "chats.msg", data: message("after what is missing") });
    }
  }, StreamOverflowError);
  assert.deepEqual(heard, ["one", "two"]);
  assert.equal((await stream.next()).done, true);
});
