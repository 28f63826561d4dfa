/** Puts a client together: the session, the way out, the open requests and those who listen. */

import type { Client } from "./client.js";
import { systemClock } from "./clock.js";
import { openConnection } from "./connection.js";
import type { Contract, ContractInfo } from "./contract.js";
import { environment, watchWakeUps } from "./environment.js";
import { encodeHello } from "./frames.js";
import { createInbox } from "./inbox.js";
import type { ConnectOptions } from "./options.js";
import { createOutbox } from "./outbox.js";
import { createEncoder } from "./payloads.js";
import { createPositions } from "./positions.js";
import { type CallOptions, createRequests } from "./requests.js";
import { startSession } from "./session.js";
import { type AnyContract, createAudience } from "./subscriptions.js";

/**
 * Connects to a server, and stays connected until the client is closed.
 *
 * Returns at once; the first attempt starts when the caller is done, so that listeners registered right after hear
 * everything. Throws only for what the program itself did wrong: an address that is none, or no WebSocket to be had.
 *
 * @param url where the server listens: `ws:`, `wss:`, or the same with `http`; in a page it may be relative
 * @example
 * const chat = connect<Chat>({ name: "chat", hash: "5f2b…" }, "wss://example.com/ws");
 */
export function connect<C extends Contract>(
  contract: ContractInfo,
  url: string | URL,
  options: ConnectOptions = {},
): Client<C> {
  const { queueLimit = 100, callTimeoutMs = 35_000, connectTimeoutMs = 20_000, clock = systemClock } = options;
  const address = resolveAddress(url);
  const WebSocket = options.WebSocket ?? environment().WebSocket;
  if (!WebSocket) throw new TypeError("there is no WebSocket here: give one as options.WebSocket, for instance that of `ws`");

  const { codecs = {}, hash, name } = contract;
  const audience = createAudience(contract, { status: "connecting", attempt: 1 });
  const { report } = audience;
  const outbox = createOutbox(queueLimit);
  const encode = createEncoder(codecs.inputs);
  const requests = createRequests(outbox, encode, clock, callTimeoutMs);
  const positions = createPositions();
  const received = createInbox(audience, requests, positions, codecs, options.validators ?? {});
  let connection: string | undefined;

  const hello = async (): Promise<string> => {
    const token = await options.token?.();
    return encodeHello({ contract: hash, token, connection, resume: positions.resume() });
  };
  const session = startSession({
    clock,
    connect: (events) => openConnection({ url: address, WebSocket, clock, timeoutMs: connectTimeoutMs, hello }, events),
    received,
    failed: (code, message, cause) => report({ code, message: `${name}: ${message}`, cause }),
    opened(welcome, wire) {
      connection = welcome.connection;
      outbox.open(wire);
    },
    closing: outbox.pause,
    lost() {
      outbox.pause();
      requests.lost("ws.client.disconnected", "the connection was lost before the answer");
    },
    ended(reason) {
      stopWatching();
      requests.lost("ws.client.closed", reason);
      outbox.end(reason);
    },
    moved: audience.move,
  });
  const stopWatching = watchWakeUps(session.wake);

  const client: Client<AnyContract> = Object.assign(audience.subscriptions, {
    send(event: string, data?: unknown) {
      const text = encode(event, data);
      const outcome = text.ok ? outbox.send({ event, text: text.value, dropped: report }) : text;
      if (!outcome.ok) report(outcome.error);
      return outcome;
    },
    call: (event: string, data?: unknown, options: CallOptions = {}) => requests.call(event, data, options),
    close: session.close,
  });
  // The types of a contract exist only outside: inside, names are text and payloads are unknown.
  return client as unknown as Client<C>;
}

/** The address of a WebSocket: complete, with its scheme, and without a fragment, which sockets do not take. */
function resolveAddress(url: string | URL): string {
  const address = new URL(url, environment().location?.href);
  address.protocol = address.protocol.replace("http", "ws");
  address.hash = "";
  if (!/^wss?:$/.test(address.protocol)) throw new TypeError(`${url} is no address of a WebSocket: it needs ws: or wss:`);
  return address.href;
}
