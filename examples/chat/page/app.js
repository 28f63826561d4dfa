// @ts-check
/** The page: reacts to events from the server, and to what somebody does here. */

import { connectChat } from "./generated/chat.js";
import { clear, element, showHistory, showMessage, showNotice, showParticipants, showWaiting } from "./view.js";

/** @typedef {ReturnType<typeof connectChat>} Chat */

/** The longest message, as the contract says. */
const LONGEST = 2000;

const door = element("door", HTMLElement);
const join = element("join", HTMLFormElement);
const nameField = element("name", HTMLInputElement);
const farewell = element("farewell", HTMLParagraphElement);
const room = element("room", HTMLDivElement);
const pill = element("state", HTMLSpanElement);
const compose = element("compose", HTMLFormElement);
const textField = element("text", HTMLInputElement);
const recipientChip = element("recipient", HTMLButtonElement);
const info = element("info", HTMLDialogElement);

/** @type {Chat | undefined} */
let chat;
let me = "";
/** @type {Set<string>} */
const here = new Set();
/**
 * Who joined (`true`) or left (`false`) on this connection before its list arrived; `undefined` from then on.
 * @type {Map<string, boolean> | undefined}
 */
let toldBefore;
/**
 * Messages to everyone that wait for the connection: the text of each, and how to remove it from the page.
 * @type {{ text: string, remove: () => void }[]}
 */
let waiting = [];
/** Whom the next message is for; everyone if it is empty. */
let recipient = "";

join.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  const name = nameField.value.trim();
  if (name !== "") enter(name);
});
compose.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  void write(textField.value.trim());
});
recipientChip.addEventListener("click", () => writeTo(""));
element("signout", HTMLButtonElement).addEventListener("click", () => chat?.send("app.signout"));
info.addEventListener("close", () => {
  if (info.returnValue === "write") writeTo(element("info-name", HTMLHeadingElement).textContent ?? "");
});

const remembered = sessionStorage.getItem("name");
if (remembered !== null) enter(remembered);
// Inside another page, this one should not take the focus.
else if (self === top) nameField.focus();

/** @param {string} name */
function enter(name) {
  // Relative, so that the page and its server work below any path.
  const url = new URL("ws", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  url.searchParams.set("name", name);
  me = name;
  waiting = [];
  sessionStorage.setItem("name", name);
  clear();
  door.hidden = true;
  room.hidden = false;
  textField.focus();
  chat = connectChat(url);
  listen(chat);
  showState(chat.state);
}

/** @param {Chat} chat */
function listen(chat) {
  chat.on("app.connected", ({ id, participants }) => {
    me = id;
    element("me", HTMLSpanElement).textContent = id;
    here.clear();
    for (const participant of participants) here.add(participant);
    // People may have joined or left while the list was on its way.
    for (const [other, isHere] of toldBefore ?? []) if (isHere) here.add(other); else here.delete(other);
    toldBefore = undefined;
    refresh();
  });
  chat.on("app.reconnect", ({ reason }) => showNotice(`${reason}, one moment`));
  // Sent on each connection: if the server has lost what this page missed, the history is all that is left.
  chat.on("chats.history", ({ messages }) => showHistory(messages));
  chat.on("chats.msg", (message) => {
    if (message.from === me) waitsNoLonger(message.text);
    showMessage(message);
  });
  chat.on("chats.msg-private", (message) => showMessage(message, "to you only"));
  chat.on("participants.connected", ({ id }) => {
    toldBefore?.set(id, true);
    if (here.has(id)) return;
    here.add(id);
    refresh();
    showNotice(`${id} joined`);
  });
  chat.on("participants.disconnected", ({ id }) => {
    toldBefore?.set(id, false);
    if (!here.delete(id)) return;
    refresh();
    showNotice(`${id} left`);
  });
  chat.onGap(() => showNotice("Some messages may be missing here.", "warning"));
  chat.onError((error) => showNotice(error.message ?? error.code, "warning"));
  chat.onState(showState);
}

/** @param {Chat["state"]} state */
function showState(state) {
  pill.dataset["status"] = state.status;
  if (state.status === "connecting") toldBefore = new Map();
  pill.textContent = state.status === "open" ? "connected" : state.status === "closed" ? "closed" : "reconnecting…";
  if (state.status === "closed") leave(state.code, state.reason);
}

/**
 * Back to the door.
 * @param {number} code
 * @param {string} reason
 */
function leave(code, reason) {
  sessionStorage.removeItem("name");
  chat = undefined;
  writeTo("");
  room.hidden = true;
  door.hidden = false;
  farewell.textContent = code === 1000 ? "You have signed out." : `The server closed the connection: ${reason} (${code})`;
  nameField.focus();
}

/** @param {string} text */
async function write(text) {
  if (chat === undefined || text === "") return;
  if ([...text].length > LONGEST) return showNotice(`A message has at most ${LONGEST} characters.`, "warning");
  if (recipient === "") {
    const sent = chat.send("chats.msg", { text });
    if (!sent.ok) return;
    textField.value = "";
    if (sent.value === "queued") waiting.push({ text, remove: showWaiting(me, text) });
    return;
  }
  const to = recipient;
  textField.value = "";
  const remove = chat.state.status === "open" ? undefined : showWaiting(me, text, `to ${to} only`);
  const sent = await chat.call("chats.msg-private", { to, text });
  remove?.();
  if (sent.ok) return showMessage({ from: me, text, sent_at: sent.value.sent_at }, `to ${to} only`);
  if (textField.value === "") {
    writeTo(to);
    textField.value = text;
  }
  showNotice(sent.error.code === "not_here" ? `${to} is not here any more.` : `Not sent: ${sent.error.code}`, "warning");
}

/**
 * One of my messages has come back to me, perhaps one that was waiting.
 * @param {string} text
 */
function waitsNoLonger(text) {
  const index = waiting.findIndex((one) => one.text === text);
  if (index >= 0) waiting.splice(index, 1)[0]?.remove();
}

/** @param {string} id */
async function showInfo(id) {
  const answer = await chat?.call("participants.info", { id });
  if (answer === undefined) return;
  if (!answer.ok) return showNotice(`${id} could not be looked up: ${answer.error.code}`, "warning");
  const { name, connected_at, connections } = answer.value;
  element("info-name", HTMLHeadingElement).textContent = name;
  element("info-since", HTMLElement).textContent = new Date(connected_at).toLocaleString();
  element("info-connections", HTMLElement).textContent = String(connections);
  element("info-write", HTMLButtonElement).hidden = id === me;
  info.returnValue = "";
  info.showModal();
}

/** @param {string} id */
function writeTo(id) {
  recipient = id;
  recipientChip.hidden = id === "";
  recipientChip.textContent = `to ${id} ×`;
  textField.placeholder = id === "" ? "Write to everyone" : `Write to ${id} only`;
  textField.focus();
}

function refresh() {
  // Not while something is being written: a private message must never go to everyone.
  if (recipient !== "" && !here.has(recipient) && textField.value === "") writeTo("");
  showParticipants(here, me, (id) => void showInfo(id));
}
