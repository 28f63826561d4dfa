// What codecs convert, what they leave alone, and what they say when they cannot.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as codecs from "../dist/codecs.js";
import * as checks from "../dist/checks.js";

const { array, bigint, bytes, date, kinds, lazy, members, nullable, tagged, tuple } = codecs;
const tree = lazy(() => members({ id: bigint, children: array(tree) }));

/** Each row: a codec, what comes from JSON, and what it becomes. Each is converted there and back. */
const table = [
  [bigint, "-170141183460469231731687303715884105728", -(2n ** 127n)],
  [date, "2026-11-23T09:45:00.123Z", new Date(Date.UTC(2026, 10, 23, 9, 45, 0, 123))],
  [bytes, "/wBo", Uint8Array.of(255, 0, 104)],
  [bytes, "", new Uint8Array()],
  [array(bigint), ["1", "2"], [1n, 2n]],
  [tuple([codecs.same, bigint], bigint), ["1", "2", "3"], ["1", 2n, 3n]],
  [members({ id: bigint }), { id: "7", name: "7" }, { id: 7n, name: "7" }],
  [members({ id: codecs.same }, bigint), { id: "7", a: "1" }, { id: "7", a: 1n }],
  [nullable(bigint), null, null],
  [nullable(bigint), "7", 7n],
  [tagged("t", { a: members({ v: bigint }) }), { t: "a", v: "7" }, { t: "a", v: 7n }],
  [tagged("t", { a: members({ v: bigint }) }), { t: "b", v: "7" }, { t: "b", v: "7" }],
  [kinds({ text: bigint, members: members({ v: date }) }), "7", 7n],
  [kinds({ text: bigint, list: array(bytes) }), ["aGk="], [Uint8Array.of(104, 105)]],
  [kinds({ text: bigint }), { v: "7" }, { v: "7" }],
  [tree, { id: "1", children: [{ id: "2", children: [] }] }, { id: 1n, children: [{ id: 2n, children: [] }] }],
];

test("what is converted there comes back as it was", () => {
  for (const [codec, wire, value] of table) {
    const before = structuredClone(wire);
    assert.deepEqual(codec.decode(wire), value);
    assert.deepEqual(codec.encode(value), wire);
    assert.deepEqual(wire, before, "the source is left alone");
  }
});

test("a leap second is the second before it", () => {
  assert.equal(date.decode("2016-12-31t23:59:60.5z").getTime(), Date.UTC(2016, 11, 31, 23, 59, 59, 500));
});

test("a member called __proto__ stays a member", () => {
  const wire = JSON.parse('{"__proto__": "7"}');
  const decoded = members({}, bigint).decode(wire);
  assert.equal(Object.getPrototypeOf(decoded), Object.prototype);
  assert.equal(JSON.stringify(members({}, bigint).encode(decoded)), '{"__proto__":"7"}');
});

test("a value that cannot be converted is located, in both directions", () => {
  const codec = members({ "a/b": array(members({ at: date, id: bigint })) });
  for (const [way, value, path, message] of [
    ["decode", { "a/b": [{ at: "2026-11-23T09:45:00Z", id: 7 }] }, "/a~1b/0/id", "expected an integer as a string"],
    ["decode", { "a/b": [{ at: "soon" }] }, "/a~1b/0/at", "expected a date and time, such as 2026-11-23T09:45:00Z"],
    ["decode", { "a/b": {} }, "/a~1b", "expected an array"],
    ["encode", { "a/b": [{ at: new Date(NaN) }] }, "/a~1b/0/at", "expected a valid Date"],
    ["encode", { "a/b": [{ id: 7 }] }, "/a~1b/0/id", "expected a bigint"],
    ["encode", 7, "", "expected an object"],
  ]) {
    assert.throws(() => codec[way](value), { path, message });
  }
  assert.throws(() => bytes.decode("a"), { message: "expected bytes as a base64 string" });
  assert.throws(() => bytes.encode("a"), { message: "expected a Uint8Array" });
});

test("a validator of what is received answers with the contract's type", () => {
  const validator = checks.received((it) => checks.integerText(it, "0", "18446744073709551615"), () => bigint.decode);
  const { validate } = validator["~standard"];
  assert.deepEqual(validate("18446744073709551615"), { value: 18446744073709551615n });
  for (const wrong of ["18446744073709551616", "-1", "007", "", 7, 7n]) assert.equal(validate(wrong).issues.length, 1);
});

test("a validator of what is sent looks at the contract's type", () => {
  const check = (it) => checks.object(it, (its) => checks.required(its, "id", (it) => checks.integerText(it, "0", "255")));
  const { validate } = checks.sent(check, () => members({ id: bigint }).encode)["~standard"];
  assert.deepEqual(validate({ id: 7n }), { value: { id: 7n } });
  assert.deepEqual(validate({ id: 256n }).issues[0].path, ["id"]);
  assert.deepEqual(validate({ id: 7 }).issues[0], { path: ["id"], expected: "a bigint", message: "expected a bigint" });
});

test("base64 has its padding, and no bits beside its bytes", () => {
  for (const text of ["", "aGk=", "aA==", "aGkh"]) assert.equal(checks.base64(text), undefined, text);
  for (const text of ["aGk", "aB==", "aGl=", "a===", "aG k", "aGk=aGk=", 7]) assert.ok(checks.base64(text), String(text));
});
