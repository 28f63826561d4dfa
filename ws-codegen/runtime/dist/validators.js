/**
 * Checks what the server sends before the application sees it. Validators are Standard Schema objects: generated ones,
 * or those of any library that follows the specification (zod, valibot, arktype and others). Programs that do not
 * import this file do not include it.
 */
/**
 * Creates the `validate` option of a connection. Events and answers without a validator are trusted.
 *
 * @example
 * connectChat(url, { validate: validateWith({ events: { "chats.msg": chatsMsg }, outputs: { "participants.info": participant } }) });
 */
export function validateWith(validators) {
    return (part, name, data) => {
        const table = validators[part];
        const validator = table && Object.hasOwn(table, name) ? table[name] : undefined;
        return validator && findFlaw(validator, data);
    };
}
/** The first thing that is wrong with `data`, if any. */
function findFlaw(validator, data) {
    const verdict = validator["~standard"].validate(data);
    if ("then" in verdict)
        return { message: "a message validator cannot be asynchronous" };
    const issue = verdict.issues?.[0];
    if (!issue)
        return undefined;
    const path = (issue.path ?? []).map((step) => `/${escape(typeof step === "object" ? step.key : step)}`).join("");
    return { message: issue.message, path };
}
/** One step of a JSON pointer. */
function escape(key) {
    return String(key).replaceAll("~", "~0").replaceAll("/", "~1");
}
