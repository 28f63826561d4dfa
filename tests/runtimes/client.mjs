/** The generated client of the chat, in a folder of its own. */

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = new URL("../..", import.meta.url).pathname;

/** Generates it. */
export async function generateClient() {
  await mkdir(join(root, "target"), { recursive: true });
  const folder = await mkdtemp(join(root, "target/runtimes-"));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const contract = join(root, "schemas/chat.json");
  await run("cargo", ["run", "--quiet", "-p", "ws-codegen", "--", "typescript", contract, "--out", folder, "--emit", "js"], { cwd: root });
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
