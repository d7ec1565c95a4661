import type {
  MetricDataQuery,
  PutCompositeAlarmCommandInput,
  PutMetricAlarmCommandInput,
  Tag,
} from "@aws-sdk/client-cloudwatch";
import type { Context } from "../../core/context.ts";
import type { Collection } from "../../core/store.ts";

export type StateName = "OK" | "ALARM" | "INSUFFICIENT_DATA";

export interface AlarmState {
  readonly value: StateName;
  readonly reason: string;
  /** JSON. */
  readonly data: string | undefined;
  readonly at: string;
}

interface CommonRecord {
  readonly name: string;
  readonly tags: readonly Tag[];
  readonly updatedAt: string;
  readonly state: AlarmState;
}

export interface MetricAlarmRecord extends CommonRecord {
  /** Left out in what a sandbox of before 2026-11 kept. */
  readonly kind?: "metric";
  readonly settings: Omit<PutMetricAlarmCommandInput, "AlarmName" | "Tags">;
}

export interface CompositeAlarmRecord extends CommonRecord {
  readonly kind: "composite";
  readonly settings: Omit<PutCompositeAlarmCommandInput, "AlarmName" | "Tags">;
}

export type AlarmRecord = MetricAlarmRecord | CompositeAlarmRecord;

export const alarms = (context: Pick<Context, "collection">): Collection<AlarmRecord> => context.collection("alarms");

export const alarmArn = ({ account, region }: { account: string; region: string }, name: string) =>
  `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;

/** The alarm's name, given by name or by ARN. */
export const nameOfAlarm = (given: string) => (given.startsWith("arn:") ? given.split(":").slice(6).join(":") : given);

export const isComposite = (alarm: AlarmRecord): alarm is CompositeAlarmRecord => alarm.kind === "composite";

/** What a metric alarm looks at, as queries; `watched` is the id of the one that it compares. */
export function alarmQueries({ settings }: MetricAlarmRecord): { queries: MetricDataQuery[]; watched: string } {
  if (settings.Metrics?.length) {
    const shown = settings.Metrics.find(({ ReturnData }) => ReturnData !== false);
    return { queries: settings.Metrics, watched: shown?.Id ?? "" };
  }
  const { Namespace, MetricName, Dimensions, Period, Statistic, ExtendedStatistic, Unit } = settings;
  const Metric = { Namespace, MetricName, Dimensions };
  const MetricStat = { Metric, Period, Stat: Statistic ?? ExtendedStatistic, ...(Unit ? { Unit } : {}) };
  return { queries: [{ Id: "m1", MetricStat }], watched: "m1" };
}

/** `2019-10-02T17:04:40.989+0000`, as CloudWatch writes times in its documents. */
export const documentTime = (at: string | number) => new Date(at).toISOString().replace("Z", "+0000");
