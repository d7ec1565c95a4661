import { AwsError } from "../../core/errors.ts";
import { nameOfAlarm, type StateName } from "./alarm-records.ts";

/** The rule of a composite alarm. */
export interface CompositeRule {
  /** Names of the alarms that it refers to, each once. */
  readonly children: readonly string[];
  holds(stateOf: (name: string) => StateName | undefined): boolean;
}

type Condition = CompositeRule["holds"];

const TOKEN = /\s*([()]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s()"']+)/y;

/**
 * `ALARM(x)`, `OK(x)`, `INSUFFICIENT_DATA(x)`, `TRUE`, `FALSE`, `AND`, `OR`, `NOT` and parentheses; an alarm is given by
 * name or ARN, in quotes or without. `AT_LEAST` is refused by name.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 */
export function parseRule(text: string): CompositeRule {
  const tokens: string[] = [];
  const source = text.trimEnd();
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < source.length; ) {
    const token = TOKEN.exec(source)?.[1];
    if (token === undefined) throw invalid(text);
    tokens.push(token);
  }
  const children = new Set<string>();
  let at = 0;
  const accept = (token: string) => {
    if (tokens[at] !== token) return false;
    at++;
    return true;
  };
  const or = (): Condition => {
    const parts = [and()];
    while (accept("OR")) parts.push(and());
    return (stateOf) => parts.some((part) => part(stateOf));
  };
  const and = (): Condition => {
    const parts = [not()];
    while (accept("AND")) parts.push(not());
    return (stateOf) => parts.every((part) => part(stateOf));
  };
  const not = (): Condition => {
    if (!accept("NOT")) return one();
    const inner = not();
    return (stateOf) => !inner(stateOf);
  };
  const one = (): Condition => {
    if (accept("(")) {
      const inner = or();
      if (!accept(")")) throw invalid(text);
      return inner;
    }
    const word = tokens[at++] ?? "";
    if (word === "TRUE" || word === "FALSE") return () => word === "TRUE";
    if (word === "AT_LEAST") {
      throw new AwsError("NotImplemented", "sandbox: CloudWatch alarm rules with AT_LEAST are not implemented", {
        status: 501,
      });
    }
    const given = tokens[at + 1];
    if (!/^(ALARM|OK|INSUFFICIENT_DATA)$/.test(word) || !accept("(") || given === undefined || /^[()]$/.test(given)) {
      throw invalid(text);
    }
    at++;
    if (!accept(")")) throw invalid(text);
    const name = nameOfAlarm(/^["']/.test(given) ? given.slice(1, -1).replaceAll(/\\(.)/g, "$1") : given);
    children.add(name);
    return (stateOf) => stateOf(name) === word;
  };
  const holds = or();
  if (at < tokens.length) throw invalid(text);
  return { children: [...children], holds };
}

const invalid = (text: string) => new AwsError("ValidationError", `AlarmRule is invalid: ${text}`, { status: 400 });
