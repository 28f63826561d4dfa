/** A client stays connected: it comes back when it may, at the pace that it should, and stops when it must. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { connect, type ConnectionState } from "../src/index.js";
import { chat } from "./support/contract.js";
import { settled, TestClock } from "./support/clock.js";
import { codes, type Harness, harness, opened } from "./support/harness.js";
import { TestSocket } from "./support/socket.js";

/** The next attempt begins. */
async function retry({ clock }: Harness): Promise<void> {
  clock.advance(clock.next);
  await settled();
}

test("the state goes from connecting to open", async () => {
  const { client, socket } = await harness();
  const states: ConnectionState[] = [];
  assert.deepEqual(client.state, { status: "connecting", attempt: 1 });
  assert.equal(client.state, client.state);
  client.onState((state) => states.push(state));
  socket.open();
  assert.deepEqual(states, []);
  socket.receive({ welcome: { connection: "c-1", contract: "compatible", ping: 25_000, max: 65_536 } });
  socket.receive({ ready: {} });
  assert.deepEqual(states, [{ status: "open", connection: "c-1", contract: "compatible" }]);
  assert.equal(client.state, states[0]);
});

test("it offers the subprotocol, and sends its contract, its token and its previous connection", async () => {
  let tokens = 0;
  const all = await harness({ token: async () => `t-${++tokens}` });
  assert.equal(all.socket.url, "wss://example.com/ws");
  assert.deepEqual(all.socket.protocols, ["ws.v1.json"]);
  all.socket.open();
  assert.deepEqual(all.socket.sent, ['{"hello":{"contract":"5f2b","token":"t-1"}}']);
  all.socket.receive({ welcome: { connection: "c-1" } });
  all.socket.receive({ ready: {} });
  all.socket.break(4005, "expired");
  await retry(all);
  all.socket.open();
  assert.deepEqual(all.socket.sent, ['{"hello":{"contract":"5f2b","token":"t-2","connection":"c-1"}}']);
});

test("it never gives up, with delays that grow to 20 s", async () => {
  const all = await harness();
  const delays: number[] = [];
  for (let failures = 0; failures < 40; failures += 1) {
    all.socket.break();
    delays.push(all.clock.next);
    await retry(all);
  }
  assert.deepEqual(delays.slice(0, 8), [250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  assert.equal(delays.at(-1), 10_000);
  assert.equal(all.sockets.length, 41);
  assert.deepEqual(all.client.state, { status: "connecting", attempt: 41 });
});

test("the state says when it tries again, and why it has to", async () => {
  const { client, clock, socket } = await harness();
  clock.advance(1_000);
  socket.break(1006);
  assert.deepEqual(client.state, { status: "waiting", attempt: 2, retryAt: 1_250, code: 1006, reason: "", opened: false });
});

test("an upgrade that is refused is told from a connection that is lost", async () => {
  const all = await harness();
  const seen: unknown[] = [];
  all.client.onState((state) => void (state.status === "waiting" && seen.push(state.opened)));
  // The upgrade is answered with a status: to the page it is 1006, as a loss is.
  all.socket.break(1006);
  await retry(all);
  all.socket.open();
  all.socket.break(1006);
  await retry(all);
  all.socket.welcome();
  all.socket.break(1006);
  await retry(all);
  all.socket.break(1006);
  assert.deepEqual(seen, [false, true, true, false]);
  all.client.close();
});

test("the time of the next attempt is a whole number of milliseconds", async () => {
  const { client, clock, socket } = await harness();
  clock.chance = 1 / 3;
  socket.break(1006);
  assert.ok(client.state.status === "waiting");
  assert.equal(client.state.retryAt, 167);
  assert.equal(clock.next, 167);
  client.close();
});

test("a connection that lasts forgets the failures before it, one that breaks at once does not", async () => {
  const all = await harness();
  for (let failures = 0; failures < 3; failures += 1) {
    all.socket.break();
    await retry(all);
  }
  all.socket.welcome();
  all.clock.advance(9_999);
  all.socket.break();
  assert.equal(all.clock.next, 2_000);
  await retry(all);
  all.socket.welcome();
  all.clock.advance(10_000);
  all.socket.break();
  assert.equal(all.clock.next, 250);
  assert.ok(all.client.state.status === "waiting" && all.client.state.attempt === 1);
});

for (const code of [1000, 4501, 4502, 4503, 4504, 4506]) {
  test(`${code} ends it`, async () => {
    const { client, clock, socket, sockets } = await opened();
    socket.break(code, "enough");
    assert.deepEqual(client.state, { status: "closed", code, reason: "enough" });
    assert.equal(clock.pending, 0);
    clock.advance(1_000_000);
    assert.equal(sockets.length, 1);
  });
}

for (const code of [1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 4001, 4005, 4008, 4010, 4012]) {
  test(`${code} makes it come back`, async () => {
    const all = await opened();
    all.socket.break(code);
    assert.equal(all.client.state.status, "waiting");
    await retry(all);
    assert.equal(all.sockets.length, 2);
  });
}

test("bye sets the pace, and holds back what is sent until the next connection", async () => {
  const all = await opened();
  const { client, clock, socket, sockets } = all;
  const call = client.call("participants.list");
  socket.receive({ bye: { code: 4001, reason: "drain", reconnect_in: [4_000, 8_000] } });
  assert.equal(client.state.status, "open", "answers may still come");
  assert.deepEqual(client.send("app.signout"), { ok: true, value: "queued" });
  socket.receive({ id: 1, data: [] });
  assert.ok((await call).ok);
  socket.break(4001);
  assert.deepEqual(client.state, { status: "waiting", attempt: 2, retryAt: 6_000, code: 4001, reason: "drain", opened: true });
  assert.equal(clock.next, 6_000);
  await retry(all);
  sockets[1]?.welcome("c-2");
  assert.deepEqual(sockets[1]?.sent, ['{"event":"app.signout"}']);
});

test("a close without a reason still has words for those whose messages it drops", async () => {
  const { client, socket } = await opened();
  socket.break(4503);
  assert.deepEqual(client.state, { status: "closed", code: 4503, reason: "" });
  const sent = client.send("app.signout");
  assert.ok(!sent.ok && sent.error.message === "closed with 4503");
});

test("what bye announced counts when the connection then breaks without a close code", async () => {
  const { client, socket } = await opened();
  socket.receive({ bye: { code: 4503, reason: "revoked" } });
  socket.break(1006);
  assert.deepEqual(client.state, { status: "closed", code: 4503, reason: "revoked" });
});

test("a server that says bye and does not close is left after 5 s", async () => {
  const { client, clock, socket } = await opened();
  socket.receive({ bye: { code: 4001, reason: "drain", reconnect_in: [0, 10] } });
  socket.receive({ event: "chats.msg" });
  clock.advance(5_000);
  assert.ok(client.state.status === "waiting" && client.state.code === 4001);
  assert.equal(socket.closedWith, 4012);
});

test("a server that welcomes and sends away at once is not asked in a tight loop", async () => {
  const all = await harness();
  const delays: number[] = [];
  for (let round = 0; round < 6; round += 1) {
    all.socket.welcome();
    all.socket.receive({ bye: { code: 4001, reason: "", reconnect_in: [0, 0] } });
    all.socket.break(4001);
    delays.push(all.clock.next);
    await retry(all);
  }
  assert.deepEqual(delays, [0, 500, 1_000, 2_000, 4_000, 8_000]);
});

test("pings are answered, and silence ends a connection", async () => {
  const { client, clock, socket } = await opened();
  socket.receive({});
  assert.deepEqual(socket.sent, ["{}"]);
  clock.advance(34_999);
  socket.receive({ event: "chats.msg" });
  clock.advance(34_999);
  const lively = client.state;
  assert.equal(lively.status, "open");
  clock.advance(1);
  const lost = client.state;
  assert.ok(lost.status === "waiting" && lost.code === 4012);
  assert.equal(socket.closedWith, 4012);
  socket.receive({ event: "chats.msg" });
  socket.break(1006);
  assert.equal(client.state, lost, "what the old socket says is over");
});

test("the server's interval of pings counts", async () => {
  const { client, clock, socket } = await harness();
  socket.welcome("c-1", { ping: 1_000 });
  clock.advance(10_999);
  assert.equal(client.state.status, "open");
  clock.advance(1);
  assert.equal(client.state.status, "waiting");
});

test("an attempt that leads nowhere is given up", async () => {
  const { client, clock, socket } = await harness({ connectTimeoutMs: 3_000 });
  socket.open();
  socket.receive({});
  clock.advance(3_000);
  assert.ok(client.state.status === "waiting" && client.state.code === 4012);
  assert.equal(socket.closedWith, 4012);
});

test("a token provider that fails is reported, and asked again", async () => {
  let asked = 0;
  const cause = new Error("offline");
  const all = await harness({
    token: () => {
      asked += 1;
      if (asked === 1) throw cause;
      return asked === 2 ? Promise.reject(cause) : "t";
    },
  });
  await retry(all);
  await retry(all);
  assert.deepEqual(codes(all.errors), ["ws.client.connect_failed", "ws.client.connect_failed"]);
  assert.equal(all.errors[0]?.cause, cause);
  all.socket.open();
  assert.equal(all.socket.sent[0], '{"hello":{"contract":"5f2b","token":"t"}}');
});

test("a token provider that fails without saying why is reported, too", async () => {
  const all = await harness({ token: () => Promise.reject() });
  assert.deepEqual(codes(all.errors), ["ws.client.connect_failed"]);
});

test("a client that its token provider closes opens nothing more", async () => {
  let isSignedIn = true;
  const all: Harness = await harness({
    token() {
      if (!isSignedIn) all.client.close();
      return "t";
    },
  });
  all.socket.welcome();
  isSignedIn = false;
  all.socket.break();
  await retry(all);
  assert.equal(all.client.state.status, "closed");
  assert.equal(all.sockets.length, 1);
  assert.equal(all.clock.pending, 0);
});

test("a token that never comes does not hold the client for ever, and opens nothing when it comes late", async () => {
  let deliver = (_token: string): void => {};
  const { client, clock, sockets } = await harness({ token: () => new Promise((resolve) => (deliver = resolve)) });
  clock.advance(20_000);
  assert.equal(client.state.status, "waiting");
  deliver("t");
  await settled();
  assert.equal(sockets.length, 0);
});

test("a client that is closed because an attempt failed stays closed", async () => {
  const clock = new TestClock();
  const token = (): never => {
    throw new Error("signed out");
  };
  const client = connect(chat, "wss://example.com/ws", { WebSocket: TestSocket, clock, token });
  client.onError(() => client.close());
  await settled();
  assert.equal(client.state.status, "closed");
  assert.equal(clock.pending, 0);
});

test("a socket that cannot be made is reported, and tried again", async () => {
  class Broken {
    constructor() {
      throw new SyntaxError("mixed content");
    }
  }
  const { client, errors } = await harness({ WebSocket: Broken as never });
  assert.deepEqual(codes(errors), ["ws.client.connect_failed"]);
  assert.ok(client.state.status === "waiting" && client.state.reason === "SyntaxError: mixed content");
});

test("close ends everything, in any state, once", async () => {
  const connecting = await harness();
  const open = await opened();
  const waiting = await opened();
  waiting.socket.break();
  const states: ConnectionState[] = [];
  for (const { client, clock, socket } of [connecting, open, waiting]) {
    client.onState((state) => states.push(state));
    client.close();
    client.close();
    assert.equal(clock.pending, 0);
    socket.receive({ event: "chats.msg" });
    socket.break(1006);
    assert.equal(client.state.status, "closed");
  }
  assert.deepEqual(states, Array(3).fill({ status: "closed", code: 1000, reason: "closed by the application" }));
  assert.equal(open.socket.closedWith, 1000);
});

test("a client that is closed before its first attempt opens no socket", async () => {
  const opened: TestSocket[] = [];
  class WebSocket extends TestSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      opened.push(this);
    }
  }
  const client = connect(chat, "wss://example.com/ws", { WebSocket, clock: new TestClock() });
  client.close();
  await settled();
  assert.deepEqual(opened, []);
});

test("a listener that closes the client is obeyed, and the others hear that alone", async () => {
  for (const on of ["waiting", "connecting", "open"] as const) {
    const all = await harness();
    const heard: string[] = [];
    if (on !== "open") all.socket.welcome();
    all.client.onState(({ status }) => {
      if (status === on) all.client.close();
    });
    all.client.onState(({ status }) => heard.push(status));
    if (on === "open") all.socket.welcome();
    else all.socket.break();
    if (on === "connecting") await retry(all);
    assert.equal(all.client.state.status, "closed", on);
    assert.equal(heard.at(-1), "closed", on);
    assert.ok(!heard.includes(on), on);
    assert.equal(all.clock.pending, 0, on);
    assert.equal(all.sockets.length, 1, on);
  }
});

test("a world without WebSocket is told at once", () => {
  const present = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
  Reflect.deleteProperty(globalThis, "WebSocket");
  try {
    assert.throws(() => connect(chat, "wss://example.com"), { name: "TypeError", message: /options\.WebSocket/ });
  } finally {
    if (present) Object.defineProperty(globalThis, "WebSocket", present);
  }
});

test("an address that is none is told at once", () => {
  for (const address of ["", "/ws", "http://"]) {
    assert.throws(() => connect(chat, address, { WebSocket: TestSocket }), { name: "TypeError" }, address);
  }
});

test("an address may be http, a URL, or relative to the page", async () => {
  const { socket } = await harness({}, chat, "https://example.com:8443/ws?name=ana");
  assert.equal(socket.url, "wss://example.com:8443/ws?name=ana");
  const url = await harness({}, chat, new URL("http://[::1]:3000/ws"));
  assert.equal(url.socket.url, "ws://[::1]:3000/ws");
  Object.defineProperty(globalThis, "location", { configurable: true, value: { href: "https://example.com/room/7?a" } });
  try {
    const relative = await harness({}, chat, "/ws");
    assert.equal(relative.socket.url, "wss://example.com/ws");
  } finally {
    Reflect.deleteProperty(globalThis, "location");
  }
});

test("a relative address in a worker that was made of a Blob is told to be given in full", () => {
  const location = { href: "blob:http://localhost:5173/2c4ae1d7-7f57-4a0b-8c9b-1f4d1f2a6b3c", origin: "http://localhost:5173" };
  Object.defineProperty(globalThis, "location", { configurable: true, value: location });
  try {
    const message = "invalid address: /ws; use one like wss://example.com/ws";
    assert.throws(() => connect(chat, "/ws", { WebSocket: TestSocket }), { name: "TypeError", message });
    connect(chat, new URL("/ws", location.origin), { WebSocket: TestSocket }).close();
  } finally {
    Reflect.deleteProperty(globalThis, "location");
  }
});
