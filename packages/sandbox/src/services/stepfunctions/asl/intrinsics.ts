import { createHash } from "node:crypto";
import type { RandomSource } from "../../../core/context.ts";
import { RuntimeFailure } from "./failure.ts";
import { clone, isObject, isSame, type Json } from "./json.ts";

/** A call of an intrinsic function, or what stands among its arguments. */
export type Expression =
  | { readonly kind: "constant"; readonly value: Json }
  | { readonly kind: "path"; readonly text: string }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] };

/** Reads `States.Format('{}', $.a)`. Raises `SyntaxError`. */
export function parseIntrinsic(text: string): Expression {
  const reader = { text, at: 0 };
  const expression = readExpression(reader);
  skipSpace(reader);
  if (reader.at !== text.length) throw new SyntaxError(text);
  return expression;
}

interface Reader {
  readonly text: string;
  at: number;
}

const skipSpace = (reader: Reader) => {
  while (/\s/.test(reader.text[reader.at] ?? "")) reader.at++;
};

function readExpression(reader: Reader): Expression {
  skipSpace(reader);
  const rest = reader.text.slice(reader.at);
  const call = /^(States\.\w+)\s*\(/.exec(rest);
  if (call) {
    reader.at += call[0].length;
    return { kind: "call", name: call[1] ?? "", args: readArguments(reader) };
  }
  if (rest.startsWith("$")) return { kind: "path", text: readPathText(reader) };
  const string = /^'((?:[^'\\]|\\.)*)'/s.exec(rest);
  if (string) {
    reader.at += string[0].length;
    // `\{` and `\}` stay for Format, which knows them.
    return { kind: "constant", value: (string[1] ?? "").replace(/\\(['\\])/g, "$1") };
  }
  const literal = /^(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/.exec(rest);
  if (!literal) throw new SyntaxError(reader.text);
  reader.at += literal[0].length;
  return { kind: "constant", value: JSON.parse(literal[0]) as Json };
}

function readArguments(reader: Reader): Expression[] {
  const args: Expression[] = [];
  skipSpace(reader);
  if (reader.text[reader.at] === ")") {
    reader.at++;
    return args;
  }
  for (;;) {
    args.push(readExpression(reader));
    skipSpace(reader);
    const next = reader.text[reader.at++];
    if (next === ")") return args;
    if (next !== ",") throw new SyntaxError(reader.text);
  }
}

function readPathText(reader: Reader): string {
  const start = reader.at;
  let depth = 0;
  for (; reader.at < reader.text.length; reader.at++) {
    const character = reader.text[reader.at] ?? "";
    if (character === "[" || character === "(") depth++;
    else if (character === "]") depth--;
    else if (character === ")" && depth-- === 0) break;
    else if (character === "," && depth === 0) break;
  }
  return reader.text.slice(start, reader.at).trim();
}

type Random = Pick<RandomSource, "uuid" | "hex">;
type Intrinsic = (args: readonly Json[], random: Random) => Json;

/** https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html */
export const INTRINSICS: Readonly<Record<string, Intrinsic>> = {
  "States.Format": ([template, ...values]) => format(text(template), values),
  "States.StringToJson": ([value]) => parse(text(value)),
  "States.JsonToString": ([value]) => JSON.stringify(value),
  "States.Array": (args) => [...args],
  "States.ArrayPartition": ([items, size]) => {
    const [all, length] = [list(items), count(size)];
    return Array.from({ length: Math.ceil(all.length / length) }, (_, at) => all.slice(at * length, (at + 1) * length));
  },
  "States.ArrayContains": ([items, wanted]) => list(items).some((item) => isSame(item, wanted)),
  "States.ArrayRange": ([first, last, step]) => range(number(first), number(last), number(step)),
  "States.ArrayGetItem": ([items, at]) => {
    const item = list(items)[number(at)];
    if (item === undefined) throw failed("the index is outside of the array");
    return item;
  },
  "States.ArrayLength": ([items]) => list(items).length,
  "States.ArrayUnique": ([items]) =>
    list(items).filter((item, at, all) => all.findIndex((other) => isSame(item, other)) === at),
  "States.Base64Encode": ([value]) => Buffer.from(text(value)).toString("base64"),
  "States.Base64Decode": ([value]) => Buffer.from(text(value), "base64").toString(),
  "States.Hash": ([value, algorithm]) => hash(value, text(algorithm)),
  "States.JsonMerge": ([one, other, deep]) => {
    if (!isObject(one) || !isObject(other) || deep !== false) throw failed("JsonMerge takes two objects and false");
    return { ...clone(one), ...clone(other) };
  },
  "States.MathRandom": ([from, to], random) => {
    const [low, high] = [rounded(from), rounded(to)];
    return low + Math.floor((Number.parseInt(random.hex(8), 16) / 2 ** 32) * (high - low));
  },
  "States.MathAdd": ([one, other]) => rounded(one) + rounded(other),
  "States.StringSplit": ([value, separators]) => split(text(value), text(separators)),
  "States.UUID": (_, random) => random.uuid(),
};

function format(template: string, values: readonly Json[]): string {
  let next = 0;
  const result = template.replace(/\\([{}\\])|\{\}/g, (match: string, escaped: string | undefined) => {
    if (match !== "{}") return escaped ?? "";
    const value = values[next++];
    if (value === undefined) throw failed("number of occurrences of {} doesn't match the number of arguments");
    return shown(value);
  });
  if (next !== values.length) throw failed("number of occurrences of {} doesn't match the number of arguments");
  return result;
}

/** As Step Functions prints values into text: `{a=1, b=[x, y]}`. */
function shown(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (!isObject(value)) return String(value);
  return `{${Object.entries(value)
    .map(([key, member]) => `${key}=${shown(member)}`)
    .join(", ")}}`;
}

function range(first: number, last: number, step: number): number[] {
  if (step === 0) throw failed("the step of ArrayRange can't be 0");
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > 1000) throw failed("ArrayRange makes 1000 items at most");
  return Array.from({ length }, (_, at) => first + at * step);
}

function hash(value: Json | undefined, algorithm: string): string {
  const name = { MD5: "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" }[
    algorithm
  ];
  if (!name) throw failed(`unknown hash algorithm ${algorithm}`);
  const data = typeof value === "string" ? value : JSON.stringify(value);
  return createHash(name).update(data).digest("hex");
}

function split(value: string, separators: string): string[] {
  if (separators === "") return [value];
  const any = separators.replace(/[\]\\^-]/g, "\\$&");
  return value.split(new RegExp(`[${any}]+`)).filter((part) => part !== "");
}

function parse(value: string): Json {
  if (value.trim() === "") return null;
  try {
    return JSON.parse(value) as Json;
  } catch {
    throw failed("the string isn't JSON");
  }
}

function text(value: Json | undefined): string {
  if (typeof value !== "string") throw failed("a string was expected");
  return value;
}

function number(value: Json | undefined): number {
  if (typeof value !== "number") throw failed("a number was expected");
  return value;
}

/** Halves go up, as Java's Math.round has it. `+ 0`: never -0. */
const rounded = (value: Json | undefined) => Math.round(number(value)) + 0;

function count(value: Json | undefined): number {
  const result = number(value);
  if (!Number.isInteger(result) || result < 1) throw failed("a positive integer was expected");
  return result;
}

function list(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) throw failed("an array was expected");
  return value;
}

const failed = (reason: string) =>
  new RuntimeFailure(`Intrinsic function failed: ${reason}`, "States.IntrinsicFailure");
