// A publisher at one node and a listener at another. Both are clients of the library whose nodes these are, and come back by
// its rules.
//
// Says `flows` when the listener hears the publisher. Is told `mark` and `stop`, line by line, and then says what came of it.

import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";

import { io } from "socket.io-client";
import { WebSocket } from "ws";

/** The time between two messages. */
const PACE_MS = 5;
/** How long the last messages may take. */
const PATIENCE_MS = 10_000;

const text = { type: "string" };
const { values } = parseArgs({ options: { generated: text, publisher: text, listener: text } });

/** What was sent, was accepted, and was given to the listener: numbers, and the reasons of gaps. */
const sent = { last: 0, marked: null };
const accepted = [];
const given = [];

/** Clients of Socket.IO. A message is accepted when the server has acknowledged it. */
function socketIo() {
  const connect = (address) => io(`http://${address}`, { transports: ["websocket"] });
  const [publisher, listener] = [connect(values.publisher), connect(values.listener)];
  listener.on("bcast.msg", ({ id }) => given.push(id));
  return (message) => publisher.emit("bcast.msg", message, () => accepted.push(message.id));
}

/** Clients that were generated. A server does one thing after the other for a client, so a message is accepted when what was
 * sent after it comes back and no error came before. */
async function generated() {
  const { connectBench } = await import(`${values.generated}/bench.js`);
  const connect = (address) => connectBench(`ws://${address}/ws`, { WebSocket });
  const [publisher, listener] = [connect(values.publisher), connect(values.listener)];
  listener.on("bcast.msg", ({ id }) => given.push(id));
  listener.onGap(({ why }) => given.push(why));
  let refused = false;
  publisher.onGap(() => {});
  publisher.onError(() => (refused = true));
  publisher.on("echo.msg", ({ id }) => {
    if (!refused) accepted.push(id);
    refused = false;
  });
  return (message) => {
    publisher.send("bcast.msg", message);
    publisher.send("echo.msg", message);
  };
}

async function publish(send, signal) {
  while (!signal.aborted) {
    send({ room: "bench", id: ++sent.last, user: "publisher", text: "x".repeat(100), ts: Date.now() });
    if (sent.last > 1 && given.length === 0) await setTimeout(50);
    await setTimeout(PACE_MS);
  }
}

/** Waits until something is so, or for as long as that may take. */
async function until(isSo) {
  for (let waited = 0; !isSo() && waited < PATIENCE_MS; waited += PACE_MS) await setTimeout(PACE_MS);
}

const stop = new AbortController();
const publishing = publish(values.generated ? await generated() : socketIo(), stop.signal);
await until(() => given.length > 20);
console.log(given.length > 20 ? "flows" : "does not flow");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "mark") sent.marked = sent.last;
  if (line === "stop") break;
}
stop.abort();
await publishing;
// What is accepted late is accepted, too.
await setTimeout(500);
await until(() => given.at(-1) === accepted.at(-1));
console.log(JSON.stringify({ sent: sent.last, marked: sent.marked, accepted, given }));
process.exit();
