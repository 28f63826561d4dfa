/**
 * Checks of what the server sends, before the application sees it. Validators are Standard Schema objects: generated ones,
 * or those of any library that follows the specification (zod, valibot, arktype and others).
 */

/** The part of the Standard Schema specification, version 1, that is used here. */
export interface Validator {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => Verdict | Promise<Verdict>;
  };
}

/** What a validator says: no `issues`, or the ones that it found. */
export interface Verdict {
  readonly issues?: readonly Issue[] | undefined;
}

/** One thing that is wrong, and where. */
export interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Validators by event name. They judge data as it came over the wire, and change nothing.
 *
 * @example
 * connectChat(url, { validators: { events: { "chats.msg": chatsMsg }, outputs: { "participants.info": participant } } });
 */
export interface Validators {
  /** For events of the server. One that fails is reported to `onError` and not delivered. */
  readonly events?: Readonly<Record<string, Validator>>;
  /** For what requests answer. A call whose answer fails ends with `ws.client.invalid_reply`. */
  readonly outputs?: Readonly<Record<string, Validator>>;
}

/** What is wrong with data: a JSON pointer to the first place, and what was expected there. */
export interface Flaw {
  readonly message: string;
  readonly path?: string;
  readonly cause?: unknown;
}

/** Judges `data`: `undefined` when there is nothing to say against it. */
export function findFlaw(validator: Validator, data: unknown): Flaw | undefined {
  const verdict = validator["~standard"].validate(data);
  if ("then" in verdict) return { message: "validators of messages cannot be asynchronous" };
  const issue = verdict.issues?.[0];
  if (!issue) return undefined;
  const path = (issue.path ?? []).map((step) => `/${escape(typeof step === "object" ? step.key : step)}`).join("");
  return { message: issue.message, path };
}

/** One step of a JSON pointer. */
function escape(key: PropertyKey): string {
  return String(key).replaceAll("~", "~0").replaceAll("/", "~1");
}
