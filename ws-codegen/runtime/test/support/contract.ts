/** A contract as the generator writes it, with one of everything. */

import type { ContractInfo } from "../../src/index.js";

export interface ChatMsg {
  from: string;
  text: string;
  sent_at: string;
}

export interface Participant {
  id: string;
  name: string;
}

export type ParticipantError = { code: "not_found" } | { code: "hidden"; until: string };

export interface Chat {
  server: {
    "app.connected": { id: string; participants: string[] };
    "chats.msg": ChatMsg;
  };
  client: {
    "chats.msg": { text: string };
    "app.signout": Record<string, never>;
  };
  requests: {
    "participants.info": { input: { id: string }; output: Participant; error: ParticipantError };
    "participants.list": { input: Record<string, never>; output: Participant[]; error: never };
  };
}

export const chat: ContractInfo = { name: "chat", hash: "5f2b", events: ["app.connected", "chats.msg"] };

/** A message, where its text is all that matters. */
export function message(text: string): ChatMsg {
  return { from: "ana", text, sent_at: "2026-11-23T09:45:00Z" };
}
