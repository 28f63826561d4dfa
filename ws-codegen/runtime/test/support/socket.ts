/** A WebSocket whose other end is the test. */

import type { Socket } from "../../src/index.js";

type Listener = (event: never) => void;

const OPEN = 1;
const CLOSED = 3;

/** One scripted socket. It opens, hears and breaks when the test says so. */
export class TestSocket implements Socket {
  protocol = "";
  readyState = 0;
  bufferedAmount = 0;
  /** What the client has sent, in order. */
  readonly sent: string[] = [];
  /** How the client has closed it. */
  closedWith: number | undefined;
  readonly #listeners = new Map<string, Listener[]>();

  readonly url: string;
  readonly protocols: string[];

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(text: string): void {
    if (this.readyState === OPEN) this.sent.push(text);
  }

  close(code?: number): void {
    if (this.readyState === CLOSED) return;
    this.closedWith ??= code ?? 1005;
    this.readyState = CLOSED;
  }

  /** The handshake of HTTP is done. */
  open(): void {
    this.protocol = "ws.v1.json";
    this.readyState = OPEN;
    this.#tell("open", {});
  }

  /** The server says something. */
  receive(message: unknown): void {
    this.#tell("message", { data: typeof message === "object" ? JSON.stringify(message) : message });
  }

  /** The server says something that is not text. */
  receiveBinary(data: unknown): void {
    this.#tell("message", { data });
  }

  /** The handshakes are done; forgets what was sent for them. */
  welcome(connection = "c-1", details: object = {}): void {
    this.open();
    this.receive({ welcome: { connection, contract: "same", ping: 25_000, max: 65_536, ...details } });
    this.receive({ ready: {} });
    this.sent.splice(0, 1);
  }

  /** Something went wrong, in the words of this environment, if it has any. */
  fail(message?: string): void {
    this.#tell("error", message === undefined ? {} : { message });
  }

  /** The connection ends. */
  break(code = 1006, reason = ""): void {
    this.readyState = CLOSED;
    this.#tell("close", { code, reason });
  }

  #tell(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }
}
