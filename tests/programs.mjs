/** The command line programs of this repository, as tests run them. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const root = new URL("..", import.meta.url).pathname;

/**
 * Runs a program to its end. `test.sh` says where it has built it: cargo would build it once more, because what it depends
 * on has other features where it is built alone. Without a word of that, cargo builds it.
 * @param {string | undefined} path of the built program
 * @param {string[]} built what cargo is told to build, where that is undefined
 * @param {string[]} options what the program is told
 */
function run(path, built, options) {
  const [command, ...before] = path === undefined ? ["cargo", "run", "--quiet", ...built, "--"] : [path];
  return promisify(execFile)(command, [...before, ...options], { cwd: root, maxBuffer: 2 ** 28 });
}

/** Runs the generator. */
export const wsCodegen = (...options) => run(process.env["WS_CODEGEN"], ["-p", "ws-codegen"], options);

/** Writes the zoo's contract and samples. */
export const zoo = (...options) => run(process.env["ZOO"], ["-p", "tests", "--bin", "zoo"], options);
