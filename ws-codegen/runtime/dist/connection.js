/**
 * One attempt to be connected, from the token to the loss: opens a socket, says `hello`, waits for `welcome`, answers pings,
 * notices silence. Nothing but `hello` leaves before `welcome` is here. Knows nothing of what comes before and after it.
 */
import { parseServerFrame, PONG, SUBPROTOCOL } from "./frames.js";
import { OPEN } from "./socket.js";
/** How much longer than the server's interval of pings a silence may last, in milliseconds. */
const GRACE = 10_000;
/** How long the server may take to close a connection after its `bye`, in milliseconds. */
const BYE_DEADLINE = 5_000;
/** Starts an attempt. Its first event comes after the caller is done. */
export function openConnection(options, events) {
    const { url, WebSocket, clock, timeoutMs } = options;
    let socket;
    let welcome;
    let bye;
    let over = false;
    const close = (code, reason) => {
        over = true;
        cancelTimer();
        socket?.close(code, reason);
    };
    const lose = (code, reason) => {
        if (over)
            return;
        // What the server announced counts more than how the socket then broke.
        const loss = bye && !isDeliberate(code) ? bye : { code, reason };
        over = true;
        cancelTimer();
        events.lost(bye?.reconnectIn ? { ...loss, reconnectIn: bye.reconnectIn } : loss);
    };
    const giveUp = (reason) => {
        socket?.close(4012, reason);
        lose(4012, reason);
    };
    let cancelTimer = clock.after(timeoutMs, () => giveUp(`no welcome within ${timeoutMs} ms`));
    const deadline = (milliseconds, reason) => {
        cancelTimer();
        cancelTimer = clock.after(milliseconds, () => giveUp(reason));
    };
    const start = async () => {
        let hello;
        try {
            hello = await options.hello();
        }
        catch (cause) {
            if (over)
                return;
            events.failed("ws.client.token_failed", "the token provider failed", cause);
            return lose(1006, "there is no token");
        }
        if (over)
            return;
        try {
            socket = new WebSocket(url, [SUBPROTOCOL]);
        }
        catch (cause) {
            events.failed("ws.client.connect_failed", `a WebSocket to ${url} cannot be opened`, cause);
            return lose(1006, "no socket");
        }
        const opened = socket;
        opened.addEventListener("open", () => {
            if (over)
                return;
            if (opened.protocol === SUBPROTOCOL)
                return opened.send(hello);
            events.failed("ws.client.connect_failed", `${url} does not speak ${SUBPROTOCOL}`);
            giveUp("wrong subprotocol");
        });
        opened.addEventListener("message", ({ data }) => {
            if (!over)
                receive(data, opened);
        });
        opened.addEventListener("close", ({ code, reason }) => lose(code, reason));
        // A close event follows every error event, and says more. Some sockets throw when nobody listens.
        opened.addEventListener("error", () => { });
    };
    const receive = (data, from) => {
        const frame = parseServerFrame(data);
        if (frame.kind === "welcome" && !welcome) {
            welcome = frame.welcome;
            deadline(welcome.ping + GRACE, "no sign of life");
            return events.opened(welcome, {
                max: welcome.max,
                get bufferedAmount() {
                    return from.bufferedAmount;
                },
                send(text) {
                    const able = !over && !bye && from.readyState === OPEN;
                    if (able)
                        from.send(text);
                    return able;
                },
            });
        }
        if (welcome && !bye)
            deadline(welcome.ping + GRACE, "no sign of life");
        if (frame.kind === "ping") {
            if (welcome && from.readyState === OPEN)
                from.send(PONG);
        }
        else if (frame.kind === "bye") {
            bye = frame.bye;
            deadline(BYE_DEADLINE, "the server did not close");
            events.closing();
        }
        else if (frame.kind === "welcome") {
            events.received({ kind: "invalid", why: "a second `welcome`" });
        }
        else {
            events.received(frame);
        }
    };
    void start();
    return { close };
}
/** Whether a close code was sent by the peer, and is not the sign of a broken connection or of our own impatience. */
function isDeliberate(code) {
    return code !== 1005 && code !== 1006 && code !== 4012;
}
