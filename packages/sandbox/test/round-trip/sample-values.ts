import type { NormalizedSchema } from "@smithy/core/schema";
import { requiredMembers } from "../../src/core/wire/model.ts";

/** Where a value will travel decides which characters it can carry. */
type Place = "label" | "header" | "body";

const TEXTS: Readonly<Record<Place, readonly string[]>> = {
  label: ["plain", "a-b.c", "unié", "a/b", "x y"],
  header: ["plain", "a b", "a=b"],
  body: ["plain", 'with space & <tag> "q"', "unié✓", "a/b+c=d", "x".repeat(40), "it's %41 {json:1}"],
};

/** Below this depth only required members are filled, so that recursive shapes end. */
const FULL_DEPTH = 2;
const MOST_DEPTH = 6;

/**
 * Random values for a schema, the same ones for the same seed: required members always, the others two times in three,
 * with text that breaks careless escaping.
 */
export function sampleValues(seed: number) {
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;

  const structure = (schema: NormalizedSchema, depth: number): object | undefined => {
    const members = [...schema.structIterator()];
    if (schema.isUnionSchema()) {
      const [name, member] = pick(members);
      const value = depth > MOST_DEPTH ? undefined : sample(member, depth + 1, "body");
      return value === undefined ? undefined : { [name]: value };
    }
    const required = new Set(requiredMembers(schema));
    // A form can't tell an empty structure from none at all: one member is always there.
    if (depth <= MOST_DEPTH && required.size === 0) required.add(pick(members)?.[0]);
    const fields: Record<string, unknown> = {};
    for (const [name, member] of members) {
      const { httpLabel, httpHeader, httpPrefixHeaders, httpPayload } = member.getMergedTraits();
      const needed = required.has(name) || (httpPayload && !member.isStreaming());
      if (!needed && (member.isStreaming() || depth > FULL_DEPTH || random() < 0.35)) continue;
      const inHeader = httpHeader !== undefined || httpPrefixHeaders !== undefined;
      const value = sample(member, depth + 1, httpLabel ? "label" : inHeader ? "header" : "body");
      if (value !== undefined) fields[name] = value;
    }
    return fields;
  };

  const list = (schema: NormalizedSchema, depth: number, place: Place) => {
    if (depth > MOST_DEPTH) return [];
    const items = Array.from({ length: random() < 0.5 ? 1 : 2 }, () =>
      sample(schema.getValueSchema(), depth + 1, place),
    );
    const present = items.filter((item) => item !== undefined);
    return present.length > 0 ? present : undefined;
  };

  const map = (schema: NormalizedSchema, depth: number, place: Place) => {
    const keys = depth > MOST_DEPTH ? [] : place === "header" ? ["ka", "kb"] : ["k a", "kb.c"];
    const entries = keys.map((key) => [key, sample(schema.getValueSchema(), depth + 1, place)] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  };

  const sample = (schema: NormalizedSchema, depth = 0, place: Place = "body"): unknown => {
    if (schema.isStructSchema()) return structure(schema, depth);
    if (schema.isListSchema()) return list(schema, depth, place);
    if (schema.isMapSchema()) return map(schema, depth, place);
    if (schema.isBlobSchema()) return new Uint8Array([1, 2, 255, Math.floor(random() * 255)]);
    if (schema.isTimestampSchema()) return new Date(1_700_000_000_000 + Math.floor(random() * 1e6) * 1000);
    if (schema.isNumericSchema()) return Math.floor(random() * 10_000);
    if (schema.isBooleanSchema()) return random() < 0.5;
    if (schema.isBigIntegerSchema()) return 5n;
    if (schema.isDocumentSchema()) return { a: [1, "b", true], c: null };
    if (schema.isStringSchema()) return schema.getMergedTraits().mediaType ? undefined : pick(TEXTS[place]);
    return undefined;
  };

  return sample;
}

/** Where `got` lacks or alters something that `sent` has; more in `got` is no difference. */
export function differences(sent: unknown, got: unknown, path = ""): string[] {
  if (isVoid(sent)) return [];
  if (Array.isArray(sent)) {
    if (!Array.isArray(got) || got.length !== sent.length) return [`${path}: ${show(sent)} became ${show(got)}`];
    return sent.flatMap((item, index) => differences(item, got[index], `${path}[${index}]`));
  }
  if (sent !== null && typeof sent === "object" && !(sent instanceof Date) && !(sent instanceof Uint8Array)) {
    const fields = (got ?? {}) as Record<string, unknown>;
    return Object.entries(sent).flatMap(([key, value]) => differences(value, fields[key], `${path}.${key}`));
  }
  return show(sent) === show(got) ? [] : [`${path}: ${show(sent)} became ${show(got)}`];
}

/** A form can't tell an empty structure, or a list of them, from nothing. */
function isVoid(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isVoid);
  if (value === undefined) return true;
  return value !== null && Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isVoid);
}

function show(value: unknown): string {
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (value !== null && typeof value === "object" && value.constructor.name === "LazyJsonString") return String(value);
  return JSON.stringify(value) ?? String(value);
}
