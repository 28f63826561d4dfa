/** What a client knows about its connection, as one value that applications can show. */
import type { ContractVerdict } from "./frames.js";
/**
 * The state of the connection, discriminated by `status`.
 *
 * `connecting` (a socket is being opened, or the server has not accepted this client yet) leads to `open` or `waiting`;
 * `open` leads to `waiting` when the connection is lost; `waiting` leads to `connecting`. Any of them may lead to
 * `closed`, which is final.
 *
 * @example
 * chat.onState((state) => {
 *   banner.hidden = state.status === "open";
 *   if (state.status === "waiting") banner.textContent = `offline, trying again at ${new Date(state.retryAt)}`;
 * });
 */
export type ConnectionState = {
    readonly status: "connecting";
    /** 1 for the first attempt. It starts over after every stable connection. */
    readonly attempt: number;
} | {
    readonly status: "open";
    /** The id that the server gave to this connection. */
    readonly connection: string;
    /** How the server's contract relates to this client's. */
    readonly contract: ContractVerdict;
} | {
    readonly status: "waiting";
    /** The number of the next attempt. */
    readonly attempt: number;
    /**
     * When it starts, in milliseconds since 1970. The network or the page coming back may bring it forward, and `reconnect()`
     * does.
     */
    readonly retryAt: number;
    /** The close code of the connection that was lost; 1006 when it broke without one. */
    readonly code: number;
    readonly reason: string;
    /**
     * Whether there was a connection at all. `false` where there was no token, where no server was reached, or where it
     * refused the upgrade, by a 401, 403, 404, 429 or 503: browsers do not tell a page which of them.
     */
    readonly opened: boolean;
} | {
    readonly status: "closed";
    /** The close code: 1000 for `close()` and for a normal end, 4500 to 4999 when the server forbids to come back. */
    readonly code: number;
    readonly reason: string;
};
