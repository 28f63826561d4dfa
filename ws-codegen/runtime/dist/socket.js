/**
 * The part of a WebSocket that this runtime uses. The WebSocket of browsers, Deno, Bun and Node.js 22 fits, and so does
 * that of the package `ws`.
 */
/** The `readyState` of a socket that is open. */
export const OPEN = 1;
