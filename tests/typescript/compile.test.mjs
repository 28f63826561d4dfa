/** Everything that the generator writes compiles under the strictest settings, and the page uses it correctly. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;
const tsc = join(root, "tests/node_modules/.bin/tsc");

const STRICTEST = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noFallthroughCasesInSwitch: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
  noEmit: true,
  target: "ES2022",
  module: "NodeNext",
  lib: ["ES2023", "DOM", "DOM.Iterable", "ESNext.Disposable"],
  types: [],
};

/** Compiles folders, and fails with what the compiler says. */
async function compiles(include) {
  const folder = await mkdtemp(join(tmpdir(), "ws-tsc-"));
  try {
    const config = join(folder, "tsconfig.json");
    await writeFile(config, JSON.stringify({ compilerOptions: STRICTEST, include }));
    await run(tsc, ["-p", config]).catch((error) => assert.fail(error.stdout || String(error)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("every golden compiles under the strictest settings", async () => {
  const goldens = join(root, "ws-codegen/tests/goldens");
  const cases = (await readdir(goldens)).filter((name) => existsSync(join(goldens, name, "contract.json")));
  assert.ok(cases.length >= 3, "the goldens were not found");
  await compiles([join(goldens, "*/ts/**/*.ts"), join(goldens, "*/js/**/*.d.ts")]);
});

test("the chat page uses its client as its types say", async () => {
  await run(tsc, ["-p", join(root, "examples/chat/page")]).catch((error) => assert.fail(error.stdout));
});
