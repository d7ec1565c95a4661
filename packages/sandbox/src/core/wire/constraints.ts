import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AwsError } from "../errors.ts";
import type { Fields } from "./message.ts";
import type { ServiceModel } from "./model.ts";

/** A shape that limits something, or holds one that does; other shapes go by their names. */
interface Shape {
  /** Of a length, or of a number's value. */
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly sensitive?: boolean;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, string>>;
  readonly item?: string;
  readonly value?: string;
}

interface Constraints {
  /** Name of an operation's input shape. */
  readonly operations: Readonly<Record<string, string>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

/** Raises a `ValidationException` that names each limit that an input breaks. */
export type Validate = (operation: string, input: Fields) => void;

const FOLDER = join(import.meta.dirname, "constraints");

/** Services whose framework answers with a code of their own. */
const OWN_CODES: Readonly<Record<string, string>> = { cloudwatchlogs: "InvalidParameterException" };

/** More are counted, but not told. */
const MOST_TOLD = 20;

/**
 * The limits of lengths, values and patterns that AWS's own framework checks before a service sees an input, and its words
 * for them: `1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular
 * expression pattern: …`. The SDK's schemas have none of them; `constraints/<service>.json` has, for those services that
 * recordings show to answer so (`test/constraints_of_botocore.py` writes those files). Sets of values aren't among them:
 * AWS names their members in an order of its own. Undefined where there is no such file.
 */
export function loadConstraints(model: ServiceModel): Validate | undefined {
  const file = join(FOLDER, `${model.name}.json`);
  if (!existsSync(file)) return undefined;
  let constraints: Constraints | undefined;
  const patterns = new Map<string, RegExp | undefined>();
  const compiled = (pattern: string) => {
    if (!patterns.has(pattern)) patterns.set(pattern, compile(pattern));
    return patterns.get(pattern);
  };
  return (operation, input) => {
    constraints ??= JSON.parse(readFileSync(file, "utf8")) as Constraints;
    const { operations, shapes } = constraints;
    const broken: string[] = [];
    const check = (name: string | undefined, value: unknown, path: string): void => {
      const shape = name === undefined ? undefined : shapes[name];
      if (!shape || value === undefined || value === null || broken.length >= MOST_TOLD) return;
      const found = limitsBroken(shape, value, compiled);
      const told = shape.sensitive || value instanceof Uint8Array ? "Value" : `Value '${show(value)}'`;
      for (const limit of found) broken.push(`${told} at '${path}' failed to satisfy constraint: ${limit}`);
      if (Array.isArray(value)) {
        for (const [index, item] of value.entries()) check(shape.item, item, `${path}.${index + 1}.member`);
      } else if (shape.members) members(shape, value as Fields, path);
      else if (shape.value) {
        for (const [key, item] of Object.entries(value)) check(shape.value, item, `${path}.${key}.member`);
      }
    };
    const members = (shape: Shape, fields: Fields, path: string): void => {
      for (const name of shape.required ?? []) {
        if (fields[name] !== undefined && fields[name] !== null) continue;
        const at = joined(path, name);
        broken.push(`Value null at '${at}' failed to satisfy constraint: Member must not be null`);
      }
      for (const [name, member] of Object.entries(shape.members ?? {})) check(member, fields[name], joined(path, name));
    };
    const shape = shapes[operations[operation] ?? ""];
    if (shape) members(shape, input, "");
    if (broken.length === 0) return;
    const count = broken.length === 1 ? "1 validation error" : `${broken.length} validation errors`;
    const code = OWN_CODES[model.name] ?? (model.protocol === "query" ? "ValidationError" : "ValidationException");
    throw new AwsError(code, `${count} detected: ${broken.join("; ")}`, { status: 400 });
  };
}

function limitsBroken(shape: Shape, value: unknown, compiled: (pattern: string) => RegExp | undefined): string[] {
  const { min, max, pattern } = shape;
  const broken: string[] = [];
  const isNumber = typeof value === "number";
  const size = isNumber ? value : sizeOf(value);
  const what = isNumber ? "value" : "length";
  // A number has no pattern and no length; a structure neither.
  if (size !== undefined) {
    if (max !== undefined && size > max) broken.push(`Member must have ${what} less than or equal to ${max}`);
    if (min !== undefined && size < min) broken.push(`Member must have ${what} greater than or equal to ${min}`);
  }
  if (pattern !== undefined && typeof value === "string" && compiled(pattern)?.test(value) === false) {
    broken.unshift(`Member must satisfy regular expression pattern: ${pattern}`);
  }
  return broken;
}

function sizeOf(value: unknown): number | undefined {
  if (typeof value === "string" || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  const isPlain = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? Object.keys(value).length : undefined;
}

/** A pattern is Java's; undefined where JavaScript has no such syntax, and the pattern isn't checked then. */
function compile(pattern: string): RegExp | undefined {
  for (const flags of ["u", ""]) {
    try {
      return new RegExp(`^(?:${pattern})$`, flags);
    } catch {
      // The other flags read another dialect.
    }
  }
  return undefined;
}

/** Members are told as Java names them: `tags.1.member.tagKey`. */
const joined = (path: string, name: string) => {
  const lower = name.charAt(0).toLowerCase() + name.slice(1);
  return path === "" ? lower : `${path}.${lower}`;
};

function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value === null || typeof value !== "object") return String(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${key}=${show(item)}`)
    .join(", ")}}`;
}
