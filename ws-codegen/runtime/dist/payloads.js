/** From what came over the wire to what the contract's types say, and back. */
import { describe } from "./errors.js";
import { encodeEvent } from "./frames.js";
import { fail, succeed } from "./result.js";
/** Makes both, with the conversions of a contract and the judge that the application chose. */
export function createPayloads(codecs = {}, validate) {
    // Names may come from outside, so only own members of a table count.
    const convert = (part, event, data) => {
        const table = codecs[part];
        return table && Object.hasOwn(table, event) ? table[event]?.(data) : data;
    };
    return {
        read(part, event, data) {
            let flaw;
            try {
                flaw = validate?.(part, event, data);
                if (!flaw)
                    return succeed(convert(part, event, data));
            }
            catch (cause) {
                flaw = flawOf(cause);
            }
            return fail({ code: "ws.client.invalid_data", event, ...flaw });
        },
        write(event, data, id) {
            try {
                return succeed(encodeEvent(event, convert("inputs", event, data), id));
            }
            catch (cause) {
                return fail({ code: "ws.client.invalid_payload", event, ...flawOf(cause) });
            }
        },
    };
}
/** What a conversion threw: those of the generator say where. */
function flawOf(cause) {
    return { message: describe(cause), path: Object(cause).path, cause };
}
