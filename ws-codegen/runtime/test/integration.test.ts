/** The whole client over real sockets, against a server in this process. Time is the test's. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, test } from "node:test";
import WebSocket, { WebSocketServer } from "ws";
import { type Client, connect, type ConnectionState, type ReportedError } from "../src/index.js";
import { TestClock } from "./support/clock.js";
import { type Chat, chat, message } from "./support/contract.js";

/** How long the test waits for what has to happen, in milliseconds. */
const DEADLINE = 10_000;

/** What a test has started, and has to end. */
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Peer {
  readonly socket: WebSocket;
  /** The next message of the client. */
  next(): Promise<Record<string, unknown>>;
  send(frame: object | string): void;
}

/** A server that speaks the protocol when the test tells it to. */
class Server {
  readonly #server: WebSocketServer;
  readonly #waiting: ((peer: Peer) => void)[] = [];
  readonly #peers: Peer[] = [];

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on("connection", (socket) => {
      const peer = listen(socket);
      const taker = this.#waiting.shift();
      if (taker) taker(peer);
      else this.#peers.push(peer);
    });
  }

  static async start(port = 0): Promise<Server> {
    const server = new WebSocketServer({
      host: "127.0.0.1",
      port,
      handleProtocols: (offered) => (offered.has("ws.v1.json") ? "ws.v1.json" : false),
    });
    await once(server, "listening");
    const started = new Server(server);
    ends.push(() => started.stop());
    return started;
  }

  get port(): number {
    return this.#server.address().port;
  }

  /** The next connection. */
  accept(): Promise<Peer> {
    const peer = this.#peers.shift();
    return within(peer ?? new Promise<Peer>((resolve) => this.#waiting.push(resolve)), "a connection");
  }

  /** The next connection, after its handshake. */
  async welcome(connection = "c-1"): Promise<{ peer: Peer; hello: Record<string, unknown> }> {
    const peer = await this.accept();
    const { hello } = (await peer.next()) as { hello: Record<string, unknown> };
    peer.send({ welcome: { connection, contract: "same", ping: 25_000, max: 65_536 } });
    peer.send({ ready: {} });
    return { peer, hello };
  }

  /** Ends at once, as if the process had died. */
  stop(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function listen(socket: WebSocket): Peer {
  const messages: string[] = [];
  const waiting: ((text: string) => void)[] = [];
  socket.addEventListener("error", () => {});
  socket.addEventListener("message", ({ data }) => {
    const taker = waiting.shift();
    if (taker) taker(String(data));
    else messages.push(String(data));
  });
  return {
    socket,
    async next() {
      const text = messages.shift() ?? (await within(new Promise<string>((take) => waiting.push(take)), "a message"));
      return JSON.parse(text) as Record<string, unknown>;
    },
    send: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
  };
}

function join({ port }: { port: number }, clock = new TestClock()): Client<Chat> {
  const client = connect<Chat>(chat, `ws://127.0.0.1:${port}/ws`, { WebSocket, clock });
  ends.push(() => client.close());
  return client;
}

/** The next state of that status. */
function reaches(client: Client<Chat>, status: ConnectionState["status"]): Promise<ConnectionState> {
  if (client.state.status === status) return Promise.resolve(client.state);
  return within(
    new Promise((resolve) => {
      const off = client.onState((state) => {
        if (state.status !== status) return;
        off();
        resolve(state);
      });
    }),
    status,
  );
}

/** Fails when what has to happen does not. */
async function within<Value>(promise: Value | Promise<Value>, what: string): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${DEADLINE} ms`)), DEADLINE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

test("events, calls, an aborted call and a normal end", async () => {
  const server = await Server.start();
  const client = join(server);
  const { peer, hello } = await server.welcome();
  assert.equal(peer.socket.protocol, "ws.v1.json");
  assert.deepEqual(hello, { contract: "5f2b" });

  const stream = client.events("chats.msg");
  peer.send({ event: "chats.msg", data: message("hi") });
  assert.deepEqual((await within(stream.next(), "an event")).value, message("hi"));

  client.send("chats.msg", { text: "hello" });
  assert.deepEqual(await peer.next(), { event: "chats.msg", data: { text: "hello" } });

  const call = client.call("participants.info", { id: "ana" });
  assert.deepEqual(await peer.next(), { event: "participants.info", data: { id: "ana" }, id: 1 });
  peer.send({ id: 1, data: { id: "ana", name: "Ana" } });
  assert.deepEqual(await call, { ok: true, value: { id: "ana", name: "Ana" } });

  const controller = new AbortController();
  const aborted = client.call("participants.list", {}, controller);
  assert.deepEqual(await peer.next(), { event: "participants.list", data: {}, id: 2 });
  controller.abort();
  assert.ok(!(await aborted).ok);
  assert.deepEqual(await peer.next(), { cancel: 2 });

  peer.send({});
  assert.deepEqual(await peer.next(), {});

  const closed = within(once(asEmitter(peer.socket), "close"), "the close");
  client.send("app.signout");
  client.close();
  assert.deepEqual(await peer.next(), { event: "app.signout" });
  assert.equal((await closed)[0], 1000);
});

for (const [what, status] of [["a wrong path", 404], ["a refused origin", 403]] as const) {
  test(`${what} (${status}) is told to onError, and by the state`, async () => {
    const http = createServer();
    http.on("upgrade", (_request, socket) => socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`));
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
    ends.push(() => void http.close());
    const { port } = http.address() as AddressInfo;
    const client = join({ port });
    const errors: ReportedError[] = [];
    client.onError((error) => errors.push(error));
    const state = await reaches(client, "waiting");
    assert.ok(state.status === "waiting" && !state.opened);
    assert.equal(state.reason, `Unexpected server response: ${status}`);
    assert.equal(errors.length, 1);
    assert.equal(errors[0]?.code, "ws.client.connect_failed");
    for (const part of [`ws://127.0.0.1:${port}/ws`, state.reason]) assert.ok(errors[0]?.message.includes(part), errors[0]?.message);
  });
}

test("nobody there (ECONNREFUSED) is told to onError, and by the state", async () => {
  const server = await Server.start();
  const { port } = server;
  await server.stop();
  const client = join({ port });
  const errors: ReportedError[] = [];
  client.onError((error) => errors.push(error));
  const state = await reaches(client, "waiting");
  assert.ok(state.status === "waiting" && state.reason.includes("ECONNREFUSED"), JSON.stringify(state));
  assert.ok(errors[0]?.code === "ws.client.connect_failed" && errors[0].message.includes("ECONNREFUSED"));
  assert.equal(errors.length, 1);
});

test("a server that restarts finds its client again, with what it had to say", async () => {
  const server = await Server.start();
  const { port } = server;
  const clock = new TestClock();
  const client = join(server, clock);
  const first = await server.welcome("c-1");
  first.peer.send({ event: "chats.msg", data: message("one"), channel: "room", pos: "p1" });
  await reaches(client, "open");
  const lost = client.call("participants.list");
  await first.peer.next();

  await server.stop();
  assert.deepEqual((await reaches(client, "waiting")) satisfies ConnectionState, client.state);
  const answer = await lost;
  assert.ok(!answer.ok && answer.error.code === "ws.client.disconnected");
  client.send("chats.msg", { text: "while you were away" });

  clock.advance(clock.next);
  await reaches(client, "connecting");
  await reaches(client, "waiting");

  const again = await Server.start(port);
  clock.advance(clock.next);
  const second = await again.welcome("c-2");
  assert.deepEqual(second.hello, { contract: "5f2b", connection: "c-1", resume: { room: "p1" } });
  assert.deepEqual(await second.peer.next(), { event: "chats.msg", data: { text: "while you were away" } });
});

test("bye paces the return, and a final code ends it", async () => {
  const server = await Server.start();
  const clock = new TestClock();
  const client = join(server, clock);
  const { peer } = await server.welcome();
  await reaches(client, "open");
  peer.send({ bye: { code: 4001, reason: "drain", reconnect_in: [2_000, 4_000] } });
  peer.socket.close(4001, "drain");
  await reaches(client, "waiting");
  assert.equal(clock.next, 3_000);
  clock.advance(3_000);

  const second = await server.welcome("c-2");
  await reaches(client, "open");
  second.peer.socket.close(4503, "revoked");
  assert.deepEqual(await reaches(client, "closed"), { status: "closed", code: 4503, reason: "revoked" });
  assert.equal(clock.pending, 0);
});

test("garbage and binary messages over a real socket harm nothing", async () => {
  const server = await Server.start();
  const client = join(server);
  const reported: string[] = [];
  client.onError(({ code }) => reported.push(code));
  const { peer } = await server.welcome();
  const stream = client.events("chats.msg");
  for (const garbage of ["", "nonsense", "[1]", '{"__proto__":{"event":"chats.msg"}}']) peer.send(garbage);
  peer.socket.send(new TextEncoder().encode('{"event":"chats.msg"}'));
  peer.send({ event: "chats.msg", data: message("still here") });
  assert.equal((await within(stream.next(), "an event")).value?.text, "still here");
  assert.deepEqual(reported, Array(5).fill("ws.client.invalid_message"));
});

test("a server that is none of ours is asked again, at the pace of any failure", async () => {
  const plain = new WebSocketServer({ host: "127.0.0.1", port: 0, handleProtocols: () => false });
  await once(plain, "listening");
  ends.push(() => new Promise<void>((resolve) => plain.close(() => resolve())));
  const clock = new TestClock();
  const client = join(plain.address(), clock);
  const state = await reaches(client, "waiting");
  assert.ok(state.status === "waiting" && state.code === 1006);
  assert.equal(clock.next, 250);
});

/** The sockets of `ws` are emitters as well. */
function asEmitter(socket: WebSocket): NodeJS.EventEmitter {
  return socket as unknown as NodeJS.EventEmitter;
}
