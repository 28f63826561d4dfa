/** The way in: takes each message of the server to whom it concerns. Whatever a message holds, nothing here throws. */
import type { Codecs } from "./contract.js";
import type { ServerFrame } from "./frames.js";
import type { Positions } from "./positions.js";
import type { Requests } from "./requests.js";
import type { Audience } from "./subscriptions.js";
import type { Validators } from "./validators.js";
/** Makes the function that takes messages. */
export declare function createInbox(audience: Audience, requests: Requests, positions: Positions, codecs: Codecs, validators: Validators): (frame: ServerFrame) => void;
