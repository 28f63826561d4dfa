/**
 * The globals that exist in some environments and not in others. They are read at the moment of use, never at import, and
 * described here so that the sources compile with the DOM's types, with Node's, or with both.
 */
/** What is there now. */
export function environment() {
    return globalThis;
}
/**
 * The address of a WebSocket, in full. Throws where it is relative and there is no page to begin from: in Node.js, and in a
 * worker that was made of a Blob.
 */
export function resolve(url) {
    try {
        return new URL(url, environment().location?.href).href.replace(/^http/, "ws");
    }
    catch (cause) {
        throw new TypeError(`invalid address: ${url}; use one like wss://example.com/ws`, { cause });
    }
}
/**
 * Calls `wake` when the network comes back, and when the page becomes visible: timers sleep in hidden pages. Does nothing
 * where there is no page.
 *
 * @param until aborted when that is no longer wanted
 */
export function watchWakeUps(wake, until) {
    const page = environment();
    const { document } = page;
    page.addEventListener?.("online", wake, until);
    document?.addEventListener("visibilitychange", () => document.hidden || wake(), until);
}
