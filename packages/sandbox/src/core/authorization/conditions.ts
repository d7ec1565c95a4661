import { AwsError } from "../errors.ts";
import { inRange, matchesArn, matchesPattern } from "./match.ts";

/** What a request says about itself: condition keys in lower case (`sts:externalid`), one value or several. */
export type ConditionValues = Readonly<Record<string, string | readonly string[] | undefined>>;

export type OneOrMany = string | readonly string[];

export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, OneOrMany>>>>;

type Comparison = (actual: string, wanted: string) => boolean;

const numeric =
  (compare: (actual: number, wanted: number) => boolean): Comparison =>
  (actual, wanted) =>
    compare(Number(actual), Number(wanted));

/** ISO 8601, or seconds of the epoch. */
const timeOf = (text: string) => (/^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text));

const dated =
  (compare: (actual: number, wanted: number) => boolean): Comparison =>
  (actual, wanted) =>
    compare(timeOf(actual), timeOf(wanted));

const lower = (text: string) => text.toLowerCase();

/**
 * Every operator without its negation, prefix and suffix. `Not` forms are the same comparison, negated over all values.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
const OPERATORS: Readonly<Record<string, { readonly compare: Comparison; readonly negated?: true }>> = {
  StringEquals: { compare: (actual, wanted) => actual === wanted },
  StringNotEquals: { compare: (actual, wanted) => actual === wanted, negated: true },
  StringEqualsIgnoreCase: { compare: (actual, wanted) => lower(actual) === lower(wanted) },
  StringNotEqualsIgnoreCase: { compare: (actual, wanted) => lower(actual) === lower(wanted), negated: true },
  StringLike: { compare: (actual, wanted) => matchesPattern(wanted, actual) },
  StringNotLike: { compare: (actual, wanted) => matchesPattern(wanted, actual), negated: true },
  NumericEquals: { compare: numeric((a, b) => a === b) },
  NumericNotEquals: { compare: numeric((a, b) => a === b), negated: true },
  NumericLessThan: { compare: numeric((a, b) => a < b) },
  NumericLessThanEquals: { compare: numeric((a, b) => a <= b) },
  NumericGreaterThan: { compare: numeric((a, b) => a > b) },
  NumericGreaterThanEquals: { compare: numeric((a, b) => a >= b) },
  DateEquals: { compare: dated((a, b) => a === b) },
  DateNotEquals: { compare: dated((a, b) => a === b), negated: true },
  DateLessThan: { compare: dated((a, b) => a < b) },
  DateLessThanEquals: { compare: dated((a, b) => a <= b) },
  DateGreaterThan: { compare: dated((a, b) => a > b) },
  DateGreaterThanEquals: { compare: dated((a, b) => a >= b) },
  Bool: { compare: (actual, wanted) => lower(actual) === lower(wanted) },
  BinaryEquals: { compare: (actual, wanted) => actual === wanted },
  IpAddress: { compare: (actual, wanted) => inRange(wanted, actual) },
  NotIpAddress: { compare: (actual, wanted) => inRange(wanted, actual), negated: true },
  ArnEquals: { compare: (actual, wanted) => matchesArn(wanted, actual) },
  ArnNotEquals: { compare: (actual, wanted) => matchesArn(wanted, actual), negated: true },
  ArnLike: { compare: (actual, wanted) => matchesArn(wanted, actual) },
  ArnNotLike: { compare: (actual, wanted) => matchesArn(wanted, actual), negated: true },
};

const NAME = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/;

/** Whether all conditions of a statement hold. An operator that doesn't exist is refused by name (501), never guessed. */
export function conditionsHold(block: ConditionBlock | undefined, known: ConditionValues): boolean {
  return Object.entries(block ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) => {
      const values = listOf(wanted).flatMap((value) => resolved(String(value), known) ?? []);
      const actual = known[key.toLowerCase()];
      return holds(operator, actual === undefined ? undefined : listOf(actual), values);
    }),
  );
}

function holds(name: string, actual: readonly string[] | undefined, wanted: readonly string[]): boolean {
  const [, quantifier, operator = "", ifExists] = NAME.exec(name) ?? [];
  if (operator === "Null") return wanted.some((value) => lower(value) === String(actual === undefined));
  const known = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (!known) {
    const message = `sandbox: the condition operator "${name}" in a policy is not implemented`;
    throw new AwsError("NotImplemented", message, { status: 501 });
  }
  const { compare, negated = false } = known;
  if (actual === undefined) return ifExists !== undefined || quantifier === "ForAllValues" || (negated && !quantifier);
  const matches = (value: string) => wanted.some((candidate) => compare(value, candidate)) !== negated;
  if (quantifier === "ForAllValues") return actual.every(matches);
  if (quantifier === "ForAnyValue" || !negated) return actual.some(matches);
  return actual.every(matches);
}

const VARIABLE = /\$\{([^}]*)\}/g;

/**
 * A policy's text with its variables (`${aws:PrincipalTag/team}`, `${*}`) filled in; undefined when one has no value,
 * which then matches nothing. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export function resolved(text: string, known: ConditionValues): string | undefined {
  if (!text.includes("${")) return text;
  let isKnown = true;
  const result = text.replace(VARIABLE, (_all, variable: string) => {
    if (variable === "*" || variable === "?" || variable === "$") return variable;
    const [, name = variable, fallback] = /^([^,]+?)\s*,\s*'(.*)'$/.exec(variable) ?? [];
    const value = known[name.toLowerCase()];
    const first = value === undefined ? fallback : listOf(value)[0];
    if (first === undefined) isKnown = false;
    return first ?? "";
  });
  return isKnown ? result : undefined;
}

export const listOf = (value: OneOrMany): readonly string[] => (Array.isArray(value) ? value : [value as string]);
