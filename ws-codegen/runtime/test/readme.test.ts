/** The examples of the README compile against a generated client, and those that can run do. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { before, test } from "node:test";
import { createElement, type FunctionComponent, type PropsWithChildren } from "react";
import { renderToString } from "react-dom/server";
import type { ConnectionState } from "../src/index.js";

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
  // What Vite's own types say, as far as the examples use it.
  "vite.d.ts": "interface ImportMeta { readonly hot?: { dispose(callback: () => void): void } }",
};

interface Example {
  /** Where it is, compiled. */
  readonly compiled: string;
  readonly isExecuted: boolean;
  readonly text: string;
}

const examples: Example[] = [];

/** The one example with this text in it, as a module. */
async function example<Module>(text: string): Promise<Module> {
  const [found, ...others] = examples.filter((example) => example.text.includes(text));
  assert.ok(found && others.length === 0, text);
  return (await import(found.compiled)) as Module;
}

before(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(`${FOLDER}/generated/runtime`, { recursive: true });
  for (const [name, text] of Object.entries(GENERATED)) writeFileSync(`${FOLDER}/${name}`, text);
  const readme = readFileSync(`${ROOT}/README.md`, "utf8");
  for (const [, type, executed, text = ""] of readme.matchAll(/^```(tsx?)( executed)?\n(.*?)\n```$/gms)) {
    const name = `example-${examples.length}`;
    writeFileSync(`${FOLDER}/${name}.${type}`, text);
    const compiled = pathToFileURL(`${FOLDER}/out/.test-build/readme/${name}.js`).href;
    examples.push({ compiled, isExecuted: executed !== undefined, text });
  }
  assert.ok(examples.length >= 5);
  const options = { rootDir: ROOT, outDir: `${FOLDER}/out`, noUnusedLocals: false, jsx: "react-jsx" };
  const project = { extends: "../../tsconfig.json", compilerOptions: options, include: ["."], exclude: [] };
  writeFileSync(`${FOLDER}/tsconfig.json`, JSON.stringify(project));
  execFileSync(`${ROOT}/node_modules/.bin/tsc`, ["-p", FOLDER], { stdio: "inherit" });
});

test("the examples of the README compile, and those that can run do", async () => {
  for (const { compiled, isExecuted } of examples) if (isExecuted) await import(compiled);
});

test("what the README says of React is rendered by a server without a WebSocket, and connects to nothing there", async () => {
  const { ChatProvider, useConnection } = await example<{
    ChatProvider: FunctionComponent<PropsWithChildren>;
    useConnection: () => ConnectionState;
  }>("function ChatProvider");
  const State = () => createElement("p", null, useConnection().status);
  assert.equal(renderToString(createElement(ChatProvider, null, createElement(State))), "<p>connecting</p>");
});
