// What every peer is told, and says.

import { createServer } from "node:http";

/** An HTTP server that will listen where `--listen` says. */
export const http = createServer();

/** Listens, and says where. Call it when everything is in place. */
export function listen() {
  const at = process.argv.indexOf("--listen");
  const [host, port] = (at < 0 ? "127.0.0.1:0" : process.argv[at + 1]).split(":");
  http.listen(Number(port), host, 4096, () => {
    const { address, port } = http.address();
    console.log(`listening on ${address}:${port}`);
  });
}
