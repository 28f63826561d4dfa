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
export class CodecError extends TypeError {
  /** What was expected. */
  readonly expected: string;
  /** The names and indices that lead to the place. */
  readonly steps: readonly (string | number)[];

  constructor(expected: string, steps: readonly (string | number)[] = []) {
    super(`expected ${expected}`);
    this.expected = expected;
    this.steps = steps;
  }

  override toString(): string {
    return this.message;
  }

  /** The place, as a JSON pointer. */
  get path(): string {
    return this.steps.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  }
}

type Way = keyof Codec;

/** A codec whose ways differ in nothing but the codecs that they use. */
function both(convert: (way: Way, value: unknown) => unknown): Codec {
  return { decode: (value) => convert("decode", value), encode: (value) => convert("encode", value) };
}

/** Runs the conversion of a member or an item; an error in it is an error of what holds it. */
function within(step: string | number, convert: () => unknown): unknown {
  try {
    return convert();
  } catch (error) {
    if (error instanceof CodecError) throw new CodecError(error.expected, [step, ...error.steps]);
    throw error;
  }
}

// Values without parts

/** An integer of any size: a `bigint` in TypeScript, and a decimal string in JSON. */
export const bigint: Codec = {
  decode(value) {
    if (typeof value !== "string" || !/^-?\d+$/.test(value)) throw new CodecError("an integer as a string");
    return BigInt(value);
  },
  encode(value) {
    if (typeof value !== "bigint") throw new CodecError("a bigint");
    return String(value);
  },
};

/** A point in time: a `Date` in TypeScript, and RFC 3339 in JSON. */
export const date: Codec = {
  decode(value) {
    // JavaScript knows no leap seconds, and not every engine knows small letters.
    const date = new Date(typeof value === "string" ? value.toUpperCase().replace(/:60(?=[.Z+-])/, ":59") : NaN);
    if (isNaN(date.getTime())) throw new CodecError("a date and time, such as 2026-11-23T09:45:00Z");
    return date;
  },
  encode(value) {
    if (!(value instanceof Date) || isNaN(value.getTime())) throw new CodecError("a valid Date");
    return value.toISOString();
  },
};

/** Bytes: a `Uint8Array` in TypeScript, and base64 in JSON. */
export const bytes: Codec = {
  decode(value) {
    try {
      if (typeof value === "string") return Uint8Array.from(atob(value), (character) => character.charCodeAt(0));
    } catch {
      // Not base64.
    }
    throw new CodecError("bytes as a base64 string");
  },
  encode(value) {
    if (!(value instanceof Uint8Array)) throw new CodecError("a Uint8Array");
    let text = "";
    for (const byte of value) text += String.fromCharCode(byte);
    return btoa(text);
  },
};

/** What is the same on both sides. */
export const same: Codec = /* @__PURE__ */ both((_, value) => value);

// Values with parts

/** A codec that is made when it is first needed: it may contain itself. */
export function lazy(make: () => Codec): Codec {
  let made: Codec | undefined;
  return both((way, value) => (made ??= make())[way](value));
}

/** Items that are all converted alike. */
export function array(item: Codec): Codec {
  return tuple([], item);
}

/** Items that are converted each in its way, and those after them by `rest`. */
export function tuple(items: readonly Codec[], rest: Codec = same): Codec {
  return both((way, value) => {
    if (!Array.isArray(value)) throw new CodecError("an array");
    return value.map((item, index) => within(index, () => (items[index] ?? rest)[way](item)));
  });
}

/** The members of an object: those in `known`, and all others by `rest`. */
export function members(known: { readonly [name: string]: Codec }, rest: Codec = same): Codec {
  return both((way, value) => {
    if (typeof value !== "object" || value === null) throw new CodecError("an object");
    const entries = Object.entries(value).map(([name, member]: [string, unknown]) => {
      const codec = (Object.hasOwn(known, name) && known[name]) || rest;
      // An absent member may be written as `undefined`.
      return [name, member === undefined ? member : within(name, () => codec[way](member))];
    });
    return Object.fromEntries(entries) as unknown;
  });
}

/** A value that several codecs convert, each in places of its own. */
export function all(codecs: readonly Codec[]): Codec {
  return both((way, value) => codecs.reduce((converted, codec) => codec[way](converted), value));
}

/** An object whose member `tag` tells how it is converted. */
export function tagged(tag: string, codecs: { readonly [constant: string]: Codec }): Codec {
  return both((way, value) => {
    const constant = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[tag] : undefined;
    const codec = typeof constant === "string" && Object.hasOwn(codecs, constant) ? codecs[constant] : same;
    return (codec ?? same)[way](value);
  });
}

/** A value whose kind in JSON tells how it is converted. */
export function kinds(codecs: { readonly text?: Codec; readonly list?: Codec; readonly members?: Codec }): Codec {
  return both((way, value) => {
    let codec: Codec | undefined;
    if (["string", "bigint"].includes(typeof value) || value instanceof Date || value instanceof Uint8Array) {
      codec = codecs.text;
    } else if (Array.isArray(value)) codec = codecs.list;
    else if (typeof value === "object" && value !== null) codec = codecs.members;
    return (codec ?? same)[way](value);
  });
}

/** `null`, or what a codec converts. */
export function nullable(codec: Codec): Codec {
  return both((way, value) => (value === null ? null : codec[way](value)));
}
