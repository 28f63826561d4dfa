/**
 * The globals that exist in some environments and not in others. They are read at the moment of use, never at import, and
 * described here so that the sources compile with the DOM's types, with Node's, or with both.
 */
/** What is there now. */
export function environment() {
    return globalThis;
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
