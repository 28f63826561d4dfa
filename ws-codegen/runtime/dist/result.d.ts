/**
 * The outcome of something that can fail, as a value. Nothing in this runtime rejects or throws because of what a peer
 * did.
 */
/**
 * Success with a value, or failure with an error, discriminated by `ok`.
 *
 * @example
 * const info = await chat.call("participants.info", { id });
 * if (info.ok) show(info.value.name);
 * else if (info.error.code === "not_found") show("nobody here by that name");
 */
export type Result<Value, Failure> = {
    readonly ok: true;
    readonly value: Value;
} | {
    readonly ok: false;
    readonly error: Failure;
};
/** A success. */
export declare function succeed<Value>(value: Value): {
    readonly ok: true;
    readonly value: Value;
};
/** A failure. */
export declare function fail<Failure>(error: Failure): {
    readonly ok: false;
    readonly error: Failure;
};
