// Prints a line for each sample: 1 where its generated validator takes it, and 0 for the others; L where something of the right
// kind was found, so that more is expected of it than a type of TypeScript can say: a range, a length, a format. After 0 and L
// stand the place, as a JSON pointer, and what was expected there.

import { readFileSync } from "node:fs";

/** What a validator says when it expects something of a kind, other than constants. */
const EXPECTED = {
  string: /string|date|time|UUID|URL|address/,
  number: /(number|integer)(?!.*as a string)/,
  object: /array|object/,
};

const validators = await import(`./${process.argv[2]}.validators.js`);
const lines = readFileSync("samples.jsonl", "utf8").split("\n").filter(Boolean);
const verdict = (line) => {
  const [name, text] = JSON.parse(line);
  const value = JSON.parse(text);
  const { issues } = validators[name]["~standard"].validate(value);
  if (!issues) return "1";
  const [{ path, expected }] = issues;
  const found = path.reduce((whole, step) => whole?.[step], value);
  const place = path.map((step) => "/" + String(step).replaceAll("~", "~0").replaceAll("/", "~1")).join("");
  const letter = EXPECTED[typeof found]?.test(expected.replace(/"[^"]*"/g, "")) ? "L" : "0";
  return letter + JSON.stringify([place, expected]);
};
process.stdout.write(lines.map((line) => verdict(line) + "\n").join(""));
