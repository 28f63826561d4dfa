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
/** The real clock. Reads the globals when it is used, so that a test may replace those too. */
export declare const systemClock: Clock;
