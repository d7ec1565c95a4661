import { matchesWildcard } from "../../../core/pattern-text.ts";
import { RuntimeFailure } from "./failure.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { find } from "./json-path.ts";
import type { Scope } from "./template.ts";

type Comparison = (value: Json, operand: Json) => boolean;

const isTime = (value: Json): value is string => typeof value === "string" && RFC3339.test(value);
/** Time that Wait and the timestamp comparisons understand. */
export const RFC3339 =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const ordered = (name: string, compare: (a: number) => boolean): [string, Comparison][] => [
  [`String${name}`, (a, b) => typeof a === "string" && typeof b === "string" && compare(a < b ? -1 : a > b ? 1 : 0)],
  [`Numeric${name}`, (a, b) => typeof a === "number" && typeof b === "number" && compare(a - b)],
  [`Timestamp${name}`, (a, b) => isTime(a) && isTime(b) && compare(Date.parse(a) - Date.parse(b))],
];

const BINARY: ReadonlyMap<string, Comparison> = new Map<string, Comparison>([
  ...ordered("Equals", (order) => order === 0),
  ...ordered("LessThan", (order) => order < 0),
  ...ordered("LessThanEquals", (order) => order <= 0),
  ...ordered("GreaterThan", (order) => order > 0),
  ...ordered("GreaterThanEquals", (order) => order >= 0),
  ["BooleanEquals", (a, b) => typeof a === "boolean" && a === b],
  ["StringMatches", (a, b) => typeof a === "string" && typeof b === "string" && matchesWildcard(b, a)],
]);

const TYPES: Readonly<Record<string, (value: Json) => boolean>> = {
  IsNull: (value) => value === null,
  IsString: (value) => typeof value === "string",
  IsNumeric: (value) => typeof value === "number",
  IsBoolean: (value) => typeof value === "boolean",
  IsTimestamp: isTime,
};

/** The operators of a choice rule, each also with `Path` where it compares with another value of the input. */
export const OPERATORS: ReadonlySet<string> = new Set([
  ...BINARY.keys(),
  ...[...BINARY.keys()].filter((name) => name !== "StringMatches").map((name) => `${name}Path`),
  ...Object.keys(TYPES),
  "IsPresent",
]);

/** https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html */
export function holds(rule: JsonObject, scope: Scope): boolean {
  if (Array.isArray(rule.And)) return rule.And.filter(isObject).every((one) => holds(one, scope));
  if (Array.isArray(rule.Or)) return rule.Or.filter(isObject).some((one) => holds(one, scope));
  if (isObject(rule.Not)) return !holds(rule.Not, scope);
  const path = String(rule.Variable);
  const value = lookUp(path, scope);
  const [operator, operand = null] = Object.entries(rule).find(([name]) => OPERATORS.has(name)) ?? [""];
  if (operator === "IsPresent") return (value !== undefined) === operand;
  if (value === undefined) {
    throw new RuntimeFailure(`Invalid path '${path}': The choice state's condition path references an invalid value.`);
  }
  const isType = TYPES[operator];
  if (isType) return isType(value) === operand;
  const direct = BINARY.get(operator);
  if (direct) return direct(value, operand);
  const other = lookUp(String(operand), scope);
  if (other === undefined) {
    throw new RuntimeFailure(
      `Invalid path '${operand}': The choice state's condition path references an invalid value.`,
    );
  }
  return BINARY.get(operator.replace(/Path$/, ""))?.(value, other) ?? false;
}

const lookUp = (path: string, scope: Scope) => find(path, path.startsWith("$$") ? scope.context : scope.input);
