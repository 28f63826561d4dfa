// What the checks accept, what they refuse, and what they say then.

import assert from "node:assert/strict";
import { test } from "node:test";
import * as checks from "../dist/checks.js";

/** Each row: a check, values that fit, and values that do not. */
const table = {
  "null": [checks.nothing, [null], [undefined, 0, ""]],
  "booleans": [checks.boolean, [true, false], [0, "true", null]],
  "numbers": [checks.number, [0, -1.5, 1e300], ["0", NaN, Infinity, null]],
  "numbers in a range": [(it) => checks.number(it, 0, 1), [0, 0.5, 1], [-0.1, 1.1]],
  "integers": [checks.integer, [0, -7, 2 ** 53 - 1], [0.5, "0", NaN]],
  "bytes": [checks.uint8, [0, 255], [-1, 256, 1.5]],
  "32-bit integers": [checks.int32, [-(2 ** 31), 2 ** 31 - 1], [2 ** 31, -(2 ** 31) - 1]],
  "numbers above a limit": [(it) => checks.above(it, 0), [0.1], [0, -1]],
  "numbers below a limit": [(it) => checks.below(it, 0), [-0.1], [0, 1]],
  "numbers but one": [(it) => checks.except(it, 0), [-1, 1], [0, -0, "1"]],
  "multiples": [(it) => checks.multipleOf(it, 0.5), [0, 1.5], [0.2]],
  "literals": [(it) => checks.literal(it, "a", 1, true, null), ["a", 1, true, null], ["b", "1", false, undefined]],
  "strings": [checks.string, ["", "é"], [1, null, new String("a")]],
  "lengths in code points": [(it) => checks.string(it, 2, 3), ["ab", "😀😀", "😀😀😀"], ["a", "😀", "abcd", "😀😀😀😀"]],
  "patterns": [(it) => checks.matching(it, /^a+$/u), ["a", "aa"], ["", "b", 1]],
  "dates": [checks.date, ["2026-11-23", "2024-02-29", "+12024-01-01"], ["2026-02-29", "2026-13-01", "2026-1-1", "1900-02-29"]],
  "times": [checks.localTime, ["09:45:00", "23:59:60.5"], ["24:00:00", "09:45", "09:60:00"]],
  "dates and times": [
    checks.dateTime,
    ["2026-11-23T09:45:00Z", "2026-11-23t09:45:00.123456789+01:00"],
    ["2026-11-23T09:45:00", "2026-02-30T00:00:00Z", "2026-11-23", "2026-11-23T09:45:00+24:00"],
  ],
  "local dates and times": [checks.localDateTime, ["2026-11-23T09:45:00"], ["2026-11-23T09:45:00Z", "2026-11-23"]],
  "UUIDs": [checks.uuid, ["67e55044-10b1-426f-9247-bb680e5fe0c8"], ["67e55044", "67e5504410b1426f9247bb680e5fe0c8"]],
  "URLs": [checks.uri, ["https://example.com/a?b", "mailto:a@b"], ["example.com", "", 7]],
  "e-mail addresses": [checks.email, ["a@b.c"], ["a", "a b@c", "@"]],
  "IP addresses": [checks.ip, ["1.2.3.4", "::1", "fe80::1"], ["1.2.3", "1.2.3.256", "1.2.3.4.", "::g", "[::1]", "01.2.3.4"]],
  "IPv4 addresses": [checks.ipv4, ["0.0.0.0", "255.255.255.255"], ["::1"]],
  "IPv6 addresses": [checks.ipv6, ["::", "::ffff:1.2.3.4"], ["1.2.3.4", "::1]/x["]],
  "arrays": [(it) => checks.array(it, checks.string, 1, 2), [["a"], ["a", "b"]], [[], ["a", "b", "c"], [1], "a", { 0: "a" }]],
  "tuples": [(it) => checks.tuple(it, [checks.string, checks.uint8], 1), [["a"], ["a", 1]], [[], [1], ["a", "b"], ["a", 1, 2]]],
  "tuples with a rest": [(it) => checks.tuple(it, [checks.string], 1, checks.uint8), [["a"], ["a", 1, 2]], [["a", "b"]]],
  "sets": [checks.unique, [[], [1, "1"], [{ a: 1 }, { a: 2 }]], [[1, 1], [{ a: 1 }, { a: 1 }]]],
  "objects": [checks.object, [{}, { a: 1 }], [null, [], "a", undefined]],
  "required members": [(it) => checks.object(it, (members) => checks.required(members, "a", checks.string)), [{ a: "" }], [{}, { a: 1 }, { a: undefined }, Object.create({ a: "" })]],
  "optional members": [(it) => checks.object(it, (members) => checks.optional(members, "toString", checks.string)), [{}, { toString: "" }, { toString: undefined }], [{ toString: 1 }]],
  "maps": [(it) => checks.object(it, (members) => checks.entries(members, checks.uint8, ["name"])), [{}, { a: 1, name: "x" }], [{ a: "x" }]],
  "maps by integer": [(it) => checks.object(it, (members) => checks.entries(members, checks.surplus, [], [[/^-?\d+$/u, checks.string]])), [{ "-1": "a" }], [{ "-1": 1 }, { a: "a" }]],
  "names": [(it) => checks.object(it, (members) => checks.names(members, (name) => checks.literal(name, "a"))), [{ a: 1 }], [{ b: 1 }]],
  "sizes": [(it) => checks.object(it, (members) => checks.size(members, 1, 1)), [{ a: 1 }], [{}, { a: 1, b: 1 }]],
  "nullable values": [(it) => checks.nullable(it, checks.string), [null, ""], [1, undefined]],
  "any of several": [(it) => checks.anyOf(it, [checks.string, checks.uint8, checks.number]), ["", 1, -1], [null]],
  "one of several": [(it) => checks.oneOf(it, [checks.uint8, checks.int8]), [255, -1], [1, "a"]],
  "tagged objects": [
    (it) => checks.tagged(it, "type", { a: checks.anything, ["__proto__"]: checks.anything }),
    [{ type: "a" }, { type: "__proto__" }],
    [{}, { type: "b" }, { type: "toString" }, { type: 1 }, null],
  ],
};

for (const [name, [check, fitting, others]] of Object.entries(table)) {
  test(name, () => {
    for (const value of fitting) assert.equal(check(value), undefined, String(JSON.stringify(value)));
    for (const value of others) assert.ok(check(value), String(JSON.stringify(value)));
  });
}

/** What a validator says about a value: where, and what it expected there. */
function verdict(check, value) {
  const result = checks.validator(check)["~standard"].validate(value);
  if (result.issues === undefined) return "fits";
  const [issue] = result.issues;
  assert.equal(issue.message, `expected ${issue.expected}`);
  return `/${issue.path.join("/")}: ${issue.expected}`;
}

test("an issue says where it is and what was expected there", () => {
  const message = (it) =>
    checks.object(it, (members) =>
      checks.required(members, "text", (it) => checks.string(it, 1, 2000)) ??
      checks.optional(members, "to", (it) => checks.array(it, (it) => checks.nullable(it, checks.uint8), 0, 2)),
    );
  assert.equal(verdict(message, { text: "a", to: [1, null] }), "fits");
  assert.equal(verdict(message, { text: "" }), "/text: a string of 1 to 2000 characters");
  assert.equal(verdict(message, {}), "/text: a member with this name");
  assert.equal(verdict(message, { text: "a", to: [1, "2"] }), "/to/1: an integer from 0 to 255 or null");
  assert.equal(verdict(message, { text: "a", to: [1, 2, 3] }), "/to: an array of at most 2 items");
  assert.equal(verdict(message, []), "/: an object");
});

test("of several alternatives, the one that fits best is explained", () => {
  const shape = (it) =>
    checks.oneOf(it, [
      (it) => checks.literal(it, "Unit"),
      (it) => checks.object(it, (members) => checks.required(members, "Circle", checks.number)),
      (it) => checks.object(it, (members) => checks.required(members, "Rect", (it) => checks.tuple(it, [checks.number, checks.number], 2))),
    ]);
  assert.equal(verdict(shape, "unit"), '/: "Unit" or an object');
  assert.equal(verdict(shape, { Rect: [1, "2"] }), "/Rect/1: a number");
});

test("a tag that is not known lists the tags", () => {
  const check = (it) => checks.tagged(it, "code", { gone: checks.anything, busy: checks.anything });
  assert.equal(verdict(check, { code: "lost" }), '/code: "gone" or "busy"');
});

test("what is nested too deeply is refused, not thrown", () => {
  const tree = (it) => checks.object(it, (members) => checks.optional(members, "next", tree));
  let deep = {};
  for (let level = 0; level < 100_000; level += 1) deep = { next: deep };
  assert.equal(verdict(tree, deep), "/: a value that is nested less deeply");
});

test("a validator gives back the value that it was given", () => {
  const value = { text: "a" };
  assert.equal(checks.validator(checks.object)["~standard"].validate(value).value, value);
});
