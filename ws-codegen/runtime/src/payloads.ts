/** From what came over the wire to what the contract's types say, and back. */

import type { Codecs } from "./contract.js";
import { type Coded, describe, type SendError } from "./errors.js";
import { encodeEvent } from "./frames.js";
import { fail, type Result, succeed } from "./result.js";

/**
 * What some data is when it comes from the server: that of an event, the output of a request, or its declared error.
 */
export type Part = "events" | "outputs" | "errors";

/** A mistake in some data. */
export interface Flaw {
  /** What was expected, and what was found instead. */
  readonly message: string;
  /** A JSON pointer to the place in the data. */
  readonly path?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Checks data as it arrives over the wire, before any conversion. Returns nothing if it fits. `name` is that of the
 * event.
 */
export type Validate = (part: Part, name: string, data: unknown) => Flaw | undefined;

/** Reads and writes the payloads of one contract. Neither function throws. */
export interface Payloads {
  /** Judges data, where there is a judge, and converts it. */
  read(part: Part, event: string, data: unknown): Result<unknown, Coded<"ws.client.invalid_data">>;
  /** Writes the message that carries an event, or a request when there is an `id`. */
  write(event: string, data: unknown, id?: number): Result<string, SendError>;
}

/** Makes both, with the conversions of a contract and the judge that the application chose. */
export function createPayloads(codecs: Codecs = {}, validate?: Validate): Payloads {
  // Names may come from outside, so only own members of a table count.
  const convert = (part: keyof Codecs, event: string, data: unknown): unknown => {
    const table = codecs[part];
    return table && Object.hasOwn(table, event) ? table[event]?.(data) : data;
  };
  return {
    read(part, event, data) {
      let flaw: Flaw | undefined;
      try {
        flaw = validate?.(part, event, data);
        if (!flaw) return succeed(convert(part, event, data));
      } catch (cause) {
        flaw = flawOf(cause);
      }
      return fail({ code: "ws.client.invalid_data", event, ...flaw });
    },
    write(event, data, id) {
      try {
        return succeed(encodeEvent(event, convert("inputs", event, data), id));
      } catch (cause) {
        return fail({ code: "ws.client.invalid_payload", event, ...flawOf(cause) });
      }
    },
  };
}

/** What a conversion threw: those of the generator say where. */
function flawOf(cause: unknown): Flaw {
  return { message: describe(cause), path: (Object(cause) as Flaw).path, cause };
}
