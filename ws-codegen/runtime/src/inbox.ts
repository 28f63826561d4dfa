/** The way in: takes each message of the server to whom it concerns. Whatever a message holds, nothing here throws. */

import type { Codecs } from "./contract.js";
import { readServerError } from "./errors.js";
import type { ServerFrame, WireError } from "./frames.js";
import { readPayload } from "./payloads.js";
import type { Positions } from "./positions.js";
import type { Answer, Requests } from "./requests.js";
import { fail } from "./result.js";
import type { Audience } from "./subscriptions.js";
import type { Flaw, Validators } from "./validators.js";

/** Makes the function that takes messages. */
export function createInbox(
  audience: Audience,
  requests: Requests,
  positions: Positions,
  codecs: Codecs,
  validators: Validators,
): (frame: ServerFrame) => void {
  const { report } = audience;

  const receiveEvent = ({ event, data, channel, pos }: ServerFrame & { kind: "event" }): void => {
    if (channel !== undefined && pos !== undefined) positions.moved(channel, pos);
    if (!audience.knows(event)) return audience.deliverUnknown({ event, data });
    const payload = readPayload(event, data, validators.events, codecs.events);
    if (payload.ok) audience.deliver({ event, data: payload.value });
    else report({ ...payload.error, code: "ws.client.invalid_event", event });
  };

  const invalidReply = (event: string, flaw: Flaw): Answer => fail({ ...flaw, code: "ws.client.invalid_reply", event });

  const readReply = (event: string, data: unknown): Answer => {
    const output = readPayload(event, data, validators.outputs, codecs.outputs);
    return output.ok ? output : invalidReply(event, output.error);
  };

  const readFailure = (event: string, error: WireError): Answer => {
    if (error.code.startsWith("ws.")) return fail(readServerError({ event, ...error }));
    const declared = readPayload(event, error, undefined, codecs.errors);
    return declared.ok ? fail(declared.value) : invalidReply(event, declared.error);
  };

  /** Answers to a request that is not open any more are late, and of no interest. */
  const answer = (id: number, read: (event: string) => Answer): void => {
    const event = requests.event(id);
    if (event !== undefined) requests.answer(id, read(event));
  };

  return (frame) => {
    switch (frame.kind) {
      case "event":
        return receiveEvent(frame);
      case "reply":
        return answer(frame.id, (event) => readReply(event, frame.data));
      case "failure":
        return answer(frame.id, (event) => readFailure(event, frame.error));
      case "error":
        return report(readServerError(frame.error));
      case "joined":
        return positions.joined(frame.joined);
      case "gap":
        positions.moved(frame.gap.channel, frame.gap.pos);
        return audience.tellGap(frame.gap);
      case "invalid":
        if (frame.id !== undefined) answer(frame.id, (event) => invalidReply(event, { message: frame.why }));
        return report({ code: "ws.client.invalid_message", message: frame.why });
    }
  };
}
