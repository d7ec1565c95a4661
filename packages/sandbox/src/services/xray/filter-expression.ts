import { AwsError } from "../../core/errors.ts";
import { flatten, ownersOf, type Segment } from "./segments.ts";

/** A trace, as a filter sees it. */
interface Filtered {
  readonly segments: readonly Segment[];
  /** Seconds. */
  readonly responseTime: number;
  readonly duration: number;
}

type Condition = (trace: Filtered) => boolean;

/**
 * Understands a filter expression: `error`, `fault`, `throttle`, `ok`, `partial`, `inferred`, `root`, `remote`,
 * `responsetime` and `duration` with comparisons, `http.status`, `.method`, `.url`, `.clientip`, `.useragent`,
 * `annotation.x` (or `annotation[x]`), `user`, `name`, `resource.arn`, `service("x") { … }` and `edge("a", "b") { … }`,
 * each also with `id(name: "x", type: "…")`, `AND`, `OR`, `NOT`, `!` and parentheses. Everything else (root causes,
 * groups, availability zones, instances) is refused by name.
 * https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
 */
export function compileFilter(text: string | undefined): Condition {
  if (text === undefined || text.trim() === "") return () => true;
  return new Parser(text).read();
}

const TOKEN = /\s*("(?:[^"\\]|\\.)*"|<=|>=|!=|[=<>(){}[\]!:,]|&&|\|\||-?\d+(?:\.\d+)?|[A-Za-z_][\w.]*)/y;
const FLAGS = ["error", "fault", "throttle"] as const;
/** Further words that are true of some segment or subsegment of a trace. */
const TRUTHS: Readonly<Record<string, (segment: Segment) => boolean>> = {
  partial: ({ in_progress }) => in_progress === true,
  inferred: ({ inferred }) => inferred === true,
  root: ({ parent_id, type }) => parent_id === undefined && type !== "subsegment",
  remote: ({ namespace }) => namespace === "remote",
};

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
    const truth = Object.hasOwn(TRUTHS, word) ? TRUTHS[word] : undefined;
    if (truth) return this.#truth((trace) => flatten(trace.segments).some(truth));
    if (word === "service") return this.#service();
    if (word === "edge") return this.#edge();
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
      case "name":
        return each(({ name }) => name);
      case "resource.arn":
        return each(({ resource_arn }) => resource_arn);
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
    this.#expect("(");
    let isIt = (_: Segment) => true;
    if (!this.#accept(")")) {
      isIt = this.#named();
      this.#expect(")");
    }
    const inner = this.#block();
    if (!inner) return (trace) => trace.segments.some(isIt);
    return (trace) => trace.segments.some((segment) => isIt(segment) && inner(alone(trace, segment)));
  }

  /** A call from one service to another; the condition is of the one that is called. */
  #edge(): Condition {
    this.#expect("(");
    const isCaller = this.#named();
    this.#expect(",");
    const isCalled = this.#named();
    this.#expect(")");
    const inner = this.#block() ?? (() => true);
    return (trace) => {
      const owners = ownersOf(trace.segments);
      return trace.segments.some((segment) => {
        const caller = owners.get(segment.parent_id ?? "");
        return caller !== undefined && isCaller(caller) && isCalled(segment) && inner(alone(trace, segment));
      });
    };
  }

  /** `"orders"`, or `id(name: "orders", type: "AWS::Lambda")`. */
  #named(): (segment: Segment) => boolean {
    if (!this.#accept("ID")) {
      const wanted = plain(this.#next());
      return ({ name }) => name === wanted;
    }
    let name: string | undefined;
    let type: string | undefined;
    this.#expect("(");
    do {
      const key = this.#next();
      this.#expect(":");
      const value = plain(this.#next());
      if (key === "name") name = value;
      else if (key === "type") type = value;
      else throw unsupported(`id(${key}: …)`);
    } while (this.#accept(","));
    this.#expect(")");
    return (segment) =>
      (name === undefined || segment.name === name) && (type === undefined || segment.origin === type);
  }

  #block(): Condition | undefined {
    if (!this.#accept("{")) return undefined;
    const inner = this.#or();
    this.#expect("}");
    return inner;
  }
}

/** A trace of nothing but one of its segments, whose times are then the trace's. */
function alone(trace: Filtered, segment: Segment): Filtered {
  const seconds = segment.end_time === undefined ? trace.responseTime : segment.end_time - segment.start_time;
  return { segments: [segment], responseTime: seconds, duration: seconds };
}

const isOperator = (token: string | undefined) => /^([<>!]?=|[<>]|CONTAINS|BEGINSWITH|ENDSWITH)$/i.test(token ?? "");
const plain = (token: string) => (token.startsWith('"') ? token.slice(1, -1).replaceAll(/\\(.)/g, "$1") : token);
const invalid = (text: string) => new AwsError("InvalidRequestException", `Invalid filter expression: ${text}`);

function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: X-Ray filter expressions with ${what} are not implemented`, {
    status: 501,
  });
}
