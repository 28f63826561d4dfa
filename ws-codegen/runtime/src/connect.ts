/** Puts a client together: the session, the way out, the open requests and those who listen. */

import type { Client } from "./client.js";
import { systemClock } from "./clock.js";
import { openConnection } from "./connection.js";
import type { Contract, ContractInfo } from "./contract.js";
import { environment, resolve, watchWakeUps } from "./environment.js";
import { createInbox } from "./inbox.js";
import type { ConnectOptions } from "./options.js";
import { createOutbox, type SendOptions } from "./outbox.js";
import { createPayloads } from "./payloads.js";
import { createRequests } from "./requests.js";
import { createResumption } from "./resumption.js";
import { type Open, startSession } from "./session.js";
import { type AnyContract, createAudience } from "./subscriptions.js";

/**
 * Connects to a server, and stays connected until the client is closed.
 *
 * Returns immediately; the first attempt starts after the caller is done, so that listeners registered right away
 * receive everything. Throws only for mistakes of the program itself: an invalid address, or no WebSocket in this
 * environment.
 *
 * @param url the address of the server: `ws:`, `wss:`, or the same with `http`. It may be relative in a page, and in a
 * worker that was loaded from a file. In a worker that was created from a Blob, use `new URL("/ws", location.origin)`.
 * @example
 * const chat = connect<Chat>({ name: "chat", hash: "5f2b…" }, "wss://example.com/ws");
 */
export function connect<C extends Contract>(
  contract: ContractInfo,
  url: string | URL,
  options: ConnectOptions = {},
): Client<C> {
  const {
    queueLimit = 100,
    callTimeoutMs = 35_000,
    connectTimeoutMs = 20_000,
    clock = systemClock,
    WebSocket = environment().WebSocket,
    token,
    validate,
  } = options;
  const { hash, events, codecs } = contract;
  if (!WebSocket) throw new TypeError("no WebSocket: set options.WebSocket");
  const address = resolve(url);

  const life = new AbortController();
  const audience = createAudience(life.signal, events);
  const { report } = audience;
  const outbox = createOutbox(queueLimit);
  const payloads = createPayloads(codecs, validate);
  const requests = createRequests(outbox, payloads, clock, callTimeoutMs);
  const resumption = createResumption();

  const hello = async (): Promise<() => string> => {
    const given = await token?.();
    return () => resumption.hello({ contract: hash, token: given });
  };
  const open: Open = (events) =>
    openConnection({ url: address, WebSocket, clock, timeoutMs: connectTimeoutMs, hello }, events);

  const session = startSession(open, clock, {
    receive: createInbox(audience, outbox, requests, resumption, payloads),
    lose(loss) {
      // Too long for the server: where that was `hello`, this server takes less than the one before, and is offered less.
      if (loss.code === 1009) resumption.max /= 2;
      if ("cause" in loss) report({ code: "ws.client.connect_failed", message: loss.reason, cause: loss.cause });
      outbox.pause();
      requests.lose("ws.client.disconnected", "connection lost");
    },
    end(reason) {
      life.abort();
      requests.lose("ws.client.closed", reason);
      outbox.end(reason);
    },
    move: audience.move,
  });
  watchWakeUps(session.wake, life);

  const client: Client<AnyContract> = Object.assign(audience.subscriptions, {
    send(event: string, data?: unknown, options?: SendOptions) {
      const text = payloads.write(event, data);
      const outcome = text.ok ? outbox.send({ ...options, event, text: text.value, dropped: report }) : text;
      if (!outcome.ok) report(outcome.error);
      return outcome;
    },
    call: requests.call,
    reconnect: session.reconnect,
    close: session.close,
  });
  // The types of a contract exist only outside: inside, names are text and payloads are unknown.
  return client as unknown as Client<C>;
}
