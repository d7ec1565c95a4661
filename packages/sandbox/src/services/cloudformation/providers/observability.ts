import {
  DeleteAlarmsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmInput,
  TagResourceCommand as TagAlarmCommand,
  UntagResourceCommand as UntagAlarmCommand,
} from "@aws-sdk/client-cloudwatch";
import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DeleteRetentionPolicyCommand,
  PutLogGroupDeletionProtectionCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { Json, JsonObject } from "@turnpike/cloudformation";
import { isObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { alarmProviders } from "./alarm-resources.ts";
import { logProviders } from "./log-resources.ts";
import { traceProviders } from "./trace-resources.ts";
import { createOnce, flag, goneTags, list, number, present, tagList, tagMap, text, texts } from "./values.ts";

const logGroup = defineProvider({
  type: "AWS::Logs::LogGroup",
  properties: ["DeletionProtectionEnabled", "KmsKeyId", "LogGroupClass", "LogGroupName", "RetentionInDays", "Tags"],
  required: [],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    const name = text(properties.LogGroupName) ?? call.name(512);
    await createOnce(call, () =>
      call.send(
        new CreateLogGroupCommand({
          logGroupName: name,
          kmsKeyId: text(properties.KmsKeyId),
          logGroupClass: text(properties.LogGroupClass) as "STANDARD" | undefined,
          tags: tagMap(call),
          deletionProtectionEnabled: flag(properties.DeletionProtectionEnabled) ?? false,
        }),
      ),
    );
    call.initiated(name);
    await putRetention(call, name, {});
    return madeGroup(call, name);
  },
  async update(call, { physicalId: name, properties: before, tags }) {
    await putRetention(call, name, before);
    await putProtection(call, name, before);
    const resourceArn = groupArn(call, name);
    await call.send(new TagResourceCommand({ resourceArn, tags: tagMap(call) }));
    const tagKeys = goneTags(call, tags);
    if (tagKeys.length > 0) await call.send(new UntagResourceCommand({ resourceArn, tagKeys }));
    return madeGroup(call, name);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteLogGroupCommand({ logGroupName: physicalId }));
  },
});

async function putRetention(call: ProviderCall, logGroupName: string, before: JsonObject): Promise<void> {
  const retentionInDays = number(call.properties.RetentionInDays);
  if (retentionInDays !== undefined) await call.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
  else if (before.RetentionInDays !== undefined) await call.send(new DeleteRetentionPolicyCommand({ logGroupName }));
}

async function putProtection(call: ProviderCall, name: string, before: JsonObject): Promise<void> {
  const enabled = flag(call.properties.DeletionProtectionEnabled) ?? false;
  if (enabled === (flag(before.DeletionProtectionEnabled) ?? false)) return;
  const input = { logGroupIdentifier: name, deletionProtectionEnabled: enabled };
  await call.send(new PutLogGroupDeletionProtectionCommand(input));
}

const groupArn = (call: ProviderCall, name: string) => `arn:aws:logs:${call.region}:${call.account}:log-group:${name}`;
const madeGroup = (call: ProviderCall, name: string): Made => ({
  physicalId: name,
  attributes: { Arn: `${groupArn(call, name)}:*` },
});

const NUMBERS = ["DatapointsToAlarm", "EvaluationPeriods", "Period", "Threshold"];
const LISTS = ["AlarmActions", "InsufficientDataActions", "OKActions"];
const TEXTS = [
  "AlarmDescription",
  "ComparisonOperator",
  "EvaluateLowSampleCountPercentile",
  "ExtendedStatistic",
  "MetricName",
  "Namespace",
  "Statistic",
  "ThresholdMetricId",
  "TreatMissingData",
  "Unit",
];

const alarm = defineProvider({
  type: "AWS::CloudWatch::Alarm",
  properties: [...NUMBERS, ...LISTS, ...TEXTS, "ActionsEnabled", "AlarmName", "Dimensions", "Metrics", "Tags"],
  required: ["ComparisonOperator", "EvaluationPeriods"],
  takesTags: true,
  async create(call) {
    const name = text(call.properties.AlarmName) ?? call.name(255);
    await call.send(new PutMetricAlarmCommand({ ...alarmInput(call, name), Tags: tagList(call) }));
    return madeAlarm(call, name);
  },
  async update(call, { physicalId: name, tags }) {
    await call.send(new PutMetricAlarmCommand(alarmInput(call, name)));
    const ResourceARN = alarmArn(call, name);
    await call.send(new TagAlarmCommand({ ResourceARN, Tags: tagList(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await call.send(new UntagAlarmCommand({ ResourceARN, TagKeys }));
    return madeAlarm(call, name);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteAlarmsCommand({ AlarmNames: [physicalId] }));
  },
});

function alarmInput(call: ProviderCall, name: string): PutMetricAlarmInput {
  const { properties } = call;
  const input: Record<string, unknown> = { AlarmName: name, ActionsEnabled: flag(properties.ActionsEnabled) };
  for (const property of NUMBERS) input[property] = number(properties[property]);
  for (const property of TEXTS) input[property] = text(properties[property]);
  for (const property of LISTS) if (properties[property] !== undefined) input[property] = texts(properties[property]);
  if (properties.Dimensions !== undefined) input.Dimensions = properties.Dimensions;
  if (properties.Metrics !== undefined) input.Metrics = list(properties.Metrics).map(metricQuery);
  return present(input) as unknown as PutMetricAlarmInput;
}

/** Periods and flags of a metric query may have come as text. */
function metricQuery(given: Json): Json {
  if (!isObject(given)) return given;
  const query: JsonObject = { ...given };
  if (query.Period !== undefined) query.Period = number(query.Period) ?? 0;
  if (query.ReturnData !== undefined) query.ReturnData = flag(query.ReturnData) ?? false;
  if (isObject(query.MetricStat))
    query.MetricStat = { ...query.MetricStat, Period: number(query.MetricStat.Period) ?? 0 };
  return query;
}

const alarmArn = (call: ProviderCall, name: string) =>
  `arn:aws:cloudwatch:${call.region}:${call.account}:alarm:${name}`;
const madeAlarm = (call: ProviderCall, name: string): Made => ({
  physicalId: name,
  attributes: { Arn: alarmArn(call, name) },
});

export const observabilityProviders = [logGroup, alarm, ...alarmProviders, ...logProviders, ...traceProviders];
