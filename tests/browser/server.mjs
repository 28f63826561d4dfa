/** The examples as child processes. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** The program, built before: see `test.sh`. */
const PROGRAM = process.env["CHAT"] ?? new URL("../../target/debug/chat", import.meta.url).pathname;

/**
 * Starts the server, and waits until it says where it is.
 * @param {string} listen an address; port 0 is a free one
 */
export const startServer = (listen) => startProgram(PROGRAM, listen);

/**
 * Starts a server that is one node of several.
 * @param {string} redis the URL of what connects them
 */
export const startNode = (redis) => startProgram(PROGRAM, undefined, ["--redis", redis]);

/**
 * Starts a program that serves a page, and waits until it says where that is.
 * @param {string} program its path
 * @param {string} listen an address; port 0 is a free one
 * @param {string[]} options what else it is told
 * @param {Record<string, string>} variables of its environment, besides those of this one
 */
export async function startProgram(program, listen = "127.0.0.1:0", options = [], variables = {}) {
  const env = { ...process.env, ...variables };
  const child = spawn(program, ["--listen", listen, ...options], { env, stdio: ["ignore", "pipe", "pipe"] });
  const log = [];
  child.stderr.on("data", (chunk) => log.push(String(chunk)));
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([
    once(lines, "line").then(([first]) => String(first)),
    once(child, "exit").then(([code]) => Promise.reject(new Error(`the server ended with ${code}: ${log.join("")}`))),
  ]);
  const url = new URL(line.match(/http:\S+/)[0]);
  return {
    url: url.href,
    address: url.host,
    log: () => log.join(""),
    /** Ends it as an operator would, and waits for its end. */
    async stop() {
      if (child.exitCode !== null) return child.exitCode;
      child.kill("SIGTERM");
      const [code] = await once(child, "exit");
      return code;
    },
  };
}
