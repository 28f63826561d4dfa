// Fails when dist/ is not what the sources compile to.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const fresh = mkdtempSync(join(tmpdir(), "ws-runtime-"));
try {
  execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", join(root, "tsconfig.build.json"), "--outDir", fresh], {
    stdio: "inherit",
  });
  const stale = differences(fresh, join(root, "dist"));
  if (stale.length > 0) {
    console.error(`dist/ is stale: ${stale.join(", ")}\nRefresh it with \`npm run build\`, and commit the result.`);
    process.exitCode = 1;
  }
} finally {
  rmSync(fresh, { recursive: true });
}

/** The names of the files that only one folder has, or that differ. */
function differences(expected, actual) {
  const left = contents(expected);
  const right = contents(actual);
  return [...new Set([...left.keys(), ...right.keys()])].filter((name) => left.get(name) !== right.get(name)).sort();
}

function contents(folder) {
  try {
    return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]));
  } catch {
    return new Map();
  }
}
