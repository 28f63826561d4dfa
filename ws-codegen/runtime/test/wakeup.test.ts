/** The network and the page coming back bring an attempt forward. */

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { settled } from "./support/clock.js";
import { harness, opened } from "./support/harness.js";

class Page extends EventTarget {
  hidden = false;
}

let page: Page;
let network: EventTarget;

beforeEach(() => {
  page = new Page();
  network = new EventTarget();
  define("document", page);
  define("addEventListener", network.addEventListener.bind(network));
});

afterEach(() => {
  Reflect.deleteProperty(globalThis, "document");
  Reflect.deleteProperty(globalThis, "addEventListener");
});

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { configurable: true, value });
}

test("the network comes back", async () => {
  const { client, socket, sockets, clock } = await opened();
  socket.break();
  network.dispatchEvent(new Event("online"));
  assert.deepEqual(client.state, { status: "connecting", attempt: 2 });
  await settled();
  assert.equal(sockets.length, 2);
  clock.advance(1_000);
  await settled();
  assert.equal(sockets.length, 2, "the attempt that was planned is not made as well");
  client.close();
});

test("the page becomes visible; that it is hidden changes nothing", async () => {
  const { client, socket, sockets } = await opened();
  socket.break();
  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  assert.equal(client.state.status, "waiting");
  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  await settled();
  assert.equal(sockets.length, 2);
  client.close();
});

test("a wait that the server has asked for is kept", async () => {
  const { client, socket, sockets } = await opened();
  socket.receive({ bye: { code: 4001, reason: "drain", reconnect_in: [1_000, 2_000] } });
  socket.break(4001);
  network.dispatchEvent(new Event("online"));
  await settled();
  assert.equal(sockets.length, 1);
  client.close();
});

test("a user who does not want to wait tries now, also where the server has asked for the wait", async () => {
  const { client, clock, socket, sockets } = await opened();
  const { reconnect } = client;
  socket.receive({ bye: { code: 4001, reason: "drain", reconnect_in: [60_000, 60_000] } });
  socket.break(4001);
  reconnect();
  assert.deepEqual(client.state, { status: "connecting", attempt: 2 });
  await settled();
  assert.equal(sockets.length, 2);
  sockets[1]?.break();
  reconnect();
  await settled();
  assert.equal(sockets.length, 3);
  assert.equal(clock.pending, 1, "the attempts that were planned are not made as well: what is left is the deadline of this one");
  client.close();
});

test("trying now changes nothing for a client that connects, is open or closed", async () => {
  const { client, clock, socket, sockets } = await harness();
  const states: string[] = [];
  client.onState(({ status }) => states.push(status));
  client.reconnect();
  socket.welcome();
  client.reconnect();
  socket.break();
  client.close();
  client.reconnect();
  clock.advance(100_000);
  await settled();
  assert.deepEqual(states, ["open", "waiting", "closed"]);
  assert.equal(sockets.length, 1);
});

test("a client that connects, is open or closed is left alone", async () => {
  const { client, socket, sockets } = await harness();
  network.dispatchEvent(new Event("online"));
  socket.welcome();
  network.dispatchEvent(new Event("online"));
  client.close();
  network.dispatchEvent(new Event("online"));
  await settled();
  assert.equal(sockets.length, 1);
});
