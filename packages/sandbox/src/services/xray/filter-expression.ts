import { AwsError } from "../../core/errors.ts";
import { flatten, type Segment } from "./segments.ts";

/** A trace, as a filter sees it. */
interface Filtered {
  readonly segments: readonly Segment[];
  /** Seconds. */
  readonly responseTime: number;
  readonly duration: number;
}

type Condition = (trace: Filtered) => boolean;

/**
 * Understands a filter expression: `error`, `fault`, `throttle`, `ok`, `responsetime` and `duration` with comparisons,
 * `http.status`, `http.method`, `http.url`, `annotation.x` (or `annotation[x]`), `user`, `service("x") { … }` also with
 * `id(name: "x", type: "…")`, `AND`, `OR`, `NOT`, `!` and parentheses. Everything else is refused by name.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
 */
export function compileFilter(text: string | undefined): Condition {
  if (text === undefined || text.trim() === "") return () => true;
  return new Parser(text).read();
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|<=|>=|!=|[=<>(){}[\]!:,]|&&|\|\||-?\d+(?:\.\d+)?|[A-Za-z_][\w.]*)/y;
const FLAGS = ["error", "fault", "throttle"] as const;

class Parser {
  readonly #tokens: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    const source = text.trimEnd();
    for (TOKEN.lastIndex = 0; TOKEN.lastIndex < source.length; ) {
      const token = TOKEN.exec(source)?.[1];
      if (token === undefined) throw invalid(text);
      this.#tokens.push(token);
    }
  }

  read(): Condition {
    const condition = this.#or();
    if (this.#at < this.#tokens.length) throw invalid(this.#text);
    return condition;
  }

  #accept(...tokens: readonly string[]): boolean {
    if (!tokens.includes(this.#tokens[this.#at]?.toUpperCase() ?? "")) return false;
    this.#at++;
    return true;
  }

  #expect(token: string): void {
    if (!this.#accept(token)) throw invalid(this.#text);
  }

  #next(): string {
    const token = this.#tokens[this.#at++];
    if (token === undefined) throw invalid(this.#text);
    return token;
  }

  #or(): Condition {
    const parts = [this.#and()];
    while (this.#accept("OR", "||")) parts.push(this.#and());
    return (trace) => parts.some((part) => part(trace));
  }

  #and(): Condition {
    const parts = [this.#not()];
    while (this.#accept("AND", "&&")) parts.push(this.#not());
    return (trace) => parts.every((part) => part(trace));
  }

  #not(): Condition {
    if (!this.#accept("NOT", "!")) return this.#one();
    const inner = this.#not();
    return (trace) => !inner(trace);
  }

  #one(): Condition {
    if (this.#accept("(")) {
      const inner = this.#or();
      this.#expect(")");
      return inner;
    }
    const word = this.#next();
    const flag = FLAGS.find((name) => name === word);
    if (flag) return this.#truth((trace) => flatten(trace.segments).some((segment) => segment[flag] === true));
    if (word === "ok") {
      return this.#truth((trace) => !flatten(trace.segments).some((segment) => FLAGS.some((name) => segment[name])));
    }
    if (word === "service") return this.#service();
    const values = this.#values(word);
    if (!isOperator(this.#tokens[this.#at])) {
      if (word.startsWith("annotation")) return (trace) => values(trace).length > 0;
      throw invalid(this.#text);
    }
    return this.#comparison(values);
  }

  /** `fault`, also as `fault = true`. */
  #truth(condition: Condition): Condition {
    const negated = this.#tokens[this.#at] === "!=";
    if (!negated && this.#tokens[this.#at] !== "=") return condition;
    this.#at++;
    const wanted = (this.#next().toLowerCase() === "true") !== negated;
    return (trace) => condition(trace) === wanted;
  }

  #values(word: string): (trace: Filtered) => unknown[] {
    const each = (of: (segment: Segment) => unknown) => (trace: Filtered) =>
      flatten(trace.segments)
        .map(of)
        .filter((value) => value !== undefined);
    switch (word) {
      case "responsetime":
        return (trace) => [trace.responseTime];
      case "duration":
        return (trace) => [trace.duration];
      case "http.status":
        return each(({ http }) => http?.response?.status);
      case "http.method":
        return each(({ http }) => http?.request?.method);
      case "http.url":
        return each(({ http }) => http?.request?.url);
      case "http.clientip":
        return each(({ http }) => http?.request?.client_ip);
      case "http.useragent":
        return each(({ http }) => http?.request?.user_agent);
      case "user":
        return each(({ user }) => user);
    }
    if (word === "annotation" && this.#accept("[")) {
      const key = plain(this.#next());
      this.#expect("]");
      return each(({ annotations }) => annotations?.[key]);
    }
    if (word.startsWith("annotation."))
      return each(({ annotations }) => annotations?.[word.slice("annotation.".length)]);
    throw unsupported(word);
  }

  #comparison(values: (trace: Filtered) => unknown[]): Condition {
    const operator = this.#next().toUpperCase();
    const token = this.#next();
    const wanted: unknown = /^(true|false)$/i.test(token)
      ? token.toLowerCase() === "true"
      : /^-?\d/.test(token)
        ? Number(token)
        : plain(token);
    const holds = (value: unknown): boolean => {
      if (operator === "=") return value === wanted;
      if (operator === "!=") return value !== wanted;
      if (typeof value === "string" && typeof wanted === "string") {
        if (operator === "CONTAINS") return value.includes(wanted);
        if (operator === "BEGINSWITH") return value.startsWith(wanted);
        if (operator === "ENDSWITH") return value.endsWith(wanted);
      }
      if (typeof value !== "number" || typeof wanted !== "number") return false;
      if (operator === "<") return value < wanted;
      if (operator === "<=") return value <= wanted;
      if (operator === ">") return value > wanted;
      return operator === ">=" && value >= wanted;
    };
    return (trace) => values(trace).some(holds);
  }

  #service(): Condition {
    let name: string | undefined;
    let type: string | undefined;
    this.#expect("(");
    if (this.#accept("ID")) {
      this.#expect("(");
      do {
        const key = this.#next();
        this.#expect(":");
        const value = plain(this.#next());
        if (key === "name") name = value;
        else if (key === "type") type = value;
        else throw unsupported(`service(id(${key}: …))`);
      } while (this.#accept(","));
      this.#expect(")");
    } else if (!this.#accept(")")) {
      name = plain(this.#next());
    }
    if (this.#tokens[this.#at - 1] !== ")" || this.#tokens[this.#at] === ")") this.#expect(")");
    const isIt = (segment: Segment) =>
      (name === undefined || segment.name === name) && (type === undefined || segment.origin === type);
    if (!this.#accept("{")) return (trace) => trace.segments.some(isIt);
    const inner = this.#or();
    this.#expect("}");
    return (trace) => trace.segments.some((segment) => isIt(segment) && inner({ ...trace, segments: [segment] }));
  }
}

const isOperator = (token: string | undefined) => /^([<>!]?=|[<>]|CONTAINS|BEGINSWITH|ENDSWITH)$/i.test(token ?? "");
const plain = (token: string) => (token.startsWith('"') ? token.slice(1, -1).replaceAll(/\\(.)/g, "$1") : token);
const invalid = (text: string) => new AwsError("InvalidRequestException", `Invalid filter expression: ${text}`);

function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: X-Ray filter expressions with ${what} are not implemented`, {
    status: 501,
  });
}
