import {
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  PutCompositeAlarmCommand,
  type PutCompositeAlarmCommandInput,
  PutDashboardCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-cloudwatch";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { document, flag, goneTags, number, present, tagList, text, texts } from "./values.ts";

const ACTIONS = ["AlarmActions", "InsufficientDataActions", "OKActions"];
const TEXTS = ["ActionsSuppressor", "AlarmDescription", "AlarmRule"];
const NUMBERS = ["ActionsSuppressorExtensionPeriod", "ActionsSuppressorWaitPeriod"];

const compositeAlarm = defineProvider({
  type: "AWS::CloudWatch::CompositeAlarm",
  properties: [...ACTIONS, ...TEXTS, ...NUMBERS, "ActionsEnabled", "AlarmName", "Tags"],
  required: ["AlarmRule"],
  takesTags: true,
  async create(call) {
    const name = text(call.properties.AlarmName) ?? call.name(255);
    await call.send(new PutCompositeAlarmCommand({ ...compositeInput(call, name), Tags: tagList(call) }));
    return madeAlarm(call, name);
  },
  async update(call, { physicalId: name, tags }) {
    await call.send(new PutCompositeAlarmCommand(compositeInput(call, name)));
    const ResourceARN = alarmArn(call, name);
    await call.send(new TagResourceCommand({ ResourceARN, Tags: tagList(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await call.send(new UntagResourceCommand({ ResourceARN, TagKeys }));
    return madeAlarm(call, name);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteAlarmsCommand({ AlarmNames: [physicalId] }));
  },
});

function compositeInput({ properties }: ProviderCall, name: string): PutCompositeAlarmCommandInput {
  const input: Record<string, unknown> = { AlarmName: name, ActionsEnabled: flag(properties.ActionsEnabled) };
  for (const property of TEXTS) input[property] = text(properties[property]);
  for (const property of NUMBERS) input[property] = number(properties[property]);
  for (const property of ACTIONS) if (properties[property] !== undefined) input[property] = texts(properties[property]);
  return present(input) as unknown as PutCompositeAlarmCommandInput;
}

const alarmArn = (call: ProviderCall, name: string) =>
  `arn:aws:cloudwatch:${call.region}:${call.account}:alarm:${name}`;
const madeAlarm = (call: ProviderCall, name: string): Made => ({
  physicalId: name,
  attributes: { Arn: alarmArn(call, name) },
});

const dashboard = defineProvider({
  type: "AWS::CloudWatch::Dashboard",
  properties: ["DashboardBody", "DashboardName"],
  required: ["DashboardBody"],
  takesTags: false,
  async create(call) {
    const name = text(call.properties.DashboardName) ?? call.name(255);
    await putDashboard(call, name);
    return { physicalId: name, attributes: {} };
  },
  async update(call, { physicalId }) {
    await putDashboard(call, physicalId);
    return { physicalId, attributes: {} };
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteDashboardsCommand({ DashboardNames: [physicalId] }));
  },
});

const putDashboard = ({ send, properties }: ProviderCall, DashboardName: string) =>
  send(new PutDashboardCommand({ DashboardName, DashboardBody: document(properties.DashboardBody) }));

export const alarmProviders = [compositeAlarm, dashboard];
