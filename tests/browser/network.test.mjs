/** The page and its client in a real browser, when the network, the tab or the server misbehave. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { WebSocketServer } from "ws";

import { startServer } from "./server.mjs";

const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"].concat(
  ["--disable-background-networking", "--disable-component-update", "--disable-sync"],
);

/** @type {import("playwright-core").Browser} */
let browser;
let server;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium", args: FLAGS });
  server = await startServer();
});
after(async () => {
  await browser.close();
  await server.stop();
});

/** A network between the page and the server, which can be cut. */
async function startNetwork() {
  const target = new URL(server.url);
  const sockets = new Set();
  const network = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on("error", () => {}).on("close", () => (sockets.delete(one), other.destroy()));
      one.pipe(other);
    }
  });
  network.listen(0, "127.0.0.1");
  await once(network, "listening");
  const cut = () => sockets.forEach((socket) => socket.destroy());
  return {
    url: `http://127.0.0.1:${network.address().port}/`,
    cut,
    stop() {
      network.close();
      cut();
    },
  };
}

async function join(url, name) {
  const window = await browser.newContext();
  const page = await window.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Join" }).click();
  await page.locator(`#participants li[data-id="${name}"]`).waitFor();
  return page;
}

async function say(page, text) {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

const message = (page, text) => page.locator("#messages li", { hasText: text });

test("what was written offline is sent once there is a network, and what was missed arrives", async () => {
  const network = await startNetwork();
  try {
    const ana = await join(server.url, "ana");
    const bob = await join(network.url, "bob");
    await bob.context().setOffline(true);
    network.cut();
    await bob.locator("#state", { hasText: "reconnecting" }).waitFor();
    await say(bob, "written in a tunnel");
    await bob.locator("#messages .waiting", { hasText: "written in a tunnel" }).waitFor();
    assert.equal(await bob.getByLabel("Message", { exact: true }).inputValue(), "");
    await say(ana, "said meanwhile");
    await message(ana, "said meanwhile").waitFor();
    assert.equal(await message(ana, "written in a tunnel").count(), 0);

    await bob.context().setOffline(false);
    await bob.locator("#state", { hasText: "connected" }).waitFor();
    await message(ana, "written in a tunnel").waitFor();
    await bob.locator("#messages li:not(.waiting)", { hasText: "written in a tunnel" }).waitFor();
    assert.equal(await message(bob, "written in a tunnel").count(), 1, "it does not wait any more");
    await message(bob, "said meanwhile").waitFor();
    for (const page of [ana, bob]) await page.context().close();
  } finally {
    network.stop();
  }
});

test("a private message that was written offline is shown until it is sent", async () => {
  const network = await startNetwork();
  try {
    const ana = await join(server.url, "ana");
    const bob = await join(network.url, "bob");
    await bob.locator('#participants li[data-id="ana"] button').click();
    await bob.getByRole("button", { name: "Write privately" }).click();
    await bob.context().setOffline(true);
    network.cut();
    await bob.locator("#state", { hasText: "reconnecting" }).waitFor();
    await say(bob, "only for you");
    await bob.locator("#messages .waiting", { hasText: "to ana only" }).waitFor();

    await bob.context().setOffline(false);
    await message(ana, "only for you").waitFor();
    await bob.locator("#messages li:not(.waiting)", { hasText: "only for you" }).waitFor();
    assert.equal(await message(bob, "only for you").count(), 1, "it does not wait any more");
    for (const page of [ana, bob]) await page.context().close();
  } finally {
    network.stop();
  }
});

test("a tab that slept in the background has everything when it wakes up", async () => {
  const network = await startNetwork();
  try {
    const ana = await join(server.url, "ana");
    const bob = await join(network.url, "bob");
    const tab = await bob.context().newCDPSession(bob);
    const sleep = () => tab.send("Page.setWebLifecycleState", { state: "frozen" });
    const wake = () => tab.send("Page.setWebLifecycleState", { state: "active" });

    await sleep();
    await say(ana, "while you slept");
    await message(ana, "while you slept").waitFor();
    await wake();
    await message(bob, "while you slept").waitFor();

    await sleep();
    network.cut();
    await say(ana, "while you slept without a network");
    await message(ana, "while you slept without a network").waitFor();
    await wake();
    await message(bob, "while you slept without a network").waitFor();
    await bob.locator("#state", { hasText: "connected" }).waitFor();
    for (const page of [ana, bob]) await page.context().close();
  } finally {
    network.stop();
  }
});

/** A server of the protocol that does what a test says; `heard` has every message that it was sent. */
async function startPuppet(onHello) {
  const puppet = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "ws.v1.json" });
  await once(puppet, "listening");
  const heard = [];
  puppet.on("connection", (socket) => {
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data));
      heard.push(frame);
      if (frame.hello) onHello(socket);
    });
  });
  return {
    url: `ws://127.0.0.1:${puppet.address().port}/`,
    heard,
    stop() {
      puppet.clients.forEach((client) => client.terminate());
      puppet.close();
    },
  };
}

/** Lets a client in. */
function welcome(socket) {
  socket.send(JSON.stringify({ welcome: { connection: "c", contract: "same", ping: 25_000, max: 65_536 } }));
  socket.send(JSON.stringify({ ready: {} }));
}

/** Runs `program` in a page, with the generated client and the address of a server. */
async function inPage(program, url) {
  const page = await browser.newPage();
  try {
    await page.goto(server.url);
    return await page.evaluate(program, url);
  } finally {
    await page.close();
  }
}

test("a call that is aborted half way ends at once, and its handler is told to stop", async () => {
  const puppet = await startPuppet(welcome);
  try {
    const answer = await inPage(async (url) => {
      const { connectChat } = await import("/generated/chat.js");
      const chat = connectChat(url);
      await new Promise((resolve) => chat.onState(({ status }) => status === "open" && resolve()));
      const abort = new AbortController();
      const call = chat.call("participants.info", { id: "ana" }, { signal: abort.signal });
      abort.abort();
      const answer = await call;
      chat.send("chats.msg", { text: "after it" });
      await new Promise((resolve) => setTimeout(resolve, 0));
      return answer;
    }, puppet.url);
    assert.equal(answer.error.code, "ws.client.aborted");
    while (!puppet.heard.some(({ event }) => event === "chats.msg")) await new Promise(setImmediate);
    const [asked, cancelled] = puppet.heard.slice(1);
    assert.equal(asked.event, "participants.info");
    assert.deepEqual(cancelled, { cancel: asked.id });
  } finally {
    puppet.stop();
  }
});

test("a server that answers garbage is reported, and harms nothing", async () => {
  const garbage = ["", "not json", "[]", "null", "7", '{"event":7}', '{"welcome":{}}', '{"id":"x","data":1}'];
  const wrong = [
    { event: "chats.msg", data: { from: "ana", text: 7, sent_at: "2026-11-23T09:45:00Z" } },
    { event: "chats.msg", data: null },
    { id: 99, data: {} },
    { id: 1, error: 7 },
    { gap: 7 },
    { joined: [] },
    { nothing: "known" },
  ];
  const puppet = await startPuppet((socket) => {
    welcome(socket);
    for (const text of garbage) socket.send(text);
    socket.send(Buffer.from([0, 255]));
    for (const frame of wrong) socket.send(JSON.stringify(frame));
    socket.send(JSON.stringify({ event: "new.event", data: 7 }));
    socket.send(JSON.stringify({ event: "app.connected", data: { id: "bob", participants: [], more: "unknown" } }));
  });
  try {
    const seen = await inPage(async (url) => {
      const { connectChat } = await import("/generated/chat.js");
      const { validateWith } = await import("/generated/runtime/index.js");
      const { validators } = await import("/generated/chat.validators.js");
      const chat = connectChat(url, { validate: validateWith(validators) });
      const seen = { errors: [], messages: [], unknown: [] };
      chat.onError(({ code, event, path, message }) => seen.errors.push({ code, event, path, message }));
      chat.on("chats.msg", (message) => seen.messages.push(message));
      chat.onUnknown((event) => seen.unknown.push(event));
      await new Promise((resolve) => chat.on("app.connected", resolve));
      seen.state = chat.state.status;
      return seen;
    }, puppet.url);
    assert.equal(seen.state, "open");
    assert.deepEqual(seen.messages, []);
    assert.deepEqual(seen.unknown, [{ event: "new.event", data: 7 }]);
    const invalid = seen.errors.filter(({ code }) => code === "ws.client.invalid_data");
    assert.deepEqual(invalid.map(({ event, path }) => [event, path]), [["chats.msg", "/text"], ["chats.msg", ""]]);
    assert.match(invalid[0].message, /expected a string/);
    assert.ok(seen.errors.filter(({ code }) => code === "ws.client.invalid_message").length >= garbage.length);
  } finally {
    puppet.stop();
  }
});
