// Fails when dist/ is not what src/ compiles to.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const fresh = mkdtempSync(join(tmpdir(), "ws-checks-"));
try {
  const compiler = join(root, "node_modules/.bin/tsc");
  execFileSync(compiler, ["-p", join(root, "tsconfig.json"), "--outDir", fresh], { stdio: "inherit" });
  const differs = (name) => readFileSync(join(fresh, name), "utf8") !== readFileSync(join(root, "dist", name), "utf8");
  const stale = readdirSync(fresh).filter(differs);
  if (stale.length > 0) {
    console.error(`dist/ is stale: ${stale.join(", ")}\nRefresh it with \`npm run build\`, and commit the result.`);
    process.exitCode = 1;
  }
} finally {
  rmSync(fresh, { recursive: true });
}
