/** Time and chance, behind an interface, so that tests own both. */

/** Stops what a clock has scheduled; harmless when that has happened already. */
export type Cancel = () => void;

/** Where the runtime takes time and chance from. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs `callback` once, when `milliseconds` have passed. */
  after(milliseconds: number, callback: () => void): Cancel;
  /** A number from 0 to 1, without 1. */
  random(): number;
}

/** The longest delay of a timer, 23 days: a little more overflows in `setTimeout`, which then fires at once. */
const LONGEST = 2e9;

/** The real clock. Reads the globals when it is used, so that a test may replace those too. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, Math.min(milliseconds, LONGEST));
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
