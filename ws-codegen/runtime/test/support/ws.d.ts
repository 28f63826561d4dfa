/** The part of the package `ws` that the tests use. */

declare module "ws" {
  import type { EventEmitter } from "node:events";
  import type { AddressInfo } from "node:net";

  class WebSocket {
    constructor(url: string, protocols?: string | string[]);
    readonly protocol: string;
    readonly readyState: number;
    readonly bufferedAmount: number;
    send(data: string | Uint8Array): void;
    close(code?: number, reason?: string): void;
    terminate(): void;
    addEventListener(type: "open", listener: () => void): void;
    addEventListener(type: "error", listener: (event: { readonly message: string }) => void): void;
    addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
    addEventListener(type: "close", listener: (event: { readonly code: number; readonly reason: string }) => void): void;
  }

  class WebSocketServer extends EventEmitter {
    constructor(options: { host: string; port: number; handleProtocols?: (offered: Set<string>) => string | false });
    readonly clients: Set<WebSocket>;
    address(): AddressInfo;
    close(done?: () => void): void;
    on(event: "connection", listener: (socket: WebSocket) => void): this;
  }

  export { WebSocket, WebSocketServer };
  export default WebSocket;
}
