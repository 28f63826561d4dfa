// Prints 1 for each sample that its generated validator takes, and 0 for the others; L for those of which more is expected
// than a type of TypeScript can say: a range, a length, a format.

import { readFileSync } from "node:fs";

const validators = await import(`./${process.argv[2]}.validators.js`);
const lines = readFileSync("samples.jsonl", "utf8").split("\n").filter(Boolean);
const verdict = (line) => {
  const [name, text] = JSON.parse(line);
  const { issues } = validators[name]["~standard"].validate(JSON.parse(text));
  if (!issues) return "1";
  return /\d|such as|matches|as a string|address|URL/.test(issues[0].expected.replace(/"[^"]*"/g, "")) ? "L" : "0";
};
process.stdout.write(lines.map(verdict).join(""));
