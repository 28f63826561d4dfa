// Prints 1 for each sample that its generated validator takes, and 0 for the others; L where something of the right kind was
// found, so that more is expected of it than a type of TypeScript can say: a range, a length, a format.

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
  return EXPECTED[typeof found]?.test(expected.replace(/"[^"]*"/g, "")) ? "L" : "0";
};
process.stdout.write(lines.map(verdict).join(""));
