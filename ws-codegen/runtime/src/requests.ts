/** Requests that wait for their answer. Each ends exactly once, and always as a value: nothing here rejects. */

import type { Clock } from "./clock.js";
import type { LibraryError, SendError } from "./errors.js";
import { encodeCancel } from "./frames.js";
import type { Outbox, Outgoing } from "./outbox.js";
import type { Encode } from "./payloads.js";
import { fail, type Result } from "./result.js";

/** What a caller may say about one call. */
export interface CallOptions {
  /** Ends the call with `ws.client.aborted` when it is aborted, and stops the handler on the server. */
  readonly signal?: AbortSignal | undefined;
  /** Ends the call with `ws.client.timeout` after so many milliseconds; the default is the client's `callTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
}

/** The outcome of a request before its types are known: the declared error stays as the server sent it. */
export type Answer = Result<unknown, unknown>;

/** The open requests of one client. */
export interface Requests {
  /** Sends a request, or queues it until there is a connection. */
  call(event: string, data: unknown, options: CallOptions): Promise<Answer>;
  /** The name of the event that `id` asked; nothing when that request is not open any more. */
  event(id: number): string | undefined;
  /** Ends a request; ignored when it is not open any more. */
  answer(id: number, answer: Answer): void;
  /** The connection is gone: requests that had left end with `code`, those that wait in the queue go on waiting. */
  lost(code: "ws.client.disconnected" | "ws.client.closed", message: string): void;
}

interface Open {
  readonly event: string;
  sent: boolean;
  settle(answer: Answer): void;
}

/** Makes the table of open requests. Their ids are never used twice by one client, whatever the connection. */
export function createRequests(outbox: Outbox, encode: Encode, clock: Clock, defaultTimeoutMs: number): Requests {
  const open = new Map<number, Open>();
  let lastId = 0;

  const call: Requests["call"] = (event, data, { signal, timeoutMs = defaultTimeoutMs }) =>
    new Promise((resolve) => {
      const error = (code: LibraryError["code"], message: string): Answer => fail({ code, event, message });
      if (signal?.aborted) return resolve(error("ws.client.aborted", "the signal was aborted before the call"));

      const id = ++lastId;
      const text = encode(event, data, id);
      if (!text.ok) return resolve(text);

      const request: Open = {
        event,
        sent: false,
        settle(answer) {
          open.delete(id);
          cancelTimer();
          signal?.removeEventListener("abort", abort);
          resolve(answer);
        },
      };
      const message: Outgoing = {
        event,
        text: text.value,
        sent: () => void (request.sent = true),
        dropped: (refusal: SendError) => request.settle(fail(refusal)),
      };
      const giveUp = (answer: Answer): void => {
        if (!outbox.withdraw(message)) outbox.sendNow(encodeCancel(id));
        request.settle(answer);
      };
      const abort = (): void => giveUp(error("ws.client.aborted", "the signal was aborted"));
      const cancelTimer = clock.after(timeoutMs, () => {
        giveUp(error("ws.client.timeout", `no answer within ${timeoutMs} ms`));
      });

      open.set(id, request);
      signal?.addEventListener("abort", abort);
      const outcome = outbox.send(message);
      if (!outcome.ok) request.settle(outcome);
    });

  return {
    call,
    event: (id) => open.get(id)?.event,
    answer: (id, answer) => open.get(id)?.settle(answer),
    lost(code, message) {
      for (const { event, sent, settle } of [...open.values()]) if (sent) settle(fail({ code, event, message }));
    },
  };
}
