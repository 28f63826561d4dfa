/** JSON pointers (RFC 6901), which say where in some data a mistake is. */
/** One step of a pointer, with the slash before it. */
export declare function pointerStep(key: PropertyKey): string;
