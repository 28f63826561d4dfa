/** Payloads are judged as they came, then become what the contract's types say; and the way back. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ContractInfo, type Validator, validateWith } from "../src/index.js";
import { chat, message } from "./support/contract.js";
import { opened } from "./support/harness.js";

/** A text becomes a bigint at `n`, and the other way round. */
const decode = (data: unknown): unknown => ({ ...(data as object), n: BigInt((data as { n: string }).n) });
const encode = (data: unknown): unknown => ({ ...(data as object), n: String((data as { n: bigint }).n) });

const CODED: ContractInfo = {
  ...chat,
  codecs: {
    events: { "chats.msg": decode },
    inputs: { "chats.msg": encode, "participants.info": encode },
    outputs: { "participants.info": decode },
    errors: { "participants.info": decode },
  },
};

/** Accepts objects whose `text` is a text. */
const textual: Validator = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => {
      const { text } = value as { text?: unknown };
      return typeof text === "string" ? {} : { issues: [{ message: "expected a string", path: ["a/b", { key: "~" }, 0, "text"] }] };
    },
  },
};

test("what travels as text arrives as what it is, in every part of the contract", async () => {
  const { client, socket } = await opened({}, CODED);
  const heard: unknown[] = [];
  client.on("chats.msg", (data) => heard.push(data));
  client.onAny(({ data }) => heard.push(data));
  socket.receive({ event: "chats.msg", data: { n: "9007199254740993" } });
  assert.deepEqual(heard, [{ n: 9007199254740993n }, { n: 9007199254740993n }]);

  client.send("chats.msg", { n: 7n } as never);
  const call = client.call("participants.info", { n: 8n } as never);
  const failing = client.call("participants.info", { n: 9n } as never);
  assert.deepEqual(socket.sent, [
    '{"event":"chats.msg","data":{"n":"7"}}',
    '{"event":"participants.info","data":{"n":"8"},"id":1}',
    '{"event":"participants.info","data":{"n":"9"},"id":2}',
  ]);
  socket.receive({ id: 1, data: { n: "1" } });
  socket.receive({ id: 2, error: { code: "hidden", n: "2" } });
  assert.deepEqual(await call, { ok: true, value: { n: 1n } });
  assert.deepEqual(await failing, { ok: false, error: { code: "hidden", n: 2n } });
});

test("a conversion that says where it failed is reported with the event, the place and what was expected", async () => {
  const fail = (): never => {
    const says = { path: "/total", toString: () => "expected an integer as a string" };
    throw Object.assign(new TypeError(), says);
  };
  const { client, socket, errors } = await opened({}, { ...CODED, codecs: { events: { "chats.msg": fail }, inputs: { "chats.msg": fail } } });
  client.on("chats.msg", () => assert.fail("delivered"));
  socket.receive({ event: "chats.msg", data: { total: 7 } });
  client.send("chats.msg", { text: "" });
  const where = { event: "chats.msg", path: "/total", message: "expected an integer as a string" };
  for (const [error, code] of [[errors[0], "ws.client.invalid_data"], [errors[1], "ws.client.invalid_payload"]] as const) {
    const { cause, ...others } = error ?? assert.fail("not reported");
    assert.deepEqual(others, { code, ...where });
    assert.ok(cause instanceof TypeError);
  }
});

test("a number that JSON has no word for is refused before it is sent, with the event and the place", async () => {
  const { client, socket, errors } = await opened();
  const shared = { x: 1 };
  const cases: [payload: unknown, path: string, word: string][] = [
    [{ votes: [1, { "a/b": Number.NaN }] }, "/votes/1/a~1b", "NaN"],
    [{ at: { "~": Number.POSITIVE_INFINITY } }, "/at/~0", "Infinity"],
    [{ first: shared, second: { shared, y: Number.NEGATIVE_INFINITY } }, "/second/y", "-Infinity"],
    [{ size: 7n }, "/size", "bigint"],
    [Number.NaN, "", "NaN"],
  ];
  for (const [payload, path, word] of cases) {
    const sent = client.send("chats.msg", payload as never);
    assert.ok(!sent.ok);
    const { code, event, message } = sent.error;
    assert.deepEqual([code, event, sent.error.path], ["ws.client.invalid_payload", "chats.msg", path]);
    assert.ok(message.includes("expected a finite number") && message.includes(word), message);
    const answer = await client.call("participants.info", payload as never);
    assert.ok(!answer.ok && answer.error.code === "ws.client.invalid_payload" && answer.error.path === path);
  }
  assert.deepEqual(socket.sent, []);
  assert.equal(errors.length, cases.length);
});

test("what is written is what JSON.stringify writes", async () => {
  const { client, socket } = await opened();
  const shared = { toJSON: () => ({ in: [null, undefined] }) };
  const payload = { at: new Date(0), shared, again: [shared, shared], gone: undefined, zero: -0, name: "data" };
  client.send("chats.msg", payload as never);
  assert.deepEqual(socket.sent, [JSON.stringify({ event: "chats.msg", data: payload })]);
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const sent = client.send("chats.msg", cycle as never);
  assert.ok(!sent.ok && sent.error.code === "ws.client.invalid_payload" && /circular/i.test(sent.error.message));
});

test("an event that is named like something else is converted by nothing", async () => {
  const { client, socket, errors } = await opened({}, { ...CODED, events: undefined as never });
  const heard: unknown[] = [];
  client.onAny(({ data }) => heard.push(data));
  for (const event of ["toString", "constructor", "__proto__"]) socket.receive({ event, data: 7 });
  assert.deepEqual(heard, [7, 7, 7]);
  assert.deepEqual(errors, []);
});

test("data that cannot be converted goes no further", async () => {
  const { client, socket, errors } = await opened({}, CODED);
  client.on("chats.msg", () => assert.fail("delivered"));
  socket.receive({ event: "chats.msg", data: { n: "seven" } });
  socket.receive({ event: "chats.msg", data: null });
  assert.equal(errors.length, 2);
  for (const { code, event } of errors) assert.deepEqual([code, event], ["ws.client.invalid_data", "chats.msg"]);
  assert.match(errors[0]?.message ?? "", /SyntaxError.*seven/);

  const call = client.call("participants.info", { n: 8n } as never);
  socket.receive({ id: 1, data: {} });
  const answer = await call;
  assert.ok(!answer.ok && answer.error.code === "ws.client.invalid_data");
});

test("validators name the event, the path and what was expected", async () => {
  const { client, socket, errors } = await opened({
    validate: validateWith({ events: { "chats.msg": textual }, outputs: { "participants.info": textual } }),
  });
  const heard: string[] = [];
  client.on("chats.msg", ({ text }) => heard.push(text));
  socket.receive({ event: "chats.msg", data: message("one") });
  socket.receive({ event: "chats.msg", data: { text: 7 } });
  socket.receive({ event: "app.connected", data: { anything: true } });
  assert.deepEqual(heard, ["one"]);
  const flaw = { message: "expected a string", path: "/a~1b/~0/0/text" };
  assert.deepEqual(errors, [{ code: "ws.client.invalid_data", event: "chats.msg", ...flaw }]);

  const call = client.call("participants.info", { id: "ana" });
  socket.receive({ id: 1, data: {} });
  const error = { code: "ws.client.invalid_data", event: "participants.info", ...flaw };
  assert.deepEqual(await call, { ok: false, error });
});

test("a validator that throws, or that is asynchronous, accepts nothing", async () => {
  const broken: Validator = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: () => {
        throw new RangeError("too deep");
      },
    },
  };
  const slow: Validator = { "~standard": { version: 1, vendor: "test", validate: () => Promise.resolve({}) } };
  for (const [validator, expected] of [[broken, /too deep/], [slow, /asynchronous/]] as const) {
    const { client, socket, errors } = await opened({ validate: validateWith({ events: { "chats.msg": validator } }) });
    client.on("chats.msg", () => assert.fail("delivered"));
    socket.receive({ event: "chats.msg", data: message("one") });
    assert.equal(errors[0]?.code, "ws.client.invalid_data");
    assert.match(errors[0].message, expected);
  }
});
