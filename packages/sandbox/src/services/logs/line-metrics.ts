import { type MetricDatum, PutMetricDataCommand, type StandardUnit } from "@aws-sdk/client-cloudwatch";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { embeddedMetrics } from "./embedded-metrics.ts";
import { compilePattern } from "./filter-pattern.ts";
import { type MetricFilterRecord, metricFiltersOf } from "./metric-filters.ts";
import type { Line } from "./records.ts";

/** Of one PutMetricData, and of one datum. */
const MOST_DATA = 1000;
const MOST_VALUES = 150;
const MINUTE_MS = 60_000;

/** The metrics in lines of the embedded metric format. */
export async function putEmbeddedMetrics(context: Context, group: string, lines: readonly Line[]): Promise<void> {
  const nowMs = context.clock.now().getTime();
  const byNamespace = new Map<string, MetricDatum[]>();
  let broken = 0;
  for (const { message } of lines) {
    const found = embeddedMetrics(message, nowMs);
    if (!found) broken++;
    for (const { namespace, data } of found ?? []) {
      const known = byNamespace.get(namespace) ?? [];
      byNamespace.set(namespace, known);
      known.push(...data);
    }
  }
  if (broken > 0) {
    const Dimensions = [{ Name: "LogGroupName", Value: group }];
    byNamespace.set("AWS/Logs", [{ MetricName: "EMFValidationErrors", Value: broken, Unit: "Count", Dimensions }]);
  }
  for (const [namespace, data] of byNamespace) await putData(context, namespace, data);
}

async function putData(context: Context, Namespace: string, data: readonly MetricDatum[]): Promise<void> {
  for (let from = 0; from < data.length; from += MOST_DATA) {
    try {
      await context.send(new PutMetricDataCommand({ Namespace, MetricData: data.slice(from, from + MOST_DATA) }));
    } catch (error) {
      // The lines were taken: whoever wrote them isn't told, as on AWS.
      context.log("line-metrics.refused", { namespace: Namespace, error: String(error) });
    }
  }
}

/** The minute for which a filter's default value was put last, by filter. */
const defaulted = new WeakMap<ServiceRuntime, Map<string, number>>();

/** What the group's metric filters make of its lines. */
export async function putFilteredMetrics(context: Context, group: string, lines: readonly Line[]): Promise<void> {
  for (const filter of metricFiltersOf(context, group)) {
    const data = dataOf(context, filter, lines);
    if (data.length > 0) await putData(context, filter.transformation.metricNamespace, data);
  }
}

function dataOf(context: Context, filter: MetricFilterRecord, lines: readonly Line[]): MetricDatum[] {
  const { metricName, metricValue, dimensions = {}, unit, defaultValue } = filter.transformation;
  const pattern = compilePattern(filter.pattern);
  const counts = new Map<string, { atMs: number; dimensions: [string, string][]; values: Map<number, number> }>();
  for (const { atMs, message } of lines) {
    if (!pattern.matches(message)) continue;
    const value = metricValue.startsWith("$") ? numberOf(pattern.extract(message, metricValue)) : Number(metricValue);
    if (Number.isNaN(value)) continue;
    const found = Object.entries(dimensions).map(
      ([name, path]) => [name, textOf(pattern.extract(message, path))] as const,
    );
    // A line without one of the dimensions makes no point.
    if (found.some(([, text]) => text === "")) continue;
    const minuteMs = Math.floor(atMs / MINUTE_MS) * MINUTE_MS;
    const key = JSON.stringify([minuteMs, found]);
    const known = counts.get(key) ?? { atMs, dimensions: found.map(([name, text]) => [name, text]), values: new Map() };
    counts.set(key, known);
    known.values.set(value, (known.values.get(value) ?? 0) + 1);
  }
  const Unit = (unit ?? "None") as StandardUnit;
  const data = [...counts.values()].flatMap(({ atMs, dimensions: pairs, values }) => {
    const all = [...values];
    return Array.from({ length: Math.ceil(all.length / MOST_VALUES) }, (_, part): MetricDatum => {
      const some = all.slice(part * MOST_VALUES, (part + 1) * MOST_VALUES);
      return {
        ...{ MetricName: metricName, Unit, Timestamp: new Date(atMs) },
        Dimensions: pairs.map(([Name, Value]) => ({ Name, Value })),
        Values: some.map(([value]) => value),
        Counts: some.map(([, count]) => count),
      };
    });
  });
  const last = lines.at(-1);
  if (data.length === 0 && defaultValue !== undefined && last && isFirstOfMinute(context, filter, last.atMs)) {
    data.push({ MetricName: metricName, Unit, Timestamp: new Date(last.atMs), Value: defaultValue });
  }
  return data;
}

function isFirstOfMinute(context: Context, { group, name }: MetricFilterRecord, atMs: number): boolean {
  const known = defaulted.get(context.runtime) ?? new Map<string, number>();
  defaulted.set(context.runtime, known);
  const key = `${context.account}/${context.region}/${group}/${name}`;
  const minute = Math.floor(atMs / MINUTE_MS);
  if (known.get(key) === minute) return false;
  known.set(key, minute);
  return true;
}

const numberOf = (value: unknown) =>
  typeof value === "number" || (typeof value === "string" && value.trim() !== "") ? Number(value) : Number.NaN;
const textOf = (value: unknown) =>
  value === undefined || value === null || typeof value === "object" ? "" : String(value);
