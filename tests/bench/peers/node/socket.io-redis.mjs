// Socket.IO as a node of several, which `--redis` connects by way of `--adapter`: `pubsub` or `streams`.

import { parseArgs } from "node:util";

import { createAdapter as createPubSubAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { createClient as createClient4 } from "redis-4";
import { Server } from "socket.io";

import { http, listen } from "./listen.mjs";

const { values } = parseArgs({ options: { listen: { type: "string" }, redis: { type: "string" }, adapter: { type: "string" } } });

/** A client that comes back by its own rules. Without a listener for its errors, the first would end the process. */
async function connect(create) {
  const client = create({ url: values.redis });
  client.on("error", () => {});
  await client.connect();
  return client;
}

// Publications of the adapter that fail are nobody's promises, which would end the process, too.
process.on("unhandledRejection", () => {});

// Each adapter with the version of the client that it is developed with.
const options =
  values.adapter === "streams"
    ? { adapter: createStreamsAdapter(await connect(createClient)), connectionStateRecovery: {} }
    : { adapter: createPubSubAdapter(await connect(createClient4), await connect(createClient4)) };
const io = new Server(http, { transports: ["websocket"], ...options });

io.on("connection", (socket) => {
  socket.join("bench");
  socket.on("bcast.msg", (data, accepted) => {
    io.to("bench").emit("bcast.msg", data);
    accepted();
  });
});

listen();
