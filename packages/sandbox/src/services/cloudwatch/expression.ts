import { AwsError } from "../../core/errors.ts";

/** Values by the start of their period, in ms. */
export type Series = ReadonlyMap<number, number>;
type Value = number | Series;

export interface ExpressionScope {
  /** The series of another query of the same request. */
  series(id: string): Series;
  /** Starts of all periods of the request, ascending: what FILL fills. */
  readonly periods: readonly number[];
  readonly periodSeconds: number;
}

/**
 * Metric math: `+ - * / ^`, parentheses, numbers, ids, and FILL, ABS, CEIL, FLOOR, SUM, AVG, MIN, MAX, PERIOD. A point of
 * two series is where both have one; a division by zero gives none, as on AWS. Everything else, SEARCH above all, is
 * refused by name.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function evaluate(text: string, scope: ExpressionScope): Series {
  const value = new Parser(text, scope).read();
  if (typeof value !== "number") return value;
  return new Map(scope.periods.map((period) => [period, value]));
}

/** The ids that an expression refers to. */
export function idsOf(text: string): string[] {
  return [...text.matchAll(/\b[a-z][A-Za-z0-9_]*\b/g)].map(([id]) => id);
}

const TOKEN = /\s*(\d+(?:\.\d+)?|[A-Za-z][A-Za-z0-9_]*|[-+*/^(),[\]])/y;
const EACH: Readonly<Record<string, (value: number) => number>> = { ABS: Math.abs, CEIL: Math.ceil, FLOOR: Math.floor };
const TOGETHER: Readonly<Record<string, (values: readonly number[]) => number>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};

class Parser {
  readonly #tokens: string[] = [];
  readonly #text: string;
  readonly #scope: ExpressionScope;
  #at = 0;

  constructor(text: string, scope: ExpressionScope) {
    this.#text = text;
    this.#scope = scope;
    if (/^\s*(SEARCH|SELECT)\b/.test(text)) throw unsupported(text.trim().split(/\W/)[0] ?? text);
    const source = text.trimEnd();
    for (TOKEN.lastIndex = 0; TOKEN.lastIndex < source.length; ) {
      const token = TOKEN.exec(source)?.[1];
      if (token === undefined) throw invalid(text);
      this.#tokens.push(token);
    }
  }

  read(): Value {
    const value = this.#sum();
    if (this.#at < this.#tokens.length) throw invalid(this.#text);
    return value;
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #expect(token: string): void {
    if (this.#tokens[this.#at++] !== token) throw invalid(this.#text);
  }

  #sum(): Value {
    let value = this.#product();
    for (let sign = this.#peek(); sign === "+" || sign === "-"; sign = this.#peek()) {
      this.#at++;
      const right = this.#product();
      value = combine(value, right, sign === "+" ? (a, b) => a + b : (a, b) => a - b);
    }
    return value;
  }

  #product(): Value {
    let value = this.#power();
    for (let sign = this.#peek(); sign === "*" || sign === "/"; sign = this.#peek()) {
      this.#at++;
      const right = this.#power();
      value = combine(value, right, sign === "*" ? (a, b) => a * b : (a, b) => a / b);
    }
    return value;
  }

  #power(): Value {
    const base = this.#unary();
    if (this.#peek() !== "^") return base;
    this.#at++;
    return combine(base, this.#power(), (a, b) => a ** b);
  }

  #unary(): Value {
    if (this.#peek() !== "-") return this.#primary();
    this.#at++;
    return combine(0, this.#unary(), (a, b) => a - b);
  }

  #primary(): Value {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw invalid(this.#text);
    if (/^\d/.test(token)) return Number(token);
    if (token === "(") {
      const value = this.#sum();
      this.#expect(")");
      return value;
    }
    if (/^[a-z]/.test(token)) return this.#scope.series(token);
    if (this.#peek() === "(") return this.#call(token);
    throw invalid(this.#text);
  }

  #call(name: string): Value {
    this.#expect("(");
    if (name === "FILL") return this.#fill();
    const listed = this.#peek() === "[";
    if (listed) this.#at++;
    const values = [this.#sum()];
    while (this.#peek() === ",") {
      this.#at++;
      values.push(this.#sum());
    }
    if (listed) this.#expect("]");
    this.#expect(")");
    if (name === "PERIOD") return this.#scope.periodSeconds;
    const each = Object.hasOwn(EACH, name) ? EACH[name] : undefined;
    if (each && values.length === 1) return combine(values[0] ?? 0, 0, (value) => each(value));
    const together = Object.hasOwn(TOGETHER, name) ? TOGETHER[name] : undefined;
    if (!together) throw unsupported(`the function ${name}`);
    const [only] = values;
    // Of one series: its one number over time. Of a list: point by point.
    if (!listed && values.length === 1 && only !== undefined) {
      return typeof only === "number" ? only : together([...only.values()]);
    }
    return pointwise(values, together);
  }

  #fill(): Value {
    const value = this.#sum();
    this.#expect(",");
    const how = this.#peek();
    const { periods } = this.#scope;
    if (typeof value === "number") throw invalid(this.#text);
    if (how === "REPEAT" || how === "LINEAR") {
      this.#at++;
      this.#expect(")");
      if (how === "LINEAR") throw unsupported("FILL with LINEAR");
      let last: number | undefined;
      return new Map(
        periods.flatMap((period) => {
          last = value.get(period) ?? last;
          return last === undefined ? [] : [[period, last] as const];
        }),
      );
    }
    const filling = this.#sum();
    this.#expect(")");
    return new Map(
      periods.flatMap((period) => {
        const point = value.get(period) ?? (typeof filling === "number" ? filling : filling.get(period));
        return point === undefined ? [] : [[period, point] as const];
      }),
    );
  }
}

function combine(left: Value, right: Value, with_: (a: number, b: number) => number): Value {
  if (typeof left === "number" && typeof right === "number") return with_(left, right);
  return pointwise([left, right], ([a = 0, b = 0]) => with_(a, b));
}

function pointwise(values: readonly Value[], with_: (values: readonly number[]) => number): Series {
  const series = values.filter((value) => typeof value !== "number");
  const points = new Map<number, number>();
  for (const period of series[0]?.keys() ?? []) {
    const here = values.map((value) => (typeof value === "number" ? value : value.get(period)));
    if (!here.every((value) => value !== undefined)) continue;
    const point = with_(here);
    if (Number.isFinite(point)) points.set(period, point);
  }
  return points;
}

const invalid = (text: string) => new AwsError("ValidationError", `Error in expression '${text}'`, { status: 400 });

function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: CloudWatch metric math with ${what} is not implemented`, {
    status: 501,
  });
}
