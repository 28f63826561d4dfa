/** Puts a client together: the session, the way out, the open requests and those who listen. */
import type { Client } from "./client.js";
import type { Contract, ContractInfo } from "./contract.js";
import type { ConnectOptions } from "./options.js";
/**
 * Connects to a server, and stays connected until the client is closed.
 *
 * Returns at once; the first attempt starts when the caller is done, so that listeners registered right after hear
 * everything. Throws only for what the program itself did wrong: an address that is none, or no WebSocket to be had.
 *
 * @param url where the server listens: `ws:`, `wss:`, or the same with `http`; in a page it may be relative, and in a worker that
 * has a file of its own. In a worker that was made of a Blob: `new URL("/ws", location.origin)`
 * @example
 * const chat = connect<Chat>({ name: "chat", hash: "5f2b…" }, "wss://example.com/ws");
 */
export declare function connect<C extends Contract>(contract: ContractInfo, url: string | URL, options?: ConnectOptions): Client<C>;
