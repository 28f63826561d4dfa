/** Time and chance, behind an interface, so that tests own both. */
/** The longest delay of a timer, 23 days: a little more overflows in `setTimeout`, which then fires at once. */
const LONGEST = 2e9;
/** The real clock. Reads the globals when it is used, so that a test may replace those too. */
export const systemClock = {
    now: () => Date.now(),
    after(milliseconds, callback) {
        const timer = setTimeout(callback, Math.min(milliseconds, LONGEST));
        return () => clearTimeout(timer);
    },
    random: () => Math.random(),
};
