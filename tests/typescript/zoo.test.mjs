/** What serde writes and takes is what the generated types, validators and codecs say, for a zoo of unusual types. */

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { wsCodegen, zoo } from "../programs.mjs";

const root = new URL("../..", import.meta.url).pathname;

let folder;
before(async () => {
  await mkdir(join(root, "target"), { recursive: true });
  folder = await mkdtemp(join(root, "target/zoo-"));
  await zoo(folder);
});
after(() => rm(folder, { recursive: true }));

const contract = async () => JSON.parse(await readFile(join(folder, "zoo.json"), "utf8"));
const samples = async () => JSON.parse(await readFile(join(folder, "zoo.samples.json"), "utf8"));

test("serde, the schemas, the validators and tsc agree on values and mutants of at least 80 types", async (context) => {
  const { events } = (await contract())["x-ws-contract"];
  assert.ok(events.filter(({ from }) => from === "server").length >= 80);
  const files = [join(folder, "zoo.json"), join(folder, "zoo.samples.json")];
  const options = ["--tsc", join(root, "tests/node_modules/.bin/tsc"), "--known", join(root, "tests/zoo/known.json")];
  const { stdout } = await wsCodegen("conform", ...files, ...options).catch(
    ({ stderr, stdout }) => assert.fail(stderr + stdout),
  );
  context.diagnostic(stdout.trim());
  const [, judged] = stdout.match(/(\d+) of them judged by serde/) ?? assert.fail(stdout);
  assert.ok(Number(judged) > 10_000, stdout);
});

test("a schema, a validator and a type that say something else are found", async () => {
  const changed = await contract();
  changed.$defs.Small.properties.a.maximum = 100;
  changed.$defs.Flags.properties.on = { type: "string" };
  await writeFile(join(folder, "changed.json"), JSON.stringify(changed));
  const files = [join(folder, "changed.json"), join(folder, "zoo.samples.json")];
  const options = ["--tsc", join(root, "tests/node_modules/.bin/tsc"), "--known", join(root, "tests/zoo/known.json")];
  const { code, stderr } = await wsCodegen("conform", ...files, ...options).then(
    () => assert.fail("nothing was found"),
    (error) => error,
  );
  assert.equal(code, 1);
  assert.match(stderr, /the schema and serde differ: payload of the client event `scalars.small`/);
  assert.match(stderr, /error: disagreement on \d+ of \d+ samples/);
});

test("what is converted for the program goes back to the wire as it came", async () => {
  const out = join(folder, "generated");
  await wsCodegen("typescript", join(folder, "zoo.json"), "--out", out, "--emit", "js");
  await writeFile(join(out, "package.json"), '{ "type": "module" }');
  const { codecs } = await import(join(out, "zoo.codecs.js"));
  assert.equal((await import(join(out, "zoo.js"))).zoo.codecs, codecs, "the client is given them");
  const converted = new Set();
  for (const { event, from, data, serde } of await samples()) {
    const decode = codecs.events[event];
    if (from !== "server" || !serde || !decode) continue;
    const value = decode(data);
    // A Date has milliseconds, so that what is finer is gone after the first conversion.
    assert.deepEqual(decode(codecs.inputs[event](value)), value, `${event}: ${JSON.stringify(data)}`);
    if (!/\.\d{4,}/.test(JSON.stringify(data))) assert.deepEqual(normal(codecs.inputs[event](value)), normal(data));
    converted.add(event);
  }
  assert.equal(converted.size, Object.keys(codecs.events).length);
  assert.ok(converted.size >= 9);
});

/** A point in time may be written in several ways. */
function normal(data) {
  const time = (text) => (/^\d{4}-\d\d-\d\dT.*Z$/.test(text) ? new Date(text).toISOString() : text);
  return JSON.parse(JSON.stringify(data), (_, value) => (typeof value === "string" ? time(value) : value));
}
