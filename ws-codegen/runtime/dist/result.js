/**
 * The outcome of something that can fail, as a value. Nothing in this runtime rejects or throws because of what a peer
 * did.
 */
/** A success. */
export function succeed(value) {
    return { ok: true, value };
}
/** A failure. */
export function fail(error) {
    return { ok: false, error };
}
