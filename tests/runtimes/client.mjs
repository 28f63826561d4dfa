/** A generated client, in a folder of its own. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { wsCodegen } from "../programs.mjs";

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
  await wsCodegen("typescript", contract, "--out", folder, ...options);
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
