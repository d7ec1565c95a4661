import { AwsError } from "../../core/errors.ts";
import { type Metric, readDimensions } from "./samples.ts";

type Condition = (metric: Searched) => boolean;

interface Searched {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: ReadonlyMap<string, string>;
  readonly tokens: ReadonlySet<string>;
}

/** `{AWS/Lambda,FunctionName}`: the name space and exactly these dimensions. */
interface Schema {
  readonly namespace: string;
  readonly dimensions: readonly string[];
}

export interface SearchExpression {
  /** Known beforehand where the schema or a `Namespace=` says it: it narrows what must be looked at. */
  readonly namespace: string | undefined;
  matches(metric: Metric): boolean;
}

/** AWS answers at most this many series of one search. */
export const MOST_FOUND = 500;

/**
 * What SEARCH looks for: an optional schema, then terms joined by AND (or nothing), OR, NOT and parentheses. A term is a
 * word that must be a whole token of the metric (its name, name space, dimension names or values, split at what isn't a
 * letter or digit and where the case changes), a phrase in double quotes, or a designator with an exact value in quotes
 * or a partial one without: `MetricName="Errors"`, `Namespace=…`, `FunctionName="orders"`. Case means nothing in tokens.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
export function compileSearch(text: string): SearchExpression {
  const [whole, inner] = /^\s*\{([^}]*)\}/.exec(text) ?? [];
  const schema = inner === undefined ? undefined : readSchema(inner, text);
  const rest = whole === undefined ? text : text.slice(whole.length);
  const condition = rest.trim() === "" ? () => true : new Parser(rest, text).read();
  const named = /(?:^|\s)Namespace\s*=\s*"([^"]+)"/.exec(rest)?.[1];
  const only = schema?.namespace ?? (/\b(OR|NOT)\b/.test(rest) ? undefined : named);
  return {
    namespace: only,
    matches(metric) {
      const dimensions = new Map(readDimensions(metric.dimensions).map(({ Name = "", Value = "" }) => [Name, Value]));
      if (schema) {
        if (metric.namespace !== schema.namespace || dimensions.size !== schema.dimensions.length) return false;
        if (!schema.dimensions.every((name) => dimensions.has(name))) return false;
      }
      const { namespace, name } = metric;
      const tokens = new Set([namespace, name, ...dimensions.keys(), ...dimensions.values()].flatMap(tokensOf));
      return condition({ namespace, name, dimensions, tokens });
    },
  };
}

function readSchema(inner: string, text: string): Schema {
  const parts = [...inner.matchAll(/\s*("(?:[^"\\]|\\.)*"|[^,"]+)\s*(,|$)/g)].map(([, part = ""]) =>
    unquote(part.trim()),
  );
  const [namespace, ...dimensions] = parts;
  if (!namespace || dimensions.some((name) => name === "")) throw invalid(text);
  return { namespace, dimensions };
}

/** `CPUUtilization/us-east_1` → the whole in lower case, its parts, and those parts' words and numbers. */
function tokensOf(text: string): string[] {
  const parts = text.split(/[^A-Za-z0-9]+/).filter((part) => part !== "");
  const words = parts.flatMap((part) => part.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? []);
  return [text, ...parts, ...words].map((token) => token.toLowerCase());
}

const TOKEN = /\s*([()=]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s()="']+)/y;

class Parser {
  readonly #tokens: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(source: string, text: string) {
    this.#text = text;
    const trimmed = source.trimEnd();
    for (TOKEN.lastIndex = 0; TOKEN.lastIndex < trimmed.length; ) {
      const token = TOKEN.exec(trimmed)?.[1];
      if (token === undefined) throw invalid(text);
      this.#tokens.push(token);
    }
  }

  read(): Condition {
    const condition = this.#or();
    if (this.#at < this.#tokens.length) throw invalid(this.#text);
    return condition;
  }

  #accept(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false;
    this.#at++;
    return true;
  }

  #or(): Condition {
    const parts = [this.#and()];
    while (this.#accept("OR")) parts.push(this.#and());
    return (metric) => parts.some((part) => part(metric));
  }

  #and(): Condition {
    const parts = [this.#not()];
    for (let next = this.#tokens[this.#at]; next !== undefined && next !== ")" && next !== "OR"; ) {
      this.#accept("AND");
      parts.push(this.#not());
      next = this.#tokens[this.#at];
    }
    return (metric) => parts.every((part) => part(metric));
  }

  #not(): Condition {
    if (!this.#accept("NOT")) return this.#one();
    const inner = this.#not();
    return (metric) => !inner(metric);
  }

  #one(): Condition {
    if (this.#accept("(")) {
      const inner = this.#or();
      if (!this.#accept(")")) throw invalid(this.#text);
      return inner;
    }
    const token = this.#tokens[this.#at++];
    if (token === undefined || token === ")" || token === "=") throw invalid(this.#text);
    if (this.#accept("=")) return this.#designated(unquote(token));
    return isQuoted(token) ? holdsPhrase(unquote(token)) : holdsToken(token);
  }

  /** `MetricName="Errors"`; in parentheses one of several: `FunctionName=("a" OR "b")`. */
  #designated(designator: string): Condition {
    const inParentheses = this.#accept("(");
    const conditions: Condition[] = [];
    do {
      const value = this.#tokens[this.#at++];
      if (value === undefined || /^[()=]$/.test(value)) throw invalid(this.#text);
      conditions.push(designates(designator, value));
    } while (inParentheses && this.#accept("OR"));
    if (inParentheses && !this.#accept(")")) throw invalid(this.#text);
    return (metric) => conditions.some((condition) => condition(metric));
  }
}

function designates(designator: string, value: string): Condition {
  const read = ({ name, namespace, dimensions }: Searched): string | undefined => {
    if (designator === "MetricName") return name;
    if (designator === "Namespace") return namespace;
    return dimensions.get(designator);
  };
  const plain = unquote(value);
  return (metric) => {
    const actual = read(metric);
    if (actual === undefined) return false;
    return isQuoted(value) ? actual === plain : tokensOf(actual).includes(plain.toLowerCase());
  };
}

const holdsToken = (word: string): Condition => {
  const wanted = word.toLowerCase();
  return ({ tokens }) => tokens.has(wanted);
};

/** A phrase must stand as it is in one of the metric's texts, between what isn't a letter or digit. */
function holdsPhrase(phrase: string): Condition {
  const wanted = phrase.toLowerCase();
  return ({ name, namespace, dimensions }) =>
    [name, namespace, ...dimensions.keys(), ...dimensions.values()].some((text) => text.toLowerCase().includes(wanted));
}

const isQuoted = (token: string) => /^["']/.test(token);
const unquote = (token: string) => (isQuoted(token) ? token.slice(1, -1).replaceAll(/\\(.)/g, "$1") : token);
const invalid = (text: string) =>
  new AwsError("ValidationError", `Error in SEARCH expression: invalid syntax in '${text}'`, { status: 400 });
