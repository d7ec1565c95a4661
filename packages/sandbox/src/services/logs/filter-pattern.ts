import { AwsError } from "../../core/errors.ts";
import { isRegex, matchesRegex } from "./comparison.ts";
import { jsonSelector, parseJsonPattern } from "./json-pattern.ts";
import { parseSpacePattern } from "./space-pattern.ts";

export interface FilterPattern {
  matches(message: string): boolean;
  /** Texts that every matching line holds as they are: what SQLite can look for before a line is read. */
  readonly needles: readonly string[];
  /** The value of `$.path` or `$name` in a line that matches; undefined where it has none. */
  extract(message: string, path: string): unknown;
}

/**
 * Understands a filter pattern: terms (all must be there, `?a ?b` one of them, `-a` none), quoted phrases, regular
 * expressions between `%`, space-delimited patterns, and JSON patterns with `= != < <= > >=`, `IS TRUE`, `IS FALSE`,
 * `IS NULL`, `EXISTS`, `NOT EXISTS`, `&&`, `||` and parentheses; `*` in a pattern's text stands for anything.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function compilePattern(pattern: string | undefined): FilterPattern {
  const text = pattern?.trim() ?? "";
  const nothing = () => undefined;
  if (text === "") return { matches: () => true, needles: [], extract: nothing };
  try {
    if (text.startsWith("[")) return spacePattern(text);
    if (text.startsWith("{")) return jsonPattern(text);
    return { ...compileTerms(text), extract: nothing };
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(text);
    throw error;
  }
}

function spacePattern(text: string): FilterPattern {
  const words = parseSpacePattern(text);
  if (!words) throw invalid(text);
  return {
    matches: (message) => words(message) !== undefined,
    needles: [],
    extract: (message, path) => words(message)?.get(path.replace(/^\$\.?/, "")),
  };
}

function jsonPattern(text: string): FilterPattern {
  const pattern = text.endsWith("}") ? parseJsonPattern(text.slice(1, -1)) : undefined;
  if (!pattern) throw invalid(text);
  return {
    needles: pattern.needles,
    matches(message) {
      const document = parseJson(message);
      return document !== undefined && pattern.holds(document);
    },
    extract: (message, path) => jsonSelector(path)(parseJson(message))[0],
  };
}

function compileTerms(text: string): Omit<FilterPattern, "extract"> {
  const all: string[] = [];
  const any: string[] = [];
  const none: string[] = [];
  const rest = text.replaceAll(/([?-]?)("(?:[^"\\]|\\.)*"|%[^%]+%|[^\s"]+)/g, (_, sign: string, term: string) => {
    const plain = term.startsWith('"') ? term.slice(1, -1).replaceAll(/\\(.)/g, "$1") : term;
    (sign === "?" ? any : sign === "-" ? none : all).push(plain);
    return "";
  });
  if (rest.trim() !== "") throw invalid(text);
  const test = (term: string) => (isRegex(term) ? matchesRegex(term) : (message: string) => message.includes(term));
  // AWS takes optional terms as given only when there are no others.
  const optional = all.length === 0 && none.length === 0 ? any.map(test) : [];
  const [wanted, unwanted] = [all.map(test), none.map(test)];
  return {
    needles: all.filter((term) => !isRegex(term)),
    matches: (message) =>
      wanted.every((holds) => holds(message)) &&
      !unwanted.some((holds) => holds(message)) &&
      (optional.length === 0 || optional.some((holds) => holds(message))),
  };
}

function parseJson(message: string): unknown {
  if (!message.trimStart().startsWith("{")) return undefined;
  try {
    return JSON.parse(message);
  } catch {
    // A line that isn't JSON matches no JSON pattern.
    return undefined;
  }
}

const invalid = (pattern: string) => new AwsError("InvalidParameterException", `Invalid filter pattern: ${pattern}`);
