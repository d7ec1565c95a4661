import { AwsError } from "./errors.ts";
import { inCidr, matchesWildcard } from "./pattern-text.ts";

/** A JSON value of an event or a pattern. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * Parses and checks an event pattern, as EventBridge's rules, SNS's filter policies and Lambda's event filters have it:
 * exact values, `prefix`, `suffix` (each also with `equals-ignore-case`), `equals-ignore-case`, `wildcard`,
 * `anything-but` (values and all of these), `exists`, `numeric`, `cidr` and `$or`. Raises
 * `InvalidEventPatternException` with the matcher's own words (but for its "at line, column").
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function parsePattern(text: string): JsonObject {
  let pattern: Json;
  try {
    pattern = JSON.parse(text) as Json;
  } catch {
    throw invalid("Filter is not an object");
  }
  if (!isObject(pattern)) throw invalid("Filter is not an object");
  check(pattern);
  return unfold(pattern) as JsonObject;
}

/** `{ "a.b": 1 }` and `{ a: { b: 1 } }` are the same path to the matcher, in an event as in a pattern. */
function unfold(value: Json): Json {
  if (isList(value)) return value.map(unfold);
  if (!isObject(value)) return value;
  const result: Record<string, Json> = {};
  for (const [key, member] of Object.entries(value)) {
    const [first = key, ...rest] = key.split(".");
    const inner = rest.reduceRight<Json>((nested, part) => ({ [part]: nested }), unfold(member));
    const before = Object.hasOwn(result, first) ? result[first] : undefined;
    const merged = isObject(before) && isObject(inner) ? { ...before, ...inner } : inner;
    Object.defineProperty(result, first, { value: merged, enumerable: true, writable: true, configurable: true });
  }
  return result;
}

function check(pattern: JsonObject): void {
  if (Object.keys(pattern).length === 0) throw invalid("Empty objects are not allowed");
  for (const [key, rule] of Object.entries(pattern)) {
    if (isAlternatives(key, rule)) {
      for (const branch of rule) check(branch);
    } else if (isObject(rule)) check(rule);
    else if (!isList(rule)) throw invalid(`"${key}" must be an object or an array`);
    else if (rule.length === 0) throw invalid("Empty arrays are not allowed");
    // Run once on a value that can't be, so that a malformed rule is refused now and not at the first event.
    else for (const one of rule) matchesRule(one, undefined);
  }
}

/** `$or` is an operator only over two or more objects; anything else is a field of that name. */
function isAlternatives(key: string, rule: Json | undefined): rule is readonly JsonObject[] {
  return key === "$or" && isList(rule) && rule.length > 1 && rule.every(isObject);
}

/** True when the event has what the parsed pattern demands. */
export function matchesPattern(pattern: JsonObject, event: Json): boolean {
  return matchesFields(pattern, unfold(event));
}

function matchesFields(pattern: JsonObject, event: Json | undefined): boolean {
  return Object.entries(pattern).every(([key, rule]) => {
    if (isAlternatives(key, rule)) return rule.some((branch) => matchesFields(branch, event));
    const value = isObject(event) && Object.hasOwn(event, key) ? event[key] : undefined;
    if (isObject(rule)) {
      // A list of objects matches when one of them does; what isn't there is asked too, because of `exists: false`.
      return isList(value) ? value.some((item) => matchesFields(rule, item)) : matchesFields(rule, value);
    }
    if (!isList(rule)) return false;
    return rule.some((one) => (isList(value) ? matchesList(one, value) : matchesRule(one, value)));
  });
}

/** A list matches when one of its values does; `exists` asks about the list as a whole, and an empty one isn't there. */
function matchesList(rule: Json, values: readonly Json[]): boolean {
  if (isObject(rule) && "exists" in rule) return rule.exists === values.length > 0;
  return values.some((value) => (isList(value) ? matchesList(rule, value) : matchesRule(rule, value)));
}

function matchesRule(rule: Json, value: Json | undefined): boolean {
  if (isList(rule)) throw invalid("Match value must be String, number, true, false, or null");
  if (!isObject(rule)) return rule === value;
  const [[operator, operand] = ["", null], ...others] = Object.entries(rule);
  if (others.length > 0) throw invalid("Only one key allowed in match expression");
  switch (operator) {
    case "exists":
      if (typeof operand !== "boolean") throw invalid("exists match pattern must be either true or false.");
      // An object isn't a leaf, and only leaves exist.
      return (value !== undefined && !isObject(value)) === operand;
    case "prefix":
    case "suffix":
    case "equals-ignore-case":
    case "wildcard":
      return matchesText(operator, operand, value);
    case "anything-but": {
      const matched = matchesNegated(operand, value);
      return value !== undefined && !isObject(value) && !matched;
    }
    case "numeric":
      return matchesNumber(operand, value);
    case "cidr":
      return matchesAddress(operand, value);
    default:
      throw invalid(`Unrecognized match type ${operator}`);
  }
}

function matchesText(operator: string, operand: Json, value: Json | undefined): boolean {
  if (isObject(operand) && (operator === "prefix" || operator === "suffix")) {
    const text = operand["equals-ignore-case"];
    if (typeof text !== "string") throw invalid(`${operator} match pattern must be a string`);
    return matchesText(operator, text.toLowerCase(), typeof value === "string" ? value.toLowerCase() : value);
  }
  if (typeof operand !== "string") throw invalid(`${operator} match pattern must be a string`);
  if (operator === "wildcard" && operand.includes("**")) {
    throw invalid(`Consecutive wildcard characters at pos ${operand.indexOf("**") + 1}`);
  }
  if (typeof value !== "string") return false;
  if (operator === "prefix") return value.startsWith(operand);
  if (operator === "suffix") return value.endsWith(operand);
  if (operator === "equals-ignore-case") return value.toLowerCase() === operand.toLowerCase();
  return matchesWildcard(operand, value);
}

const NEGATABLE = ["prefix", "suffix", "equals-ignore-case", "wildcard"];

function matchesNegated(operand: Json, value: Json | undefined): boolean {
  if (!isObject(operand)) return matchesOneOf(operand, value);
  const [[operator, given] = ["", null], ...others] = Object.entries(operand);
  if (others.length > 0) throw invalid("Only one key allowed in match expression");
  if (!NEGATABLE.includes(operator)) throw invalid(`Unsupported anything-but pattern: ${operator}`);
  return (isList(given) ? given : [given]).some((one) => {
    if (isObject(one)) throw invalid(ANYTHING_BUT);
    if (typeof one !== "string") {
      if (operator === "equals-ignore-case") {
        throw invalid("Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.");
      }
      throw invalid(`${operator === "wildcard" ? "wildcard" : "prefix/suffix"} match pattern must be a string`);
    }
    if (one === "" && (operator === "prefix" || operator === "suffix")) throw invalid("Null prefix/suffix not allowed");
    return matchesText(operator, one, value);
  });
}

const ANYTHING_BUT = "Value of anything-but must be an array or single string/number value.";

function matchesOneOf(operand: Exclude<Json, JsonObject>, value: Json | undefined): boolean {
  const list = isList(operand) ? operand : [operand];
  if (list.length === 0) throw invalid("Empty arrays are not allowed");
  if (list.some((one) => typeof one !== "string" && typeof one !== "number")) {
    throw invalid(isList(operand) ? "Inside anything but list, start|null|boolean is not supported." : ANYTHING_BUT);
  }
  if (list.some((one) => typeof one !== typeof list[0])) {
    throw invalid("Inside anything but list, either all values are number or string, mixed type is not supported");
  }
  return list.some((one) => one === value);
}

const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "=": (a, b) => a === b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};
const LARGEST_NUMBER = 5e9;

/** `["=", 5]`, `[">", 0]` or a range from below, `[">", 0, "<=", 5]`. */
function matchesNumber(operand: Json, value: Json | undefined): boolean {
  if (!isList(operand)) throw invalid("Value of numeric must be an array.");
  if (operand.length === 0) throw invalid("Invalid member in numeric match: ]");
  const limits: number[] = [];
  let all = typeof value === "number";
  for (let index = 0; index < operand.length; index += 2) {
    const sign = operand[index];
    if (typeof sign !== "string") throw invalid(`Invalid member in numeric match: ${String(sign)}`);
    const compare = COMPARISONS[sign];
    if (!compare) throw invalid(`Unrecognized numeric range operator: ${sign}`);
    if (index > 0 && (!String(operand[0]).startsWith(">") || operand.length > 4)) {
      throw invalid("Too many elements in numeric expression");
    }
    if (index > 0 && !sign.startsWith("<")) throw invalid(`Bad numeric range operator: ${sign}`);
    const limit = operand[index + 1];
    if (typeof limit !== "number") throw invalid(`Value of ${sign === "=" ? "equals" : sign} must be numeric`);
    if (Math.abs(limit) > LARGEST_NUMBER) throw invalid("Value must be between -5.0E9 and 5.0E9, inclusive");
    limits.push(limit);
    all &&= compare(value as number, limit);
  }
  const [bottom, top] = limits;
  if (bottom !== undefined && top !== undefined && bottom >= top) throw invalid("Bottom must be less than top");
  return all;
}

function matchesAddress(operand: Json, value: Json | undefined): boolean {
  if (typeof operand !== "string") throw invalid("prefix match pattern must be a string");
  const [network = "", bits, ...rest] = operand.split("/");
  if (bits === undefined || rest.length > 0) throw invalid("Malformed CIDR, one '/' required");
  if (!/^\d+$/.test(bits)) throw invalid("Malformed CIDR, mask bits must be an integer");
  const inside = inCidr(operand, typeof value === "string" ? value : "");
  if (inside === undefined) throw invalid(`Nonstandard IP address: ${network}`);
  return inside;
}

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);
const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function invalid(reason: string): AwsError {
  return new AwsError("InvalidEventPatternException", `Event pattern is not valid. Reason: ${reason}`);
}
