/** What was missed is asked for, and what cannot be had is told. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gap } from "../src/index.js";
import { MAX_CHANNELS } from "../src/resumption.js";
import { settled } from "./support/clock.js";
import { message } from "./support/contract.js";
import { codes, type Harness, opened } from "./support/harness.js";

/** Loses the connection, comes back, and says what the client offered to resume from. */
async function resumes(all: Harness): Promise<unknown> {
  all.socket.break();
  all.clock.advance(all.clock.next);
  await settled();
  all.socket.open();
  const { hello } = JSON.parse(all.socket.sent[0] ?? "") as { hello: { resume?: unknown } };
  all.socket.receive({ welcome: { connection: "c-2" } });
  return hello.resume;
}

test("a client that knows no channel has nothing to resume", async () => {
  const all = await opened();
  all.socket.receive({ event: "chats.msg", data: message("one"), channel: "room" });
  assert.equal(await resumes(all), undefined);
});

test("the last position of each channel is kept over any number of connections", async () => {
  const all = await opened();
  all.socket.receive({ joined: { channel: "room", pos: "r1", resumed: false } });
  all.socket.receive({ joined: { channel: "__proto__", pos: "p1", resumed: false } });
  all.socket.receive({ event: "chats.msg", data: message("one"), channel: "room", pos: "r2" });
  all.socket.receive({ event: "chats.added-later", channel: "room", pos: "r3" });
  const expected = JSON.parse('{"__proto__":"p1","room":"r3"}') as unknown;
  assert.deepEqual(await resumes(all), expected);
  assert.deepEqual(await resumes(all), expected);
  all.socket.receive({ event: "chats.msg", data: message("two"), channel: "room", pos: "r4" });
  all.socket.receive({ joined: { channel: "room", pos: "r5", resumed: true } });
  assert.deepEqual(await resumes(all), JSON.parse('{"__proto__":"p1","room":"r5"}'));
});

test("a gap is told, and what follows continues at its position", async () => {
  const all = await opened();
  const gaps: Gap[] = [];
  all.client.onGap((gap) => gaps.push(gap));
  all.socket.receive({ joined: { channel: "room", pos: "r1", resumed: false } });
  await resumes(all);
  const gap = { channel: "room", why: "trimmed", pos: "r9" };
  all.socket.receive({ joined: { channel: "room", pos: "r9", resumed: false } });
  all.socket.receive({ gap });
  assert.deepEqual(gaps, [gap]);
  assert.deepEqual(all.errors, []);
  assert.deepEqual(await resumes(all), { room: "r9" });
});

test("a connection that breaks between joined and gap does not hide the gap", async () => {
  const all = await opened();
  all.socket.receive({ joined: { channel: "room", pos: "r1", resumed: false } });
  await resumes(all);
  all.socket.receive({ joined: { channel: "room", pos: "r9", resumed: false } });
  assert.deepEqual(await resumes(all), { room: "r1" });
});

test("joining a channel again on the same connection goes on from there", async () => {
  const all = await opened();
  all.socket.receive({ joined: { channel: "room", pos: "r1", resumed: false } });
  all.socket.receive({ joined: { channel: "room", pos: "r7", resumed: false } });
  assert.deepEqual(await resumes(all), { room: "r7" });
  all.socket.receive({ joined: { channel: "room", pos: "r8", resumed: true } });
  all.socket.receive({ joined: { channel: "room", pos: "r9", resumed: false } });
  assert.deepEqual(await resumes(all), { room: "r9" });
});

test("a gap that nobody listens for is an error", async () => {
  const { socket, errors } = await opened();
  const gap = { channel: "room", why: "reset", pos: "r9" };
  socket.receive({ gap });
  assert.deepEqual(codes(errors), ["ws.client.gap"]);
  assert.deepEqual(errors[0]?.gap, gap);
});

test("the channels that were heard last are remembered, up to a bound that fits into hello", async () => {
  const all = await opened();
  const join = (index: number): void =>
    all.socket.receive({ joined: { channel: `room-${index}`, pos: "p", resumed: false } });
  for (let index = 0; index < MAX_CHANNELS; index += 1) join(index);
  all.socket.receive({ event: "chats.msg", channel: "room-0", pos: "latest" });
  join(MAX_CHANNELS);
  const resume = (await resumes(all)) as Record<string, string>;
  assert.equal(Object.keys(resume).length, MAX_CHANNELS);
  assert.equal(resume["room-0"], "latest");
  assert.equal(resume["room-1"], undefined);
});

test("even the longest names fit into hello", async () => {
  const all = await opened();
  for (let index = 0; index < MAX_CHANNELS; index += 1) {
    const channel = `"`.repeat(253) + String(index).padStart(3, "0");
    all.socket.receive({ joined: { channel, pos: "p".repeat(22), resumed: false } });
  }
  await resumes(all);
  assert.ok((all.socket.sent[0]?.length ?? 0) < 65_536);
});
