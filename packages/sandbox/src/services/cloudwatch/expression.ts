import { AwsError } from "../../core/errors.ts";
import { callFunction, functionArity, isRefused, type MathScope } from "./math-functions.ts";
import { combine, isList, type MathValue, mapPoints, type TimeSeries } from "./series.ts";

/**
 * Metric math: `+ - * / ^`, comparisons, `AND OR && ||`, parentheses, arrays, numbers, ids, and the
 * functions of `math-functions.ts`. A point of two series is where both have one; a division by zero gives none, as on
 * AWS. What isn't there is refused by name.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function evaluate(text: string, scope: MathScope): readonly TimeSeries[] {
  const value = new Parser(text, scope).read();
  if (isList(value)) return value;
  if (typeof value !== "number") return [{ ...value, label: scope.id }];
  const points = new Map(scope.periods.map((period) => [period, value]));
  return [{ label: scope.id, periodSeconds: scope.periodSeconds, points }];
}

/** The ids that an expression refers to. */
export function idsOf(text: string): string[] {
  const bare = text.replaceAll(/'[^']*'|"[^"]*"/g, "");
  return [...bare.matchAll(/(?<![\w.])[a-z][A-Za-z0-9_]*/g)].map(([id]) => id);
}

const TOKEN =
  /\s*(\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|\.\d+|[A-Za-z][A-Za-z0-9_]*|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|==|!=|<=|>=|&&|\|\||[-+*/^(),[\]<>])/y;

const truth = (holds: boolean) => (holds ? 1 : 0);
const COMPARISONS: Readonly<Record<string, (a: number, b: number) => number>> = {
  "==": (a, b) => truth(a === b),
  "!=": (a, b) => truth(a !== b),
  "<": (a, b) => truth(a < b),
  "<=": (a, b) => truth(a <= b),
  ">": (a, b) => truth(a > b),
  ">=": (a, b) => truth(a >= b),
};

class Parser {
  readonly #tokens: string[] = [];
  readonly #text: string;
  readonly #scope: MathScope;
  #at = 0;

  constructor(text: string, scope: MathScope) {
    this.#text = text;
    this.#scope = scope;
    const source = text.trimEnd();
    if (source === "") throw this.#invalid("the expression is empty");
    for (TOKEN.lastIndex = 0; TOKEN.lastIndex < source.length; ) {
      const from = TOKEN.lastIndex;
      const token = TOKEN.exec(source)?.[1];
      if (token === undefined) throw this.#invalid(`unexpected character at position ${from}`);
      this.#tokens.push(token);
    }
  }

  read(): MathValue {
    const value = this.#or();
    if (this.#at < this.#tokens.length) throw this.#invalid(`unexpected token ${this.#tokens[this.#at]}`);
    return value;
  }

  #invalid(why: string): AwsError {
    const message = `Error in expression '${this.#scope.id}' [${why}]: ${this.#text}`;
    return new AwsError("ValidationError", message, { status: 400 });
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #accept(...tokens: readonly string[]): string | undefined {
    const token = this.#peek();
    if (token === undefined || !tokens.includes(token)) return undefined;
    this.#at++;
    return token;
  }

  #expect(token: string): void {
    if (!this.#accept(token)) throw this.#invalid(`expected ${token} and found ${this.#peek() ?? "the end"}`);
  }

  #combine(left: MathValue, right: MathValue, by: (a: number, b: number) => number): MathValue {
    const value = combine(left, right, by);
    if (value === undefined) throw this.#invalid("operand types are arrays of different lengths");
    return value;
  }

  #or(): MathValue {
    let value = this.#and();
    while (this.#accept("OR", "||")) value = this.#combine(value, this.#and(), (a, b) => truth(a !== 0 || b !== 0));
    return value;
  }

  #and(): MathValue {
    let value = this.#comparison();
    while (this.#accept("AND", "&&")) {
      value = this.#combine(value, this.#comparison(), (a, b) => truth(a !== 0 && b !== 0));
    }
    return value;
  }

  #comparison(): MathValue {
    let value = this.#sum();
    for (let token = this.#peek(); token && Object.hasOwn(COMPARISONS, token); token = this.#peek()) {
      const by = COMPARISONS[token];
      this.#at++;
      if (by) value = this.#combine(value, this.#sum(), by);
    }
    return value;
  }

  #sum(): MathValue {
    let value = this.#product();
    for (let sign = this.#accept("+", "-"); sign; sign = this.#accept("+", "-")) {
      value = this.#combine(value, this.#product(), sign === "+" ? (a, b) => a + b : (a, b) => a - b);
    }
    return value;
  }

  #product(): MathValue {
    let value = this.#power();
    for (let sign = this.#accept("*", "/"); sign; sign = this.#accept("*", "/")) {
      value = this.#combine(value, this.#power(), sign === "*" ? (a, b) => a * b : (a, b) => a / b);
    }
    return value;
  }

  #power(): MathValue {
    const base = this.#unary();
    if (!this.#accept("^")) return base;
    return this.#combine(base, this.#power(), (a, b) => a ** b);
  }

  #unary(): MathValue {
    if (!this.#accept("-")) return this.#primary();
    return mapPoints(this.#unary(), (value) => -value);
  }

  #primary(): MathValue {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw this.#invalid("unexpected end");
    if (/^[.\d]/.test(token)) return Number(token);
    if (token === "(") {
      const value = this.#or();
      this.#expect(")");
      return value;
    }
    if (token === "[") return this.#array();
    if (/^[a-z]/.test(token)) return this.#series(token);
    if (/^[A-Z]/.test(token) && this.#peek() === "(") return this.#call(token);
    throw this.#invalid(`unexpected token ${token}`);
  }

  #series(id: string): MathValue {
    const found = this.#scope.series(id);
    const [only] = found;
    return found.length === 1 && only ? only : found;
  }

  #array(): MathValue {
    const values: TimeSeries[] = [];
    do {
      const value = this.#or();
      if (typeof value === "number") throw this.#invalid("an array holds time series, not scalars");
      if (isList(value)) values.push(...value);
      else values.push(value);
    } while (this.#accept(","));
    this.#expect("]");
    return values;
  }

  #call(name: string): MathValue {
    if (isRefused(name)) {
      throw new AwsError("NotImplemented", `sandbox: CloudWatch metric math with ${name} is not implemented`, {
        status: 501,
      });
    }
    const arity = functionArity(name);
    if (!arity) throw this.#invalid(`unknown function ${name}`);
    this.#expect("(");
    const given: (MathValue | { word: string })[] = [];
    if (!this.#accept(")")) {
      do given.push(this.#argument());
      while (this.#accept(","));
      this.#expect(")");
    }
    if (given.length < arity[0] || given.length > arity[1]) {
      throw this.#invalid(`wrong number of arguments for ${name}`);
    }
    const value = callFunction(name, given, this.#scope);
    if (value === undefined) throw this.#invalid(`wrong type of argument for ${name}`);
    return value;
  }

  /** A value, or a word as only functions understand it: text, REPEAT, ASC, … */
  #argument(): MathValue | { word: string } {
    const token = this.#peek() ?? "";
    const isWord = /^[A-Z]/.test(token) && this.#tokens[this.#at + 1] !== "(";
    if (!isWord && !/^['"]/.test(token)) return this.#or();
    this.#at++;
    return { word: isWord ? token : token.slice(1, -1).replaceAll(/\\(.)/g, "$1") };
  }
}
