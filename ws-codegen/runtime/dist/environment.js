/**
 * The globals that exist in some environments and not in others. They are read at the moment of use, never at import, and
 * described here so that the sources compile with the DOM's types, with Node's, or with both.
 */
/** What is there now. */
export function environment() {
    return globalThis;
}
/**
 * Calls `wake` when the network comes back, or when the page becomes visible: timers sleep in hidden pages. Returns the
 * function that stops it. Does nothing where there is no page.
 */
export function watchWakeUps(wake) {
    const { document } = environment();
    const shown = () => {
        if (document?.visibilityState === "visible")
            wake();
    };
    environment().addEventListener?.("online", wake);
    document?.addEventListener("visibilitychange", shown);
    return () => {
        environment().removeEventListener?.("online", wake);
        document?.removeEventListener("visibilitychange", shown);
    };
}
