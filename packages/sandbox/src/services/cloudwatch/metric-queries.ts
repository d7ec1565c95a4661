import type { DatabaseSync } from "node:sqlite";
import type { MetricDataQuery, MetricStat } from "@aws-sdk/client-cloudwatch";
import type { SandboxClock } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { evaluate, idsOf } from "./expression.ts";
import {
  type Bucket,
  dimensionKey,
  listSeries,
  type Metric,
  readBuckets,
  readDimensions,
  type Scope,
  visibleRange,
} from "./samples.ts";
import { compileSearch, MOST_FOUND } from "./search.ts";
import type { TimeSeries } from "./series.ts";
import { statistic } from "./statistics.ts";

/** Where metrics are read. */
export interface MetricReader {
  readonly sql: DatabaseSync;
  readonly clock: SandboxClock;
  readonly scope: Scope;
}

/** Several statistics of one metric, as dashboards ask for them, read it once. */
interface CachedReader extends MetricReader {
  readonly known: Map<string, readonly Bucket[]>;
}

export interface QueryRange {
  readonly fromMs: number;
  readonly toMs: number;
  /** Periods begin at whole multiples of the period after this instant; 0 for those of the clock. */
  readonly originMs: number;
}

/** One query's result, and what CloudWatch says of it. */
export interface QueryResult {
  readonly series: readonly TimeSeries[];
  readonly units: readonly string[];
  /** What each series was read from, where that was a metric: for labels. */
  readonly sources: readonly MetricStat[];
}

/** The most periods that an expression is filled over; as many points as one answer may hold. */
const MOST_PERIODS = 100_800;

/** Where a metric was put with several units, AWS answers those of the first in this order. */
const UNIT_ORDER =
  "Megabits,Terabits,Gigabits,Count,Bytes,Gigabytes,Gigabytes/Second,Kilobytes,Kilobits/Second,Terabytes,Terabits/Second,Bytes/Second,Percent,Megabytes,Megabits/Second,Milliseconds,Microseconds,Kilobytes/Second,Gigabits/Second,Megabytes/Second,Bits,Bits/Second,Count/Second,Seconds,Kilobits,Terabytes/Second,None".split(
    ",",
  );

/**
 * Works queries out, each once and only when it is asked for. Raises `ValidationError` for what no query may say and for
 * expressions that refer to nothing or to each other.
 */
export function openQueries(from: MetricReader, queries: readonly MetricDataQuery[], range: QueryRange) {
  const byId = new Map(queries.map((query) => [query.Id ?? "", query]));
  if (byId.size !== queries.length) throw invalid("The values for parameter id in MetricDataQueries are not unique.");
  for (const query of queries) checkQuery(query, from.scope);
  const known = new Map<string, QueryResult>();
  const reader: CachedReader = { ...from, known: new Map() };

  const periodOf = (query: MetricDataQuery, seen: readonly string[] = []): number => {
    if (query.MetricStat) return readPeriod(query.MetricStat.Period);
    if (query.Period !== undefined) return readPeriod(query.Period);
    // An expression has the longest period of what it refers to.
    const text = query.Expression ?? "";
    const ids = /\bMETRICS\s*\(/.test(text)
      ? queries.flatMap(({ Id, MetricStat: stat }) => (stat && Id ? [Id] : []))
      : [];
    const periods = [...idsOf(text), ...ids].flatMap((id) => {
      const other = byId.get(id);
      return other && !seen.includes(id) ? [periodOf(other, [...seen, id])] : [];
    });
    return periods.length > 0 ? Math.max(...periods) : 60;
  };

  const resultOf = (id: string, seen: readonly string[] = []): QueryResult => {
    const done = known.get(id);
    if (done) return done;
    const query = byId.get(id);
    if (!query) throw invalid(`Error in expression '${seen.at(-1) ?? ""}' [Unknown identifier: ${id}]`);
    if (seen.includes(id))
      throw invalid(`Error in expression '${id}' [Circular reference: ${[...seen, id].join(" → ")}]`);
    const result = query.MetricStat ? readMetric(reader, query.MetricStat, range) : work(query, [...seen, id]);
    known.set(id, result);
    return result;
  };

  const work = (query: MetricDataQuery, seen: readonly string[]): QueryResult => {
    const periodSeconds = periodOf(query);
    const sources: MetricStat[] = [];
    const series = evaluate(query.Expression ?? "", {
      id: query.Id ?? "",
      periodSeconds,
      periods: periodsOf(range, periodSeconds * 1000),
      series: (id) => resultOf(id, seen).series,
      metrics: (filter) =>
        queries
          .filter(({ Id = "", MetricStat: stat }) => stat && (filter === undefined || Id.includes(filter)))
          .flatMap(({ Id = "" }) => resultOf(Id, seen).series),
      search: (text, stat, period) => {
        const seconds = readPeriod(period ?? query.Period ?? 300);
        const found = search(reader, text, stat, seconds);
        sources.push(...found);
        return found.flatMap((one) => readMetric(reader, one, range).series);
      },
    });
    return { series, units: [], sources: sources.length === series.length ? sources : [] };
  };

  return {
    result: (id: string) => resultOf(id),
    /** The longest period among these queries. */
    longestPeriod: () => Math.max(...queries.map((query) => periodOf(query))),
  };
}

function checkQuery(query: MetricDataQuery, scope: Scope): void {
  const { Id: id = "", MetricStat: stat, Expression: expression, AccountId: account } = query;
  if (!/^[a-z][A-Za-z0-9_]*$/.test(id) || id.length > 255) {
    throw invalid(
      `The value ${id} for parameter id in MetricDataQueries is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.`,
    );
  }
  if ((stat === undefined) === (expression === undefined)) {
    throw invalid(
      `Exactly one of the parameters MetricStat and Expression must be specified for the metric data query ${id}.`,
    );
  }
  if (account !== undefined && account !== scope.account) {
    throw new AwsError("NotImplemented", "sandbox: CloudWatch metrics of other accounts are not implemented", {
      status: 501,
    });
  }
  if (stat) {
    statistic(stat.Stat ?? "");
    readPeriod(stat.Period);
  }
}

function readMetric(reader: CachedReader, given: MetricStat, range: QueryRange): QueryResult {
  const { Metric: metric, Stat = "", Unit: unit, Period } = given;
  const { of, needsSamples } = statistic(Stat);
  const periodSeconds = readPeriod(Period);
  const key = JSON.stringify([metricOf(metric), periodSeconds, unit, needsSamples]);
  const wanted = { ...range, periodSeconds, unit, needsSamples };
  const buckets = reader.known.get(key) ?? bucketsOf(reader, metricOf(metric), wanted);
  reader.known.set(key, buckets);
  const units = UNIT_ORDER.filter((one) => buckets.some((bucket) => bucket.unit === one));
  const points = new Map<number, number>();
  for (const bucket of buckets) {
    const value = bucket.unit === units[0] ? of(bucket) : undefined;
    if (value !== undefined) points.set(bucket.atMs, value);
  }
  return { series: [{ label: metric?.MetricName ?? "", periodSeconds, points }], units, sources: [given] };
}

/** Periods with samples in the visible part of a range, whose start is rounded down to a whole minute as AWS does it. */
export function bucketsOf(
  { sql, clock, scope }: MetricReader,
  metric: Metric,
  wanted: QueryRange & { periodSeconds: number; unit?: string | undefined; needsSamples: boolean },
): Bucket[] {
  const periodMs = wanted.periodSeconds * 1000;
  const step = Math.min(periodMs, 60_000);
  const { fromMs, toMs } = visibleRange(clock, periodMs, Math.floor(wanted.fromMs / step) * step, wanted.toMs);
  const { originMs, unit, needsSamples } = wanted;
  return readBuckets(sql, scope, metric, { fromMs, toMs, periodMs, originMs, unit, needsSamples });
}

function search(reader: MetricReader, text: string, stat: string, period: number): MetricStat[] {
  statistic(stat);
  const expression = compileSearch(text);
  return listSeries(reader.sql, reader.scope, expression.namespace)
    .filter((metric) => expression.matches(metric))
    .slice(0, MOST_FOUND)
    .map(({ namespace, name, dimensions }) => ({
      Metric: { Namespace: namespace, MetricName: name, Dimensions: readDimensions(dimensions) },
      Period: period,
      Stat: stat,
    }));
}

export function metricOf(metric: MetricStat["Metric"]): Metric {
  const { Namespace: namespace = "", MetricName: name = "", Dimensions } = metric ?? {};
  return { namespace, name, dimensions: dimensionKey(Dimensions) };
}

function periodsOf(range: QueryRange, periodMs: number): number[] {
  const periods: number[] = [];
  const first = range.fromMs - ((range.fromMs - range.originMs) % periodMs);
  for (let at = first; at < range.toMs && periods.length < MOST_PERIODS; at += periodMs) periods.push(at);
  return periods;
}

export function readPeriod(seconds: number | undefined): number {
  if (seconds !== undefined && ([1, 5, 10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0))) {
    return seconds;
  }
  const message = `The value ${seconds} for parameter Period is invalid: it must be 1, 5, 10, 20, 30 or a multiple of 60.`;
  throw new AwsError("InvalidParameterValueException", message);
}

const invalid = (message: string) => new AwsError("ValidationError", message, { status: 400 });
