/** When to come back: the policy alone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../src/clock.js";
import { isFinal, reconnectDelay } from "../src/reconnect.js";

test("1000 and 4500 to 4999 are final, everything else is not", () => {
  for (const code of [1000, 4500, 4501, 4502, 4503, 4504, 4506, 4999]) assert.ok(isFinal(code), String(code));
  for (const code of [1001, 1002, 1003, 1005, 1006, 1007, 1009, 1011, 3000, 4000, 4001, 4005, 4008, 4010, 4012, 4499, 5000]) {
    assert.ok(!isFinal(code), String(code));
  }
});

test("the ceiling doubles from 0.5 s to 20 s and stays there", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 6, 7, 8, 2_000].map((failures) => reconnectDelay(failures, 1));
  assert.deepEqual(ceilings, [500, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000, 20_000]);
});

test("the jitter is full", () => {
  for (const failures of [1, 5, 50]) assert.equal(reconnectDelay(failures, 0), 0);
  assert.equal(reconnectDelay(3, 0.5), 1_000);
});

test("bounds of the server take the place of the ceiling", () => {
  assert.equal(reconnectDelay(1, 0, [1_000, 5_000]), 1_000);
  assert.equal(reconnectDelay(1, 0.5, [1_000, 5_000]), 3_000);
  assert.equal(reconnectDelay(0, 1, [0, 0]), 0);
});

test("bounds of the server only add to the ceiling while connections keep breaking", () => {
  assert.equal(reconnectDelay(4, 0.5, [0, 0]), 2_000);
  assert.equal(reconnectDelay(4, 0.5, [1_000, 1_000]), 3_000);
});

for (const failures of [0, 1]) {
  test(`the clients of a server that drains spread over all of the time that it gives them (${failures} failures before)`, () => {
    const tenths = new Array<number>(10).fill(0);
    for (let client = 0; client < 10_000; client += 1) {
      const delay = reconnectDelay(failures, systemClock.random(), [1_000, 6_000]);
      const tenth = Math.floor((delay - 1_000) / 500);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    // A tenth of them is expected in each; more than six times the deviation that chance brings is allowed.
    assert.equal(tenths.length, 10);
    assert.ok(tenths.every((count) => Math.abs(count - 1_000) <= 200), String(tenths));
  });
}
