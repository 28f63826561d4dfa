/** From what came over the wire to what the contract's types say, and back: validation, then conversion. */
import { encodeEvent } from "./frames.js";
import { fail, succeed } from "./result.js";
import { findFlaw } from "./validators.js";
/** Reads the data of `event`: judged as it came, then converted. Never throws. */
export function readPayload(event, data, validators, codecs) {
    try {
        const validator = entry(validators, event);
        const flaw = validator && findFlaw(validator, data);
        return flaw ? fail(flaw) : succeed(convert(event, data, codecs));
    }
    catch (cause) {
        return fail({ message: String(cause), cause });
    }
}
/** Makes the function that writes messages, with the conversions of a contract. */
export function createEncoder(codecs) {
    return (event, data, id) => {
        try {
            return succeed(encodeEvent(event, convert(event, data, codecs), id));
        }
        catch (cause) {
            return fail({ code: "ws.client.invalid_payload", event, message: String(cause), cause });
        }
    };
}
/** Converts the data of `event`, where the table has a conversion for it. Throws what the conversion throws. */
function convert(event, data, codecs) {
    const codec = entry(codecs, event);
    return codec ? codec(data) : data;
}
function entry(table, event) {
    return table && Object.hasOwn(table, event) ? table[event] : undefined;
}
