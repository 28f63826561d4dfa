/** The way in: takes each message of the server to whom it concerns. Whatever a message holds, nothing here throws. */
import type { ServerFrame } from "./frames.js";
import type { Outbox } from "./outbox.js";
import type { Payloads } from "./payloads.js";
import type { Requests } from "./requests.js";
import type { Resumption } from "./resumption.js";
import type { Socket } from "./socket.js";
import type { Audience } from "./subscriptions.js";
/** Makes the function that takes messages. */
export declare function createInbox(audience: Audience, outbox: Outbox, requests: Requests, resumption: Resumption, { read }: Payloads): (frame: ServerFrame, socket: Socket) => void;
