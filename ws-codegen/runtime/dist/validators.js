/**
 * Checks of what the server sends, before the application sees it. Validators are Standard Schema objects: generated ones,
 * or those of any library that follows the specification (zod, valibot, arktype and others).
 */
/** Judges `data`: `undefined` when there is nothing to say against it. */
export function findFlaw(validator, data) {
    const verdict = validator["~standard"].validate(data);
    if ("then" in verdict)
        return { message: "validators of messages cannot be asynchronous" };
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
