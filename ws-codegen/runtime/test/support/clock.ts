/** Time that passes when the test says so. */

import type { Clock } from "../../src/index.js";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that starts at 0, whose chance is 0.5 unless the test says otherwise. */
export class TestClock implements Clock {
  #now = 0;
  readonly #timers = new Set<Timer>();
  chance = 0.5;

  now(): number {
    return this.#now;
  }

  random(): number {
    return this.chance;
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** How long it takes until the next timer fires. */
  get next(): number {
    return Math.min(...[...this.#timers].map(({ at }) => at)) - this.#now;
  }

  /** Lets time pass; timers fire in their order, each at its own time. */
  advance(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(({ at }) => at <= until).sort((left, right) => left.at - right.at)[0];
      if (!due) break;
      this.#timers.delete(due);
      this.#now = due.at;
      due.callback();
    }
    this.#now = until;
  }
}

/** Lets everything happen that is ready to: promises are settled, and what hangs on them is done. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
