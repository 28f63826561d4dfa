/**
 * What generated codecs are made of: conversions between what JSON holds and what a contract's types say, where the two
 * differ. A `bigint` travels as text, and so do a `Date` and bytes.
 *
 * A codec converts exactly the places that it was made for, copies what leads to them, and leaves everything else as it is.
 */
/** A conversion in both directions. Either throws a {@link CodecError} for a value that is not what the contract says. */
export interface Codec {
    /** From what `JSON.parse` gives. */
    readonly decode: (value: unknown) => unknown;
    /** To what `JSON.stringify` takes. */
    readonly encode: (value: unknown) => unknown;
}
/** A value that cannot be converted. */
export declare class CodecError extends TypeError {
    /** What should be there. */
    readonly expected: string;
    /** The names and indices that lead to the place. */
    readonly steps: readonly (string | number)[];
    constructor(expected: string, steps?: readonly (string | number)[]);
    toString(): string;
    /** The place, as a JSON pointer. */
    get path(): string;
}
/** An integer of any size: a `bigint`, and a decimal string in JSON. */
export declare const bigint: Codec;
/** A point in time: a `Date`, and RFC 3339 in JSON. */
export declare const date: Codec;
/** Bytes: a `Uint8Array`, and base64 in JSON. */
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
