/**
 * How long generating, type checking and `cargo check` take for large contracts: `npm run speed --prefix tests`. Not a test:
 * the figures are those of the machine. Build before, and let nothing else run: `cargo build --release -p ws-codegen`.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = new URL("../..", import.meta.url).pathname;
const tsc = join(root, "tests/node_modules/.bin/tsc");
const generator = join(root, "target/release/ws-codegen");

mkdirSync(join(root, "target"), { recursive: true });
const folder = mkdtempSync(join(root, "target/speed-"));

/** The best of some runs, in seconds: what disturbs a run only makes it slower. */
function seconds(work, { runs = 3, before = () => {} } = {}) {
  let best = Infinity;
  for (let run = 0; run < runs; run += 1) {
    before();
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best / 1_000;
}

function report(what, value, goal) {
  console.log(`${value.toFixed(2).padStart(6)} s   ${what} (goal: ${goal} s)`);
}

/** A contract of `count` events in each direction and as many requests, whose payloads have ten members. */
function contract(count) {
  const events = [];
  const definitions = {};
  for (let index = 0; index < count; index += 1) {
    const members = Array.from({ length: 10 }, (_, member) => [`member_${member}`, { type: member % 2 ? "string" : "boolean" }]);
    members.push(["next", { anyOf: [{ $ref: `#/$defs/Payload${(index + 1) % count}` }, { type: "null" }] }]);
    const properties = Object.fromEntries(members);
    definitions[`Payload${index}`] = { type: "object", properties, required: Object.keys(properties) };
    const payload = { $ref: `#/$defs/Payload${index}` };
    events.push({ name: `many.event-${index}`, from: "server", payload });
    events.push({ name: `many.event-${index}`, from: "client", payload });
  }
  return { "x-ws-contract": { format: 1, name: "many", hash: "0".repeat(32), events }, $defs: definitions };
}

function client() {
  const count = 500;
  writeFileSync(join(folder, "many.json"), JSON.stringify(contract(count)));
  const out = join(folder, "generated");
  const generate = () => execFileSync(generator, ["typescript", join(folder, "many.json"), "--out", out]);
  report("generating a client of 1,000 events", seconds(generate, { before: () => rmSync(out, { recursive: true, force: true }) }), 1);

  const calls = Array.from({ length: count }, (_, index) => {
    const name = JSON.stringify(`many.event-${index}`);
    return `many.on(${name}, (data) => many.send(${name}, { ...data, member_1: data.next?.member_1 ?? "" }));`;
  });
  writeFileSync(join(folder, "main.ts"), ['import { connectMany } from "./generated/many.js";', 'const many = connectMany("/ws");', ...calls].join("\n"));
  const compilerOptions = { strict: true, noEmit: true, target: "ES2022", module: "ESNext", moduleResolution: "Bundler", types: [] };
  compilerOptions.lib = ["ES2023", "DOM", "DOM.Iterable"];
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
  report("tsc --strict on it and 1,000 typed calls", seconds(() => execFileSync(tsc, ["-p", folder])), 5);
}

/** A crate of 300 payloads, with events in enums of 50 or without any. */
function server(withEvents) {
  const numbers = (from, to) => Array.from({ length: to - from }, (_, index) => from + index);
  const payloads = numbers(0, 300).map((index) => `#[derive(Debug, Serialize, Deserialize, JsonSchema)] pub struct P${index} { pub a: String, pub b: u32, pub c: Option<bool> }`);
  const enums = numbers(0, 6).map((index) => {
    const events = numbers(index * 50, index * 50 + 50);
    const variants = events.map((event) => `P${event}(P${event})`).join(", ");
    const handlers = events.map((event) => `.handle_message(async |_: Client<Many, ()>, _: P${event}| {})`).join("");
    return `#[derive(Debug, WsEvent)] #[ws(from = "client", namespace = "e${index}")] pub enum E${index} { ${variants} }
      pub fn handlers${index}() -> EventHandlers<E${index}, Many, ()> { EventHandlers::new()${handlers}.build() }`;
  });
  const answers = `#[derive(Debug, Serialize, Deserialize, JsonSchema)] pub struct Answer {}
    #[derive(Debug, WsEvent)] #[ws(from = "server", namespace = "s")] pub enum FromServer { Answer(Answer) }
    ws_core::contract!(pub Many = "many" { client: [E0, E1, E2, E3, E4, E5], server: FromServer });`;
  return ["#![allow(unused)]", "use schemars::JsonSchema; use serde::{Deserialize, Serialize};", ...payloads]
    .concat(withEvents ? ["use ws_core::{Client, EventHandlers, Handlers, WsEvent};", ...enums, answers] : [])
    .join("\n");
}

function check() {
  const crate = join(folder, "crate");
  mkdirSync(join(crate, "src"), { recursive: true });
  writeFileSync(
    join(crate, "Cargo.toml"),
    `[package]\nname = "many"\nedition = "2024"\n[workspace]\n[dependencies]\nws-core = { path = "${join(root, "ws-core")}" }\n` +
      'serde = { version = "1", features = ["derive"] }\nschemars = "1"\n',
  );
  const source = join(crate, "src/lib.rs");
  const cargo = () => execFileSync("cargo", ["check", "--quiet"], { cwd: crate, env: { ...process.env, CARGO_INCREMENTAL: "0" } });
  const [without, with_] = [false, true].map((withEvents) => {
    writeFileSync(source, server(withEvents));
    cargo();
    let run = 0;
    return seconds(cargo, { before: () => writeFileSync(source, `${server(withEvents)}\n// ${(run += 1)}`) });
  });
  report(`the own share of cargo check for 300 events in enums of 50 (${with_.toFixed(2)} s, without events ${without.toFixed(2)} s)`, with_ - without, 3);
}

try {
  client();
  check();
} finally {
  rmSync(folder, { recursive: true });
}
