/**
 * The part of a WebSocket that this runtime uses. The WebSocket of browsers, Deno, Bun and Node.js 22 fits, and so does
 * that of the package `ws`.
 */

/** One socket. */
export interface Socket {
  /** The subprotocol that the server selected. */
  readonly protocol: string;
  /** 1 while the socket is open. */
  readonly readyState: number;
  /** Bytes that were given to `send` and have not left yet. */
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number; readonly reason: string }) => void): void;
}

/** Opens sockets. */
export type SocketConstructor = new (url: string, protocols: string[]) => Socket;

/** The `readyState` of a socket that is open. */
export const OPEN = 1;
