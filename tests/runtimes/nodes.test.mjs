/** The generated client moves from one node to another one, over a real Redis. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { startNode } from "../browser/server.mjs";
import { generateClient } from "./client.mjs";
import { startBalancer, startRedis } from "./network.mjs";

// Node.js before 22 has no WebSocket of its own.
const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;

/** How long anything may take: less than a node waits for a sign of life. */
const DEADLINE = 10_000;

let generated, connectChat;
let redis, one, other, balancer;
let clients = [];
let nodes = [];

before(async () => {
  generated = await generateClient();
  ({ connectChat } = await import(join(generated.folder, "chat.js")));
});
after(() => generated.remove());

beforeEach(async () => {
  redis = await startRedis();
  one = await startAnother();
  other = await startAnother();
  balancer = await startBalancer(one.address);
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  balancer.stop();
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
  await redis.stop();
});

async function startAnother() {
  const node = await startNode(redis.url);
  nodes.push(node);
  return node;
}

/** A client that keeps what it hears, as `text` of messages and `gap why`, and lets wait for it. */
async function enter(url) {
  const client = connectChat(url, { WebSocket });
  clients.push(client);
  const heard = [];
  let wake = () => {};
  const hear = (text) => {
    heard.push(text);
    wake();
  };
  client.on("chats.msg", ({ text }) => hear(text));
  client.on("chats.msg-private", ({ text }) => hear(text));
  client.onGap(({ channel, why }) => hear(`gap in ${channel}: ${why}`));
  // Whether an attempt falls into an outage is chance.
  client.onError(({ code, message }) => code !== "ws.client.connect_failed" && hear(`error ${code}: ${message}`));
  const connected = () => within("the connection", new Promise((resolve) => client.once("app.connected", resolve)));
  await connected();
  return {
    client,
    heard,
    connected,
    /** Waits until this was heard. */
    async hears(text) {
      while (!heard.includes(text)) await within(`${text} after ${heard}`, new Promise((resolve) => (wake = resolve)));
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

/** Ana comes by way of the balancer, and bo straight to the node where he stays. */
async function enterBoth() {
  const ana = await enter(balancer.url("ana"));
  const bo = await enter(`ws://${other.address}/ws?name=bo`);
  bo.client.send("chats.msg", { text: "before" });
  await Promise.all([ana.hears("before"), bo.hears("before")]);
  return [ana, bo];
}

/** Says something, and waits until it is in the log. */
async function say(bo, text) {
  bo.client.send("chats.msg", { text });
  await bo.hears(text);
}

async function whisper(bo, to, text) {
  const sent = await bo.client.call("chats.msg-private", { to, text });
  assert.ok(sent.ok, JSON.stringify(sent));
}

test("who moves to another node hears exactly what was missed, in order, and what was for one user only by that user", { timeout: 60_000 }, async () => {
  const [ana, bo] = await enterBoth();
  const lingering = balancer.cut();
  const expected = ["before"];
  for (let number = 1; number <= 30; number += 1) {
    await say(bo, `message ${number}`);
    expected.push(`message ${number}`);
    if (number % 10) continue;
    await whisper(bo, "ana", `for ana ${number}`);
    expected.push(`for ana ${number}`);
    await whisper(bo, "bo", `for bo ${number}`);
  }
  const connected = ana.connected();
  balancer.lead(other.address);
  await connected;
  // Its node took the old connection for alive, and would do so for another half a minute.
  await within("the end of the old connection", lingering);
  await say(bo, "after");
  await ana.hears("after");
  assert.deepEqual(ana.heard, [...expected, "after"]);
  const info = await bo.client.call("participants.info", { id: "ana" });
  assert.equal(info.value.connections, 1);
});

test("who moves to and fro hears everything once", { timeout: 60_000 }, async () => {
  const [ana, bo] = await enterBoth();
  const expected = ["before"];
  for (let move = 1; move <= 4; move += 1) {
    balancer.cut();
    await say(bo, `while away ${move}`);
    const connected = ana.connected();
    balancer.lead(move % 2 ? other.address : one.address);
    await connected;
    await say(bo, `while here ${move}`);
    await ana.hears(`while here ${move}`);
    expected.push(`while away ${move}`, `while here ${move}`);
  }
  assert.deepEqual(ana.heard, expected);
});

test("who comes back after the log was lost is told a gap, and then hears everything new", { timeout: 60_000 }, async () => {
  const [ana, bo] = await enterBoth();
  balancer.cut();
  await say(bo, "lost");
  assert.equal(await redis.ask("FLUSHALL"), "+OK\r\n");
  // A node that is new cannot know what was there.
  const another = await startAnother();
  const connected = ana.connected();
  balancer.lead(another.address);
  await connected;
  await say(bo, "after");
  await ana.hears("after");
  // The second is told by the node that had sent what is lost, to whoever has not received that.
  const gaps = ["gap in my-channel: reset", "gap in my-channel: forked"];
  assert.deepEqual(ana.heard, ["before", ...gaps, "after"]);
});

test("who comes back after the log was trimmed is told a gap, and then hears everything new", { timeout: 60_000 }, async () => {
  const [ana, bo] = await enterBoth();
  balancer.cut();
  await say(bo, "trimmed");
  await say(bo, "kept");
  const key = (await redis.ask("KEYS *s:chat/my-channel")).split("\r\n")[2];
  assert.match(await redis.ask(`XTRIM ${key} MAXLEN 1`), /^:[1-9]/);
  // A node that is new has nothing in its memory.
  const another = await startAnother();
  const connected = ana.connected();
  balancer.lead(another.address);
  await connected;
  await say(bo, "after");
  await ana.hears("after");
  assert.deepEqual(ana.heard, ["before", "gap in my-channel: trimmed", "after"]);
});
