/** Events as an async iterator, for `for await`. */

import type { Listener, Unsubscribe } from "./listeners.js";

/** The options of a stream. */
export interface StreamOptions {
  /** Ends the loop when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** How many events may wait while the loop is busy. The default is 1,000. */
  readonly buffer?: number | undefined;
}

/**
 * Thrown into a loop that is more events behind than its buffer holds. The buffered events are delivered first: the
 * stream is complete up to this error, and ends with it.
 */
export class StreamOverflowError extends Error {}

/** Registers a listener. */
export type Subscribe<Value> = (listener: Listener<Value>) => Unsubscribe;

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
  let over = false;
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

  // A signal that is aborted already does not fire.
  if (end.aborted || signal?.aborted) finish();

  const stream = (async function* () {
    for (;;) {
      if (signal?.aborted) return;
      if (values.length) yield values.shift() as Value;
      else if (overflow) throw overflow;
      else if (over) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  })();
  // A generator ends only after its pending `next`, which would wait for an event. Finishing first wakes it.
  const { return: leave, throw: fail } = stream;
  stream.return = (value) => {
    finish();
    return leave.call(stream, value);
  };
  stream.throw = (cause) => {
    finish();
    return fail.call(stream, cause);
  };
  return stream;
}
