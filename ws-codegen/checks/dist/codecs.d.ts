/**
 * The building blocks of generated codecs: conversions between JSON and the types of a contract, where the two differ.
 * A `bigint` is text on the wire, and so are a `Date` and bytes.
 *
 * A codec converts exactly the places that it was made for, copies what leads to them, and leaves everything else
 * unchanged.
 */
/**
 * A conversion in both directions. Either direction throws a {@link CodecError} for a value that does not match the
 * contract.
 */
export interface Codec {
    /** Converts from what `JSON.parse` returns. */
    readonly decode: (value: unknown) => unknown;
    /** Converts to what `JSON.stringify` takes. */
    readonly encode: (value: unknown) => unknown;
}
/** A value that cannot be converted. */
export declare class CodecError extends TypeError {
    /** What was expected. */
    readonly expected: string;
    /** The names and indices that lead to the place. */
    readonly steps: readonly (string | number)[];
    constructor(expected: string, steps?: readonly (string | number)[]);
    toString(): string;
    /** The place, as a JSON pointer. */
    get path(): string;
}
/** An integer of any size: a `bigint` in TypeScript, and a decimal string in JSON. */
export declare const bigint: Codec;
/** A point in time: a `Date` in TypeScript, and RFC 3339 in JSON. */
export declare const date: Codec;
/** Bytes: a `Uint8Array` in TypeScript, and base64 in JSON. */
export declare const bytes: Codec;
/** What is the same on both sides. */
export declare const same: Codec;
/** A codec that is made when it is first needed: it may contain itself. */
export declare function lazy(make: () => Codec): Codec;
/** Items that are all converted alike. */
export declare function array(item: Codec): Codec;
/** Items that are converted each in its way, and those after them by `rest`. */
export declare function tuple(items: readonly Codec[], rest?: Codec): Codec;
/** The members of an object: those in `known`, and all others by `rest`. */
export declare function members(known: {
    readonly [name: string]: Codec;
}, rest?: Codec): Codec;
/** A value that several codecs convert, each in places of its own. */
export declare function all(codecs: readonly Codec[]): Codec;
/** An object whose member `tag` tells how it is converted. */
export declare function tagged(tag: string, codecs: {
    readonly [constant: string]: Codec;
}): Codec;
/** A value whose kind in JSON tells how it is converted. */
export declare function kinds(codecs: {
    readonly text?: Codec;
    readonly list?: Codec;
    readonly members?: Codec;
}): Codec;
/** `null`, or what a codec converts. */
export declare function nullable(codec: Codec): Codec;
