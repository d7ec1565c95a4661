import { comparison } from "./comparison.ts";

type Condition = (document: unknown) => boolean;

export interface JsonPattern {
  readonly holds: Condition;
  /** Texts that every matching line holds as they are: what SQLite can look for. */
  readonly needles: readonly string[];
}

const TOKEN =
  /\s*(&&|\|\||[()]|<=|>=|!=|=|<|>|"(?:[^"\\]|\\.)*"|%[^%]*%|\$(?:\.[\w@-]+|\[(?:\d+|\*|"[^"]*"|'[^']*')\])*|[^\s()=<>!&|"]+)/y;

/** What no JSON writer escapes: a document with such a text holds it in its source too. */
const PLAIN = /^[A-Za-z0-9_.:-]{3,}$/;

/** Recursive descent: `a || b && (c)`. Returns undefined where the pattern isn't one. */
export function parseJsonPattern(text: string): JsonPattern | undefined {
  try {
    return new Parser(text).read();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Parser {
  readonly #tokens: string[] = [];
  readonly #needles: string[] = [];
  #at = 0;
  /** Within an OR or parentheses nothing is certain of every match. */
  #isCertain = true;

  constructor(text: string) {
    const source = text.trimEnd();
    for (TOKEN.lastIndex = 0; TOKEN.lastIndex < source.length; ) {
      const token = TOKEN.exec(source)?.[1];
      if (token === undefined) throw new SyntaxError(text);
      this.#tokens.push(token);
    }
    if (this.#tokens.includes("||")) this.#isCertain = false;
  }

  read(): JsonPattern {
    const holds = this.#or();
    if (this.#at < this.#tokens.length) throw new SyntaxError("more than a condition");
    return { holds, needles: this.#needles };
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw new SyntaxError("unexpected end");
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
      if (!this.#accept(")")) throw new SyntaxError("expected )");
      return inner;
    }
    const values = jsonSelector(this.#next());
    if (this.#accept("IS")) return this.#is(values);
    if (this.#accept("NOT")) {
      if (!this.#accept("EXISTS")) throw new SyntaxError("expected EXISTS");
      return (document) => values(document).length === 0;
    }
    if (this.#accept("EXISTS")) return (document) => values(document).length > 0;
    const operator = this.#next();
    const wanted = this.#next();
    const holds = comparison(operator, wanted);
    if (!holds) throw new SyntaxError(`no operator ${operator}`);
    const plain = wanted.replaceAll('"', "");
    if (this.#isCertain && operator === "=" && PLAIN.test(plain) && Number.isNaN(Number(plain)))
      this.#needles.push(plain);
    return (document) => values(document).some(holds);
  }

  #is(values: (document: unknown) => unknown[]): Condition {
    const word = this.#next().toUpperCase();
    if (word !== "TRUE" && word !== "FALSE" && word !== "NULL") throw new SyntaxError(`IS ${word}`);
    const wanted = word === "NULL" ? null : word === "TRUE";
    return (document) => values(document).some((value) => value === wanted);
  }
}

/** `$.a.b[0]`, `$.a[*].b`, `$["a b"]` → the values there. Raises `SyntaxError` for what is no such path. */
export function jsonSelector(path: string): (document: unknown) => unknown[] {
  const steps = [...path.slice(1).matchAll(/\.([\w@-]+)|\[(\d+|\*)\]|\[["']([^"']+)["']\]/g)];
  if (!path.startsWith("$") || steps.map(([step]) => step).join("") !== path.slice(1) || steps.length === 0) {
    throw new SyntaxError(`no path: ${path}`);
  }
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
