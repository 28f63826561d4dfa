/** From what came over the wire to what the contract's types say, and back: validation, then conversion. */
import type { Convert } from "./contract.js";
import type { SendError } from "./errors.js";
import { type Result } from "./result.js";
import { type Flaw, type Validator } from "./validators.js";
/** A table by event name. Event names come from outside, so only own members count. */
type Table<Entry> = Readonly<Record<string, Entry>> | undefined;
/** Reads the data of `event`: judged as it came, then converted. Never throws. */
export declare function readPayload(event: string, data: unknown, validators: Table<Validator>, codecs: Table<Convert>): Result<unknown, Flaw>;
/** Writes the message that carries an event, or a request when there is an `id`. Never throws. */
export type Encode = (event: string, data: unknown, id?: number) => Result<string, SendError>;
/** Makes the function that writes messages, with the conversions of a contract. */
export declare function createEncoder(codecs: Table<Convert>): Encode;
export {};
