/**
 * The building blocks of generated validators: small checks that say what they expected, and where.
 *
 * A check takes a value of unknown origin and returns the first mistake, or nothing. Checks are plain functions without
 * state, so that bundlers drop those that a page does not use.
 */
/** The reason why a value does not fit. */
export interface Issue {
    /** The place: the names and indices that lead from the validated value to it. */
    readonly path: readonly (string | number)[];
    /** What was expected, such as "a string of 1 to 2000 characters". */
    readonly expected: string;
    /** A sentence that says so. */
    readonly message: string;
}
/** Returns what is wrong with a value, or `undefined` if it fits. */
export type Check = (value: unknown) => Issue | undefined;
/** The result of a validation. */
export type Validation<Value> = {
    readonly value: Value;
    readonly issues?: undefined;
} | {
    readonly issues: readonly [Issue];
};
/**
 * A validator that every library with support for Standard Schema (https://standardschema.dev) accepts.
 *
 * @example
 * const result = validator["~standard"].validate(JSON.parse(text));
 * if (result.issues) console.error(result.issues[0].message);
 */
export interface Validator<Value> {
    readonly "~standard": {
        readonly version: 1;
        readonly vendor: "ws-codegen";
        /** Checks a value without changing or copying it. It never throws. */
        readonly validate: (value: unknown) => Validation<Value>;
        /** Never present: it tells TypeScript what is validated. */
        readonly types?: {
            readonly input: Value;
            readonly output: Value;
        };
    };
}
/** An object about which nothing is known. */
export type Members = {
    readonly [name: string]: unknown;
};
/** Makes a validator from the check of what it validates. */
export declare function validator<Value>(check: Check): Validator<Value>;
/** Finds a conversion when it is needed: bundlers keep what looks it up before, even for validators that nobody uses. */
type Find = () => ((value: unknown) => unknown) | undefined;
/** Makes a validator of what comes from the wire in another form than the contract's type: it answers with the latter. */
export declare function received<Value>(check: Check, decode: Find): Validator<Value>;
/** Makes a validator of what goes to the wire in another form than the contract's type: it looks at that form. */
export declare function sent<Value>(check: Check, encode: Find): Validator<Value>;
/** Any value at all. */
export declare function anything(_value: unknown): undefined;
/** No value: there is none that fits. */
export declare function never(_value: unknown): Issue;
export declare function nothing(value: unknown): Issue | undefined;
export declare function boolean(value: unknown): Issue | undefined;
/** One of some constants. */
export declare function literal(value: unknown, ...constants: (string | number | boolean | null)[]): Issue | undefined;
/** A finite number; JSON has no other. */
export declare function number(value: unknown, least?: number, most?: number): Issue | undefined;
/** A number without a fraction. */
export declare function integer(value: unknown, least?: number, most?: number): Issue | undefined;
export declare const int8: Check;
export declare const int16: Check;
export declare const int32: Check;
export declare const uint8: Check;
export declare const uint16: Check;
export declare const uint32: Check;
export declare function above(value: unknown, limit: number): Issue | undefined;
export declare function below(value: unknown, limit: number): Issue | undefined;
export declare function multipleOf(value: unknown, unit: number): Issue | undefined;
/** Every number but one. */
export declare function except(value: unknown, excepted: number): Issue | undefined;
/** A string with a length in Unicode code points, which is how the server counts; `length` counts otherwise. */
export declare function string(value: unknown, least?: number, most?: number): Issue | undefined;
/** An integer as a decimal string, in a range. */
export declare function integerText(value: unknown, least: string, most: string): Issue | undefined;
/** Bytes as a base64 string with padding. */
export declare function base64(value: unknown): Issue | undefined;
/** A string in which a regular expression finds something. */
export declare function matching(value: unknown, pattern: RegExp): Issue | undefined;
/** RFC 3339, with the years before 0 and after 9999 that chrono writes. */
export declare function dateTime(value: unknown): Issue | undefined;
export declare function localDateTime(value: unknown): Issue | undefined;
export declare function date(value: unknown): Issue | undefined;
export declare function localTime(value: unknown): Issue | undefined;
export declare function uuid(value: unknown): Issue | undefined;
export declare function uri(value: unknown): Issue | undefined;
export declare function email(value: unknown): Issue | undefined;
export declare function ip(value: unknown): Issue | undefined;
export declare function ipv4(value: unknown): Issue | undefined;
export declare function ipv6(value: unknown): Issue | undefined;
/** Items that all fit one check. */
export declare function array(value: unknown, item: Check, least?: number, most?: number): Issue | undefined;
/** Items that fit a check each; `required` of them must be there, and more than the checks only if `rest` is given. */
export declare function tuple(value: unknown, items: readonly Check[], required: number, rest?: Check): Issue | undefined;
/** An array in which nothing appears twice. */
export declare function unique(value: unknown): Issue | undefined;
/** An object; `check` looks at its members. */
export declare function object(value: unknown, check?: (members: Members) => Issue | undefined): Issue | undefined;
/** A member that must be there. */
export declare function required(members: Members, name: string, check: Check): Issue | undefined;
/** A member that may be there. */
export declare function optional(members: Members, name: string, check: Check): Issue | undefined;
/** All members but those in `known` and those whose names match a pattern, which have a check of their own. */
export declare function entries(members: Members, check: Check, known?: readonly string[], patterns?: readonly (readonly [RegExp, Check])[]): Issue | undefined;
/** A member that must not be there. */
export declare function surplus(_value: unknown): Issue;
/** The names of all members. */
export declare function names(members: Members, check: Check): Issue | undefined;
/** How many members there are. */
export declare function size(members: Members, least: number, most?: number): Issue | undefined;
/** `null`, or what fits a check. */
export declare function nullable(value: unknown, check: Check): Issue | undefined;
/** What fits at least one check. */
export declare function anyOf(value: unknown, checks: readonly Check[]): Issue | undefined;
/** What fits exactly one check. */
export declare function oneOf(value: unknown, checks: readonly Check[]): Issue | undefined;
/** An object whose member `tag` tells which check it has to fit. */
export declare function tagged(value: unknown, tag: string, checks: {
    readonly [constant: string]: Check;
}): Issue | undefined;
export {};
