import type { DatabaseSync } from "node:sqlite";
import type { Dimension } from "@aws-sdk/client-cloudwatch";
import type { SandboxClock, ServiceRuntime } from "../../core/context.ts";
import { statement } from "../../core/statements.ts";

/**
 * Samples in a table of their own, in the order in which they are read. A row is a value (`min` = `max`) seen `count`
 * times in one second, or a statistic set, of which percentiles can't be told. Equal rows are added up: what is asked
 * of them stays the same, and a service that puts the same value again and again doesn't grow the table. A series is a
 * metric with exactly these dimensions.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS cloudwatch_series (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    dimensions TEXT NOT NULL, last_ms INTEGER NOT NULL,
    UNIQUE (account, region, namespace, name, dimensions)
  );
  CREATE TABLE IF NOT EXISTS cloudwatch_points (
    series INTEGER NOT NULL, at_ms INTEGER NOT NULL, unit TEXT NOT NULL, min REAL NOT NULL, max REAL NOT NULL,
    count REAL NOT NULL, sum REAL NOT NULL,
    PRIMARY KEY (series, at_ms, unit, min, max)
  ) WITHOUT ROWID;
`;

/** Where a sandbox of before 2026-11 kept them, one row a put. */
const ADOPT = `
  INSERT INTO cloudwatch_points
    SELECT series, at_ms - at_ms % 1000 AS second, unit, min, max, sum(count), sum(sum) FROM cloudwatch_samples
    GROUP BY series, second, unit, min, max;
  DROP TABLE cloudwatch_samples;
`;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SECOND_MS = 1000;
/** The longest that AWS keeps a point, of an hour then. */
const KEPT_MS = 455 * DAY_MS;

export function openSamples(runtime: ServiceRuntime): void {
  const { sql } = runtime.storeOf("", "");
  sql.exec(SCHEMA);
  const old = sql.prepare("SELECT 1 FROM sqlite_master WHERE name = 'cloudwatch_samples'").get();
  if (old) runtime.storeOf("", "").transaction(() => sql.exec(ADOPT));
}

/** Deletes what is older than AWS keeps; by series, because points are in their order. */
export function dropOldSamples(runtime: ServiceRuntime): void {
  const store = runtime.storeOf("", "");
  const oldestMs = runtime.clock.now().getTime() - KEPT_MS;
  store.transaction(() => {
    for (const { id } of store.sql.prepare("SELECT id FROM cloudwatch_series").all()) {
      statement(store.sql, "DELETE FROM cloudwatch_points WHERE series = ? AND at_ms < ?").run(Number(id), oldestMs);
    }
    store.sql.prepare("DELETE FROM cloudwatch_series WHERE last_ms < ?").run(oldestMs);
  });
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

export interface Scope {
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
  const series = statement(
    sql,
    `INSERT INTO cloudwatch_series (account, region, namespace, name, dimensions, last_ms) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET last_ms = max(last_ms, excluded.last_ms) RETURNING id`,
  );
  const insert = statement(
    sql,
    `INSERT INTO cloudwatch_points VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET count = count + excluded.count, sum = sum + excluded.sum`,
  );
  for (const { metric, samples } of given) {
    const lastMs = Math.max(...samples.map(({ atMs }) => atMs));
    const row = series.get(scope.account, scope.region, metric.namespace, metric.name, metric.dimensions, lastMs);
    const id = Number(row?.id);
    for (const { atMs, count, sum, min, max, unit } of samples) {
      insert.run(id, Math.floor(atMs / SECOND_MS) * SECOND_MS, unit, min, max, count, sum);
    }
  }
}

/** A period of a series in one unit. `samples` are read only where a statistic needs them. */
export interface Bucket {
  readonly atMs: number;
  readonly unit: string;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly samples: readonly Sample[];
}

export interface BucketRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly periodMs: number;
  /** Periods begin at whole multiples of the period after this instant. */
  readonly originMs: number;
  readonly unit?: string | undefined;
  readonly needsSamples: boolean;
}

/** Periods with samples, by time, then unit. */
export function readBuckets(sql: DatabaseSync, scope: Scope, metric: Metric, range: BucketRange): Bucket[] {
  const found = statement(
    sql,
    `SELECT id FROM cloudwatch_series
     WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND dimensions = ?`,
  ).get(scope.account, scope.region, metric.namespace, metric.name, metric.dimensions);
  if (!found) return [];
  const { fromMs, toMs, periodMs, originMs, unit = null } = range;
  const bounds = { series: Number(found.id), fromMs, toMs, unit };
  const where = "series = :series AND at_ms >= :fromMs AND at_ms < :toMs AND (:unit IS NULL OR unit = :unit)";
  if (!range.needsSamples) {
    return statement(
      sql,
      `SELECT CAST(at_ms - (at_ms - :originMs) % :periodMs AS INTEGER) AS atMs, unit, sum(count) AS count,
       sum(sum) AS sum, min(min) AS min, max(max) AS max FROM cloudwatch_points WHERE ${where} GROUP BY 1, 2`,
    )
      .all({ ...bounds, originMs, periodMs })
      .map((row) => ({ ...(row as unknown as Omit<Bucket, "samples">), samples: [] }));
  }
  const rows = statement(
    sql,
    `SELECT at_ms AS atMs, count, sum, min, max, unit FROM cloudwatch_points WHERE ${where}`,
  ).all(bounds) as unknown as Sample[];
  const buckets = new Map<string, Sample[]>();
  for (const sample of rows) {
    const key = `${sample.atMs - ((sample.atMs - originMs) % periodMs)} ${sample.unit}`;
    const known = buckets.get(key);
    if (known) known.push(sample);
    else buckets.set(key, [sample]);
  }
  return [...buckets].map(([key, samples]) => ({
    atMs: Number(key.slice(0, key.indexOf(" "))),
    unit: samples[0]?.unit ?? "None",
    count: samples.reduce((total, { count }) => total + count, 0),
    sum: samples.reduce((total, { sum }) => total + sum, 0),
    min: samples.reduce((least, { min }) => Math.min(least, min), Number.POSITIVE_INFINITY),
    max: samples.reduce((most, { max }) => Math.max(most, max), Number.NEGATIVE_INFINITY),
    samples,
  }));
}

export interface SeriesRow extends Metric {
  readonly lastMs: number;
}

export function listSeries(sql: DatabaseSync, scope: Scope, namespace?: string, name?: string): SeriesRow[] {
  return statement(
    sql,
    `SELECT namespace, name, dimensions, last_ms AS lastMs FROM cloudwatch_series
     WHERE account = :account AND region = :region AND (:namespace IS NULL OR namespace = :namespace)
     AND (:name IS NULL OR name = :name) ORDER BY namespace, name, dimensions`,
  ).all({
    account: scope.account,
    region: scope.region,
    namespace: namespace ?? null,
    name: name ?? null,
  }) as unknown as SeriesRow[];
}

/**
 * The part of a time range in which AWS still has points of this period: those of less than a minute are there for 3
 * hours, of one minute for 15 days, of five for 63. In realistic mode the last minute isn't there yet.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
 */
export function visibleRange(clock: SandboxClock, periodMs: number, fromMs: number, toMs: number) {
  const nowMs = clock.now().getTime();
  const keptMs =
    periodMs % MINUTE_MS !== 0
      ? 3 * HOUR_MS
      : periodMs % (5 * MINUTE_MS) !== 0
        ? 15 * DAY_MS
        : periodMs % HOUR_MS !== 0
          ? 63 * DAY_MS
          : KEPT_MS;
  return {
    fromMs: Math.max(fromMs, nowMs - keptMs),
    toMs: clock.isRealistic ? Math.min(toMs, nowMs - MINUTE_MS) : toMs,
  };
}
