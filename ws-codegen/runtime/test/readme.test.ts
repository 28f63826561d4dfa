/** The examples of the README compile against a generated client, and those that can run do. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { before, test } from "node:test";
import { createElement, type FunctionComponent, type PropsWithChildren } from "react";
import { renderToString } from "react-dom/server";
import { type FakeClient, fakeClient, type Reply } from "../src/fake.js";
import type { ConnectionState, LibraryError } from "../src/index.js";
import { settled } from "./support/clock.js";

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
  "generated/board.ts": `
    export interface Card { id: string; title: string }
    export interface Board {
      server: { "board.changed": { revision: number; id: string; card: Card | null } };
      client: Record<never, never>;
      requests: { "board.load": { input: Record<string, never>; output: { revision: number; cards: Card[] }; error: never } };
    }
  `,
  "generated/runtime/index.ts": 'export * from "../../../../src/index.js";',
  "generated/runtime/fake.ts": 'export * from "../../../../src/fake.js";',
  // What Vite's own types say, as far as the examples use it.
  "vite.d.ts": "interface ImportMeta { readonly hot?: { readonly data: any } }",
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

interface Card {
  id: string;
  title: string;
}

interface Board {
  server: { "board.changed": { revision: number; id: string; card: Card | null } };
  client: Record<never, never>;
  requests: { "board.load": { input: Record<string, never>; output: { revision: number; cards: Card[] }; error: never } };
}

type Loaded = Reply<Board, "board.load">;

/** Follows a board as the README does. The test answers each load. */
async function following() {
  const { follow } = await example<{
    follow: (board: FakeClient<Board>, show: (cards: readonly Card[]) => void, fail: (error: LibraryError) => void) => () => void;
  }>("function follow");
  const fake = fakeClient<Board>();
  const loads: ((answer: Loaded) => void)[] = [];
  fake.onCall("board.load", () => new Promise<Loaded>((resolve) => loads.push(resolve)));
  const shown: string[] = [];
  const failed: string[] = [];
  const end = follow(
    fake,
    (cards) => shown.push(cards.map(({ title }) => title).sort().join()),
    ({ code }) => failed.push(code),
  );
  return {
    fake,
    shown,
    failed,
    end,
    change: (revision: number, id: string, title?: string) =>
      fake.emit("board.changed", { revision, id, card: title === undefined ? null : { id, title } }),
    answer: async (load: number, revision: number, ...titles: string[]) => {
      loads[load]?.({ ok: true, value: { revision, cards: titles.map((title) => ({ id: title[0] ?? "", title })) } });
      await settled();
    },
    fail: async (load: number, code: "ws.client.disconnected" | "ws.client.timeout") => {
      loads[load]?.({ ok: false, error: { code, message: "" } });
      await settled();
    },
    gap: () => fake.emitGap({ channel: "board", pos: "", why: "trimmed" }),
    loads: () => loads.length,
  };
}

test("what somebody changes while the board is loaded is neither lost nor undone", async () => {
  const { shown, change, answer } = await following();
  change(3, "a", "a3"); // before the handler has read the board
  change(5, "a", "a5"); // after it
  change(7, "b", "b7");
  change(6, "b", "b6"); // of another node, and overtaken
  change(2, "c", "c2"); // of a card that was removed since
  assert.deepEqual(shown, []);
  await answer(0, 4, "a3", "d1");
  assert.deepEqual(shown, ["a5,b7,d1"]);
  change(8, "b");
  change(7, "b", "b7"); // comes again
  change(9, "e", "e9");
  assert.deepEqual(shown.slice(1), ["a5,d1", "a5,d1", "a5,d1,e9"]);
});

test("what somebody changes while the board is loaded again after a gap is neither lost nor undone", async () => {
  const { shown, change, answer, gap, loads } = await following();
  await answer(0, 1, "a1");
  gap();
  change(6, "b", "b6");
  gap();
  await answer(1, 2, "a2");
  change(8, "c", "c8");
  assert.deepEqual(shown, ["a1"], "the answer of before the second gap is not shown");
  await answer(2, 7, "a5");
  assert.deepEqual(shown, ["a1", "a5,c8"]);
  assert.equal(loads(), 3);
});

test("a load that a loss ends is asked for again, and one that fails ends it", async () => {
  const { shown, failed, change, answer, fail, gap, loads } = await following();
  await fail(0, "ws.client.disconnected");
  await answer(1, 1, "a1");
  assert.deepEqual(shown, ["a1"]);
  gap();
  await fail(2, "ws.client.timeout");
  assert.deepEqual(failed, ["ws.client.timeout"]);
  gap();
  change(2, "a", "a2");
  assert.deepEqual([shown, loads()], [["a1"], 3]);
});

test("a board that nobody follows any more is shown no more", async () => {
  const { shown, end, change, answer } = await following();
  end();
  await answer(0, 1, "a1");
  change(2, "a", "a2");
  assert.deepEqual(shown, []);
});

test("what the README says of React is rendered by a server without a WebSocket, and connects to nothing there", async () => {
  const { ChatProvider, useConnection } = await example<{
    ChatProvider: FunctionComponent<PropsWithChildren>;
    useConnection: () => ConnectionState;
  }>("function ChatProvider");
  const State = () => createElement("p", null, useConnection().status);
  assert.equal(renderToString(createElement(ChatProvider, null, createElement(State))), "<p>connecting</p>");
});
