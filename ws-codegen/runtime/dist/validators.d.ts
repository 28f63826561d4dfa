/**
 * Checks what the server sends before the application sees it. Validators are Standard Schema objects: generated ones,
 * or those of any library that follows the specification (zod, valibot, arktype and others). Programs that do not
 * import this file do not include it.
 */
import type { Validate } from "./payloads.js";
/** The part of the Standard Schema specification, version 1, that is used here. */
export interface Validator {
    readonly "~standard": {
        readonly version: 1;
        readonly vendor: string;
        readonly validate: (value: unknown) => Verdict | Promise<Verdict>;
    };
}
/** The result of a validator: no `issues`, or the ones that it found. */
export interface Verdict {
    readonly issues?: readonly Issue[] | undefined;
}
/** One thing that is wrong, and where. */
export interface Issue {
    readonly message: string;
    readonly path?: readonly (PropertyKey | {
        readonly key: PropertyKey;
    })[] | undefined;
}
/** Validators by event name. They check data as it arrives over the wire; the values that they produce are not used. */
export interface Validators {
    /** For events from the server. An event that fails is reported to `onError`, and not delivered. */
    readonly events?: Readonly<Record<string, Validator>>;
    /** For the outputs of requests. A call whose output fails ends with `ws.client.invalid_data`. */
    readonly outputs?: Readonly<Record<string, Validator>>;
    /** For the errors that requests declare. A call whose error fails ends in the same way. */
    readonly errors?: Readonly<Record<string, Validator>>;
}
/**
 * Creates the `validate` option of a connection. Events and answers without a validator are trusted.
 *
 * @example
 * connectChat(url, { validate: validateWith({ events: { "chats.msg": chatsMsg }, outputs: { "participants.info": participant } }) });
 */
export declare function validateWith(validators: Validators): Validate;
