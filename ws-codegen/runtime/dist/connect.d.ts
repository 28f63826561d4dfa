/** Puts a client together: the session, the way out, the open requests and those who listen. */
import type { Client } from "./client.js";
import type { Contract, ContractInfo } from "./contract.js";
import type { ConnectOptions } from "./options.js";
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
export declare function connect<C extends Contract>(contract: ContractInfo, url: string | URL, options?: ConnectOptions): Client<C>;
