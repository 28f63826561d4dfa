/** The generated client runs in every runtime that can be had: Node.js, and Deno and Bun where they are installed. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { startServer } from "../browser/server.mjs";
import { generateClient } from "./client.mjs";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;
const program = new URL("program.mjs", import.meta.url).pathname;

/** Where a runtime is: installed with the tests' packages, or anywhere else. */
function find(name) {
  const folders = [join(root, "tests/node_modules/.bin"), ...(process.env["PATH"] ?? "").split(delimiter)];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

const RUNTIMES = [
  ["Node.js", process.execPath, []],
  ["Deno", find("deno"), ["run", "--no-config", "--allow-all"]],
  ["Bun", find("bun"), ["run"]],
];

let client;
let sources;
let server;
before(async () => {
  client = await generateClient();
  sources = await generateClient(undefined, ["--emit", "ts", "--import-extension", "ts"]);
  server = await startServer();
});
after(async () => {
  await server.stop();
  await client.remove();
  await sources.remove();
});

/** Why nothing can be tried in a runtime. */
const missing = (name, path) =>
  path === undefined && `${name} IS NOT INSTALLED: nothing was tested in it (npm ci --prefix tests installs it where it can)`;

/** Where the server is asked for, with the name of who comes. */
const urlOf = (name) => new URL(`/ws?name=${encodeURIComponent(name)}`, server.url.replace("http", "ws")).href;

for (const [name, path, options] of RUNTIMES) {
  test(`the client runs in ${name}`, { skip: missing(name, path) }, async () => {
    const { stdout } = await run(path, [...options, program, client.folder, urlOf(name)], { timeout: 60_000 });
    assert.deepEqual(JSON.parse(stdout), [name, "not_found", "hello", 1000]);
  });

  const untyped = path === process.execPath && !process.features.typescript && `Node.js ${process.version} runs no TypeScript`;
  test(`the client's sources run in ${name} as they are`, { skip: missing(name, path) || untyped }, async () => {
    const { stdout } = await run(path, [...options, program, sources.folder, urlOf(name), "ts"], { timeout: 60_000 });
    assert.deepEqual(JSON.parse(stdout), [name, "not_found", "hello", 1000]);
  });
}

const deno = find("deno");
test("Deno checks a program against the types of plain modules", { skip: missing("Deno", deno) }, async () => {
  const check = async (name, send) => {
    const file = join(client.folder, name);
    await writeFile(file, `import { connectChat } from "./chat.js";\nconnectChat("/ws").send(${send});\n`);
    return run(deno, ["check", "--no-config", file], { env: { ...process.env, NO_COLOR: "1" }, timeout: 60_000 });
  };
  await check("right.ts", '"chats.msg", { text: "hello" }');
  const { stderr } = await check("wrong.ts", '"chats.msg", { text: 7 }').then(() => assert.fail("it was taken"), (error) => error);
  assert.match(stderr, /Type 'number' is not assignable to type 'string'/);
});
