/** A recorded answer, or a part of one: JSON in which what differs between two runs is masked. */
export type Recorded = null | boolean | number | string | readonly Recorded[] | { readonly [key: string]: Recorded };

/**
 * What LocalStack's transformers leave in the place of ids, names and times: `<function-name:1>`, `<region>`,
 * `<SecretId-0idx>`; and, for dates, the bare word.
 */
const MASK = /<(?:<[\w.-]+>|[A-Za-z][\w.-]*)(?::\d+)?>/g;
const DATE_WORDS = new Set(["datetime", "date", "timestamp", "<datetime>", "<timestamp>"]);

/** A mask without a number only hides a value; two such masks may hide two. */
const IS_REFERENCE = /:\d+>$|-\d+idx>$|^<(?:region|partition)>$/;

/** What each mask stands for in one reproduction: the same mask must always stand for the same text. */
export type Bindings = Map<string, string>;

/** Where an answer departs from the recorded one: `.Attributes.VisibilityTimeout: recorded "30", got "0"`. */
export function departures(recorded: Recorded, got: unknown, bindings: Bindings, path = ""): string[] {
  if (Array.isArray(recorded)) return listDepartures(recorded, got, bindings, path);
  if (recorded !== null && typeof recorded === "object") {
    const value = typeof got === "string" ? parsed(got) : got;
    if (value === null || typeof value !== "object" || value instanceof Date) {
      return [`${path}: recorded ${show(recorded)}, got ${show(got)}`];
    }
    const known = recorded as { readonly [key: string]: Recorded };
    return memberDepartures(known, value as Record<string, unknown>, bindings, path);
  }
  return leafMatches(recorded, got, bindings) ? [] : [`${path}: recorded ${show(recorded)}, got ${show(got)}`];
}

/** In order; or, where AWS promises none, each recorded item has its own counterpart. */
function listDepartures(recorded: readonly Recorded[], got: unknown, bindings: Bindings, path: string): string[] {
  if (!Array.isArray(got)) return [`${path}: recorded a list of ${recorded.length}, got ${show(got)}`];
  if (got.length !== recorded.length) return [`${path}: recorded ${recorded.length} items, got ${show(got)}`];
  const trial = new Map(bindings);
  const inOrder = recorded.flatMap((item, index) => departures(item, got[index], trial, `${path}[${index}]`));
  if (inOrder.length > 0 && recorded.length > 1) {
    const shuffled = new Map(bindings);
    const left = [...got];
    const isComplete = recorded.every((item) => {
      const at = left.findIndex((candidate) => fits(item, candidate, shuffled));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    });
    if (isComplete) {
      keep(bindings, shuffled);
      return [];
    }
  }
  keep(bindings, trial);
  return inOrder;
}

/** True when there is no departure; only then are the masks bound. */
function fits(recorded: Recorded, got: unknown, bindings: Bindings): boolean {
  const trial = new Map(bindings);
  if (departures(recorded, got, trial).length > 0) return false;
  keep(bindings, trial);
  return true;
}

function keep(bindings: Bindings, found: Bindings): void {
  for (const [mask, text] of found) bindings.set(mask, text);
}

/** A value that was masked without a reference stands as its member's name: `ciphertext-blob`. */
const wordFor = (key: string) => key.replace(/[A-Z]/g, (char) => `-${char.toLowerCase()}`).replace(/^-/, "");

function memberDepartures(
  known: { readonly [key: string]: Recorded },
  fields: Record<string, unknown>,
  bindings: Bindings,
  path: string,
): string[] {
  const free = new Set(Object.keys(fields).filter((key) => fields[key] !== undefined && !(key in known)));
  /** Keys can be masked, too: what the mask stands for, else a key whose value fits. */
  const nameOf = (key: string): string => {
    if (key in fields || !key.match(MASK)) return key;
    const bound = [...free].find((candidate) => candidate === bindings.get(key));
    const name = bound ?? [...free].find((candidate) => fits(known[key] ?? null, fields[candidate], new Map(bindings)));
    if (name === undefined) return key;
    free.delete(name);
    leafMatches(key, name, bindings);
    return name;
  };
  // First what is one mask alone: in `secret:<name><suffix>` nobody could tell where the name ends.
  const inOrder = Object.entries(known).sort(([, a], [, b]) => Number(isOneMask(b)) - Number(isOneMask(a)));
  const found = inOrder.flatMap(([key, item]) => {
    const got = fields[nameOf(key)];
    if (got !== undefined && item === wordFor(key)) return [];
    if (got !== undefined) return departures(item, got, bindings, `${path}.${key}`);
    return item === null ? [] : [`${path}.${key}: recorded ${show(item)}, got nothing`];
  });
  return [...found, ...[...free].map((key) => `${path}.${key}: not recorded, got ${show(fields[key])}`)];
}

const isOneMask = (recorded: Recorded) => typeof recorded === "string" && recorded.match(MASK)?.[0] === recorded;

function leafMatches(recorded: Recorded, got: unknown, bindings: Bindings): boolean {
  if (typeof recorded !== "string") return recorded === got || String(recorded) === String(got);
  if (got === undefined || got === null) return false;
  if (DATE_WORDS.has(recorded)) return got instanceof Date || typeof got === "number" || typeof got === "string";
  const text = got instanceof Date ? got.toISOString() : typeof got === "object" ? JSON.stringify(got) : String(got);
  const masks = recorded.match(MASK) ?? [];
  // LocalStack's word for a letter so many times.
  const unrolled = recorded.replace(/<(\w):len\((\d+)\)>/g, (_, letter: string, count) => letter.repeat(Number(count)));
  if (unrolled !== recorded) return leafMatches(unrolled, got, bindings);
  // Python's word for bytes.
  if (masks.length === 0) return recorded === text || recorded === pythonBytes(text) || sameJson(recorded, text);
  const parts = recorded.split(MASK).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = parts.reduce((made, part, index) => made + source(masks[index - 1] ?? "", bindings) + part);
  const match = new RegExp(`^${pattern}$`, "s").exec(text);
  if (!match) return false;
  let group = 0;
  for (const mask of masks) {
    if (bindings.has(mask)) continue;
    group += 1;
    if (IS_REFERENCE.test(mask)) bindings.set(mask, match[group] ?? "");
  }
  return true;
}

const pythonBytes = (text: string) =>
  `b'${text.replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`)}'`;

/** What a mask matches: what it stood for before, or anything. */
function source(mask: string, bindings: Bindings): string {
  const known = bindings.get(mask);
  return known === undefined ? "(.*?)" : known.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Policies and redrive settings are JSON in text; the order and the spaces in it are nobody's promise. */
function sameJson(recorded: string, text: string): boolean {
  const [left, right] = [parsed(recorded), parsed(text)];
  if (typeof left !== "object" || left === null || typeof right !== "object") return false;
  return departures(left as Recorded, right, new Map()).length === 0;
}

/** JSON in text; IAM's policies are percent-encoded besides. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text.startsWith("%7B") ? decodeURIComponent(text) : text);
  } catch {
    return undefined;
  }
}

function show(value: unknown): string {
  const text = value instanceof Date ? value.toISOString() : JSON.stringify(value);
  return text === undefined ? "nothing" : text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
