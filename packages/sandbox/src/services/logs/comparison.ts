import { linearRegex } from "../../core/linear-regex.ts";
import { like } from "./wildcard.ts";

/** `=`, `!=`, `<`, … against a number, a text with `*`, or a regular expression between `%`. Undefined: no such operator. */
export function comparison(operator: string, wanted: string): ((value: unknown) => boolean) | undefined {
  const quoted = wanted.startsWith('"');
  const plain = quoted ? wanted.slice(1, -1).replaceAll(/\\(.)/g, "$1") : wanted;
  const number = quoted || plain === "" ? Number.NaN : Number(plain);
  const equals = isRegex(wanted)
    ? matchesRegex(wanted)
    : Number.isNaN(number)
      ? (value: unknown) => typeof value === "string" && like(plain, value)
      : (value: unknown) => value !== "" && typeof value !== "boolean" && value !== null && Number(value) === number;
  switch (operator) {
    case "=":
      return equals;
    case "!=":
      return (value) => !equals(value);
    case "<":
      return (value) => numberOf(value) < number;
    case "<=":
      return (value) => numberOf(value) <= number;
    case ">":
      return (value) => numberOf(value) > number;
    case ">=":
      return (value) => numberOf(value) >= number;
    default:
      return undefined;
  }
}

export const isRegex = (token: string) => /^%.+%$/s.test(token);

/** Raises `SyntaxError` for what is no regular expression. */
export function matchesRegex(token: string): (value: unknown) => boolean {
  const regex = linearRegex(token.slice(1, -1));
  return (value) => (typeof value === "string" || typeof value === "number") && regex.test(String(value));
}

const numberOf = (value: unknown) =>
  typeof value === "number" || (typeof value === "string" && value.trim() !== "") ? Number(value) : Number.NaN;
