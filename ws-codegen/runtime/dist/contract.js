/**
 * What a generated contract looks like to this runtime, and the types that are derived from it. Only types: nothing in
 * this file exists at run time.
 */
export {};
