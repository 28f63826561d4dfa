// @ts-check
/** What the page shows. Everything that people wrote is inserted as text, never as HTML. */

/**
 * The element with an id.
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} kind
 * @returns {E}
 */
export function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

const messages = element("messages", HTMLOListElement);
const participants = element("participants", HTMLUListElement);

/** @typedef {{ from: string, text: string, sent_at: string }} Message */

/** The messages that are shown, so that none is shown twice: a new arrival may get a message both live and in the history. */
const shown = new Set();

/**
 * Adds a message to the list, and scrolls to it unless somebody has scrolled up.
 * @param {Message} message
 * @param {string} [tag] says that it is private, and to or from whom
 */
export function showMessage(message, tag) {
  if (isNew(message)) append(line(message, tag));
}

/**
 * Adds a message that waits until there is a connection. Returns a function that removes it.
 * @param {string} from
 * @param {string} text
 * @param {string} [tag] says that it is private, and to whom
 */
export function showWaiting(from, text, tag) {
  const item = line({ from, text, sent_at: new Date().toISOString() }, tag);
  item.classList.add("waiting");
  item.querySelector(".body")?.append(make("span", "tag", "waits for the connection"));
  append(item);
  return () => item.remove();
}

/**
 * Adds earlier messages, each in its place among those that are already shown.
 * @param {readonly Message[]} history
 */
export function showHistory(history) {
  for (const message of history.filter(isNew)) {
    const item = line(message);
    const later = [...messages.querySelectorAll("li")].find((other) => cameAt(other) > cameAt(item));
    messages.insertBefore(item, later ?? null);
  }
  messages.lastElementChild?.scrollIntoView({ block: "end" });
}

/**
 * When the message arrived, in milliseconds since 1970.
 * @param {HTMLElement} item
 */
function cameAt(item) {
  return Number(item.dataset["time"]);
}

/**
 * Whether a message is not shown yet. From then on it counts as shown.
 * @param {Message} message
 */
function isNew({ from, sent_at }) {
  const known = shown.size;
  return shown.add(`${sent_at} ${from}`).size > known;
}

/**
 * A message as it appears in the list.
 * @param {Message} message
 * @param {string} [tag]
 */
function line({ from, text, sent_at }, tag) {
  const sentAt = new Date(sent_at);
  const item = make("li", tag === undefined ? "" : "private");
  const body = make("div", "body");
  const time = make("time", "", sentAt.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.setAttribute("datetime", sent_at);
  time.title = sentAt.toLocaleString();
  body.append(make("span", "from", from), time);
  if (tag !== undefined) body.append(make("span", "tag", tag));
  body.append(make("p", "", text));
  item.append(avatar(from), body);
  item.dataset["time"] = String(sentAt.getTime());
  return item;
}

/**
 * Adds a line that nobody wrote.
 * @param {string} text
 * @param {"" | "warning"} [kind]
 */
export function showNotice(text, kind = "") {
  const item = make("li", `notice ${kind}`, text);
  item.dataset["time"] = String(Date.now());
  append(item);
}

/**
 * Shows who is here, sorted by name.
 * @param {Iterable<string>} ids
 * @param {string} me
 * @param {(id: string) => void} onPick
 */
export function showParticipants(ids, me, onPick) {
  const sorted = [...ids].sort((left, right) => left.localeCompare(right));
  participants.replaceChildren(
    ...sorted.map((id) => {
      const button = make("button", "");
      button.append(avatar(id), make("span", "", id === me ? `${id} (you)` : id));
      button.addEventListener("click", () => onPick(id));
      const item = make("li", "");
      item.dataset["id"] = id;
      item.append(button);
      return item;
    }),
  );
  element("count", HTMLSpanElement).textContent = String(sorted.length);
}

/** Forgets everything that was shown. */
export function clear() {
  messages.replaceChildren();
  shown.clear();
  participants.replaceChildren();
}

/** @param {HTMLElement} item */
function append(item) {
  const follows = messages.scrollHeight - messages.scrollTop - messages.clientHeight < 80;
  messages.append(item);
  if (follows) item.scrollIntoView({ block: "end" });
}

/**
 * A round badge with the first letter of a name, always in the same colour.
 * @param {string} name
 */
function avatar(name) {
  const [first = "?"] = name;
  const sign = make("span", "avatar", first.toUpperCase());
  let hue = 0;
  for (const letter of name) hue = (hue * 31 + (letter.codePointAt(0) ?? 0)) % 360;
  sign.style.setProperty("--hue", String(hue));
  sign.setAttribute("aria-hidden", "true");
  return sign;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} [text]
 */
function make(tag, className, text) {
  const made = document.createElement(tag);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}
