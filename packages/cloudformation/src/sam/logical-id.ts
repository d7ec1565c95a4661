import { createHash } from "node:crypto";
import { isObject, type Json } from "../json.ts";

/** The suffix that SAM gives a logical id so that it changes with `data`: ten digits of a SHA-1. */
export function hashSuffix(data: Json): string {
  const text = typeof data === "string" ? data : pythonJson(data);
  return createHash("sha1").update(text, "utf8").digest("hex").slice(0, 10);
}

/**
 * JSON as Python's `json.dumps` writes it with sorted keys: without spaces, or indented. The text must be the same to
 * the letter: a version whose logical id differs from SAM's would be published again when a stack moves to AWS.
 *
 * One thing can't be: `1.0` in a template is 1 here.
 */
export function pythonJson(value: Json, indent = 0, depth = 0): string {
  const write = (open: string, members: readonly string[], close: string): string => {
    if (members.length === 0 || indent === 0) return `${open}${members.join(",")}${close}`;
    const line = `\n${" ".repeat(indent * (depth + 1))}`;
    return `${open}${line}${members.join(`,${line}`)}\n${" ".repeat(indent * depth)}${close}`;
  };
  if (Array.isArray(value)) {
    return write(
      "[",
      value.map((item) => pythonJson(item, indent, depth + 1)),
      "]",
    );
  }
  if (isObject(value)) {
    const colon = indent === 0 ? ":" : ": ";
    const keys = Object.keys(value).sort(byCodePoint);
    const member = (key: string) => `${ascii(key)}${colon}${pythonJson(value[key] ?? null, indent, depth + 1)}`;
    return write("{", keys.map(member), "}");
  }
  if (typeof value === "number") return numeral(value);
  return typeof value === "string" ? ascii(value) : String(value);
}

/** Small fractions have an exponent of at least two digits: 1e-07. */
function numeral(value: number): string {
  const text = value !== 0 && Math.abs(value) < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, (_all, sign: string, digit: string) => `e${sign}0${digit}`);
}

function ascii(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8"));
}
