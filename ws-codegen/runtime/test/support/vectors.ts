/** The messages of the protocol's page: its fenced `json` blocks. */

import { readFileSync } from "node:fs";

export interface Vector {
  /** Who sends it. */
  readonly peer: "client" | "server";
  /** The error that it is answered with, when it is not accepted. */
  readonly refused: string | undefined;
  /** The line of the page where it begins. */
  readonly line: number;
  readonly text: string;
}

const PAGE = new URL("../../../../../schemas/protocol/v1.md", import.meta.url);

/** All of them, in the order of the page. */
export function vectors(): Vector[] {
  const page = readFileSync(PAGE, "utf8");
  return [...page.matchAll(/^```json (client|server)(?: refused=(\S+))?\n(.*?)\n```$/gms)].map((match) => ({
    peer: match[1] as "client" | "server",
    refused: match[2],
    line: page.slice(0, match.index).split("\n").length,
    text: match[3] ?? "",
  }));
}
