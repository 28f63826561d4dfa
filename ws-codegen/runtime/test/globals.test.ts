/** The runtime looks at no global before it is used: a test, a worker or a server may still set them. */

import assert from "node:assert/strict";
import { test } from "node:test";

const GLOBALS = ["WebSocket", "document", "location", "navigator", "setTimeout", "clearTimeout", "addEventListener", "console"];

test("importing it reads no global", async () => {
  const read: string[] = [];
  const present = GLOBALS.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const [name, descriptor] of present) {
    const value = (globalThis as Record<string, unknown>)[name];
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get: () => {
        // The test runner and the loader may look; only the runtime's own files count.
        if (new Error().stack?.includes(".test-build/src/")) read.push(name);
        return descriptor?.get ? descriptor.get.call(globalThis) : value;
      },
      set: () => {},
    });
  }
  try {
    const { connect } = await import("../src/index.js");
    await import("../src/fake.js");
    assert.equal(read.join(), "");
    assert.throws(() => connect({ name: "chat", hash: "5f2b" }, "nonsense"));
    assert.ok(read.includes("WebSocket"), "and the watch would have noticed");
  } finally {
    for (const [name, descriptor] of present) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else Reflect.deleteProperty(globalThis, name);
    }
  }
});
