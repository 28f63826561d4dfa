/** A Redis, and a network whose clients do not notice on which node they are. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Listens on a free port of the loopback. */
async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}

async function freePort() {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a Redis without data, and waits until it answers. */
export async function startRedis() {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "redis-"));
  const options = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const child = spawn("redis-server", options, { stdio: ["ignore", "pipe", "inherit"] });
  for await (const chunk of child.stdout) if (String(chunk).includes("Ready to accept connections")) break;
  return {
    url: `redis://127.0.0.1:${port}`,
    /** Sends one command, and returns the answer as it is. */
    async ask(command) {
      const socket = connect(port, "127.0.0.1");
      socket.end(`${command}\r\n`);
      let answer = "";
      for await (const chunk of socket) answer += chunk;
      return answer;
    },
    async stop() {
      child.kill("SIGKILL");
      await once(child, "exit");
      await rm(folder, { recursive: true });
    },
  };
}

/**
 * A load balancer with one node behind it, which may be another one from some moment on.
 * @param {string} node its host and port
 */
export async function startBalancer(node) {
  let target = node;
  const open = new Set();
  const server = createServer((client) => {
    if (target === undefined) return client.destroy();
    const [host, port] = target.split(":");
    const upstream = connect(Number(port), host);
    const pair = { client, upstream };
    open.add(pair);
    client.pipe(upstream, { end: false }).on("error", () => {});
    upstream.on("data", (chunk) => client.writable && client.write(chunk)).on("error", () => {});
    upstream.on("close", () => {
      open.delete(pair);
      client.destroy();
    });
  });
  const port = await listen(server);
  return {
    url: (name) => `ws://127.0.0.1:${port}/ws?name=${name}`,
    /** Loses every client, of which the node notices nothing, and lets nobody in. Returns a promise of the end of what lingers. */
    cut() {
      target = undefined;
      const lingering = [...open].map(({ upstream }) => once(upstream, "close"));
      for (const { client } of open) client.destroy();
      return Promise.all(lingering);
    },
    /** Lets clients in, to this node. */
    lead(to) {
      target = to;
    },
    stop() {
      for (const { client, upstream } of open) for (const socket of [client, upstream]) socket.destroy();
      server.close();
    },
  };
}
