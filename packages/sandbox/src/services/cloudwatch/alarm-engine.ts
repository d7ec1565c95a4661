import type { Context, ServiceRuntime } from "../../core/context.ts";
import { statement } from "../../core/statements.ts";
import { carriedOut, carryOut } from "./alarm-actions.ts";
import {
  type AlarmRecord,
  alarmQueries,
  alarms,
  documentTime,
  isComposite,
  type MetricAlarmRecord,
} from "./alarm-records.ts";
import { changeState } from "./alarm-state.ts";
import { type AlarmRule, evaluationRange, judge, type Slot } from "./alarm-verdict.ts";
import { metricOf, openQueries } from "./metric-queries.ts";

const MINUTE_MS = 60_000;
/** Alarms with periods of less than a minute are evaluated this often, others each minute. */
const FAST_MS = 10_000;
/** After a period's end, so that what services collect for a moment (Lambda's metrics) is in. */
const SETTLE_MS = 1000;
/** In realistic mode metrics are a minute late, and so are those who look at them. */
const LATE_MS = MINUTE_MS;
/** Other requests get their turn after so much evaluating. */
const SLICE_MS = 20;

/** An alarm of one account and region, and when it is evaluated next. */
interface Watched {
  readonly context: Context;
  readonly name: string;
  nextMs: number;
}

export interface AlarmEngine {
  stop(): Promise<void>;
}

/**
 * Evaluates all metric alarms, each minute or each ten seconds of sandbox time. When the clock is moved, every passed
 * evaluation is made up for, in the order of time over all alarms; stretches in which an alarm's metrics have nothing
 * new are skipped, because nothing could change in them, so that a month costs no more than a minute.
 */
export function startAlarms(runtime: ServiceRuntime): AlarmEngine {
  const ending = new AbortController();
  /** When an alarm was evaluated last. A sandbox that was down doesn't make up for the time that it didn't run. */
  const evaluated = new Map<string, number>();
  const startedMs = runtime.clock.now().getTime();

  const watch = (): Watched[] =>
    runtime.scopes().flatMap(({ account, region }) => {
      const context = runtime.contextFor(account, region);
      return alarms(context)
        .list()
        .flatMap(({ key: name, value }): Watched[] => {
          if (isComposite(value)) return [];
          const lastMs = evaluated.get(keyOf(context, name)) ?? Math.max(startedMs, Date.parse(value.updatedAt));
          return [{ context, name, nextMs: nextEvaluation(value, lastMs) }];
        });
    });

  const evaluateDue = async () => {
    const nowMs = runtime.clock.now().getTime();
    const due = watch().filter(({ nextMs }) => nextMs <= nowMs);
    const places = new Set(due.map(({ context }) => context));
    let sliceEnd = performance.now() + SLICE_MS;
    while (!ending.signal.aborted) {
      const next = due.reduce<Watched | undefined>(
        (first, one) => (first && first.nextMs <= one.nextMs ? first : one),
        undefined,
      );
      if (!next || next.nextMs > nowMs) break;
      const alarm = alarms(next.context).get(next.name);
      evaluated.set(keyOf(next.context, next.name), next.nextMs);
      next.nextMs =
        alarm && !isComposite(alarm) ? evaluateAlarm(next.context, alarm, next.nextMs) : Number.POSITIVE_INFINITY;
      if (performance.now() > sliceEnd) {
        await new Promise((resolve) => setImmediate(resolve));
        sliceEnd = performance.now() + SLICE_MS;
      }
    }
    for (const { context, name } of due) evaluated.set(keyOf(context, name), nowMs);
    for (const context of places) void carryOut(context);
  };

  const run = async () => {
    for (const { account, region } of runtime.scopes()) void carryOut(runtime.contextFor(account, region));
    while (!ending.signal.aborted) {
      const nowMs = runtime.clock.now().getTime();
      try {
        await runtime.clock.sleep(boundaryAfter(nowMs - SETTLE_MS, FAST_MS) + SETTLE_MS - nowMs, ending.signal);
      } catch {
        // The sandbox is stopping.
        return;
      }
      try {
        await evaluateDue();
      } catch (error) {
        runtime.log("alarms.failed", { error: String(error) });
      }
    }
  };
  const running = run();
  return {
    async stop() {
      ending.abort();
      await running;
      await carriedOut(runtime);
    },
  };
}

const keyOf = ({ account, region }: Context, name: string) => `${account}/${region}/${name}`;
const boundaryAfter = (atMs: number, stepMs: number) => Math.floor(atMs / stepMs) * stepMs + stepMs;

function stepOf(alarm: MetricAlarmRecord): number {
  const periods = [
    alarm.settings.Period,
    ...(alarm.settings.Metrics ?? []).map(({ MetricStat }) => MetricStat?.Period),
  ];
  return periods.some((seconds) => seconds !== undefined && seconds < 60) ? FAST_MS : MINUTE_MS;
}

const nextEvaluation = (alarm: MetricAlarmRecord, lastMs: number) =>
  boundaryAfter(lastMs - SETTLE_MS, stepOf(alarm)) + SETTLE_MS;

/** Evaluates an alarm as of `atMs`; returns when the next evaluation could come to something else. */
function evaluateAlarm(context: Context, alarm: MetricAlarmRecord, atMs: number): number {
  const stepMs = stepOf(alarm);
  const nextMs = atMs + stepMs;
  const { settings } = alarm;
  const { queries, watched } = alarmQueries(alarm);
  const endMs = atMs - SETTLE_MS - (context.clock.isRealistic ? LATE_MS : 0);
  try {
    const periodMs = longestPeriod(context, alarm) * 1000;
    const rule: AlarmRule = {
      evaluationPeriods: settings.EvaluationPeriods ?? 1,
      datapointsToAlarm: settings.DatapointsToAlarm,
      operator: settings.ComparisonOperator ?? "",
      threshold: settings.Threshold ?? 0,
      missingData: (settings.TreatMissingData ?? "missing") as "missing",
    };
    const slotCount = evaluationRange(rule.evaluationPeriods);
    const fromMs = endMs - slotCount * periodMs;
    const reader = { sql: context.store.sql, clock: context.clock, scope: context };
    const range = { fromMs, toMs: endMs, originMs: endMs % periodMs };
    const [series] = openQueries(reader, queries, range).result(watched).series;
    const slots: Slot[] = Array.from({ length: slotCount }, (_, index) => {
      const startMs = fromMs + index * periodMs;
      return { atMs: startMs, value: series?.points.get(startMs) };
    });
    const verdict = judge(slots, rule);
    if (verdict && verdict.state !== alarm.state.value) {
      const at = new Date(atMs).toISOString();
      const data = reasonData(context, alarm, { verdict: verdict.evaluated, at, periodMs, range });
      changeState(context, alarm, { value: verdict.state, reason: verdict.reason, data, at });
      return nextMs;
    }
    const depends = queries.some(({ Expression = "" }) =>
      /\b(EPOCH|MINUTE|HOUR|DAY|DATE|MONTH|YEAR)\b/.test(Expression),
    );
    if (depends || slots.some(({ value }) => value !== undefined)) return nextMs;
    const newMs = nextSample(context, queries, fromMs);
    if (newMs === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(nextMs, boundaryAfter(newMs - 1, stepMs) + SETTLE_MS);
  } catch (error) {
    context.log("alarm.failed", { alarm: alarm.name, error: String(error) });
    return nextMs;
  }
}

function longestPeriod(context: Context, alarm: MetricAlarmRecord): number {
  if (!alarm.settings.Metrics?.length) return alarm.settings.Period ?? 60;
  const reader = { sql: context.store.sql, clock: context.clock, scope: context };
  return openQueries(reader, alarm.settings.Metrics, { fromMs: 0, toMs: 0, originMs: 0 }).longestPeriod();
}

/** When the first sample from an instant on was seen, over all metrics of an alarm. */
function nextSample(
  context: Context,
  queries: ReturnType<typeof alarmQueries>["queries"],
  fromMs: number,
): number | undefined {
  const found = queries.flatMap(({ MetricStat: stat }) => {
    if (!stat) return [];
    const { namespace, name, dimensions } = metricOf(stat.Metric);
    const row = statement(
      context.store.sql,
      `SELECT min(at_ms) AS atMs FROM cloudwatch_points WHERE series = (SELECT id FROM cloudwatch_series
       WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND dimensions = ?) AND at_ms >= ?`,
    ).get(context.account, context.region, namespace, name, dimensions, fromMs);
    return row?.atMs === null || row?.atMs === undefined ? [] : [Number(row.atMs)];
  });
  return found.length > 0 ? Math.min(...found) : undefined;
}

function reasonData(
  context: Context,
  { settings }: Extract<AlarmRecord, { kind?: "metric" }>,
  given: {
    verdict: readonly Slot[];
    at: string;
    periodMs: number;
    range: { fromMs: number; toMs: number; originMs: number };
  },
): string {
  const real = given.verdict.filter(({ value }) => value !== undefined);
  const oldest = real.at(-1);
  const counts = settings.Metrics?.length ? undefined : sampleCounts(context, settings, given);
  return JSON.stringify({
    version: "1.0",
    queryDate: documentTime(given.at),
    ...(oldest ? { startDate: documentTime(oldest.atMs) } : {}),
    ...(settings.Unit ? { unit: settings.Unit } : {}),
    ...(settings.Metrics?.length ? {} : { statistic: settings.Statistic ?? settings.ExtendedStatistic }),
    period: given.periodMs / 1000,
    recentDatapoints: real.map(({ value }) => value).reverse(),
    threshold: settings.Threshold,
    evaluatedDatapoints: given.verdict.map(({ atMs, value }) => ({
      timestamp: documentTime(atMs),
      ...(value === undefined ? {} : { ...(counts ? { sampleCount: counts.get(atMs) } : {}), value }),
    })),
  });
}

function sampleCounts(
  context: Context,
  { Namespace, MetricName, Dimensions, Period, Unit }: MetricAlarmRecord["settings"],
  { range }: { range: { fromMs: number; toMs: number; originMs: number } },
): ReadonlyMap<number, number> {
  const Metric = { Namespace, MetricName, Dimensions };
  const query = { Id: "n", MetricStat: { Metric, Period, Stat: "SampleCount", ...(Unit ? { Unit } : {}) } };
  const reader = { sql: context.store.sql, clock: context.clock, scope: context };
  return openQueries(reader, [query], range).result("n").series[0]?.points ?? new Map();
}
