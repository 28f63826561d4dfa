/** How much a page has to load for the runtime. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Plugin } from "esbuild";

/** Bytes, minified and gzipped, of a program that connects, listens, sends and calls. */
const LIMIT = 4_850;

const PROGRAM = `
  import { connect } from "./src/index.js";
  const chat = connect({ name: "chat", hash: "5f2b" }, "/ws");
  chat.on("chats.msg", ({ text }) => console.log(text));
  chat.send("chats.msg", { text: "hello" });
  chat.call("participants.info", { id: "ana" }).then(console.log);
`;

async function bundle(program: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: fileURLToPath(new URL("..", import.meta.url)) },
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

test(`a minimal program takes at most ${LIMIT} bytes`, async (context) => {
  const text = await bundle(PROGRAM);
  const size = gzipSync(text, { level: 9 }).length;
  context.diagnostic(`${size} bytes, ${text.length} before gzip`);
  assert.ok(size <= LIMIT, `${size} bytes`);
});

test("validators and the fake cost nothing where they are not used", async () => {
  const text = await bundle(PROGRAM);
  assert.ok(!text.includes("~standard"));
  assert.ok(!text.includes("onCall"));
  assert.ok((await bundle('export { validateWith } from "./src/index.js";')).length < 600);
});

test("a brand of a contract with conversions costs nothing of them", async () => {
  const goldens = fileURLToPath(new URL("../../../tests/goldens/codecs/ts", import.meta.url));
  const embedded = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
  // The generator puts the runtime and the checks into one folder.
  const folder: Plugin = {
    name: "generated",
    setup(setup) {
      setup.onResolve({ filter: /^\.\/runtime\// }, ({ path }) => {
        const file = path.replace("./runtime/", "").replace(".js", ".ts");
        const home = ["checks.ts", "codecs.ts"].includes(file) ? "../checks/src" : "src";
        return { path: embedded(`${home}/${file}`) };
      });
    },
  };
  const sizeOf = async (contents: string) => {
    const stdin = { contents, resolveDir: goldens };
    const { outputFiles } = await build({ stdin, bundle: true, minify: true, format: "esm", write: false, plugins: [folder] });
    return outputFiles[0]?.text.length ?? 0;
  };
  const brand = await sizeOf('import { FileId } from "./codecs.js"; console.log(FileId(7n));');
  assert.ok(brand < 100, `${brand} bytes`);
  const validator = await sizeOf('import { filesPlainFromServer } from "./codecs.validators.js"; console.log(filesPlainFromServer);');
  assert.ok(validator < 1_500, `${validator} bytes`);
});
