/**
 * The runtime of generated `ws.v1.json` clients: typed events over one WebSocket that reconnects by itself. Generated
 * code imports {@link connect}, and passes the types of a contract to it.
 */
export { connect } from "./connect.js";
export { isLibraryError, } from "./errors.js";
export { StreamOverflowError } from "./stream.js";
export { validateWith } from "./validators.js";
