/**
 * The shape of a generated contract as seen by this runtime, and the types that are derived from it. There are only
 * types: nothing in this file exists at run time.
 */
export {};
