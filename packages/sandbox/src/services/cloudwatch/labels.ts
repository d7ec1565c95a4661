import type { MetricDataQuery, MetricStat } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../core/errors.ts";
import type { TimeSeries } from "./series.ts";

/** A series of an answer, and the metric that it is, where it is one. */
export interface Labelled {
  readonly query: MetricDataQuery;
  readonly series: TimeSeries;
  readonly source: MetricStat | undefined;
}

/**
 * The labels of an answer. Without one of its own, a metric has its name, followed by what tells it from the other
 * metrics of that name in the request: the values of its dimensions, the statistic, the period.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
 */
export function labelsOf(given: readonly Labelled[], place: { account: string; region: string }): string[] {
  const automatic = given.map((one) => automaticLabel(one, given));
  return given.map((one, index) => {
    const label = automatic[index] ?? "";
    const wanted = one.query.Label;
    return wanted === undefined
      ? label
      : wanted.replaceAll(/\$\{([^}]*)\}/g, (_, token: string) => option(token, one, label, place));
  });
}

function automaticLabel({ query, series, source }: Labelled, all: readonly Labelled[]): string {
  if (!source) return series.label === "" ? (query.Id ?? "") : series.label;
  const name = source.Metric?.MetricName ?? "";
  const alike = all.flatMap((other) => (other.source?.Metric?.MetricName === name ? [other.source] : []));
  const varies = (of: (stat: MetricStat) => unknown) => new Set(alike.map((stat) => String(of(stat)))).size > 1;
  const dimensions = source.Metric?.Dimensions ?? [];
  const telling = dimensions.filter(({ Name }) =>
    varies(({ Metric: metric }) => metric?.Dimensions?.find((other) => other.Name === Name)?.Value),
  );
  return [
    ...telling.map(({ Value }) => Value),
    name,
    ...(varies(({ Stat }) => Stat) ? [source.Stat] : []),
    ...(varies(({ Period }) => Period) ? [source.Period] : []),
  ].join(" ");
}

function option(
  token: string,
  { query, series, source }: Labelled,
  label: string,
  place: { account: string; region: string },
): string {
  const name = token.trim();
  if (name === "LABEL") return label;
  const property = /^PROP\('([^']*)'\)$/.exec(name)?.[1];
  if (property !== undefined) return propertyOf(property, query, source, place);
  const points = [...series.points].sort(([a], [b]) => a - b);
  const values = points.map(([, value]) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  const extreme = (better: (a: number, b: number) => boolean) =>
    points.reduce<readonly [number, number] | undefined>(
      (best, point) => (best && !better(point[1], best[1]) ? best : point),
      undefined,
    );
  const [lowest, highest] = [extreme((a, b) => a < b), extreme((a, b) => a > b)];
  const texts: Readonly<Record<string, string | undefined>> = {
    AVG: number(values.length === 0 ? undefined : sum / values.length),
    SUM: number(sum),
    DATAPOINT_COUNT: String(values.length),
    FIRST: number(values[0]),
    LAST: number(values.at(-1)),
    MIN: number(lowest?.[1]),
    MAX: number(highest?.[1]),
    FIRST_TIME: time(points[0]?.[0]),
    LAST_TIME: time(points.at(-1)?.[0]),
    MIN_TIME: time(lowest?.[0]),
    MAX_TIME: time(highest?.[0]),
  };
  if (Object.hasOwn(texts, name)) return texts[name] ?? "--";
  throw new AwsError("NotImplemented", `sandbox: CloudWatch dynamic label \${${name}} is not implemented`, {
    status: 501,
  });
}

function propertyOf(
  name: string,
  query: MetricDataQuery,
  source: MetricStat | undefined,
  place: { account: string; region: string },
): string {
  if (name.startsWith("Dim.")) {
    return source?.Metric?.Dimensions?.find(({ Name }) => Name === name.slice("Dim.".length))?.Value ?? "--";
  }
  const texts: Readonly<Record<string, string | undefined>> = {
    AccountId: query.AccountId ?? place.account,
    Region: place.region,
    MetricName: source?.Metric?.MetricName,
    Namespace: source?.Metric?.Namespace,
    Period: source?.Period === undefined ? undefined : String(source.Period),
    Stat: source?.Stat,
  };
  return texts[name] ?? "--";
}

const number = (value: number | undefined) =>
  value === undefined ? undefined : String(Math.round(value * 1000) / 1000);
const time = (atMs: number | undefined) => (atMs === undefined ? undefined : new Date(atMs).toISOString());
