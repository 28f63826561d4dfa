/** From what came over the wire to what the contract's types say, and back: validation, then conversion. */

import type { Convert } from "./contract.js";
import type { SendError } from "./errors.js";
import { encodeEvent } from "./frames.js";
import { fail, type Result, succeed } from "./result.js";
import { findFlaw, type Flaw, type Validator } from "./validators.js";

/** A table by event name. Event names come from outside, so only own members count. */
type Table<Entry> = Readonly<Record<string, Entry>> | undefined;

/** Reads the data of `event`: judged as it came, then converted. Never throws. */
export function readPayload(
  event: string,
  data: unknown,
  validators: Table<Validator>,
  codecs: Table<Convert>,
): Result<unknown, Flaw> {
  try {
    const validator = entry(validators, event);
    const flaw = validator && findFlaw(validator, data);
    return flaw ? fail(flaw) : succeed(convert(event, data, codecs));
  } catch (cause) {
    return fail({ message: String(cause), cause });
  }
}

/** Writes the message that carries an event, or a request when there is an `id`. Never throws. */
export type Encode = (event: string, data: unknown, id?: number) => Result<string, SendError>;

/** Makes the function that writes messages, with the conversions of a contract. */
export function createEncoder(codecs: Table<Convert>): Encode {
  return (event, data, id) => {
    try {
      return succeed(encodeEvent(event, convert(event, data, codecs), id));
    } catch (cause) {
      return fail({ code: "ws.client.invalid_payload", event, message: String(cause), cause });
    }
  };
}

/** Converts the data of `event`, where the table has a conversion for it. Throws what the conversion throws. */
function convert(event: string, data: unknown, codecs: Table<Convert>): unknown {
  const codec = entry(codecs, event);
  return codec ? codec(data) : data;
}

function entry<Entry>(table: Table<Entry>, event: string): Entry | undefined {
  return table && Object.hasOwn(table, event) ? table[event] : undefined;
}
