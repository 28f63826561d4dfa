/** Events as a stream: whole, bounded, and ended by whoever may. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamOverflowError } from "../src/index.js";
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
