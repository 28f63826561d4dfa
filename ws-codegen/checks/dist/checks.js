/**
 * The building blocks of generated validators: small checks that say what they expected, and where.
 *
 * A check takes a value of unknown origin and returns the first mistake, or nothing. Checks are plain functions without
 * state, so that bundlers drop those that a page does not use.
 */
import { CodecError } from "./codecs.js";
/** Makes a validator from the check of what it validates. */
export function validator(check) {
    const validate = (value) => {
        const issue = unlessTooDeep(check, value);
        return issue === undefined ? { value: value } : { issues: [issue] };
    };
    return { "~standard": { version: 1, vendor: "ws-codegen", validate } };
}
/** Makes a validator of what comes from the wire in another form than the contract's type: it answers with the latter. */
export function received(check, decode) {
    const { validate } = validator(check)["~standard"];
    const validateAndDecode = (value) => {
        const result = validate(value);
        if (result.issues)
            return result;
        const { converted, issue } = convert(decode, value);
        return issue ? { issues: [issue] } : { value: converted };
    };
    return { "~standard": { version: 1, vendor: "ws-codegen", validate: validateAndDecode } };
}
/** Makes a validator of what goes to the wire in another form than the contract's type: it looks at that form. */
export function sent(check, encode) {
    return validator((value) => {
        const { converted, issue } = convert(encode, value);
        return issue ?? check(converted);
    });
}
function convert(find, value) {
    try {
        const way = find();
        return { converted: way ? way(value) : value };
    }
    catch (error) {
        if (error instanceof CodecError)
            return { issue: { ...mismatch(error.expected), path: error.steps } };
        throw error;
    }
}
/** The stack is the only thing that a check can run out of, and only on values that no server accepts. */
function unlessTooDeep(check, value) {
    try {
        return check(value);
    }
    catch (error) {
        if (error instanceof RangeError)
            return mismatch("a value that is nested less deeply");
        throw error;
    }
}
/** An issue with the checked value itself. */
function mismatch(expected) {
    return { path: [], expected, message: `expected ${expected}` };
}
/** An issue of a member or an item, as an issue of what holds it. */
function within(step, issue) {
    return issue && { ...issue, path: [step, ...issue.path] };
}
// Values without parts
/** Any value at all. */
export function anything(_value) {
    return undefined;
}
/** No value: there is none that fits. */
export function never(_value) {
    return mismatch("no value");
}
export function nothing(value) {
    return value === null ? undefined : mismatch("null");
}
export function boolean(value) {
    return typeof value === "boolean" ? undefined : mismatch("a boolean");
}
/** One of some constants. */
export function literal(value, ...constants) {
    return constants.some((constant) => constant === value)
        ? undefined
        : mismatch(alternatives(constants.map((constant) => JSON.stringify(constant))));
}
// Numbers
/** A finite number; JSON has no other. */
export function number(value, least = -Infinity, most = Infinity) {
    return Number.isFinite(value) && isBetween(value, least, most)
        ? undefined
        : mismatch(`a number${between(least, most)}`);
}
/** A number without a fraction. */
export function integer(value, least = -Infinity, most = Infinity) {
    return Number.isInteger(value) && isBetween(value, least, most)
        ? undefined
        : mismatch(`an integer${between(least, most)}`);
}
export const int8 = (value) => integer(value, -128, 127);
export const int16 = (value) => integer(value, -32768, 32767);
export const int32 = (value) => integer(value, -2147483648, 2147483647);
export const uint8 = (value) => integer(value, 0, 255);
export const uint16 = (value) => integer(value, 0, 65535);
export const uint32 = (value) => integer(value, 0, 4294967295);
export function above(value, limit) {
    return typeof value === "number" && value > limit ? undefined : mismatch(`a number above ${limit}`);
}
export function below(value, limit) {
    return typeof value === "number" && value < limit ? undefined : mismatch(`a number below ${limit}`);
}
export function multipleOf(value, unit) {
    return typeof value === "number" && Number.isInteger(value / unit)
        ? undefined
        : mismatch(`a multiple of ${unit}`);
}
/** Every number but one. */
export function except(value, excepted) {
    return typeof value === "number" && value !== excepted ? undefined : mismatch(`a number other than ${excepted}`);
}
function isBetween(value, least, most) {
    return value >= least && value <= most;
}
/** A range in words, as the end of what was expected. */
function between(least, most, unit = "") {
    if (least === most)
        return ` of ${least}${unit}`;
    if (most === Infinity)
        return least > (unit ? 0 : -Infinity) ? ` of at least ${least}${unit}` : "";
    if (least === -Infinity || (unit && least === 0))
        return ` of at most ${most}${unit}`;
    return unit ? ` of ${least} to ${most}${unit}` : ` from ${least} to ${most}`;
}
// Strings
/** A string with a length in Unicode code points, which is how the server counts; `length` counts otherwise. */
export function string(value, least = 0, most = Infinity) {
    return typeof value === "string" && hasLength(value, least, most)
        ? undefined
        : mismatch(`a string${between(least, most, " characters")}`);
}
function hasLength(text, least, most) {
    // A code point takes one or two units, so that most texts need not be counted.
    if (text.length <= most && text.length >= least * 2)
        return true;
    if (text.length < least || text.length > most * 2)
        return false;
    let count = 0;
    for (const _ of text)
        count += 1;
    return isBetween(count, least, most);
}
/** An integer as a decimal string, in a range. */
export function integerText(value, least, most) {
    const isInteger = typeof value === "string" && /^(0|-?[1-9][0-9]*)$/.test(value);
    return isInteger && BigInt(value) >= BigInt(least) && BigInt(value) <= BigInt(most)
        ? undefined
        : mismatch(`an integer from ${least} to ${most} as a string`);
}
/** Bytes as a base64 string with padding. */
export function base64(value) {
    const pattern = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$/;
    return formatted(value, "bytes as a base64 string", (text) => pattern.test(text));
}
/** A string in which a regular expression finds something. */
export function matching(value, pattern) {
    return typeof value === "string" && pattern.test(value) ? undefined : mismatch(`a string that matches ${pattern}`);
}
function formatted(value, expected, fits) {
    return typeof value === "string" && fits(value) ? undefined : mismatch(expected);
}
/** RFC 3339, with the years before 0 and after 9999 that chrono writes. */
export function dateTime(value) {
    const fits = (text) => {
        const parts = /^(.+)[Tt](.+?)([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/.exec(text);
        return parts !== null && isDate(parts[1]) && isTime(parts[2]);
    };
    return formatted(value, "a date and time with its offset, such as 2026-11-23T09:45:00Z", fits);
}
export function localDateTime(value) {
    const fits = (text) => {
        const parts = /^(.+)[Tt](.+)$/.exec(text);
        return parts !== null && isDate(parts[1]) && isTime(parts[2]);
    };
    return formatted(value, "a date and time, such as 2026-11-23T09:45:00", fits);
}
export function date(value) {
    return formatted(value, "a date, such as 2026-11-23", isDate);
}
export function localTime(value) {
    return formatted(value, "a time, such as 09:45:00", isTime);
}
function isDate(text) {
    const parts = /^([+-]?\d{4,6})-(\d\d)-(\d\d)$/.exec(text ?? "");
    if (parts === null)
        return false;
    const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
    const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
    return day >= 1 && day <= days;
}
function isTime(text) {
    return /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?$/.test(text ?? "");
}
export function uuid(value) {
    const pattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
    return formatted(value, "a UUID, such as 67e55044-10b1-426f-9247-bb680e5fe0c8", (text) => pattern.test(text));
}
export function uri(value) {
    return formatted(value, "a URL", isUrl);
}
export function email(value) {
    return formatted(value, "an e-mail address", (text) => /^[^\s@]+@[^\s@]+$/.test(text));
}
export function ip(value) {
    return formatted(value, "an IP address", (text) => isIpv4(text) || isIpv6(text));
}
export function ipv4(value) {
    return formatted(value, "an IPv4 address", isIpv4);
}
export function ipv6(value) {
    return formatted(value, "an IPv6 address", isIpv6);
}
function isIpv4(text) {
    return /^((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(?!$)|$)){4}$/.test(text);
}
function isIpv6(text) {
    return /^[\da-f:.]+$/i.test(text) && isUrl(`http://[${text}]`);
}
function isUrl(text) {
    try {
        return new URL(text) instanceof URL;
    }
    catch {
        return false;
    }
}
// Arrays
/** Items that all fit one check. */
export function array(value, item, least = 0, most = Infinity) {
    if (!Array.isArray(value) || !isBetween(value.length, least, most)) {
        return mismatch(`an array${between(least, most, " items")}`);
    }
    return firstIssue(value, () => item);
}
/** Items that fit a check each; `required` of them must be there, and more than the checks only if `rest` is given. */
export function tuple(value, items, required, rest) {
    const most = rest ? Infinity : items.length;
    if (!Array.isArray(value) || !isBetween(value.length, required, most)) {
        return mismatch(`an array${between(required, most, " items")}`);
    }
    return firstIssue(value, (index) => items[index] ?? rest ?? never);
}
/** An array in which nothing appears twice. */
export function unique(value) {
    return Array.isArray(value) && new Set(value.map((item) => JSON.stringify(item))).size === value.length
        ? undefined
        : mismatch("an array without duplicates");
}
function firstIssue(items, check) {
    for (let index = 0; index < items.length; index += 1) {
        const issue = within(index, check(index)(items[index]));
        if (issue)
            return issue;
    }
    return undefined;
}
// Objects
/** An object; `check` looks at its members. */
export function object(value, check) {
    return isObject(value) ? check?.(value) : mismatch("an object");
}
function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
/** `undefined` is absent: JSON cannot say it. What an object inherits is not a member of it. */
function has(members, name) {
    return Object.hasOwn(members, name) && members[name] !== undefined;
}
/** A member that must be there. */
export function required(members, name, check) {
    return has(members, name) ? within(name, check(members[name])) : within(name, mismatch("a member with this name"));
}
/** A member that may be there. */
export function optional(members, name, check) {
    return has(members, name) ? within(name, check(members[name])) : undefined;
}
/** All members but those in `known` and those whose names match a pattern, which have a check of their own. */
export function entries(members, check, known = [], patterns = []) {
    for (const name of Object.keys(members)) {
        const matching = patterns.filter(([pattern]) => pattern.test(name)).map(([, check]) => check);
        const checks = matching.length > 0 || known.includes(name) ? matching : [check];
        for (const check of checks) {
            const issue = optional(members, name, check);
            if (issue)
                return issue;
        }
    }
    return undefined;
}
/** A member that must not be there. */
export function surplus(_value) {
    return mismatch("no member with this name");
}
/** The names of all members. */
export function names(members, check) {
    for (const name of Object.keys(members)) {
        const issue = check(name);
        if (issue)
            return within(name, mismatch(`a name that is ${issue.expected}`));
    }
    return undefined;
}
/** How many members there are. */
export function size(members, least, most = Infinity) {
    const count = Object.keys(members).filter((name) => has(members, name)).length;
    return isBetween(count, least, most) ? undefined : mismatch(`an object${between(least, most, " members")}`);
}
// Alternatives
/** `null`, or what fits a check. */
export function nullable(value, check) {
    if (value === null)
        return undefined;
    const issue = check(value);
    return issue && issue.path.length === 0 ? mismatch(`${issue.expected} or null`) : issue;
}
/** What fits at least one check. */
export function anyOf(value, checks) {
    const issues = checks.map((check) => check(value));
    return issues.includes(undefined) ? undefined : nearest(issues);
}
/** What fits exactly one check. */
export function oneOf(value, checks) {
    const issues = checks.map((check) => check(value));
    const fitting = issues.filter((issue) => issue === undefined).length;
    if (fitting === 1)
        return undefined;
    return fitting === 0 ? nearest(issues) : mismatch("one alternative, not several at once");
}
/** An object whose member `tag` tells which check it has to fit. */
export function tagged(value, tag, checks) {
    return object(value, (members) => {
        const constant = has(members, tag) ? members[tag] : undefined;
        const check = typeof constant === "string" && Object.hasOwn(checks, constant) ? checks[constant] : undefined;
        if (check)
            return check(value);
        return within(tag, mismatch(alternatives(Object.keys(checks).map((name) => JSON.stringify(name)))));
    });
}
/** Of the issues of all alternatives those of the one that fits best: it fails deepest inside. */
function nearest(issues) {
    const depth = Math.max(0, ...issues.map((issue) => issue.path.length));
    const deepest = issues.filter((issue) => issue.path.length === depth);
    const path = deepest[0]?.path ?? [];
    const here = deepest.filter((issue) => issue.path.every((step, index) => step === path[index]));
    return { ...mismatch(alternatives(here.map((issue) => issue.expected))), path };
}
/** "a", "a or b", "a, b or c". */
function alternatives(expected) {
    const different = [...new Set(expected)];
    const last = different.pop() ?? "no value";
    return different.length > 0 ? `${different.join(", ")} or ${last}` : last;
}
