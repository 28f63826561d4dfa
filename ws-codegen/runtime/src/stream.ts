/** Events as an async iterator, for `for await`. */

import type { Listener, Off } from "./listeners.js";

/** What a consumer may say about a stream. */
export interface StreamOptions {
  /** Ends the loop when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** How many events wait for a loop that is busy; 1,000 by default. */
  readonly buffer?: number | undefined;
}

/**
 * Thrown into a loop that is more events behind than its buffer holds. What was buffered is delivered first: up to this
 * error the stream is whole, and after it the stream has ended.
 */
export class StreamOverflowError extends Error {}

/** Registers a listener. */
export type Subscribe<Value> = (listener: Listener<Value>) => Off;

/**
 * Makes a stream of what `subscribe` tells, from now on until the client ends, the signal is aborted, or the loop is left.
 * What was buffered when the client ended is still delivered.
 */
export function createStream<Value>(
  subscribe: Subscribe<Value>,
  end: AbortSignal,
  { signal, buffer = 1_000 }: StreamOptions = {},
): AsyncIterableIterator<Value> {
  const values: Value[] = [];
  let overflow: StreamOverflowError | undefined;
  let over = end.aborted;
  let wake: (() => void) | undefined;

  const finish = (): void => {
    over = true;
    off();
    end.removeEventListener("abort", finish);
    signal?.removeEventListener("abort", finish);
    wake?.();
  };
  const off = subscribe((value) => {
    if (values.length < buffer) values.push(value);
    else {
      overflow = new StreamOverflowError(`more than ${buffer} events behind`);
      finish();
    }
    wake?.();
  });
  end.addEventListener("abort", finish);
  signal?.addEventListener("abort", finish);

  return (async function* () {
    try {
      for (;;) {
        if (signal?.aborted) return;
        if (values.length) yield values.shift() as Value;
        else if (overflow) throw overflow;
        else if (over) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      finish();
    }
  })();
}
