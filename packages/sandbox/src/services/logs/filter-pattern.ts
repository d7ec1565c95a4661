import { AwsError } from "../../core/errors.ts";

export type Matches = (message: string) => boolean;

/**
 * Understands a filter pattern: terms (all must be there, `?a ?b` one of them, `-a` none), quoted phrases, and JSON
 * patterns with `= != < <= > >=`, `IS TRUE`, `IS FALSE`, `IS NULL`, `EXISTS`, `NOT EXISTS`, `&&`, `||` and parentheses;
 * `*` in a JSON pattern's text stands for anything. Regular expressions and space-delimited patterns are refused by
 * name. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function compilePattern(pattern: string | undefined): Matches {
  const text = pattern?.trim() ?? "";
  if (text === "") return () => true;
  if (text.startsWith("[")) throw unsupported("space-delimited filter patterns");
  if (text.startsWith("%")) throw unsupported("regular expressions in filter patterns");
  if (!text.startsWith("{")) return compileTerms(text);
  if (!text.endsWith("}")) throw invalid(text);
  const condition = new JsonPattern(text.slice(1, -1)).read();
  return (message) => {
    const document = parseJson(message);
    return document !== undefined && condition(document);
  };
}

function compileTerms(text: string): Matches {
  const all: string[] = [];
  const any: string[] = [];
  const none: string[] = [];
  const rest = text.replaceAll(/([?-]?)("(?:[^"\\]|\\.)*"|[^\s"]+)/g, (_, sign: string, term: string) => {
    const plain = term.startsWith('"') ? term.slice(1, -1).replaceAll(/\\(.)/g, "$1") : term;
    if (/^%.*%$/.test(term)) throw unsupported("regular expressions in filter patterns");
    (sign === "?" ? any : sign === "-" ? none : all).push(plain);
    return "";
  });
  if (rest.trim() !== "") throw invalid(text);
  // AWS takes optional terms as given only when there are no others.
  const optional = all.length === 0 && none.length === 0 ? any : [];
  return (message) =>
    all.every((term) => message.includes(term)) &&
    !none.some((term) => message.includes(term)) &&
    (optional.length === 0 || optional.some((term) => message.includes(term)));
}

type Condition = (document: unknown) => boolean;

const TOKEN = /\s*(&&|\|\||[()]|<=|>=|!=|=|<|>|"(?:[^"\\]|\\.)*"|%[^%]*%|[^\s()=<>!&|"]+)/y;

/** Recursive descent: `a || b && (c)`. */
class JsonPattern {
  readonly #tokens: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    const source = text.trimEnd();
    for (TOKEN.lastIndex = 0; TOKEN.lastIndex < source.length; ) {
      const token = TOKEN.exec(source)?.[1];
      if (token === undefined) throw invalid(text);
      if (token.startsWith("%")) throw unsupported("regular expressions in filter patterns");
      this.#tokens.push(token);
    }
  }

  read(): Condition {
    const condition = this.#or();
    if (this.#at < this.#tokens.length) throw invalid(this.#text);
    return condition;
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw invalid(this.#text);
    return token;
  }

  #accept(token: string): boolean {
    if (this.#tokens[this.#at]?.toUpperCase() !== token) return false;
    this.#at++;
    return true;
  }

  #or(): Condition {
    const parts = [this.#and()];
    while (this.#accept("||")) parts.push(this.#and());
    return (document) => parts.some((part) => part(document));
  }

  #and(): Condition {
    const parts = [this.#one()];
    while (this.#accept("&&")) parts.push(this.#one());
    return (document) => parts.every((part) => part(document));
  }

  #one(): Condition {
    if (this.#accept("(")) {
      const inner = this.#or();
      if (!this.#accept(")")) throw invalid(this.#text);
      return inner;
    }
    const values = selector(this.#next(), this.#text);
    if (this.#accept("IS")) return this.#is(values);
    if (this.#accept("NOT")) {
      if (!this.#accept("EXISTS")) throw invalid(this.#text);
      return (document) => values(document).length === 0;
    }
    if (this.#accept("EXISTS")) return (document) => values(document).length > 0;
    const operator = this.#next();
    const holds = comparison(operator, this.#next(), this.#text);
    return (document) => values(document).some(holds);
  }

  #is(values: (document: unknown) => unknown[]): Condition {
    const wanted = { TRUE: true, FALSE: false, NULL: null }[this.#next().toUpperCase() as "TRUE"];
    if (wanted === undefined) throw invalid(this.#text);
    return (document) => values(document).some((value) => value === wanted);
  }
}

/** `$.a.b[0]`, `$.a[*].b`, `$["a b"]` → the values there. */
function selector(path: string, text: string): (document: unknown) => unknown[] {
  if (!path.startsWith("$")) throw invalid(text);
  const steps = [...path.slice(1).matchAll(/\.([\w@-]+)|\[(\d+|\*)\]|\["([^"]+)"\]/g)];
  if (steps.map(([step]) => step).join("") !== path.slice(1) || steps.length === 0) throw invalid(text);
  return (document) =>
    steps.reduce<unknown[]>(
      (values, [, name, index, quoted]) =>
        values.flatMap((value) => {
          if (index === "*") return Array.isArray(value) ? value : [];
          if (index !== undefined) return Array.isArray(value) && Number(index) in value ? [value[Number(index)]] : [];
          const key = name ?? quoted ?? "";
          return typeof value === "object" && value !== null && Object.hasOwn(value, key)
            ? [(value as Record<string, unknown>)[key]]
            : [];
        }),
      [document],
    );
}

function comparison(operator: string, wanted: string, text: string): (value: unknown) => boolean {
  const quoted = wanted.startsWith('"');
  const plain = quoted ? wanted.slice(1, -1).replaceAll(/\\(.)/g, "$1") : wanted;
  const number = quoted || plain === "" ? Number.NaN : Number(plain);
  const equals = Number.isNaN(number)
    ? (value: unknown) => typeof value === "string" && like(plain, value)
    : (value: unknown) => typeof value === "number" && value === number;
  switch (operator) {
    case "=":
      return equals;
    case "!=":
      return (value) => !equals(value);
    case "<":
      return (value) => typeof value === "number" && value < number;
    case "<=":
      return (value) => typeof value === "number" && value <= number;
    case ">":
      return (value) => typeof value === "number" && value > number;
    case ">=":
      return (value) => typeof value === "number" && value >= number;
    default:
      throw invalid(text);
  }
}

/** `*` stands for anything; without backtracking, because the pattern comes from outside. */
function like(pattern: string, value: string): boolean {
  const [first = "", ...parts] = pattern.split("*");
  if (parts.length === 0) return value === pattern;
  const last = parts.pop() ?? "";
  if (!value.startsWith(first) || !value.endsWith(last) || value.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= value.length - last.length;
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

function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: CloudWatch Logs ${what} are not implemented`, { status: 501 });
}
