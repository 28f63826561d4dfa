/** JSON pointers (RFC 6901), which say where in some data a mistake is. */

/** One step of a pointer, with the slash before it. */
export function pointerStep(key: PropertyKey): string {
  return `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
