import { dateToTag } from "@smithy/core/cbor";
import type { NormalizedSchema } from "@smithy/core/schema";
import type { Fields } from "./message.ts";
import { EPOCH_SECONDS, malformed, readTimestamp, timestampFormat, toBase64, writeTimestamp } from "./text.ts";

/** How JSON and CBOR differ, and REST's JSON from the others. */
export interface TreeStyle {
  /** Members go by their `jsonName` (REST JSON alone). */
  readonly jsonName?: boolean;
  /** Bytes and dates are themselves instead of text. */
  readonly cbor?: boolean;
}

const own = (value: object, key: string): unknown => (Object.hasOwn(value, key) ? (value as Fields)[key] : undefined);

export function memberName(name: string, member: NormalizedSchema, style: TreeStyle): string {
  return (style.jsonName && member.getMergedTraits().jsonName) || name;
}

/** A parsed JSON or CBOR value into the typed value of `schema`; unknown members are dropped. */
export function readTree(schema: NormalizedSchema, value: unknown, style: TreeStyle): unknown {
  if (value === null || value === undefined) return undefined;
  if (schema.isStructSchema()) {
    if (typeof value !== "object" || Array.isArray(value))
      throw malformed(`expected an object for ${schema.getName()}`);
    const fields: Fields = {};
    for (const [name, member] of schema.structIterator()) {
      const field = readTree(member, own(value, memberName(name, member, style)), style);
      if (field !== undefined) fields[name] = field;
    }
    return fields;
  }
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw malformed("expected a list");
    const member = schema.getValueSchema();
    return value.map((item) => readTree(member, item, style) ?? null);
  }
  if (schema.isMapSchema()) {
    if (typeof value !== "object") throw malformed("expected a map");
    const member = schema.getValueSchema();
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readTree(member, item, style) ?? null]));
  }
  return readLeaf(schema, value, style);
}

function readLeaf(schema: NormalizedSchema, value: unknown, style: TreeStyle): unknown {
  if (schema.isBlobSchema()) return style.cbor ? value : new Uint8Array(Buffer.from(String(value), "base64"));
  if (schema.isTimestampSchema()) {
    if (value instanceof Date) return value;
    const { tag, value: tagged } = value as { tag?: number; value?: number };
    return tag === 1 ? new Date((tagged ?? 0) * 1000) : readTimestamp(value);
  }
  if (schema.isNumericSchema()) {
    const number = typeof value === "string" || typeof value === "bigint" ? Number(value) : value;
    if (typeof number !== "number") throw malformed("expected a number");
    return number;
  }
  if (schema.isStringSchema() && typeof value !== "string") throw malformed(`expected a string, got ${typeof value}`);
  return value;
}

/** A typed value into what `JSON.stringify` or the CBOR writer takes; undefined where there is nothing. */
export function writeTree(schema: NormalizedSchema, value: unknown, style: TreeStyle): unknown {
  if (value === undefined || value === null) return undefined;
  if (schema.isStructSchema()) {
    const tree: Fields = {};
    for (const [name, member] of schema.structIterator()) {
      const field = writeTree(member, (value as Fields)[name], style);
      if (field !== undefined) tree[memberName(name, member, style)] = field;
    }
    return tree;
  }
  if (schema.isListSchema()) {
    const member = schema.getValueSchema();
    return (value as unknown[]).map((item) => writeTree(member, item, style) ?? null);
  }
  if (schema.isMapSchema()) {
    const member = schema.getValueSchema();
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, writeTree(member, item, style) ?? null]),
    );
  }
  if (schema.isBlobSchema()) return style.cbor ? new Uint8Array(Buffer.from(value as Uint8Array)) : toBase64(value);
  if (schema.isTimestampSchema()) {
    if (style.cbor) return dateToTag(new Date(value as Date));
    return writeTimestamp(value, timestampFormat(schema, EPOCH_SECONDS));
  }
  // JSON has no NaN and no infinity; AWS writes them as strings.
  if (schema.isNumericSchema() && !Number.isFinite(value) && !style.cbor) return String(value);
  return value;
}
