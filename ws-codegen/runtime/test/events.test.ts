/** What the server sends reaches those who listen, and nobody can harm the others. */

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { message } from "./support/contract.js";
import { settled } from "./support/clock.js";
import { codes, opened } from "./support/harness.js";

test("a listener hears events of its name until it is taken off", async () => {
  const { client, socket } = await opened();
  const heard: string[] = [];
  const off = client.on("chats.msg", ({ text }) => heard.push(text));
  socket.receive({ event: "chats.msg", data: message("one") });
  socket.receive({ event: "app.connected", data: { id: "ana", participants: [] } });
  off();
  off();
  socket.receive({ event: "chats.msg", data: message("two") });
  assert.deepEqual(heard, ["one"]);
});

test("the same function registered twice is two registrations", async () => {
  const { client, socket } = await opened();
  const heard: string[] = [];
  const listener = ({ text }: { text: string }): void => void heard.push(text);
  const off = client.on("chats.msg", listener);
  client.on("chats.msg", listener);
  socket.receive({ event: "chats.msg", data: message("one") });
  off();
  socket.receive({ event: "chats.msg", data: message("two") });
  assert.deepEqual(heard, ["one", "one", "two"]);
});

test("once hears one event, even when the listener throws", async () => {
  const { client, socket, errors } = await opened();
  let heard = 0;
  client.once("chats.msg", () => {
    heard += 1;
    throw new Error("no");
  });
  socket.receive({ event: "chats.msg", data: message("one") });
  socket.receive({ event: "chats.msg", data: message("two") });
  assert.equal(heard, 1);
  assert.deepEqual(codes(errors), ["ws.client.listener_failed"]);
});

test("a listener that throws or rejects is reported, and the others hear the event all the same", async () => {
  const { client, socket, errors } = await opened();
  const heard: string[] = [];
  const cause = new Error("no");
  client.on("chats.msg", () => {
    throw cause;
  });
  client.on("chats.msg", async () => {
    await Promise.reject(cause);
  });
  client.on("chats.msg", ({ text }) => heard.push(text));
  socket.receive({ event: "chats.msg", data: message("one") });
  await settled();
  assert.deepEqual(heard, ["one"]);
  assert.deepEqual(codes(errors), ["ws.client.listener_failed", "ws.client.listener_failed"]);
  for (const error of errors) {
    assert.equal(error.cause, cause);
    assert.equal(error.event, "chats.msg");
  }
});

test("a listener may take others off, or add some, while it hears", async () => {
  const { client, socket } = await opened();
  const heard: string[] = [];
  client.on("chats.msg", () => {
    heard.push("first");
    off();
    client.on("chats.msg", () => heard.push("late"));
  });
  const off = client.on("chats.msg", () => heard.push("second"));
  socket.receive({ event: "chats.msg", data: message("one") });
  assert.deepEqual(heard, ["first"]);
});

test("onAny hears all events of the contract, onUnknown those that it does not have", async () => {
  const { client, socket, errors } = await opened();
  const any: string[] = [];
  const unknown: unknown[] = [];
  client.onAny(({ event }) => any.push(event));
  client.onUnknown((message) => unknown.push(message));
  socket.receive({ event: "chats.msg", data: message("one") });
  socket.receive({ event: "chats.added-later", data: { n: 1 } });
  socket.receive({ event: "__proto__" });
  assert.deepEqual(any, ["chats.msg"]);
  assert.deepEqual(unknown, [
    { event: "chats.added-later", data: { n: 1 } },
    { event: "__proto__", data: {} },
  ]);
  assert.deepEqual(errors, []);
});

test("without a list of the contract's events every event is known", async () => {
  const { client, socket } = await opened({}, { name: "chat", hash: "5f2b" });
  const any: string[] = [];
  client.onAny(({ event }) => any.push(event));
  for (const event of ["chats.msg", "toString", "__proto__"]) socket.receive({ event, data: 1 });
  assert.deepEqual(any, ["chats.msg", "toString", "__proto__"]);
});

test("garbage is reported, and the connection goes on", async () => {
  const { client, socket, sockets, errors } = await opened();
  const heard: string[] = [];
  client.on("chats.msg", ({ text }) => heard.push(text));
  for (const garbage of ["hello", "[]", '{"event":7}', "null"]) socket.receive(garbage);
  socket.receiveBinary(new ArrayBuffer(8));
  socket.receive({ event: "chats.msg", data: message("one") });
  assert.deepEqual(heard, ["one"]);
  assert.deepEqual(codes(errors), Array(5).fill("ws.client.invalid_message"));
  assert.equal(sockets.length, 1);
  assert.equal(client.state.status, "open");
});

test("an error of the server that answers no request is reported as it came, and with a sentence where the handler failed", async () => {
  const { socket, errors } = await opened();
  socket.receive({ error: { code: "ws.invalid_payload", event: "chats.msg", path: "/text", message: "expected a string" } });
  socket.receive({ error: { code: "ws.internal" } });
  assert.deepEqual(errors, [
    { code: "ws.invalid_payload", event: "chats.msg", path: "/text", message: "expected a string" },
    { code: "ws.internal", message: "the handler failed: see the server's log" },
  ]);
});

test("errors that nobody listens for go to the console, and so does a listener for errors that fails", async () => {
  const { client, socket } = await opened();
  const console = mock.method(globalThis.console, "error", () => {});
  try {
    const failure = new Error("no");
    const off = client.onError(() => {
      throw failure;
    });
    socket.receive("garbage");
    assert.deepEqual(console.mock.calls.map((call) => call.arguments[0] as unknown), [failure]);
    off();
  } finally {
    console.mock.restore();
  }
});

test("whatever a listener throws can be reported", async () => {
  const { client, socket, errors } = await opened();
  for (const thrown of [Object.create(null), Symbol("no"), undefined, "no"] as unknown[]) {
    client.once("chats.msg", () => {
      throw thrown;
    });
    socket.receive({ event: "chats.msg", data: message("one") });
    assert.equal(errors.at(-1)?.cause, thrown);
  }
  assert.equal(errors.length, 4);
});

test("messages that are too many fill no console: of errors that say the same in a row it is told one", async () => {
  const console = mock.method(globalThis.console, "error", () => {});
  const told = (): string[] => {
    const lines = console.mock.calls.map(({ arguments: [{ code, event }] }) => `${code} ${event}`);
    console.mock.resetCalls();
    return lines;
  };
  const many = (step: () => void): void => {
    for (let i = 0; i < 1_000; i++) step();
  };
  try {
    const { client, socket, ignoreErrors } = await opened();
    const answer = (event: string, code: string, message: string): void => socket.receive({ error: { code, event, message } });
    ignoreErrors();
    many(() => {
      answer("chats.msg", "ws.rate_limited", "this event was sent too often");
      answer("app.signout", "ws.rate_limited", "this event was sent too often");
    });
    many(() => answer("chats.msg", "ws.too_many_requests", "too many events are waiting to be handled"));
    assert.deepEqual(told(), ["ws.rate_limited chats.msg", "ws.too_many_requests chats.msg"]);

    socket.break();
    many(() => client.send("chats.msg", { text: "one of too many" }));
    client.close();
    assert.deepEqual(told().slice(0, 1), ["ws.client.full chats.msg"]);
    many(() => client.send("chats.msg", { text: "too late" }));
    assert.deepEqual(told(), []);

    // Who listens hears each.
    const heard: string[] = [];
    client.onError(({ code }) => heard.push(code));
    many(() => client.send("chats.msg", { text: "too late" }));
    assert.equal(heard.length, 1_000);
  } finally {
    console.mock.restore();
  }
});

test("of gaps without a listener the console is told each, for each is in a channel of its own", async () => {
  const console = mock.method(globalThis.console, "error", () => {});
  try {
    const { socket, ignoreErrors } = await opened();
    ignoreErrors();
    for (const channel of ["one", "two"]) socket.receive({ gap: { channel, why: "trimmed", pos: "1" } });
    assert.deepEqual(console.mock.calls.map(({ arguments: [error] }) => error.gap.channel as string), ["one", "two"]);
  } finally {
    console.mock.restore();
  }
});
