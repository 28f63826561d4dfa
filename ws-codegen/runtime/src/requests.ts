/** Requests that wait for their answer. Each ends exactly once, and always as a value: nothing here rejects. */

import type { Clock } from "./clock.js";
import { type CallErrorCode, failure } from "./errors.js";
import { encodeCancel } from "./frames.js";
import type { Outbox, Outgoing } from "./outbox.js";
import type { Payloads } from "./payloads.js";
import { fail, type Result } from "./result.js";

/** The options of one call. */
export interface CallOptions {
  /** Ends the call with `ws.client.aborted` when it is aborted, and stops the handler on the server. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Ends the call with `ws.client.timeout` after this many milliseconds. The default is the client's `callTimeoutMs`.
   */
  readonly timeoutMs?: number | undefined;
}

/** The outcome of a request before its types are known: the declared error stays as the server sent it. */
export type Answer = Result<unknown, unknown>;

/** The open requests of one client. */
export interface Requests {
  /** Sends a request, or queues it until there is a connection. */
  call(event: string, data: unknown, options?: CallOptions): Promise<Answer>;
  /** Ends a request with what `read` makes of its event's name. An answer that comes late is of no interest, and not read. */
  answer(id: number, read: (event: string) => Answer): void;
  /** The connection is gone: requests that had left end with `code`, those that wait in the queue go on waiting. */
  lose(code: CallErrorCode, message: string): void;
}

interface Request extends Outgoing {
  settle(answer: Answer): void;
}

/** Makes the table of open requests. Their ids are never used twice by one client, whatever the connection. */
export function createRequests(outbox: Outbox, { write }: Payloads, clock: Clock, defaultTimeoutMs: number): Requests {
  const open = new Map<number, Request>();
  let lastId = 0;

  return {
    call: (event, data, { signal, timeoutMs = defaultTimeoutMs } = {}) =>
      new Promise((resolve) => {
        const aborted = failure("ws.client.aborted", event, "signal aborted");
        if (signal?.aborted) return resolve(aborted);
        const id = ++lastId;
        const text = write(event, data, id);
        if (!text.ok) return resolve(text);

        const settle = (answer: Answer): void => {
          open.delete(id);
          cancelTimer();
          signal?.removeEventListener("abort", abort);
          resolve(answer);
        };
        const request: Request = { event, text: text.value, settle, dropped: (error) => settle(fail(error)) };
        const giveUp = (answer: Answer): void => {
          outbox.withdraw(request, encodeCancel(id));
          settle(answer);
        };
        const abort = (): void => giveUp(aborted);
        const late = failure("ws.client.timeout", event, `no answer within ${timeoutMs} ms`);
        const cancelTimer = clock.after(timeoutMs, () => giveUp(late));

        open.set(id, request);
        signal?.addEventListener("abort", abort);
        const outcome = outbox.send(request);
        if (!outcome.ok) settle(outcome);
      }),
    answer(id, read) {
      const request = open.get(id);
      request?.settle(read(request.event));
    },
    lose(code, message) {
      for (const { event, sent, settle } of open.values()) if (sent) settle(failure(code, event, message));
    },
  };
}
