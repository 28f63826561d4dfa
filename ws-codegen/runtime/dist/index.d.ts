/**
 * The runtime of generated `ws.v1.json` clients: typed events over one WebSocket that reconnects by itself. Generated
 * code imports {@link connect}, and passes the types of a contract to it.
 */
export type { Client } from "./client.js";
export type { Cancel, Clock } from "./clock.js";
export { connect } from "./connect.js";
export type { Codecs, Contract, ContractInfo, Convert, EventData, EventName, Input, Message, Output, PayloadArguments, RequestError, RequestName, SendData, SendName, } from "./contract.js";
export { type CallErrorCode, type Coded, type ErrorDetails, isLibraryError, type LibraryError, type ReportCode, type ReportedError, type SendError, type SendErrorCode, type ServerErrorCode, } from "./errors.js";
export type { ContractVerdict, Gap } from "./frames.js";
export type { Listener, Unsubscribe } from "./listeners.js";
export type { ConnectOptions } from "./options.js";
export type { SendOptions, Sent } from "./outbox.js";
export type { Flaw, Part, Validate } from "./payloads.js";
export type { CallOptions } from "./requests.js";
export type { Result } from "./result.js";
export type { Socket, SocketConstructor } from "./socket.js";
export type { ConnectionState } from "./state.js";
export { type StreamOptions, StreamOverflowError } from "./stream.js";
export { type Issue, type Validator, type Validators, validateWith, type Verdict } from "./validators.js";
