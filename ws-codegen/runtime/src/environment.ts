/**
 * The globals that exist in some environments and not in others. They are read at the moment of use, never at import, and
 * described here so that the sources compile with the DOM's types, with Node's, or with both.
 */

import type { SocketConstructor } from "./socket.js";

/** The page or worker around the client, as far as there is one. */
interface Environment extends Partial<Source> {
  readonly WebSocket?: SocketConstructor;
  readonly location?: { readonly href: string };
  readonly document?: Source & { readonly hidden: boolean };
}

interface Source {
  addEventListener(type: string, listener: () => void, options: { readonly signal: AbortSignal }): void;
}

/** What is there now. */
export function environment(): Environment {
  return globalThis as unknown as Environment;
}

/**
 * The address of a WebSocket, in full. Throws where it is relative and there is no page to begin from: in Node.js, and in a
 * worker that was made of a Blob.
 */
export function resolve(url: string | URL): string {
  try {
    return new URL(url, environment().location?.href).href.replace(/^http/, "ws");
  } catch (cause) {
    throw new TypeError(`invalid address: ${url}; use one like wss://example.com/ws`, { cause });
  }
}

/**
 * Calls `wake` when the network comes back, and when the page becomes visible: timers sleep in hidden pages. Does nothing
 * where there is no page.
 *
 * @param until aborted when that is no longer wanted
 */
export function watchWakeUps(wake: () => void, until: { readonly signal: AbortSignal }): void {
  const page = environment();
  const { document } = page;
  page.addEventListener?.("online", wake, until);
  document?.addEventListener("visibilitychange", () => document.hidden || wake(), until);
}
