/**
 * Keeps a client connected: one connection after the other, with the waits between them that the policy asks for, until it
 * is closed. Owns the state that the application sees.
 */
import { isFinal, reconnectDelay, STABLE_AFTER } from "./reconnect.js";
/** Starts with the first attempt. The caller has already told the application that it is `connecting`. */
export function startSession(options) {
    const { clock } = options;
    let attempt = 1;
    let stableAt = Infinity;
    let connection;
    let wait;
    let over = false;
    const connect = () => {
        connection = options.connect({
            opened(welcome, wire) {
                stableAt = clock.now() + STABLE_AFTER;
                options.opened(welcome, wire);
                options.moved({ status: "open", connection: welcome.connection, contract: welcome.contract });
            },
            closing: options.closing,
            received: options.received,
            failed: options.failed,
            lost,
        });
    };
    const retry = () => {
        wait = undefined;
        options.moved({ status: "connecting", attempt });
        if (!over)
            connect();
    };
    const lost = ({ code, reason, reconnectIn }) => {
        options.lost();
        if (isFinal(code))
            return end(code, reason || `the server closed with ${code}`);
        if (clock.now() >= stableAt)
            attempt = 0;
        stableAt = Infinity;
        const delay = reconnectDelay(attempt++, clock.random(), reconnectIn);
        wait = { cancel: clock.after(delay, retry), paced: reconnectIn !== undefined };
        options.moved({ status: "waiting", attempt, retryAt: clock.now() + delay, code, reason });
    };
    const end = (code, reason) => {
        over = true;
        wait?.cancel();
        wait = undefined;
        options.ended(reason);
        options.moved({ status: "closed", code, reason });
    };
    connect();
    return {
        wake() {
            if (!wait || wait.paced)
                return;
            wait.cancel();
            retry();
        },
        close() {
            if (over)
                return;
            connection?.close(1000, "");
            end(1000, "closed by the application");
        },
    };
}
