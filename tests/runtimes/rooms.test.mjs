/** The generated client in many channels, over real sockets. */

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { startProgram } from "../browser/server.mjs";
import { generateClient } from "./client.mjs";
import { startBalancer } from "./network.mjs";

// Node.js before 22 has no WebSocket of its own.
const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;

/** The program, built before: see `test.sh`. */
const PROGRAM = process.env["ROOMS"] ?? new URL("../../target/debug/rooms", import.meta.url).pathname;

/** How long anything may take: less than a server waits for a sign of life. */
const DEADLINE = 10_000;

/** What a test has started, and has to end. */
const ends = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

let folder, generated, connectRooms;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "rooms-"));
  // It writes its contract before it serves.
  const server = await startRooms(0, 65_536);
  await server.stop();
  generated = await generateClient(join(folder, "rooms.json"));
  ({ connectRooms } = await import(join(generated.folder, "rooms.js")));
});
after(async () => {
  await generated.remove();
  await rm(folder, { recursive: true });
});

/** A server whose clients are in so many rooms, and send so many bytes at most. */
function startRooms(rooms, message) {
  const options = ["--contract", join(folder, "rooms.json"), "--rooms", `${rooms}`, "--message", `${message}`];
  return startProgram(PROGRAM, undefined, options);
}

/** A client that keeps, for each text, in which rooms it heard it, and where it was told a gap; and lets wait for it. */
async function enter(url) {
  const client = connectRooms(url, { WebSocket });
  ends.push(() => client.close());
  const heard = new Map();
  const gaps = [];
  const errors = [];
  let wake = () => {};
  client.on("rooms.said", ({ room, text }) => {
    heard.set(text, [...(heard.get(text) ?? []), room]);
    wake();
  });
  client.onGap(({ channel, why }) => gaps.push({ channel, why }));
  // Whether an attempt falls into an outage is chance.
  client.onError((error) => error.code !== "ws.client.connect_failed" && errors.push(error));
  const entered = () => within(`the rooms, ${JSON.stringify(client.state)}`, new Promise((resolve) => client.once("rooms.entered", resolve)));
  await entered();
  return {
    client,
    gaps,
    errors,
    entered,
    /** In which rooms it heard that. */
    heard: (text) => heard.get(text) ?? [],
    /** Waits until it heard that in so many rooms. */
    async hears(text, rooms) {
      while ((heard.get(text) ?? []).length < rooms) await within(text, new Promise((resolve) => (wake = resolve)));
    },
  };
}

function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited for ${what}`)), DEADLINE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Ana is away while bo says something in all rooms, and is back when he says something else. */
async function leaveAndComeBack(rooms, message) {
  const server = await startRooms(rooms, message);
  ends.push(() => server.stop());
  const balancer = await startBalancer(server.address);
  ends.push(() => balancer.stop());
  const ana = await enter(balancer.url("ana"));
  const bo = await enter(`ws://${server.address}/ws`);
  balancer.cut();
  bo.client.send("rooms.say", { text: "missed" });
  await bo.hears("missed", rooms);
  const entered = ana.entered();
  balancer.lead(server.address);
  await entered;
  bo.client.send("rooms.say", { text: "after" });
  await ana.hears("after", rooms);
  assert.deepEqual(ana.errors, []);
  return ana;
}

const all = (rooms) => Array.from({ length: rooms }, (_, room) => `room-${room}`).sort();

test("a client in 250 channels is sent what it missed in all of them, and not only in those that it heard last", { timeout: 60_000 }, async () => {
  const ana = await leaveAndComeBack(250, 65_536);
  assert.deepEqual(ana.heard("missed").sort(), all(250));
  assert.deepEqual(ana.heard("after").sort(), all(250));
  assert.deepEqual(ana.gaps, []);
});

test("a client in more channels than fit into its hello comes back, and is told gaps of those where it is not sent what it missed", { timeout: 60_000 }, async () => {
  const ana = await leaveAndComeBack(250, 4_096);
  const missed = ana.heard("missed");
  assert.ok(missed.length > 50 && missed.length < 200, `${missed.length} rooms were sent what was missed there`);
  assert.deepEqual([...missed, ...ana.gaps.map(({ channel }) => channel)].sort(), all(250));
  assert.deepEqual(new Set(ana.gaps.map(({ why }) => why)), new Set(["unavailable"]));
  assert.deepEqual(ana.heard("after").sort(), all(250));
});

test("what waits in a client is handled in the channel that it joined by a request, without its page's help", { timeout: 60_000 }, async () => {
  const server = await startRooms(1, 65_536);
  ends.push(() => server.stop());
  const balancer = await startBalancer(server.address);
  ends.push(() => balancer.stop());
  const ana = await enter(balancer.url("ana"));
  const bo = await enter(`ws://${server.address}/ws`);
  for (const { client } of [ana, bo]) await client.call("rooms.join", { room: "side-1" });
  const away = new Promise((resolve) => ana.client.onState(({ status }) => status === "waiting" && resolve()));
  balancer.cut();
  await within("the loss", away);
  bo.client.send("rooms.whisper", { room: "side-1", text: "missed" });
  await bo.hears("missed", 1);
  const order = [];
  ana.client.on("rooms.said", ({ text }) => order.push(text));
  for (const text of ["first", "second"]) ana.client.send("rooms.whisper", { room: "side-1", text });
  balancer.lead(server.address);
  await ana.hears("second", 1);
  assert.deepEqual(order, ["missed", "first", "second"]);
  assert.deepEqual([...ana.errors, ...ana.gaps], []);
});

test("what a client sends while its token is refused is sent with the next one, and not lost", { timeout: 60_000 }, async () => {
  const server = await startRooms(3, 65_536);
  ends.push(() => server.stop());
  const tokens = ["expired", "good"];
  const client = connectRooms(`ws://${server.address}/ws`, { WebSocket, token: () => tokens.shift() });
  ends.push(() => client.close());
  const [opened, errors] = [[], []];
  client.onState(({ status }) => status === "open" && opened.push(tokens.length));
  client.onError((error) => errors.push(error));
  client.send("rooms.say", { text: "kept" });
  const heard = await within("what was kept", new Promise((resolve) => client.once("rooms.said", resolve)));
  assert.equal(heard.text, "kept");
  assert.deepEqual(opened, [0], "it is open with the second token, and not before");
  assert.deepEqual(errors, []);
});
