import { createHash } from "node:crypto";
import { isObject, type Json } from "../json.ts";

/** The suffix that SAM gives a logical id so that it changes with `data`: ten digits of a SHA-1. */
export function hashSuffix(data: Json): string {
  const text = typeof data === "string" ? data : pythonJson(data);
  return createHash("sha1").update(text, "utf8").digest("hex").slice(0, 10);
}

/**
 * JSON as Python's `json.dumps(data, separators=(",", ":"), sort_keys=True)` writes it. The text must be the same to
 * the letter: a version whose logical id differs from SAM's would be published again when a stack moves to AWS.
 */
function pythonJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(",")}]`;
  if (isObject(value)) {
    const keys = Object.keys(value).sort(byCodePoint);
    return `{${keys.map((key) => `${ascii(key)}:${pythonJson(value[key] ?? null)}`).join(",")}}`;
  }
  return typeof value === "string" ? ascii(value) : String(value);
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
