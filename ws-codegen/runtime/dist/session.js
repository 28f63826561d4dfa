/**
 * Keeps a client connected: one connection after the other, with the waits between them that the policy asks for, until it
 * is closed. Owns the state that the application sees.
 */
import { isFinal, reconnectDelay } from "./reconnect.js";
/** Starts with the first attempt. `open` opens one connection. */
export function startSession(open, clock, events) {
    let attempt = 1;
    let connection;
    let cancelWait;
    let paced = false;
    let over = false;
    const connect = () => {
        cancelWait?.();
        cancelWait = undefined;
        events.move({ status: "connecting", attempt });
        if (!over)
            connection = open({ ...events, lose });
        // The application may have closed the client where it was asked for the token: this attempt, and not the one before.
        if (over)
            connection.close(1000);
    };
    const lose = (loss) => {
        const { code, reason, reconnectIn, stable, opened } = loss;
        events.lose(loss);
        // Whoever hears of the loss may have closed the client.
        if (over)
            return;
        if (isFinal(code))
            return end(code, reason);
        if (stable)
            attempt = 0;
        const delay = Math.round(reconnectDelay(attempt++, clock.random(), reconnectIn));
        paced = !!reconnectIn;
        cancelWait = clock.after(delay, connect);
        events.move({ status: "waiting", attempt, retryAt: clock.now() + delay, code, reason, opened });
    };
    const reconnect = () => {
        if (cancelWait && !over)
            connect();
    };
    const end = (code, reason) => {
        over = true;
        cancelWait?.();
        events.end(reason || `closed with ${code}`);
        events.move({ status: "closed", code, reason });
    };
    connect();
    return {
        wake() {
            if (!paced)
                reconnect();
        },
        reconnect,
        close() {
            if (over)
                return;
            connection.close(1000);
            end(1000, "closed by the application");
        },
    };
}
