import type { Value } from "./record.ts";

export const toNumber = (value: Value): number | undefined => {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === undefined || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
};
export const toText = (value: Value): string => (value === undefined ? "" : String(value));
export const isTrue = (value: Value) =>
  value === true || (typeof value === "number" && value !== 0) || value === "true";

type Function = (given: readonly Value[]) => Value;

const numeric =
  (by: (...values: number[]) => number): Function =>
  (given) => {
    const values = given.map(toNumber);
    return values.every((value) => value !== undefined) ? by(...values) : undefined;
  };
const textual =
  (by: (text: string, ...rest: string[]) => Value): Function =>
  (given) =>
    given[0] === undefined ? undefined : by(toText(given[0]), ...given.slice(1).map(toText));

/** Name → fewest and most arguments, and what it does. */
const FUNCTIONS: Readonly<Record<string, readonly [number, number, Function]>> = {
  abs: [1, 1, numeric(Math.abs)],
  ceil: [1, 1, numeric(Math.ceil)],
  floor: [1, 1, numeric(Math.floor)],
  log: [1, 1, numeric(Math.log)],
  sqrt: [1, 1, numeric(Math.sqrt)],
  greatest: [1, 100, numeric(Math.max)],
  least: [1, 100, numeric(Math.min)],
  strlen: [1, 1, textual((text) => text.length)],
  toupper: [1, 1, textual((text) => text.toUpperCase())],
  tolower: [1, 1, textual((text) => text.toLowerCase())],
  trim: [1, 1, textual((text) => text.trim())],
  ltrim: [1, 1, textual((text) => text.trimStart())],
  rtrim: [1, 1, textual((text) => text.trimEnd())],
  concat: [1, 100, (given) => given.map(toText).join("")],
  replace: [3, 3, textual((text, from = "", to = "") => text.replaceAll(from, to))],
  strcontains: [2, 2, textual((text, part = "") => (text.includes(part) ? 1 : 0))],
  substr: [
    2,
    3,
    textual((text, from = "0", length) =>
      text.slice(Number(from), length === undefined ? undefined : Number(from) + Number(length)),
    ),
  ],
  isempty: [1, 1, ([value]) => value === undefined || value === ""],
  isblank: [1, 1, ([value]) => value === undefined || toText(value).trim() === ""],
  ispresent: [1, 1, ([value]) => value !== undefined],
  coalesce: [1, 100, (given) => given.find((value) => value !== undefined)],
  toMillis: [1, 1, numeric((atMs) => atMs)],
  fromMillis: [1, 1, numeric((atMs) => atMs)],
};

export function functionOf(name: string): { arity: readonly [number, number]; call: Function } | undefined {
  const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  return found && { arity: [found[0], found[1]], call: found[2] };
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** `5m`, `1h`; undefined for what is no period. Months, quarters and years aren't of one length and aren't here. */
export function periodMs(text: string): number | undefined {
  const [, count = "", unit = ""] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
  const known = UNITS_MS[unit] ?? UNITS_MS[unit.replace(/s$/, "")];
  return known === undefined || Number(count) === 0 ? undefined : Number(count) * known;
}

/** Collects the values of a group. `undefined` never comes: a record without the field isn't counted. */
export interface Aggregate {
  add(value: Value): void;
  result(): Value;
}

function ofNumbers(by: (values: number[]) => Value): () => Aggregate {
  return () => {
    const values: number[] = [];
    return {
      add(value) {
        const number = toNumber(value);
        if (number !== undefined) values.push(number);
      },
      result: () => (values.length === 0 ? undefined : by(values)),
    };
  };
}

/** Linear between the two nearest values; Insights itself estimates. */
function percentile(values: number[], percent: number): number {
  const sorted = values.sort((a, b) => a - b);
  const rank = (percent / 100) * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] ?? 0;
  return low + ((sorted[Math.ceil(rank)] ?? low) - low) * (rank - Math.floor(rank));
}

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

const AGGREGATES: Readonly<Record<string, (parameter: number) => () => Aggregate>> = {
  count: () => () => {
    let count = 0;
    return { add: () => void count++, result: () => count };
  },
  count_distinct: () => () => {
    const seen = new Set<string>();
    return { add: (value) => void seen.add(toText(value)), result: () => seen.size };
  },
  sum: () => ofNumbers(total),
  avg: () => ofNumbers((values) => total(values) / values.length),
  min: () => ofNumbers((values) => values.reduce((a, b) => Math.min(a, b))),
  max: () => ofNumbers((values) => values.reduce((a, b) => Math.max(a, b))),
  median: () => ofNumbers((values) => percentile(values, 50)),
  pct: (percent) => ofNumbers((values) => percentile(values, percent)),
  stddev: () =>
    ofNumbers((values) => {
      const mean = total(values) / values.length;
      return Math.sqrt(total(values.map((value) => (value - mean) ** 2)) / values.length);
    }),
};

export const isAggregate = (name: string) => Object.hasOwn(AGGREGATES, name);
export const aggregate = (name: string, parameter: number) => AGGREGATES[name]?.(parameter);
