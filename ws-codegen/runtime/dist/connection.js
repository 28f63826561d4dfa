/**
 * One attempt to be connected, from the token to the loss: opens a socket, says `hello`, answers pings, notices silence.
 * Nothing but `hello` and pongs leave before `ready` is here. Knows nothing of what comes before and after this connection.
 */
import { describe } from "./errors.js";
import { parseServerFrame, PONG, SUBPROTOCOL } from "./frames.js";
import { STABLE_AFTER } from "./reconnect.js";
/** How much longer than the server's interval of pings a silence may last, in milliseconds. */
const GRACE = 10_000;
/** How long the server may take to close a connection after its `bye`, in milliseconds. */
const BYE_DEADLINE = 5_000;
/** Starts an attempt. Its first event comes after the caller is done. */
export function openConnection(options, events) {
    const { url, WebSocket, clock, timeoutMs, hello } = options;
    let socket;
    let bye;
    let over = false;
    /** How long a silence may last: known from `welcome` until `bye`. */
    let patience = 0;
    let opened = false;
    /** What the environment said of the last error. Browsers say nothing. */
    let problem = "";
    let stableAt = Infinity;
    let cancelTimer;
    const close = (code, reason) => {
        over = true;
        cancelTimer?.();
        socket?.close(code, reason);
    };
    const lose = (code, reason, rest) => {
        if (over)
            return;
        // Without effect where the socket is closed already.
        close(4012);
        events.lose({ code, reason, ...bye, stable: clock.now() >= stableAt, opened, ...rest });
    };
    const expectLifeWithin = (milliseconds) => {
        cancelTimer?.();
        cancelTimer = clock.after(milliseconds, () => lose(4012, "no sign of life"));
    };
    const receive = (data, from) => {
        if (over)
            return;
        const frame = parseServerFrame(data);
        if (frame.kind === "welcome")
            patience = frame.welcome.ping + GRACE;
        if (frame.kind === "ready")
            stableAt = clock.now() + STABLE_AFTER;
        if (frame.kind === "bye") {
            bye = frame.bye;
            patience = 0;
            expectLifeWithin(BYE_DEADLINE);
        }
        if (patience)
            expectLifeWithin(patience);
        if (frame.kind !== "ping")
            events.receive(frame, from);
        else if (patience)
            from.send(PONG);
    };
    const start = async () => {
        try {
            const greeting = await hello();
            if (over)
                return;
            const made = new WebSocket(url, [SUBPROTOCOL]);
            socket = made;
            made.addEventListener("open", () => {
                opened = true;
                if (!over)
                    made.send(greeting());
            });
            made.addEventListener("message", ({ data }) => receive(data, made));
            // A close event follows every error event. The error may know the reason, and some sockets throw if nobody listens.
            made.addEventListener("error", (event) => (problem = event.message ?? ""));
            made.addEventListener("close", ({ code, reason }) => lose(code, reason || problem));
        }
        catch (cause) {
            lose(1006, describe(cause), { cause });
        }
    };
    expectLifeWithin(timeoutMs);
    void start();
    return { close };
}
