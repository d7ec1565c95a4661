import type * as sdk from "@aws-sdk/client-cloudwatch";
import type { PutMetricAlarmCommandInput } from "@aws-sdk/client-cloudwatch";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { carryOut } from "./alarm-actions.ts";
import { note } from "./alarm-history.ts";
import { type AlarmRecord, alarmArn, alarms, type CompositeAlarmRecord, isComposite } from "./alarm-records.ts";
import { changeState, compositeState, triggering } from "./alarm-state.ts";
import { isOperator } from "./alarm-verdict.ts";
import { parseRule } from "./composite-rule.ts";
import { openQueries, readPeriod } from "./metric-queries.ts";
import { isSimple, statistic } from "./statistics.ts";

const LONGEST_NAME = 255;
const MOST_ACTIONS = 5;
const DAY_S = 86_400;
const MISSING_DATA = ["breaching", "notBreaching", "ignore", "missing"];

export const putAlarmOperations: Operations<typeof sdk> = {
  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html */
  PutMetricAlarm(context, { AlarmName: name = "", Tags, ...settings }) {
    checkName(context, name, false);
    checkActions(settings);
    refuse(settings, [
      ...(["EvaluationWindow", "WarmUpConfiguration", "EvaluationCriteria", "EvaluationInterval"] as const),
      ...(["ActionConfiguration", "ThresholdMetricId"] as const),
    ]);
    checkMetricAlarm(context, settings);
    const at = context.clock.now().toISOString();
    const before = alarms(context).get(name);
    // An update overwrites the settings and leaves the state as it is.
    const state = before?.state ?? initialState(at);
    store(context, { name, settings, tags: before?.tags ?? Tags ?? [], updatedAt: at, state }, before);
    return {};
  },

  /** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html */
  PutCompositeAlarm(context, { AlarmName: name = "", Tags, ...settings }) {
    checkName(context, name, true);
    checkActions(settings);
    refuse(settings, [
      ...(["ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod"] as const),
      "ActionConfiguration",
    ]);
    const { children } = parseRule(settings.AlarmRule ?? "");
    const absent = children.filter((child) => !alarms(context).get(child));
    if (absent.length > 0) {
      throw invalid(
        `Could not save the composite alarm as alarms [${absent.join(", ")}] in the alarm rule do not exist`,
      );
    }
    const at = context.clock.now().toISOString();
    const before = alarms(context).get(name);
    const fresh: CompositeAlarmRecord = {
      ...{ kind: "composite", name, settings, tags: before?.tags ?? Tags ?? [], updatedAt: at },
      state: before?.state ?? initialState(at),
    };
    const value = compositeState(context, fresh);
    const event = before ? "updated" : "created";
    const reason = `${alarmArn(context, name)} was ${event} and its alarm rule evaluates to ${value}`;
    store(context, fresh, before);
    changeState(context, fresh, { value, reason, data: triggering(context, children), at });
    void carryOut(context);
    return {};
  },
};

const initialState = (at: string): AlarmRecord["state"] => ({
  ...{ value: "INSUFFICIENT_DATA", reason: "Unchecked: Initial alarm creation", data: undefined, at },
});

function store(context: Context, alarm: AlarmRecord, before: AlarmRecord | undefined): void {
  const [type, done] = before ? ["Update", "updated"] : ["Create", "created"];
  context.store.transaction(() => {
    alarms(context).put(alarm.name, alarm);
    note(context, alarm, {
      type: "ConfigurationUpdate",
      summary: `Alarm "${alarm.name}" ${done}`,
      data: { type, [before ? "updatedAlarm" : "createdAlarm"]: { alarmName: alarm.name, ...alarm.settings } },
      atMs: Date.parse(alarm.updatedAt),
    });
  });
}

function checkName(context: Context, name: string, composite: boolean): void {
  if (name === "" || name.length > LONGEST_NAME) {
    throw invalid(`AlarmName must have from 1 to ${LONGEST_NAME} characters.`);
  }
  const known = alarms(context).get(name);
  if (known && isComposite(known) !== composite) {
    throw invalid(`Alarm ${name} already exists as ${composite ? "a metric" : "a composite"} alarm.`);
  }
}

function checkActions(settings: {
  OKActions?: string[] | undefined;
  AlarmActions?: string[] | undefined;
  InsufficientDataActions?: string[] | undefined;
}): void {
  for (const actions of [settings.OKActions, settings.AlarmActions, settings.InsufficientDataActions]) {
    if ((actions?.length ?? 0) > MOST_ACTIONS)
      throw invalid(`An alarm can have at most ${MOST_ACTIONS} actions for each state.`);
    for (const action of actions ?? []) {
      if (!/^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$/.test(action)) throw invalid(`Invalid arn syntax: ${action}`);
    }
  }
}

function refuse<T extends object>(settings: T, names: readonly (keyof T & string)[]): void {
  for (const name of names) {
    if (settings[name] === undefined) continue;
    throw new AwsError("NotImplemented", `sandbox: CloudWatch alarms with ${name} are not implemented`, {
      status: 501,
    });
  }
}

function checkMetricAlarm(context: Context, settings: Omit<PutMetricAlarmCommandInput, "AlarmName">): void {
  const { EvaluationPeriods: periods = 0, DatapointsToAlarm: needed, TreatMissingData: missing, Threshold } = settings;
  const operator = settings.ComparisonOperator ?? "";
  if (/(LowerOr|Lower|Upper)\w*Threshold$/.test(operator)) {
    const message = `sandbox: CloudWatch alarms with ${operator} (anomaly detection) are not implemented`;
    throw new AwsError("NotImplemented", message, { status: 501 });
  }
  if (!isOperator(operator)) throw invalid(`Value '${operator}' at 'comparisonOperator' is no comparison operator.`);
  if (Threshold === undefined) throw invalid("The parameter Threshold is required.");
  if (periods < 1) throw invalid("The value for EvaluationPeriods must be at least 1.");
  if (needed !== undefined && (needed < 1 || needed > periods)) {
    throw invalid("The value for DatapointsToAlarm must be less than or equal to the value for EvaluationPeriods.");
  }
  if (missing !== undefined && !MISSING_DATA.includes(missing)) {
    throw invalid(`The value ${missing} for TreatMissingData must be one of [${MISSING_DATA.join(", ")}].`);
  }
  if (settings.EvaluateLowSampleCountPercentile === "ignore") {
    const message = "sandbox: CloudWatch alarms with EvaluateLowSampleCountPercentile ignore are not implemented";
    throw new AwsError("NotImplemented", message, { status: 501 });
  }
  const seconds = settings.Metrics?.length ? checkMetrics(context, settings) : checkMetric(settings);
  if (periods * seconds > (seconds < 3600 ? DAY_S : 7 * DAY_S)) {
    throw invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).");
  }
}

function checkMetric({
  MetricName,
  Namespace,
  Statistic,
  ExtendedStatistic,
  Period,
}: Omit<PutMetricAlarmCommandInput, "AlarmName">): number {
  if (!MetricName || !Namespace) throw invalid("An alarm needs MetricName and Namespace, or Metrics.");
  if ((Statistic === undefined) === (ExtendedStatistic === undefined)) {
    throw invalid("Exactly one of Statistic and ExtendedStatistic must be specified.");
  }
  if (Statistic !== undefined && !isSimple(Statistic))
    throw invalid(`The value ${Statistic} for parameter Statistic is invalid.`);
  if (ExtendedStatistic !== undefined) statistic(ExtendedStatistic);
  return readPeriod(Period);
}

/** Of a metric math alarm: the seconds of its longest period. */
function checkMetrics(context: Context, settings: Omit<PutMetricAlarmCommandInput, "AlarmName">): number {
  const { Metrics = [], MetricName, Namespace, Statistic, ExtendedStatistic, Period } = settings;
  if ([MetricName, Namespace, Statistic, ExtendedStatistic, Period].some((value) => value !== undefined)) {
    throw invalid(
      "Metrics list cannot be specified together with MetricName, Namespace, Dimensions, Period, Unit, Statistic or ExtendedStatistic.",
    );
  }
  const shown = Metrics.filter(({ ReturnData }) => ReturnData !== false);
  if (shown.length !== 1) throw invalid("Exactly one element of the metrics list should return data.");
  if (Metrics.some(({ Expression = "" }) => /\bSEARCH\s*\(/.test(Expression))) {
    throw invalid("SEARCH is not supported on Metric Alarms.");
  }
  const reader = { sql: context.store.sql, clock: context.clock, scope: context };
  const queries = openQueries(reader, Metrics, { fromMs: 0, toMs: 1, originMs: 0 });
  const { series } = queries.result(shown[0]?.Id ?? "");
  if (series.length > 1) throw invalid("The expression of a Metric Alarm must return a single time series.");
  return queries.longestPeriod();
}

const invalid = (message: string) => new AwsError("ValidationError", message, { status: 400 });
