/** The examples of the README compile against a generated client, and those that can run do. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { test } from "node:test";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = `${ROOT}/.test-build/readme`;

/** What the generator would have written, as the examples import it. */
const GENERATED = {
  "generated/chat.ts": `
    import { type Client, connect, type ConnectOptions } from "./runtime/index.js";
    import { type Chat, chat } from "../../../test/support/contract.js";
    export type { Chat };
    export const connectChat = (url: string | URL, options?: ConnectOptions): Client<Chat> => connect(chat, url, options);
  `,
  "generated/runtime/index.ts": 'export * from "../../../../src/index.js";',
  "generated/runtime/fake.ts": 'export * from "../../../../src/fake.js";',
};

test("the examples of the README compile and run", async () => {
  const readme = readFileSync(`${ROOT}/README.md`, "utf8");
  const examples = [...readme.matchAll(/^```ts( executed)?\n(.*?)\n```$/gms)];
  assert.ok(examples.length >= 5);

  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(`${FOLDER}/generated/runtime`, { recursive: true });
  for (const [name, text] of Object.entries(GENERATED)) writeFileSync(`${FOLDER}/${name}`, text);
  examples.forEach(([, , text], index) => writeFileSync(`${FOLDER}/example-${index}.ts`, text ?? ""));
  const options = { rootDir: ROOT, outDir: `${FOLDER}/out`, noUnusedLocals: false };
  const project = { extends: "../../tsconfig.json", compilerOptions: options, include: ["."], exclude: [] };
  writeFileSync(`${FOLDER}/tsconfig.json`, JSON.stringify(project));
  execFileSync(`${ROOT}/node_modules/.bin/tsc`, ["-p", FOLDER], { stdio: "inherit" });

  for (const [index, [, executed]] of examples.entries()) {
    const compiled = pathToFileURL(`${FOLDER}/out/.test-build/readme/example-${index}.js`).href;
    if (executed) await import(compiled);
  }
});
