import type * as sdk from "@aws-sdk/client-cloudwatch";
import type { Datapoint, MetricDataQuery, MetricDataResult } from "@aws-sdk/client-cloudwatch";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { evaluate, idsOf, type Series } from "./expression.ts";
import { dimensionKey, listSeries, type Metric, readDimensions, readSamples } from "./samples.ts";
import { byPeriod, statistic } from "./statistics.ts";

/** Of GetMetricData's answer and GetMetricStatistics'. */
const MOST_POINTS = 100_800;
const MOST_STATISTICS_POINTS = 1440;
const RECENT_MS = 3 * 3600 * 1000;

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

export const readOperations: Operations<typeof sdk> = {
  /** Points stand at the starts of periods, which are whole multiples of the period since 1970. */
  GetMetricData(context, input) {
    const queries = input.MetricDataQueries ?? [];
    const range = readRange(input.StartTime, input.EndTime);
    const known = new Map<string, Series>();
    const byId = new Map(queries.map((query) => [query.Id ?? "", query]));
    if (byId.size !== queries.length) throw invalid("Each Id of MetricDataQueries must be unique.");

    const periodOf = (query: MetricDataQuery, seen: readonly string[] = []): number => {
      if (query.MetricStat) return readPeriod(query.MetricStat.Period);
      if (query.Period !== undefined) return readPeriod(query.Period);
      // An expression has the longest period of what it refers to.
      const periods = idsOf(query.Expression ?? "").flatMap((id) => {
        const other = byId.get(id);
        return other && !seen.includes(id) ? [periodOf(other, [...seen, id])] : [];
      });
      return Math.max(60, ...periods);
    };

    const seriesOf = (id: string, seen: readonly string[]): Series => {
      const done = known.get(id);
      if (done) return done;
      const query = byId.get(id);
      if (!query) throw invalid(`The expression refers to ${id}, which isn't there.`);
      if (seen.includes(id)) throw invalid(`The expressions of ${[...seen, id].join(", ")} refer to each other.`);
      const periodSeconds = periodOf(query);
      const series = query.MetricStat
        ? metricSeries(context, query, range)
        : evaluate(query.Expression ?? "", {
            series: (other) => seriesOf(other, [...seen, id]),
            periods: periodsOf(range, periodSeconds * 1000),
            periodSeconds,
          });
      known.set(id, series);
      return series;
    };

    const ascending = input.ScanBy === "TimestampAscending";
    const results = queries
      .filter((query) => query.ReturnData !== false)
      .map((query): MetricDataResult => {
        const points = [...seriesOf(query.Id ?? "", [])].sort(([a], [b]) => (ascending ? a - b : b - a));
        const shown = points.slice(0, input.MaxDatapoints ?? MOST_POINTS);
        return {
          Id: query.Id,
          Label: query.Label ?? query.MetricStat?.Metric?.MetricName ?? query.Id,
          Timestamps: shown.map(([atMs]) => new Date(atMs)),
          Values: shown.map(([, value]) => value),
          StatusCode: shown.length < points.length ? "PartialData" : "Complete",
        };
      });
    return { MetricDataResults: results, Messages: [] };
  },

  GetMetricStatistics(context, input) {
    const periodMs = readPeriod(input.Period) * 1000;
    const range = readRange(input.StartTime, input.EndTime);
    const metric = {
      namespace: input.Namespace ?? "",
      name: input.MetricName ?? "",
      dimensions: dimensionKey(input.Dimensions),
    };
    const names = [...(input.Statistics ?? []), ...(input.ExtendedStatistics ?? [])];
    if (names.length === 0) throw invalid("At least one of Statistics and ExtendedStatistics must be specified.");
    const statistics = names.map((name) => [name, statistic(name)] as const);
    const samples = readSamples(context.store.sql, context, metric, { ...aligned(range, periodMs), unit: input.Unit });
    const periods = [...byPeriod(samples, periodMs)];
    if (periods.length > MOST_STATISTICS_POINTS) {
      const message = `You have requested up to ${periods.length} datapoints, which exceeds the limit of ${MOST_STATISTICS_POINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`;
      throw new AwsError("InvalidParameterCombinationException", message);
    }
    const points = periods.map(([atMs, here]): Datapoint => {
      const extended: Record<string, number> = {};
      const point: Record<string, unknown> = { Timestamp: new Date(atMs), Unit: here[0]?.unit };
      for (const [name, compute] of statistics) {
        const value = compute(here);
        if (value === undefined) continue;
        if (name.startsWith("p")) extended[name] = value;
        else point[name] = value;
      }
      return { ...point, ...(Object.keys(extended).length > 0 ? { ExtendedStatistics: extended } : {}) };
    });
    return { Label: input.MetricName, Datapoints: points };
  },

  ListMetrics(context, { Namespace, MetricName, Dimensions = [], RecentlyActive, NextToken }) {
    const activeMs = RecentlyActive === "PT3H" ? context.clock.now().getTime() - RECENT_MS : 0;
    const all = listSeries(context.store.sql, context).filter(
      ({ namespace, name, dimensions, lastMs }) =>
        (Namespace === undefined || namespace === Namespace) &&
        (MetricName === undefined || name === MetricName) &&
        lastMs >= activeMs &&
        hasDimensions(dimensions, Dimensions),
    );
    const keyOf = ({ namespace, name, dimensions }: Metric) => `${namespace}\0${name}\0${dimensions}`;
    const sorted = all.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const { items, nextToken } = page(sorted, keyOf, { token: NextToken, size: 500 });
    return {
      Metrics: items.map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: readDimensions(dimensions),
      })),
      NextToken: nextToken,
    };
  },
};

function hasDimensions(
  key: string,
  wanted: readonly { Name?: string | undefined; Value?: string | undefined }[],
): boolean {
  const there = readDimensions(key);
  return wanted.every(({ Name, Value }) =>
    there.some((dimension) => dimension.Name === Name && (Value === undefined || dimension.Value === Value)),
  );
}

function metricSeries(context: Context, query: MetricDataQuery, range: Range): Series {
  const { Metric: given, Stat = "", Unit: unit } = query.MetricStat ?? {};
  const periodMs = readPeriod(query.MetricStat?.Period) * 1000;
  const metric = {
    namespace: given?.Namespace ?? "",
    name: given?.MetricName ?? "",
    dimensions: dimensionKey(given?.Dimensions),
  };
  const compute = statistic(Stat);
  const scope = { account: query.AccountId ?? context.account, region: context.region };
  if (scope.account !== context.account)
    throw new AwsError("NotImplemented", "sandbox: CloudWatch metrics of other accounts are not implemented", {
      status: 501,
    });
  const samples = readSamples(context.store.sql, scope, metric, { ...aligned(range, periodMs), unit });
  const series = new Map<number, number>();
  for (const [atMs, here] of byPeriod(samples, periodMs)) {
    const value = compute(here);
    if (value !== undefined) series.set(atMs, value);
  }
  return series;
}

/** AWS rounds the start down, so that the first period is whole. */
function aligned({ fromMs, toMs }: Range, periodMs: number): Range {
  return { fromMs: Math.floor(fromMs / Math.min(periodMs, 60_000)) * Math.min(periodMs, 60_000), toMs };
}

function periodsOf(range: Range, periodMs: number): number[] {
  const periods: number[] = [];
  for (
    let at = Math.floor(range.fromMs / periodMs) * periodMs;
    at < range.toMs && periods.length < MOST_POINTS;
    at += periodMs
  ) {
    periods.push(at);
  }
  return periods;
}

function readRange(from: Date | undefined, to: Date | undefined): Range {
  const range = { fromMs: from?.getTime() ?? Number.NaN, toMs: to?.getTime() ?? Number.NaN };
  if (!(range.fromMs < range.toMs))
    throw new AwsError("ValidationError", "The parameter StartTime must be less than the parameter EndTime.", {
      status: 400,
    });
  return range;
}

function readPeriod(seconds: number | undefined): number {
  if (seconds !== undefined && ([1, 5, 10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0)))
    return seconds;
  throw invalid(`The value ${seconds} for parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.`);
}

const invalid = (message: string) => new AwsError("InvalidParameterValueException", message);
