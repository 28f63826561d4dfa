/** A generated client, in a folder of its own. */

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;

/**
 * Generates it.
 * @param {string} contract the path of its contract; without one, that of the chat
 * @param {string[]} options what it is made of; without any, plain modules
 */
export async function generateClient(contract = join(root, "schemas/chat.json"), options = ["--emit", "js"]) {
  await mkdir(join(root, "target"), { recursive: true });
  const folder = await mkdtemp(join(root, "target/runtimes-"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  await run("cargo", ["run", "--quiet", "-p", "ws-codegen", "--", "typescript", contract, "--out", folder, ...options], { cwd: root });
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
