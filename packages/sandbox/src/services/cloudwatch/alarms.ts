import type * as sdk from "@aws-sdk/client-cloudwatch";
import type { CompositeAlarm, MetricAlarm } from "@aws-sdk/client-cloudwatch";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { carryOut } from "./alarm-actions.ts";
import { note } from "./alarm-history.ts";
import {
  type AlarmRecord,
  alarmArn,
  alarms,
  type CompositeAlarmRecord,
  isComposite,
  type MetricAlarmRecord,
  nameOfAlarm,
  type StateName,
} from "./alarm-records.ts";
import { changeState } from "./alarm-state.ts";
import { parseRule } from "./composite-rule.ts";
import { dimensionKey } from "./samples.ts";

const PAGE = 50;
const STATES: readonly string[] = ["INSUFFICIENT_DATA", "ALARM", "OK"];

export const alarmOperations: Operations<typeof sdk> = {
  /** Without AlarmTypes only metric alarms are answered. */
  DescribeAlarms(context, input) {
    const { AlarmNames, AlarmNamePrefix, StateValue, ActionPrefix, NextToken, MaxRecords, AlarmTypes } = input;
    const { ChildrenOfAlarmName, ParentsOfAlarmName } = input;
    if (AlarmNames && AlarmNamePrefix !== undefined) {
      throw invalid("AlarmNames and AlarmNamePrefix can't be given together.");
    }
    if (MaxRecords !== undefined && (MaxRecords < 1 || MaxRecords > 100)) {
      throw invalid("The value for MaxRecords must be between 1 and 100.");
    }
    const children = ChildrenOfAlarmName === undefined ? undefined : childrenOf(context, ChildrenOfAlarmName);
    const hasParent = ParentsOfAlarmName === undefined ? undefined : nameOfAlarm(ParentsOfAlarmName);
    const types = AlarmTypes ?? (children || hasParent ? ["MetricAlarm", "CompositeAlarm"] : ["MetricAlarm"]);
    const all = alarms(context)
      .list(AlarmNamePrefix)
      .map(({ value }) => value)
      .filter((alarm) => types.includes(isComposite(alarm) ? "CompositeAlarm" : "MetricAlarm"))
      .filter(({ name }) => AlarmNames === undefined || AlarmNames.includes(name))
      .filter(({ name }) => children === undefined || children.includes(name))
      .filter((alarm) => hasParent === undefined || (isComposite(alarm) && refersTo(alarm, hasParent)))
      .filter(({ state }) => StateValue === undefined || state.value === StateValue)
      .filter(({ settings }) => ActionPrefix === undefined || hasAction(settings, ActionPrefix));
    const { items, nextToken } = page(all, ({ name }) => name, { token: NextToken, size: MaxRecords ?? PAGE });
    return {
      MetricAlarms: items.flatMap((alarm) => (isComposite(alarm) ? [] : [showMetric(context, alarm)])),
      CompositeAlarms: items.flatMap((alarm) => (isComposite(alarm) ? [showComposite(context, alarm)] : [])),
      NextToken: nextToken,
    };
  },

  DescribeAlarmsForMetric(context, input) {
    const { MetricName, Namespace, Statistic, ExtendedStatistic, Period, Unit, Dimensions } = input;
    const found = alarms(context)
      .list()
      .flatMap(({ value }) => (isComposite(value) ? [] : [value]))
      .filter(({ settings }) => settings.MetricName === MetricName && settings.Namespace === Namespace)
      .filter(({ settings }) => dimensionKey(settings.Dimensions) === dimensionKey(Dimensions))
      .filter(({ settings }) => Statistic === undefined || settings.Statistic === Statistic)
      .filter(({ settings }) => ExtendedStatistic === undefined || settings.ExtendedStatistic === ExtendedStatistic)
      .filter(({ settings }) => Period === undefined || settings.Period === Period)
      .filter(({ settings }) => Unit === undefined || settings.Unit === Unit);
    return { MetricAlarms: found.map((alarm) => showMetric(context, alarm)) };
  },

  /** All or none; an alarm that a composite alarm's rule names stays. */
  DeleteAlarms(context, { AlarmNames = [] }) {
    const going = AlarmNames.map((name) => getAlarm(context, name));
    const left = alarms(context)
      .list()
      .flatMap(({ value }) => (isComposite(value) && !AlarmNames.includes(value.name) ? [value] : []));
    for (const { name } of going) {
      const parents = left.filter((alarm) => refersTo(alarm, name));
      if (parents.length === 0) continue;
      throw invalid(`Cannot delete ${name} as there are composite alarms depending on it.`);
    }
    const atMs = context.clock.now().getTime();
    context.store.transaction(() => {
      for (const alarm of going) {
        alarms(context).delete(alarm.name);
        const summary = `Alarm "${alarm.name}" deleted`;
        const data = { type: "Delete", deletedAlarm: { alarmName: alarm.name, ...alarm.settings } };
        note(context, alarm, { type: "ConfigurationUpdate", summary, data, atMs });
      }
    });
    return {};
  },

  /** Until the next evaluation says otherwise. */
  SetAlarmState(context, { AlarmName = "", StateValue: value = "", StateReason: reason = "", StateReasonData: data }) {
    if (!STATES.includes(value)) {
      throw invalid(
        `1 validation error detected: Value '${value}' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [${STATES.join(", ")}]`,
      );
    }
    const alarm = alarms(context).get(AlarmName);
    if (!alarm) throw new AwsError("ResourceNotFound", "", { status: 404 });
    const at = context.clock.now().toISOString();
    changeState(context, alarm, { value: value as StateName, reason, data, at });
    void carryOut(context);
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

  /** Of an alarm that isn't there: none. */
  ListTagsForResource: (context, { ResourceARN = "" }) => ({
    Tags: [...(alarms(context).get(nameOfAlarm(ResourceARN))?.tags ?? [])],
  }),
};

function enable(context: Context, names: readonly string[], ActionsEnabled: boolean) {
  for (const name of names) {
    const alarm = alarms(context).get(name);
    if (!alarm) continue;
    const record = { ...alarm, settings: { ...alarm.settings, ActionsEnabled } } as AlarmRecord;
    alarms(context).put(name, record);
  }
  return {};
}

const refersTo = ({ settings }: CompositeAlarmRecord, name: string) =>
  parseRule(settings.AlarmRule ?? "").children.includes(name);

function childrenOf(context: Context, given: string): readonly string[] {
  const parent = alarms(context).get(nameOfAlarm(given));
  return parent && isComposite(parent) ? parseRule(parent.settings.AlarmRule ?? "").children : [];
}

const hasAction = ({ OKActions, AlarmActions, InsufficientDataActions }: AlarmRecord["settings"], prefix: string) =>
  [OKActions, AlarmActions, InsufficientDataActions].some((actions) => actions?.some((one) => one.startsWith(prefix)));

function getAlarm(context: Context, name: string): AlarmRecord {
  const alarm = alarms(context).get(name);
  if (alarm) return alarm;
  throw new AwsError("ResourceNotFound", `Alarm ${name} does not exist.`, { status: 404 });
}

function getByArn(context: Context, arn = ""): AlarmRecord {
  const alarm = alarms(context).get(nameOfAlarm(arn));
  if (alarm && arn === alarmArn(context, alarm.name)) return alarm;
  throw new AwsError("ResourceNotFoundException", `${arn} does not exist.`);
}

const common = (context: Context, { name, settings, state, updatedAt }: AlarmRecord) => ({
  AlarmName: name,
  AlarmArn: alarmArn(context, name),
  ActionsEnabled: settings.ActionsEnabled ?? true,
  OKActions: settings.OKActions ?? [],
  AlarmActions: settings.AlarmActions ?? [],
  InsufficientDataActions: settings.InsufficientDataActions ?? [],
  AlarmConfigurationUpdatedTimestamp: new Date(updatedAt),
  StateValue: state.value,
  StateReason: state.reason,
  StateReasonData: state.data,
  StateUpdatedTimestamp: new Date(state.at),
  StateTransitionedTimestamp: new Date(state.at),
});

const showMetric = (context: Context, alarm: MetricAlarmRecord): MetricAlarm => ({
  ...alarm.settings,
  ...(alarm.settings.Metrics?.length ? {} : { Dimensions: alarm.settings.Dimensions ?? [] }),
  ...common(context, alarm),
});

const showComposite = (context: Context, alarm: CompositeAlarmRecord): CompositeAlarm => ({
  ...alarm.settings,
  ...common(context, alarm),
});

const invalid = (message: string) => new AwsError("ValidationError", message, { status: 400 });
