/** Everything that the generator writes compiles under the strictest settings, and the page uses it correctly. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { wsCodegen } from "../programs.mjs";

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
  module: "ESNext",
  moduleResolution: "Bundler",
  lib: ["ES2023", "DOM", "DOM.Iterable", "ESNext.Disposable"],
  types: [],
};

/** A folder below `target/`, for the time of a test. */
async function within(work) {
  await mkdir(join(root, "target"), { recursive: true });
  const folder = await mkdtemp(join(root, "target/tsc-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Generates a client as an application does. */
const generate = (contract, out, emit, ...options) => wsCodegen("typescript", contract, "--out", out, "--emit", emit, ...options);

/** Compiles everything in a folder, and fails with what the compiler says. */
async function compile(folder, options = {}) {
  const config = join(folder, "tsconfig.json");
  await writeFile(config, JSON.stringify({ compilerOptions: { ...STRICTEST, ...options }, include: ["**/*.ts"] }));
  await run(tsc, ["-p", config]).catch((error) => assert.fail(error.stdout || String(error)));
}

test("clients of all golden contracts compile under the strictest settings", async () => {
  const goldens = join(root, "ws-codegen/tests/goldens");
  const cases = (await readdir(goldens)).filter((name) => existsSync(join(goldens, name, "contract.json")));
  assert.ok(cases.length >= 3, "the goldens were not found");
  await within(async (folder) => {
    for (const name of cases) {
      for (const emit of ["ts", "js"]) await generate(join(goldens, name, "contract.json"), join(folder, name, emit), emit);
    }
    await compile(folder);
  });
});

test("sources compile whatever they call each other", async () => {
  const goldens = join(root, "ws-codegen/tests/goldens");
  for (const [extension, options] of [
    ["none", {}],
    ["ts", { allowImportingTsExtensions: true }],
  ]) {
    await within(async (folder) => {
      for (const name of ["chat", "codecs"]) {
        await generate(join(goldens, name, "contract.json"), join(folder, name), "ts", "--import-extension", extension);
      }
      await compile(folder, options);
    });
  }
});

test("a wrong name is answered with the names that there are", async () => {
  await within(async (folder) => {
    const wrong = ['on("a", () => {})', 'once("b", () => {})', 'events("c")', 'send("d", { text: "" })', 'call("e", { id: "" })'];
    const program = `import { connectChat } from "./generated/chat.js";\nconst chat = connectChat("/ws");\n`;
    await writeFile(join(folder, "main.ts"), program + wrong.map((call) => `chat.${call};\n`).join(""));
    await generate(join(root, "schemas/chat.json"), join(folder, "generated"), "ts");
    const { message } = await compile(folder).then(() => assert.fail("it was taken"), (error) => error);
    const complaints = message.split("\n").filter((line) => line.includes("error"));
    assert.equal(complaints.length, wrong.length, message);
    const names = ['"chats.history"', '"chats.history"', '"chats.history"', '"app.signout"', '"participants.info"'];
    for (const [index, name] of names.entries()) assert.ok(complaints[index].includes(name), complaints[index]);
  });
});

test("a request that is sent, and an event that is called, are answered with the names that there are where the payload is missing", async () => {
  await within(async (folder) => {
    const program = `import { connectChat } from "./generated/chat.js";\nconst chat = connectChat("/ws");\n`;
    await writeFile(join(folder, "main.ts"), `${program}chat.send("participants.info");\nvoid chat.call("chats.msg");\n`);
    await generate(join(root, "schemas/chat.json"), join(folder, "generated"), "ts");
    const { message } = await compile(folder).then(() => assert.fail("it was taken"), (error) => error);
    const [sent, called] = message.split("\n").filter((line) => line.includes("error"));
    assert.match(sent, /'"participants.info"' is not assignable to parameter of type '.*"app.signout"/);
    assert.match(called, /'"chats.msg"' is not assignable to parameter of type '.*"participants.info"/);
  });
});

test("the README's client compiles against what the generator writes", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, program] = readme.match(/```ts\n([^]*?)```/) ?? assert.fail("the README has no TypeScript");
  await within(async (folder) => {
    await writeFile(join(folder, "main.ts"), program);
    await generate(join(root, "schemas/echo.json"), join(folder, "generated"), "ts");
    await compile(folder);
  });
});

test("the chat page uses its client as its types say", async () => {
  await run(tsc, ["-p", join(root, "examples/chat/page")]).catch((error) => assert.fail(error.stdout));
});

test("the README's request compiles against what the generator writes", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const program = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, text]) => text).find((text) => text.includes(".call("));
  const before = `import { connectChat } from "./generated/chat.js";
    const people = connectChat("/ws"), show = (text: string) => console.log(text), { signal } = new AbortController();`;
  await within(async (folder) => {
    // The request of the chat has another name, and an answer and an error of the same form.
    await writeFile(join(folder, "main.ts"), before + program.replace("people.info", "participants.info"));
    await generate(join(root, "schemas/chat.json"), join(folder, "generated"), "ts");
    await compile(folder);
  });
});

test("the page about tokens shows a client that compiles", async () => {
  const page = await readFile(join(root, "ws-core/src/docs/token.md"), "utf8");
  const [, program] = page.match(/```ts\n([^]*?)```/) ?? assert.fail("the page has no TypeScript");
  await within(async (folder) => {
    // The page's contract is called `room`, that of the chat is as good.
    await writeFile(join(folder, "main.ts"), program.replaceAll("room.js", "chat.js").replaceAll("connectRoom", "connectChat"));
    await generate(join(root, "schemas/chat.json"), join(folder, "generated"), "ts");
    await compile(folder);
  });
});
