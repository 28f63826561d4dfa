/** The generated client runs in every runtime that can be had: Node.js, and Deno and Bun where they are installed. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
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
let server;
before(async () => {
  client = await generateClient();
  server = await startServer();
});
after(async () => {
  await server.stop();
  await client.remove();
});

for (const [name, path, options] of RUNTIMES) {
  const skip = path === undefined && `${name} IS NOT INSTALLED: nothing was tested in it (npm ci --prefix tests installs it where it can)`;
  test(`the client runs in ${name}`, { skip }, async () => {
    const url = new URL(`/ws?name=${encodeURIComponent(name)}`, server.url.replace("http", "ws")).href;
    const { stdout } = await run(path, [...options, program, client.folder, url], { timeout: 60_000 });
    assert.deepEqual(JSON.parse(stdout), [name, "not_found", "hello", 1000]);
  });
}
