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
export class StreamOverflowError extends Error {
  override readonly name = "StreamOverflowError";
}

/** Registers a listener. */
export type Subscribe<Value> = (listener: Listener<Value>) => Off;

/**
 * Makes a stream of what `subscribe` tells, from now on until `ended` tells, the signal is aborted, or the loop is left.
 */
export function createStream<Value>(
  subscribe: Subscribe<Value>,
  ended: Subscribe<void>,
  { signal, buffer = 1_000 }: StreamOptions,
): AsyncIterableIterator<Value> {
  const values: Value[] = [];
  const waiting: ((result: IteratorResult<Value>) => void)[] = [];
  let overflow: StreamOverflowError | undefined;
  let over = false;

  const finish = (): void => {
    over = true;
    offValues();
    offEnded();
    signal?.removeEventListener("abort", abandon);
    for (const resolve of waiting.splice(0)) resolve({ done: true, value: undefined });
  };
  const abandon = (): void => {
    values.length = 0;
    overflow = undefined;
    finish();
  };
  const offValues = subscribe((value) => {
    const resolve = waiting.shift();
    if (resolve) return resolve({ done: false, value });
    if (values.length < buffer) return void values.push(value);
    overflow = new StreamOverflowError(`the loop is more than ${buffer} events behind`);
    finish();
  });
  const offEnded = ended(finish);
  if (signal?.aborted) finish();
  else signal?.addEventListener("abort", abandon);

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const [value] = values;
      if (values.length) {
        values.shift();
        return Promise.resolve({ done: false, value: value as Value });
      }
      if (overflow) {
        const error = overflow;
        overflow = undefined;
        return Promise.reject(error);
      }
      if (over) return Promise.resolve({ done: true, value: undefined });
      return new Promise((resolve) => waiting.push(resolve));
    },
    return() {
      abandon();
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}
