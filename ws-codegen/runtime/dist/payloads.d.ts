/** From what came over the wire to what the contract's types say, and back. */
import type { Codecs } from "./contract.js";
import { type Coded, type SendError } from "./errors.js";
import { type Result } from "./result.js";
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
export declare function createPayloads(codecs?: Codecs, validate?: Validate): Payloads;
