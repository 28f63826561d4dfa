/** The way in: takes each message of the server to whom it concerns. Whatever a message holds, nothing here throws. */
import { readServerError } from "./errors.js";
import { fail } from "./result.js";
/** Makes the function that takes messages. */
export function createInbox(audience, outbox, requests, resumption, { read }) {
    const { report } = audience;
    let welcome;
    return (frame, socket) => {
        switch (frame.kind) {
            case "welcome":
                welcome = frame.welcome;
                Object.assign(resumption, welcome);
                return;
            case "ready": {
                if (!welcome)
                    return;
                const { connection, contract, max } = welcome;
                // In this order: what a listener sends now comes after what has waited, even what would not have waited itself; and a
                // client that it closes stays closed.
                outbox.open(socket, max);
                audience.move({ status: "open", connection, contract });
                return outbox.flush();
            }
            case "bye":
                return outbox.pause();
            case "event": {
                const { event, data, place } = frame;
                if (place)
                    resumption.move(place);
                if (!audience.knows(event))
                    return audience.unknown.emit({ event, data });
                const payload = read("events", event, data);
                return payload.ok ? audience.deliver({ event, data: payload.value }) : report(payload.error);
            }
            case "reply":
                return requests.answer(frame.id, (event) => read("outputs", event, frame.data));
            case "failure":
                return requests.answer(frame.id, (event) => {
                    if (frame.error.code.startsWith("ws."))
                        return fail(readServerError(frame.error));
                    const declared = read("errors", event, frame.error);
                    return declared.ok ? fail(declared.value) : declared;
                });
            case "error":
                return report(readServerError(frame.error));
            case "joined":
            case "gap": {
                const gap = frame.kind === "gap" ? frame.gap : resumption.joined(frame.joined);
                if (!gap)
                    return;
                resumption.move(gap);
                const heard = audience.gaps.emit(gap);
                return heard ? undefined : report({ code: "ws.client.gap", message: "no onGap listener: " + gap.channel, gap });
            }
            case "invalid":
                return report({ code: "ws.client.invalid_message", message: frame.why });
        }
    };
}
