import type { NormalizedSchema } from "@smithy/core/schema";
import { AwsError } from "../errors.ts";

/** Timestamp formats, by their schema ids; 4 says "the protocol's own". */
export const DATE_TIME = 5;
export const HTTP_DATE = 6;
export const EPOCH_SECONDS = 7;

/** Format of a timestamp member: its own, else the protocol's. */
export function timestampFormat(schema: NormalizedSchema, protocolDefault: number): number {
  const own = schema.getSchema();
  return typeof own === "number" && own >= DATE_TIME && own <= EPOCH_SECONDS ? own : protocolDefault;
}

/** Seconds as a number for `EPOCH_SECONDS`, else text. */
export function writeTimestamp(value: unknown, format: number): string | number {
  const date = new Date(value as string | number | Date);
  if (format === EPOCH_SECONDS) return date.getTime() / 1000;
  return format === HTTP_DATE ? date.toUTCString() : date.toISOString().replace(".000Z", "Z");
}

/** Takes every format, whichever the schema names: callers differ. */
export function readTimestamp(value: unknown): Date {
  const seconds = typeof value === "number" || /^-?[\d.eE+]+$/.test(String(value));
  const date = seconds ? new Date(Math.round(Number(value) * 1000)) : new Date(String(value));
  if (Number.isNaN(date.getTime())) throw malformed(`"${String(value)}" is not a timestamp`);
  return date;
}

/** A leaf out of a header, a label, a query parameter, a form field or an XML element. */
export function fromText(schema: NormalizedSchema, text: string): unknown {
  if (schema.isNumericSchema()) {
    const number = Number(text);
    if (text === "" || Number.isNaN(number)) throw malformed(`"${text}" is not a number`);
    return number;
  }
  if (schema.isBooleanSchema()) return text.toLowerCase() === "true";
  if (schema.isTimestampSchema()) return readTimestamp(text);
  if (schema.isBlobSchema()) return new Uint8Array(Buffer.from(text, "base64"));
  if (schema.isBigIntegerSchema()) return BigInt(text);
  return text;
}

/** A leaf as text, with the timestamp format that the place has when the schema names none. */
export function toText(schema: NormalizedSchema, value: unknown, timestampDefault: number): string {
  if (schema.isTimestampSchema()) return String(writeTimestamp(value, timestampFormat(schema, timestampDefault)));
  if (schema.isBlobSchema()) return toBase64(value);
  return String(value);
}

export function toBase64(value: unknown): string {
  return Buffer.from(value as Uint8Array).toString("base64");
}

/** What AWS answers when a request's shape is wrong, before any operation looks at it. */
export function malformed(message: string): AwsError {
  return new AwsError("SerializationException", message);
}
