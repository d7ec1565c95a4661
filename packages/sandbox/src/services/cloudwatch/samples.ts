import type { DatabaseSync } from "node:sqlite";
import type { Dimension } from "@aws-sdk/client-cloudwatch";
import type { ServiceRuntime } from "../../core/context.ts";

/**
 * Samples in a table of their own: a value seen `count` times, or a statistic set (`min` < `max`), of which percentiles
 * can't be told. A series is a metric with exactly these dimensions.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS cloudwatch_series (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    dimensions TEXT NOT NULL, last_ms INTEGER NOT NULL,
    UNIQUE (account, region, namespace, name, dimensions)
  );
  CREATE TABLE IF NOT EXISTS cloudwatch_samples (
    series INTEGER NOT NULL, at_ms INTEGER NOT NULL, count REAL NOT NULL, sum REAL NOT NULL, min REAL NOT NULL,
    max REAL NOT NULL, unit TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS cloudwatch_samples_by_time ON cloudwatch_samples (series, at_ms);
`;

/** AWS keeps one-minute points for 15 days. */
const KEPT_MS = 15 * 24 * 3600 * 1000;

export function openSamples(runtime: ServiceRuntime): void {
  const { sql } = runtime.storeOf("", "");
  sql.exec(SCHEMA);
  const oldestMs = runtime.clock.now().getTime() - KEPT_MS;
  sql.prepare("DELETE FROM cloudwatch_samples WHERE at_ms < ?").run(oldestMs);
  sql.prepare("DELETE FROM cloudwatch_series WHERE last_ms < ?").run(oldestMs);
}

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  /** As `dimensionKey` makes it. */
  readonly dimensions: string;
}

export interface Sample {
  readonly atMs: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

interface Scope {
  readonly account: string;
  readonly region: string;
}

/** Dimensions as one text: their order means nothing. */
export function dimensionKey(dimensions: readonly Dimension[] | undefined): string {
  const pairs = (dimensions ?? []).map(({ Name = "", Value = "" }) => [Name, Value] as const);
  return JSON.stringify(pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function readDimensions(key: string): Dimension[] {
  return (JSON.parse(key) as [string, string][]).map(([Name, Value]) => ({ Name, Value }));
}

/** Writes samples; call it in a transaction. */
export function writeSamples(
  sql: DatabaseSync,
  scope: Scope,
  given: readonly { metric: Metric; samples: readonly Sample[] }[],
): void {
  const series = sql.prepare(
    `INSERT INTO cloudwatch_series (account, region, namespace, name, dimensions, last_ms) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET last_ms = max(last_ms, excluded.last_ms) RETURNING id`,
  );
  const insert = sql.prepare("INSERT INTO cloudwatch_samples VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (const { metric, samples } of given) {
    const lastMs = Math.max(...samples.map(({ atMs }) => atMs));
    const row = series.get(scope.account, scope.region, metric.namespace, metric.name, metric.dimensions, lastMs);
    const id = Number(row?.id);
    for (const { atMs, count, sum, min, max, unit } of samples) insert.run(id, atMs, count, sum, min, max, unit);
  }
}

/** Samples from `fromMs` to before `toMs`, by time. */
export function readSamples(
  sql: DatabaseSync,
  scope: Scope,
  metric: Metric,
  range: { fromMs: number; toMs: number; unit?: string | undefined },
): Sample[] {
  const { account, region } = scope;
  const { namespace, name, dimensions } = metric;
  return sql
    .prepare(
      `SELECT at_ms AS atMs, count, sum, min, max, unit FROM cloudwatch_samples
       WHERE series = (SELECT id FROM cloudwatch_series WHERE account = :account AND region = :region
                       AND namespace = :namespace AND name = :name AND dimensions = :dimensions)
       AND at_ms >= :fromMs AND at_ms < :toMs AND (:unit IS NULL OR unit = :unit) ORDER BY at_ms`,
    )
    .all({ account, region, namespace, name, dimensions, ...range, unit: range.unit ?? null }) as unknown as Sample[];
}

export function listSeries(sql: DatabaseSync, scope: Scope): (Metric & { lastMs: number })[] {
  return sql
    .prepare(
      `SELECT namespace, name, dimensions, last_ms AS lastMs FROM cloudwatch_series WHERE account = ? AND region = ?
       ORDER BY namespace, name, dimensions`,
    )
    .all(scope.account, scope.region) as unknown as (Metric & { lastMs: number })[];
}
