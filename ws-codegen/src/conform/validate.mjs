// Prints 1 for each sample that its generated validator takes, and 0 for the others.

import { readFileSync } from "node:fs";

const validators = await import(`./${process.argv[2]}.validators.js`);
const lines = readFileSync("samples.jsonl", "utf8").split("\n").filter(Boolean);
const verdict = (line) => {
  const [name, text] = JSON.parse(line);
  return validators[name]["~standard"].validate(JSON.parse(text)).issues ? "0" : "1";
};
process.stdout.write(lines.map(verdict).join(""));
