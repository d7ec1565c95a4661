import type { Cursor } from "./cursor.ts";
import { functionOf, isTrue, periodMs, toNumber, toText } from "./functions.ts";
import type { LogRecord, Value } from "./record.ts";

/** A text of a field. It stands in `@message` too, as long as the field is the line's own. */
interface Needle {
  readonly field: string;
  readonly text: string;
}

/** What no JSON writer escapes, so that a field's text is in its document's. */
const PLAIN = /^[A-Za-z0-9_.:-]{3,}$/;

export interface Expression {
  /** As it was written: the name of its column. */
  readonly text: string;
  /** The field, where it is nothing but one. */
  readonly field: string | undefined;
  /** Fields that it reads. */
  readonly fields: readonly string[];
  /** Texts that a line's fields hold wherever this is true. */
  readonly needles: readonly Needle[];
  /** Whether its value is a time, which is shown as one. */
  readonly isTime: boolean;
  /** Its value, where it is always the same. */
  readonly constant?: Value;
  of(record: LogRecord): Value;
}

type Part = Omit<Expression, "text">;

const part = (of: Part["of"], from: readonly Part[], extra: Partial<Part> = {}): Part => ({
  ...{ field: undefined, needles: [], isTime: false, fields: from.flatMap(({ fields }) => fields) },
  ...extra,
  of,
});

const constant = (value: Value) => part(() => value, [], { constant: value });

/** `a or b and not c = 1 + 2`, read from where the cursor is. */
export function readExpression(cursor: Cursor): Expression {
  const from = cursor.peek().at;
  const read = readOr(cursor);
  return { ...read, text: cursor.textFrom(from) };
}

function readOr(cursor: Cursor): Part {
  let left = readAnd(cursor);
  while (cursor.acceptWord("or")) {
    const [a, b] = [left, readAnd(cursor)];
    left = part((record) => isTrue(a.of(record)) || isTrue(b.of(record)), [a, b]);
  }
  return left;
}

function readAnd(cursor: Cursor): Part {
  let left = readNot(cursor);
  while (cursor.acceptWord("and")) {
    const [a, b] = [left, readNot(cursor)];
    const needles = [...a.needles, ...b.needles];
    left = part((record) => isTrue(a.of(record)) && isTrue(b.of(record)), [a, b], { needles });
  }
  return left;
}

function readNot(cursor: Cursor): Part {
  if (!cursor.acceptWord("not")) return readComparison(cursor);
  const inner = readNot(cursor);
  return part((record) => !isTrue(inner.of(record)), [inner]);
}

const COMPARISONS: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  "=": (a, b) => isSame(a, b),
  "!=": (a, b) => !isSame(a, b),
  "<": (a, b) => order(a, b) < 0,
  "<=": (a, b) => order(a, b) <= 0,
  ">": (a, b) => order(a, b) > 0,
  ">=": (a, b) => order(a, b) >= 0,
};

function isSame(a: Value, b: Value): boolean {
  if (a === undefined || b === undefined) return false;
  const [x, y] = [toNumber(a), toNumber(b)];
  return x !== undefined && y !== undefined ? x === y : toText(a) === toText(b);
}

/** By number where both are numbers, else by text; NaN, which is in no order, where one is missing. */
export function order(a: Value, b: Value): number {
  if (a === undefined || b === undefined) return Number.NaN;
  const [x, y] = [toNumber(a), toNumber(b)];
  if (x !== undefined && y !== undefined) return x - y;
  const [left, right] = [toText(a), toText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function readComparison(cursor: Cursor): Part {
  const left = readSum(cursor);
  for (const [symbol, holds] of Object.entries(COMPARISONS)) {
    if (!cursor.acceptSymbol(symbol)) continue;
    const right = readSum(cursor);
    const needles = symbol === "=" && left.field?.startsWith("@") === false ? needleOf(left.field, right) : [];
    return part((record) => holds(left.of(record), right.of(record)), [left, right], { needles });
  }
  if (cursor.acceptSymbol("=~")) return readLike(cursor, left, false);
  const negated = cursor.acceptWord("not") !== undefined;
  if (cursor.acceptWord("like")) return readLike(cursor, left, negated);
  if (cursor.acceptWord("in")) return readIn(cursor, left, negated);
  if (negated) throw cursor.unexpected();
  return left;
}

/** Numbers are written in many ways, a plain text in one. */
function needleOf(field: string, { constant: value }: Part): Needle[] {
  return typeof value === "string" && PLAIN.test(value) && Number.isNaN(Number(value)) ? [{ field, text: value }] : [];
}

/** A text is looked for as it is; a regular expression, which AWS takes without flags, anywhere. */
function readLike(cursor: Cursor, left: Part, negated: boolean): Part {
  const regex = cursor.acceptRegex();
  if (regex) {
    const literal = /^[\w :-]{2,}$/.test(regex.source) ? [{ field: "@message", text: regex.source }] : [];
    const needles = !negated && left.field === "@message" ? literal : [];
    return part((record) => regex.test(toText(left.of(record))) !== negated, [left], { needles });
  }
  const { text } = cursor.expect("text");
  // `%` and `_` are wildcards only in the SQL dialect; here the text is a part of the value.
  const needles = !negated && left.field === "@message" && text !== "" ? [{ field: "@message", text }] : [];
  return part((record) => toText(left.of(record)).includes(text) !== negated, [left], { needles });
}

function readIn(cursor: Cursor, left: Part, negated: boolean): Part {
  cursor.expectSymbol("[");
  const options: Part[] = [];
  do options.push(readSum(cursor));
  while (cursor.acceptSymbol(","));
  cursor.expectSymbol("]");
  return part(
    (record) => {
      const value = left.of(record);
      return options.some((option) => isSame(value, option.of(record))) !== negated;
    },
    [left, ...options],
  );
}

function binary(left: Part, right: Part, by: (a: number, b: number) => number): Part {
  return part(
    (record) => {
      const [a, b] = [toNumber(left.of(record)), toNumber(right.of(record))];
      if (a === undefined || b === undefined) return undefined;
      const value = by(a, b);
      return Number.isFinite(value) ? value : undefined;
    },
    [left, right],
  );
}

function readSum(cursor: Cursor): Part {
  let left = readProduct(cursor);
  for (let sign = cursor.acceptSymbol("+", "-"); sign; sign = cursor.acceptSymbol("+", "-")) {
    left = binary(left, readProduct(cursor), sign === "+" ? (a, b) => a + b : (a, b) => a - b);
  }
  return left;
}

function readProduct(cursor: Cursor): Part {
  let left = readPower(cursor);
  for (let sign = cursor.acceptSymbol("*", "/", "%"); sign; sign = cursor.acceptSymbol("*", "/", "%")) {
    const by = {
      "*": (a: number, b: number) => a * b,
      "/": (a: number, b: number) => a / b,
      "%": (a: number, b: number) => a % b,
    };
    left = binary(left, readPower(cursor), by[sign as "*"]);
  }
  return left;
}

function readPower(cursor: Cursor): Part {
  const base = readPrimary(cursor);
  return cursor.acceptSymbol("^") ? binary(base, readPower(cursor), (a, b) => a ** b) : base;
}

function readPrimary(cursor: Cursor): Part {
  if (cursor.acceptSymbol("-")) return binary(constant(0), readPrimary(cursor), (a, b) => a - b);
  if (cursor.acceptSymbol("(")) {
    const inner = readOr(cursor);
    cursor.expectSymbol(")");
    return inner;
  }
  const token = cursor.next();
  if (token.kind === "text") return constant(token.text);
  if (token.kind === "number") return constant(Number(token.text));
  if (token.kind === "quoted-name") return fieldPart(token.text);
  if (token.kind !== "word" || /^\d/.test(token.text)) throw cursor.unexpected(token);
  return cursor.acceptSymbol("(") ? readCall(cursor, token.text) : fieldPart(token.text);
}

function fieldPart(name: string): Part {
  const isTime = name === "@timestamp" || name === "@ingestionTime";
  return part((record) => record.get(name), [], { field: name, fields: [name], isTime });
}

function readCall(cursor: Cursor, name: string): Part {
  if (name === "bin" || name === "datefloor" || name === "dateceil") return readBin(cursor, name);
  const found = functionOf(name);
  if (!found) throw cursor.refuse(`the function ${name} is not supported by the sandbox`);
  const given: Part[] = [];
  if (!cursor.acceptSymbol(")")) {
    do given.push(readOr(cursor));
    while (cursor.acceptSymbol(","));
    cursor.expectSymbol(")");
  }
  const [fewest, most] = found.arity;
  if (given.length < fewest || given.length > most) throw cursor.refuse(`wrong number of arguments for ${name}`);
  const { call } = found;
  return part((record) => call(given.map((one) => one.of(record))), given, { isTime: name === "fromMillis" });
}

/** `bin(5m)` of the line's time, `datefloor(field, 1h)` of any. */
function readBin(cursor: Cursor, name: string): Part {
  let time = fieldPart("@timestamp");
  if (name !== "bin") {
    time = readOr(cursor);
    cursor.expectSymbol(",");
  }
  const token = cursor.next();
  const stepMs = periodMs(token.text);
  if (stepMs === undefined) throw cursor.unexpected(token);
  cursor.expectSymbol(")");
  const round = name === "dateceil" ? Math.ceil : Math.floor;
  return part(
    (record) => {
      const atMs = toNumber(time.of(record));
      return atMs === undefined ? undefined : round(atMs / stepMs) * stepMs;
    },
    [time],
    { isTime: true },
  );
}
