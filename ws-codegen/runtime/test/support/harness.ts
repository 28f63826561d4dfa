/** A client whose time, chance and sockets belong to the test. */

import { connect, type Client, type ConnectOptions, type ContractInfo, type ReportedError } from "../../src/index.js";
import { type Chat, chat } from "./contract.js";
import { settled, TestClock } from "./clock.js";
import { TestSocket } from "./socket.js";

export interface Harness {
  readonly client: Client<Chat>;
  readonly clock: TestClock;
  /** Every socket that was opened, in order. */
  readonly sockets: TestSocket[];
  /** Everything that `onError` has heard. */
  readonly errors: ReportedError[];
  /** Takes that listener off, so that nobody hears of errors. */
  readonly ignoreErrors: () => void;
  /** The latest socket. */
  readonly socket: TestSocket;
}

const ADDRESS = "wss://example.com/ws";

/** Connects to nothing; the first socket is there, and waits for the test. */
export async function harness(options: ConnectOptions = {}, contract: ContractInfo = chat, url: string | URL = ADDRESS): Promise<Harness> {
  const clock = new TestClock();
  const sockets: TestSocket[] = [];
  class WebSocket extends TestSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  }
  const client = connect<Chat>(contract, url, { clock, WebSocket, ...options });
  const errors: ReportedError[] = [];
  const ignoreErrors = client.onError((error) => errors.push(error));
  await settled();
  return {
    client,
    clock,
    sockets,
    errors,
    ignoreErrors,
    get socket() {
      const socket = sockets.at(-1);
      if (!socket) throw new Error("no socket was opened");
      return socket;
    },
  };
}

/** The same, with a connection that is open. */
export async function opened(options: ConnectOptions = {}, contract: ContractInfo = chat): Promise<Harness> {
  const all = await harness(options, contract);
  all.socket.welcome();
  return all;
}

/** The codes of errors, in order. */
export function codes(errors: readonly { readonly code: string }[]): string[] {
  return errors.map(({ code }) => code);
}
