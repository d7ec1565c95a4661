import { type Expression, order } from "./expressions.ts";
import { aggregate } from "./functions.ts";
import { type LogRecord, madeRecord, type Value } from "./record.ts";

/** One step of a query. It takes records one by one and hands on what it makes of them; false means: no more. */
interface Sink {
  push(record: LogRecord): boolean;
  end(): void;
}

/** A step, given what comes after it. */
export type Stage = (next: Sink) => Sink;

export interface Column {
  readonly name: string;
  readonly expression: Expression;
}

export interface Aggregation {
  readonly name: string;
  readonly kind: string;
  readonly parameter: number;
  /** Undefined: of all records, `count(*)`. */
  readonly of: Expression | undefined;
}

export const filterStage =
  (holds: (record: LogRecord) => boolean): Stage =>
  (next) => ({ push: (record) => (holds(record) ? next.push(record) : true), end: () => next.end() });

/** Gives records further fields; undefined drops nothing, it only adds none. */
export const extendStage =
  (fields: (record: LogRecord) => ReadonlyMap<string, Value>): Stage =>
  (next) => ({
    push(record) {
      const further = fields(record);
      return next.push(further.size > 0 ? record.with(further) : record);
    },
    end: () => next.end(),
  });

export const limitStage =
  (most: number): Stage =>
  (next) => {
    let count = 0;
    return { push: (record) => count++ < most && next.push(record) && count < most, end: () => next.end() };
  };

/** The first record of each combination of values, in the order in which they come. */
export const dedupStage =
  (fields: readonly Expression[]): Stage =>
  (next) => {
    const seen = new Set<string>();
    return {
      push(record) {
        const key = JSON.stringify(fields.map((field) => field.of(record) ?? null));
        if (seen.has(key)) return true;
        seen.add(key);
        return next.push(record);
      },
      end: () => next.end(),
    };
  };

export const sortStage =
  (by: readonly { readonly of: Expression["of"]; readonly descending: boolean }[]): Stage =>
  (next) => {
    const kept: { record: LogRecord; values: Value[] }[] = [];
    return {
      push: (record) => kept.push({ record, values: by.map(({ of }) => of(record)) }) > 0,
      end() {
        kept.sort((a, b) => {
          for (const [index, { descending }] of by.entries()) {
            const [x, y] = [a.values[index], b.values[index]];
            // What has no value comes last, in either direction.
            if (x === undefined || y === undefined) {
              if (x !== y) return x === undefined ? 1 : -1;
              continue;
            }
            const difference = order(x, y);
            if (difference !== 0) return descending ? -difference : difference;
          }
          return 0;
        });
        for (const { record } of kept) if (!next.push(record)) break;
        next.end();
      },
    };
  };

export const statsStage =
  (aggregations: readonly Aggregation[], by: readonly Column[]): Stage =>
  (next) => {
    const groups = new Map<string, { values: Value[]; aggregates: ReturnType<typeof start> }>();
    const start = () => aggregations.map(({ kind, parameter }) => aggregate(kind, parameter)?.());
    return {
      push(record) {
        const values = by.map(({ expression }) => expression.of(record));
        const key = JSON.stringify(values.map((value) => value ?? null));
        const group = groups.get(key) ?? { values, aggregates: start() };
        groups.set(key, group);
        for (const [index, { of }] of aggregations.entries()) {
          const value = of ? of.of(record) : 1;
          if (value !== undefined) group.aggregates[index]?.add(value);
        }
        return true;
      },
      end() {
        if (groups.size === 0 && by.length === 0) groups.set("", { values: [], aggregates: start() });
        for (const { values, aggregates } of groups.values()) {
          const fields = new Map<string, Value>(by.map(({ name }, index) => [name, values[index]]));
          for (const [index, { name }] of aggregations.entries()) fields.set(name, aggregates[index]?.result());
          if (!next.push(madeRecord(fields))) break;
        }
        next.end();
      },
    };
  };
