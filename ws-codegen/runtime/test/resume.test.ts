/** What was missed is asked for, and what cannot be had is told. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gap } from "../src/index.js";
import { MAX_CHANNELS } from "../src/resumption.js";
import { settled } from "./support/clock.js";
import { message } from "./support/contract.js";
import { codes, type Harness, harness, opened } from "./support/harness.js";

/** Loses the connection, comes back, and says what the client offered to resume from. */
async function resumes(all: Harness, details: object = {}): Promise<unknown> {
  all.socket.break();
  all.clock.advance(all.clock.next);
  await settled();
  all.socket.open();
  const { hello } = JSON.parse(all.socket.sent[0] ?? "") as { hello: { resume?: unknown } };
  all.socket.receive({ welcome: { connection: "c-2", ...details } });
  all.socket.receive({ ready: {} });
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

/** The server registers the client in these channels, in that order. */
function join(all: Harness, channels: readonly string[], pos = "p"): void {
  for (const channel of channels) all.socket.receive({ joined: { channel, pos, resumed: false } });
}

/** As many names as that, all of the same length. */
function names(count: number, start = "room-"): string[] {
  return Array.from({ length: count }, (_, index) => start + String(index).padStart(5, "0"));
}

/** What the application is told from now on. */
function gapsOf({ client }: Harness): Gap[] {
  const gaps: Gap[] = [];
  client.onGap((gap) => gaps.push(gap));
  return gaps;
}

/** The bytes of the latest `hello`. */
function helloSize({ socket }: Harness): number {
  return new TextEncoder().encode(socket.sent[0]).length;
}

/** A client in ten rooms, of which some fit into a `hello`; lost, and come back to a server that takes up to `max` bytes. */
async function crowded(max = 200): Promise<{ all: Harness; gaps: Gap[]; fits: string[]; others: string[] }> {
  const all = await harness();
  all.socket.welcome("c-1", { max: 200 });
  const gaps = gapsOf(all);
  const rooms = names(10);
  join(all, rooms);
  const fits = Object.keys((await resumes(all, { max })) as object);
  assert.ok(fits.length > 2 && fits.length < 9, `${fits}`);
  return { all, gaps, fits, others: rooms.filter((room) => !fits.includes(room)) };
}

test("a client in more than 100 channels asks for what it missed in all of them", async () => {
  const all = await opened();
  const rooms = names(1_000);
  join(all, rooms);
  assert.deepEqual(Object.keys((await resumes(all)) as object).sort(), rooms);
});

test("hello is at most as long as the server takes, and offers what was heard last", async () => {
  for (const start of ["room-", "räume-", `"`.repeat(251), "\u{1f3e0}".repeat(60)]) {
    const token = "secret-".repeat(20);
    const all = await harness({ token: () => token });
    all.socket.welcome("c-1", { max: 4_096 });
    const rooms = names(300, start);
    join(all, rooms);
    all.socket.receive({ event: "chats.msg", channel: rooms[0], pos: "latest" });
    const resume = (await resumes(all, { max: 4_096 })) as Record<string, string>;
    const offered = Object.keys(resume).length;
    assert.deepEqual(Object.keys(resume).sort(), [rooms[0], ...rooms.slice(1 - offered)].sort());
    assert.equal(resume[rooms[0] ?? ""], "latest");
    const left = 4_096 - helloSize(all);
    const member = new TextEncoder().encode(JSON.stringify({ [rooms[1] ?? ""]: "p" })).length - 1;
    assert.ok(left >= 0 && left <= member, `${left} bytes are left, and one more takes ${member}`);
  }
});

test("a channel whose position did not fit into hello is told as a gap when the client is in it again", async () => {
  const { all, gaps, fits, others } = await crowded(65_536);
  join(all, others, "q");
  assert.deepEqual(gaps, others.map((channel) => ({ channel, why: "unavailable", pos: "q" })));
  for (const channel of fits) all.socket.receive({ joined: { channel, pos: "q", resumed: true } });
  assert.equal(gaps.length, others.length);
  assert.deepEqual(all.errors, []);
  assert.deepEqual(await resumes(all), Object.fromEntries([...fits, ...others].map((room) => [room, "q"])));
});

test("a channel whose position did not fit into hello and in which nothing was said has no gap", async () => {
  const { all, gaps, others } = await crowded(65_536);
  const [quiet = "", ...rest] = others;
  join(all, [quiet], "p");
  assert.deepEqual(gaps, []);
  join(all, rest, "q");
  assert.equal(gaps.length, rest.length);
});

test("a gap that the server tells is not told twice", async () => {
  const { all, gaps, fits } = await crowded();
  join(all, fits, "q");
  assert.deepEqual(gaps, []);
  for (const channel of fits) all.socket.receive({ gap: { channel, why: "trimmed", pos: "q" } });
  assert.deepEqual(gaps.map(({ why }) => why), fits.map(() => "trimmed"));
});

test("a connection that breaks before the client is in a channel again does not hide that something was missed there", async () => {
  const { all, gaps, others } = await crowded();
  await resumes(all, { max: 200 });
  all.socket.break();
  all.clock.advance(all.clock.next);
  await settled();
  all.socket.break();
  await resumes(all, { max: 200 });
  const [room = ""] = others;
  join(all, [room], "q");
  assert.deepEqual(gaps, [{ channel: room, why: "unavailable", pos: "q" }]);
});

test("a channel that is new to the client, or entered again on the same connection, has no gap", async () => {
  const { all, gaps, others } = await crowded();
  join(all, ["new", "new"], "q");
  assert.deepEqual(gaps, []);
  join(all, others, "q");
  join(all, others, "r");
  assert.equal(gaps.length, others.length);
});

test("a gap of a channel that did not fit into hello, and that nobody listens for, is an error", async () => {
  const all = await harness();
  all.socket.welcome("c-1", { max: 0 });
  join(all, ["room"]);
  assert.deepEqual(await resumes(all), {});
  join(all, ["room"], "q");
  assert.deepEqual(codes(all.errors), ["ws.client.gap"]);
  assert.deepEqual(all.errors[0]?.gap, { channel: "room", why: "unavailable", pos: "q" });
});

test("of more channels than are remembered, those that were forgotten are told as gaps", async () => {
  const all = await opened();
  const gaps = gapsOf(all);
  const rooms = names(MAX_CHANNELS + 1);
  join(all, rooms);
  assert.deepEqual(gaps, []);
  const offered = Object.keys((await resumes(all)) as object);
  assert.ok(offered.length < MAX_CHANNELS);
  const [forgotten = "", remembered = ""] = rooms;
  join(all, [forgotten, forgotten, remembered], "q");
  assert.deepEqual(gaps.map(({ channel }) => channel), [forgotten, remembered]);
});

test("what is forgotten while the client is not in it again yet is told as a gap all the same", async () => {
  const { all, gaps, fits, others } = await crowded();
  join(all, names(MAX_CHANNELS, "new-"), "q");
  assert.deepEqual(gaps, []);
  join(all, others, "q");
  assert.deepEqual(gaps.map(({ channel }) => channel), others);
  join(all, fits, "q");
  assert.equal(gaps.length, others.length, "the server tells of these");
  await resumes(all, { max: 200 });
  join(all, fits, "r");
  assert.equal(gaps.length, others.length + fits.length);
});

test("a server that takes less than the one before does not lock the client out", async () => {
  const all = await opened();
  const gaps = gapsOf(all);
  const rooms = names(100);
  join(all, rooms);
  const sizes: number[] = [];
  for (;;) {
    all.socket.break(sizes.length ? 1009 : 1006);
    all.clock.advance(all.clock.next);
    await settled();
    all.socket.open();
    sizes.push(helloSize(all));
    if (helloSize(all) <= 1_000) break;
    assert.ok(sizes.length < 10, `${sizes}`);
  }
  assert.ok((sizes[0] ?? 0) > 1_000);
  all.socket.receive({ welcome: { connection: "c-2", max: 1_000 } });
  all.socket.receive({ ready: {} });
  join(all, rooms, "q");
  assert.ok(gaps.length > 0 && gaps.length < rooms.length);
});

test("a token that comes after its attempt was given up does not change what was offered", async () => {
  const tokens: ((token: string) => void)[] = [];
  const all = await harness({ token: () => new Promise((resolve) => tokens.push(resolve)) });
  const gaps = gapsOf(all);
  const give = async (index: number): Promise<void> => {
    tokens[index]?.("t");
    await settled();
  };
  await give(0);
  all.socket.welcome();
  join(all, ["room"]);
  all.socket.break();
  all.clock.advance(all.clock.next);
  all.clock.advance(20_000);
  all.clock.advance(all.clock.next);
  await give(2);
  all.socket.welcome("c-2");
  all.socket.receive({ joined: { channel: "room", pos: "q", resumed: true } });
  await give(1);
  join(all, ["room"], "r");
  all.socket.break();
  all.clock.advance(all.clock.next);
  await give(3);
  all.socket.open();
  assert.match(all.socket.sent[0] ?? "", /"resume":\{"room":"r"\}/);
  assert.deepEqual(gaps, []);
});

test("an attempt that was given up says nothing when its socket opens late, and changes nothing in what was offered", async () => {
  const all = await opened();
  const gaps = gapsOf(all);
  join(all, ["room"]);
  all.socket.break();
  all.clock.advance(all.clock.next);
  await settled();
  const late = all.socket;
  all.clock.advance(20_000);
  await resumes(all);
  all.socket.receive({ joined: { channel: "room", pos: "q", resumed: true } });
  late.open();
  assert.deepEqual(late.sent, []);
  join(all, ["room"], "r");
  assert.deepEqual(await resumes(all), { room: "r" });
  assert.deepEqual(gaps, []);
});
