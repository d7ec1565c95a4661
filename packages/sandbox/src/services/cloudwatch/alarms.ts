import type * as sdk from "@aws-sdk/client-cloudwatch";
import type { MetricAlarm, PutMetricAlarmCommandInput, Tag } from "@aws-sdk/client-cloudwatch";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";

interface AlarmRecord {
  readonly name: string;
  readonly settings: Omit<PutMetricAlarmCommandInput, "AlarmName" | "Tags">;
  readonly tags: readonly Tag[];
  readonly updatedAt: string;
  readonly state: {
    readonly value: string;
    readonly reason: string;
    readonly data: string | undefined;
    readonly at: string;
  };
}

const alarms = (context: Context) => context.collection<AlarmRecord>("alarms");
const arnOf = ({ account, region }: Context, name: string) => `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;

/** Alarms are kept and shown; nothing evaluates them yet, so their state is what SetAlarmState last said. */
export const alarmOperations: Operations<typeof sdk> = {
  PutMetricAlarm(context, { AlarmName: name = "", Tags, ...settings }) {
    if (name === "" || name.length > 255)
      throw new AwsError("ValidationError", "AlarmName must have from 1 to 255 characters.", { status: 400 });
    if (!settings.Metrics?.length && !settings.MetricName) {
      throw new AwsError("ValidationError", "An alarm needs MetricName or Metrics.", { status: 400 });
    }
    const before = alarms(context).get(name);
    const at = context.clock.now().toISOString();
    const fresh = { value: "INSUFFICIENT_DATA", reason: "Unchecked: Initial alarm creation", data: undefined, at };
    const tags = before?.tags ?? Tags ?? [];
    alarms(context).put(name, { name, settings, tags, updatedAt: at, state: before?.state ?? fresh });
    return {};
  },

  DescribeAlarms(context, input) {
    const { AlarmNames, AlarmNamePrefix, StateValue, ActionPrefix, NextToken, MaxRecords } = input;
    if (AlarmNames && AlarmNamePrefix !== undefined) {
      throw new AwsError("ValidationError", "AlarmNames and AlarmNamePrefix can't be given together.", { status: 400 });
    }
    const metricAlarms = input.AlarmTypes === undefined || input.AlarmTypes.includes("MetricAlarm");
    const all = alarms(context)
      .list(AlarmNamePrefix)
      .map(({ value }) => value)
      .filter(({ name }) => metricAlarms && (AlarmNames === undefined || AlarmNames.includes(name)))
      .filter(({ state }) => StateValue === undefined || state.value === StateValue)
      .filter(
        ({ settings }) =>
          ActionPrefix === undefined || settings.AlarmActions?.some((action) => action.startsWith(ActionPrefix)),
      );
    const { items, nextToken } = page(all, ({ name }) => name, { token: NextToken, size: MaxRecords ?? 50 });
    return { MetricAlarms: items.map((alarm) => show(context, alarm)), CompositeAlarms: [], NextToken: nextToken };
  },

  DeleteAlarms(context, { AlarmNames = [] }) {
    for (const name of AlarmNames) getAlarm(context, name);
    context.store.transaction(() => {
      for (const name of AlarmNames) alarms(context).delete(name);
    });
    return {};
  },

  SetAlarmState(
    context,
    { AlarmName: name = "", StateValue: value = "", StateReason: reason = "", StateReasonData: data },
  ) {
    const at = context.clock.now().toISOString();
    alarms(context).put(name, { ...getAlarm(context, name), state: { value, reason, data, at } });
    return {};
  },

  EnableAlarmActions: (context, { AlarmNames = [] }) => enable(context, AlarmNames, true),
  DisableAlarmActions: (context, { AlarmNames = [] }) => enable(context, AlarmNames, false),

  TagResource(context, { ResourceARN, Tags = [] }) {
    const alarm = getByArn(context, ResourceARN);
    const kept = alarm.tags.filter(({ Key }) => !Tags.some((tag) => tag.Key === Key));
    alarms(context).put(alarm.name, { ...alarm, tags: [...kept, ...Tags] });
    return {};
  },

  UntagResource(context, { ResourceARN, TagKeys = [] }) {
    const alarm = getByArn(context, ResourceARN);
    alarms(context).put(alarm.name, { ...alarm, tags: alarm.tags.filter(({ Key }) => !TagKeys.includes(Key ?? "")) });
    return {};
  },

  ListTagsForResource: (context, { ResourceARN }) => ({ Tags: [...getByArn(context, ResourceARN).tags] }),
};

function enable(context: Context, names: readonly string[], ActionsEnabled: boolean) {
  for (const name of names) {
    const alarm = alarms(context).get(name);
    if (alarm) alarms(context).put(name, { ...alarm, settings: { ...alarm.settings, ActionsEnabled } });
  }
  return {};
}

function getAlarm(context: Context, name: string): AlarmRecord {
  const alarm = alarms(context).get(name);
  if (alarm) return alarm;
  throw new AwsError("ResourceNotFound", `Alarm ${name} does not exist.`, { status: 404 });
}

function getByArn(context: Context, arn = ""): AlarmRecord {
  const alarm = alarms(context).get(arn.split(":").slice(6).join(":"));
  if (alarm && arn === arnOf(context, alarm.name)) return alarm;
  throw new AwsError("ResourceNotFoundException", `${arn} does not exist.`);
}

function show(context: Context, { name, settings, state, updatedAt }: AlarmRecord): MetricAlarm {
  return {
    ...settings,
    AlarmName: name,
    AlarmArn: arnOf(context, name),
    ActionsEnabled: settings.ActionsEnabled ?? true,
    OKActions: settings.OKActions ?? [],
    AlarmActions: settings.AlarmActions ?? [],
    InsufficientDataActions: settings.InsufficientDataActions ?? [],
    AlarmConfigurationUpdatedTimestamp: new Date(updatedAt),
    StateValue: state.value as "OK",
    StateReason: state.reason,
    StateReasonData: state.data,
    StateUpdatedTimestamp: new Date(state.at),
    StateTransitionedTimestamp: new Date(state.at),
  };
}
