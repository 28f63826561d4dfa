/** The chat's door: what it answers to requests that do not lead into the room. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";

import { startServer } from "./server.mjs";

const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
before(async () => (server = await startServer()));
after(() => server.stop());

/** The status and the text of an answer. An accepted upgrade has no text. */
function ask(path, headers, of = server) {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, of.url), { headers });
    asked.on("response", (response) => {
      let text = "";
      response.on("data", (chunk) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode, text: "" });
    });
    asked.on("error", reject);
    asked.end();
  });
}

test("a name that is missing, empty or too long is refused with a sentence", async () => {
  for (const [path, sentence] of [
    ["/ws", /say who you are/],
    ["/ws?name=", /the name is empty/],
    ["/ws?name=%20%20", /the name is empty/],
    ["/ws?name=a%0Ab", /cannot be shown/],
    [`/ws?name=${"x".repeat(33)}`, /the name is too long/],
    [`/ws?name=${encodeURIComponent("🙂".repeat(33))}`, /the name is too long/],
  ]) {
    const { status, text } = await ask(path, UPGRADE);
    assert.equal(status, 400, path);
    assert.match(text, sentence);
  }
});

test("a name of 32 characters is let in, however many bytes it has", async () => {
  const { status } = await ask(`/ws?name=${encodeURIComponent("🙂".repeat(32))}`, UPGRADE);
  assert.equal(status, 101);
});

test("a request that asks for no upgrade is told how to", async () => {
  const { status, headers, text } = await ask("/ws?name=ana", {});
  assert.equal(status, 426);
  assert.equal(headers["upgrade"], "websocket");
  assert.match(text, /Upgrade: websocket/);
});

test("the contract is there for clients in other languages", async () => {
  const { status, text } = await ask("/ws/contract.json", {});
  assert.equal(status, 200);
  assert.equal(JSON.parse(text)["x-ws-contract"].name, "chat");
});

test("operators find at /metrics what the server counts, as Prometheus reads it", async () => {
  const watched = await startServer();
  const client = new WebSocket(`ws://${watched.address}/ws?name=ana`);
  await once(client, "message");
  const { status, headers, text } = await ask("/metrics", {}, watched);
  client.terminate();
  await watched.stop();
  assert.equal(status, 200);
  assert.match(headers["content-type"], /^text\/plain; version=0\.0\.4/);
  for (const line of [
    "# HELP ws_connections Open connections.",
    "# TYPE ws_connections gauge",
    'ws_connections{contract="chat"} 1',
    "# TYPE ws_events_sent_total counter",
    'ws_events_sent_total{contract="chat",event="app.connected"} 1',
    'ws_errors_total{contract="chat",code="ws.internal"} 0',
  ]) {
    assert.ok(text.split("\n").includes(line), `${line} in\n${text}`);
  }
});

test("what a client does wrong does not fill the log", async () => {
  const watched = await startServer();
  const client = new WebSocket(`ws://${watched.address}/ws?name=ana`);
  let told = 0;
  const all = new Promise((resolve) => client.on("message", (text) => JSON.parse(text).error && ++told === 50 && resolve()));
  await once(client, "open");
  for (let sent = 0; sent < 50; sent++) client.send("no message");
  await all;
  client.terminate();
  await watched.stop();
  assert.doesNotMatch(watched.log(), /WARN|ERROR/);
  assert.ok(watched.log().split("\n").length < 10, watched.log());
});

test("a file that the page does not have is not found", async () => {
  for (const path of ["/nothing.js", "/../Cargo.toml", "/%2e%2e/Cargo.toml"]) {
    assert.equal((await ask(path, {})).status, 404, path);
  }
});
