import type { Dimension, MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import type { Context } from "../../core/context.ts";
import {
  type AlarmRecord,
  type AlarmState,
  alarmArn,
  alarmQueries,
  documentTime,
  isComposite,
  type MetricAlarmRecord,
} from "./alarm-records.ts";
import type { StateChange } from "./alarm-state.ts";

/** Names of regions as notifications have them. */
const REGIONS: Readonly<Record<string, string>> = {
  "us-east-1": "US East (N. Virginia)",
  "us-east-2": "US East (Ohio)",
  "us-west-1": "US West (N. California)",
  "us-west-2": "US West (Oregon)",
  "eu-west-1": "EU (Ireland)",
  "eu-west-2": "EU (London)",
  "eu-west-3": "EU (Paris)",
  "eu-central-1": "EU (Frankfurt)",
  "eu-north-1": "EU (Stockholm)",
  "ap-southeast-1": "Asia Pacific (Singapore)",
  "ap-southeast-2": "Asia Pacific (Sydney)",
  "ap-northeast-1": "Asia Pacific (Tokyo)",
};

const regionName = ({ region }: Context) => REGIONS[region] ?? region;

/** Of the notification by mail: at most 100 characters, as SNS takes them. */
export const subject = (context: Context, { alarm }: StateChange) =>
  `${alarm.state.value}: "${alarm.name}" in ${regionName(context)}`.slice(0, 100);

/** What is published to a topic. */
export function notification(context: Context, { alarm, before }: StateChange): Record<string, unknown> {
  const { settings, state } = alarm;
  return {
    AlarmName: alarm.name,
    AlarmDescription: settings.AlarmDescription ?? null,
    AWSAccountId: context.account,
    AlarmConfigurationUpdatedTimestamp: documentTime(alarm.updatedAt),
    NewStateValue: state.value,
    NewStateReason: state.reason,
    StateChangeTime: documentTime(state.at),
    Region: regionName(context),
    AlarmArn: alarmArn(context, alarm.name),
    OldStateValue: before.value,
    OKActions: settings.OKActions ?? [],
    AlarmActions: settings.AlarmActions ?? [],
    InsufficientDataActions: settings.InsufficientDataActions ?? [],
    // Since 2026; there are no mute windows here.
    ActionExecutedAfterMuteWindow: false,
    ...(isComposite(alarm)
      ? { AlarmRule: alarm.settings.AlarmRule, TriggeringChildren: triggeringChildren(state) }
      : { Trigger: trigger(alarm) }),
  };
}

function triggeringChildren({ data }: AlarmState): unknown[] {
  const { triggeringAlarms = [] } = JSON.parse(data ?? "{}") as {
    triggeringAlarms?: { arn: string; state: { value: string; timestamp: string } }[];
  };
  return triggeringAlarms.map(({ arn, state }) => ({
    Arn: arn,
    State: { Value: state.value, Timestamp: state.timestamp },
  }));
}

const STATISTICS: Readonly<Record<string, string>> = { SampleCount: "SAMPLE_COUNT" };

function trigger({ settings }: MetricAlarmRecord): Record<string, unknown> {
  const pairs = (dimensions: readonly Dimension[] | undefined) =>
    (dimensions ?? []).map(({ Name, Value }) => ({ value: Value, name: Name }));
  const { Statistic = "", ExtendedStatistic } = settings;
  const common = {
    EvaluationPeriods: settings.EvaluationPeriods,
    ...(settings.DatapointsToAlarm === undefined ? {} : { DatapointsToAlarm: settings.DatapointsToAlarm }),
    ComparisonOperator: settings.ComparisonOperator,
    Threshold: settings.Threshold,
    TreatMissingData: settings.TreatMissingData ?? "missing",
    EvaluateLowSampleCountPercentile: settings.EvaluateLowSampleCountPercentile ?? "",
  };
  if (settings.Metrics?.length) {
    const Metrics = settings.Metrics.map((query) => ({
      ...(query.Expression === undefined ? {} : { Expression: query.Expression }),
      Id: query.Id,
      ...(query.Label === undefined ? {} : { Label: query.Label }),
      ...(query.MetricStat
        ? {
            MetricStat: {
              Metric: {
                Dimensions: pairs(query.MetricStat.Metric?.Dimensions),
                MetricName: query.MetricStat.Metric?.MetricName,
                Namespace: query.MetricStat.Metric?.Namespace,
              },
              Period: query.MetricStat.Period,
              Stat: query.MetricStat.Stat,
            },
          }
        : {}),
      ReturnData: query.ReturnData ?? true,
    }));
    return { Period: settings.Period, ...common, Metrics };
  }
  return {
    MetricName: settings.MetricName,
    Namespace: settings.Namespace,
    ...(ExtendedStatistic === undefined
      ? { StatisticType: "Statistic", Statistic: STATISTICS[Statistic] ?? Statistic.toUpperCase() }
      : { StatisticType: "ExtendedStatistic", ExtendedStatistic }),
    Unit: settings.Unit ?? null,
    Dimensions: pairs(settings.Dimensions),
    Period: settings.Period,
    ...common,
  };
}

const stateOf = ({ value, reason, data, at }: AlarmState) => ({
  value,
  reason,
  ...(data === undefined ? {} : { reasonData: data }),
  timestamp: documentTime(at),
});

function configurationOf(alarm: AlarmRecord): Record<string, unknown> {
  const { AlarmDescription: description } = alarm.settings;
  return {
    ...(description === undefined ? {} : { description }),
    ...(isComposite(alarm)
      ? { alarmRule: alarm.settings.AlarmRule }
      : { metrics: alarmQueries(alarm).queries.map(metricOf) }),
  };
}

function metricOf({ Id, Expression, Label, MetricStat, ReturnData }: MetricDataQuery): Record<string, unknown> {
  const { Metric, Period, Stat } = MetricStat ?? {};
  return {
    id: Id,
    ...(Expression === undefined ? {} : { expression: Expression }),
    ...(Label === undefined ? {} : { label: Label }),
    ...(MetricStat
      ? {
          metricStat: {
            metric: {
              namespace: Metric?.Namespace,
              name: Metric?.MetricName,
              dimensions: Object.fromEntries((Metric?.Dimensions ?? []).map(({ Name = "", Value }) => [Name, Value])),
            },
            period: Period,
            stat: Stat,
          },
        }
      : {}),
    returnData: ReturnData ?? true,
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
export function stateChangeEvent(context: Context, { alarm, before }: StateChange): PutEventsRequestEntry {
  const detail = {
    alarmName: alarm.name,
    state: stateOf(alarm.state),
    previousState: stateOf(before),
    configuration: configurationOf(alarm),
  };
  return {
    Source: "aws.cloudwatch",
    DetailType: "CloudWatch Alarm State Change",
    Resources: [alarmArn(context, alarm.name)],
    Time: new Date(alarm.state.at),
    Detail: JSON.stringify(detail),
  };
}

/** What a function gets. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
export function lambdaEvent(context: Context, { alarm, before }: StateChange): Record<string, unknown> {
  return {
    source: "aws.cloudwatch",
    alarmArn: alarmArn(context, alarm.name),
    accountId: context.account,
    time: documentTime(alarm.state.at),
    region: context.region,
    alarmData: {
      alarmName: alarm.name,
      state: stateOf(alarm.state),
      previousState: stateOf(before),
      configuration: configurationOf(alarm),
    },
  };
}
