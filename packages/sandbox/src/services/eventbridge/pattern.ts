import { AwsError } from "../../core/errors.ts";

/** A JSON value of an event or a pattern. */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/**
 * Parses and checks an event pattern. Understands exact values, `prefix`, `suffix`, `equals-ignore-case`, `wildcard`,
 * `anything-but` (values, `prefix`, `suffix`), `exists`, `numeric` and `$or`. Raises `InvalidEventPatternException`, for
 * an operator that isn't here too: a pattern that was taken and never matched would be worse.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function parsePattern(text: string): JsonObject {
  let pattern: Json;
  try {
    pattern = JSON.parse(text) as Json;
  } catch {
    throw invalid("it isn't JSON");
  }
  if (!isObject(pattern)) throw invalid("it isn't an object");
  check(pattern, "");
  return pattern;
}

function check(pattern: JsonObject, path: string): void {
  if (Object.keys(pattern).length === 0) throw invalid(`${path || "it"} is empty`);
  for (const [key, rule] of Object.entries(pattern)) {
    const at = `${path}${key}`;
    if (key === "$or" && isList(rule)) {
      for (const branch of rule) {
        if (!isObject(branch)) throw invalid(`"${at}" must be a list of objects`);
        check(branch, `${at}.`);
      }
    } else if (isObject(rule)) check(rule, `${at}.`);
    else if (!isList(rule) || rule.length === 0) throw invalid(`"${at}" must be an object or a list`);
    // Run once on a value that can't be, so that a malformed rule is refused now and not at the first event.
    else for (const one of rule) matchesRule(one, undefined);
  }
}

/** True when the event has what the pattern demands. */
export function matchesPattern(pattern: JsonObject, event: Json | undefined): boolean {
  return Object.entries(pattern).every(([key, rule]) => {
    if (key === "$or" && isList(rule)) return rule.some((branch) => isObject(branch) && matchesPattern(branch, event));
    const value = isObject(event) && Object.hasOwn(event, key) ? event[key] : undefined;
    if (isObject(rule)) {
      // A list of objects matches when one of them does; what isn't there is asked too, because of `exists: false`.
      return isList(value) ? value.some((item) => matchesPattern(rule, item)) : matchesPattern(rule, value);
    }
    if (!isList(rule)) return false;
    return rule.some((one) => (isList(value) && value.length > 0 ? matchesList(one, value) : matchesRule(one, value)));
  });
}

/** A list matches when one of its values does; `exists` asks about the list as a whole. */
function matchesList(rule: Json, values: readonly Json[]): boolean {
  if (isObject(rule) && "exists" in rule) return rule.exists === true;
  return values.some((value) => matchesRule(rule, value));
}

function matchesRule(rule: Json, value: Json | undefined): boolean {
  if (isList(rule)) throw invalid("a list within a list");
  if (!isObject(rule)) return rule === value;
  const [[operator, operand] = ["", null], ...others] = Object.entries(rule);
  if (others.length > 0) throw invalid(`"${operator}" with other operators beside it`);
  switch (operator) {
    case "exists":
      return (value !== undefined) === operand;
    case "prefix":
    case "suffix":
    case "equals-ignore-case":
    case "wildcard":
      return matchesText(operator, operand, value);
    case "anything-but":
      return value !== undefined && !matchesNegated(operand, value);
    case "numeric":
      return matchesNumber(operand, value);
    default:
      throw invalid(`the operator "${operator}" isn't known to the sandbox`);
  }
}

function matchesText(operator: string, operand: Json, value: Json | undefined): boolean {
  if (isObject(operand) && operator !== "wildcard") {
    const text = operand["equals-ignore-case"];
    if (typeof text !== "string") throw invalid(`"${operator}" must be a string`);
    return matchesText(operator, text.toLowerCase(), typeof value === "string" ? value.toLowerCase() : value);
  }
  if (typeof operand !== "string") throw invalid(`"${operator}" must be a string`);
  if (typeof value !== "string") return false;
  if (operator === "prefix") return value.startsWith(operand);
  if (operator === "suffix") return value.endsWith(operand);
  if (operator === "equals-ignore-case") return value.toLowerCase() === operand.toLowerCase();
  const source = operand.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return new RegExp(`^${source}$`, "s").test(value);
}

function matchesNegated(operand: Json, value: Json): boolean {
  if (!isObject(operand)) return (isList(operand) ? operand : [operand]).some((one) => one === value);
  return Object.entries(operand).some(([operator, given]) =>
    (isList(given) ? given : [given]).some((one) => matchesText(operator, one, value)),
  );
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "=": (a, b) => a === b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** `[">", 0, "<=", 5]` */
function matchesNumber(operand: Json, value: Json | undefined): boolean {
  if (!isList(operand) || operand.length === 0 || operand.length % 2 !== 0)
    throw invalid('"numeric" must be a list of pairs');
  let all = typeof value === "number";
  for (let index = 0; index < operand.length; index += 2) {
    const compare = COMPARISONS[String(operand[index])];
    const limit = operand[index + 1];
    if (!compare || typeof limit !== "number") throw invalid(`"numeric" with ${JSON.stringify(operand)}`);
    all &&= compare(value as number, limit);
  }
  return all;
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function invalid(reason: string): AwsError {
  return new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);
}
