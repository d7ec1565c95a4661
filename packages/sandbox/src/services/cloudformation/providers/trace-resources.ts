import {
  CreateGroupCommand,
  CreateSamplingRuleCommand,
  DeleteGroupCommand,
  DeleteSamplingRuleCommand,
  GetGroupsCommand,
  GetSamplingRulesCommand,
  type SamplingRule,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateGroupCommand,
  UpdateIndexingRuleCommand,
  UpdateSamplingRuleCommand,
  UpdateTraceSegmentDestinationCommand,
} from "@aws-sdk/client-xray";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { flag, goneTags, number, object, present, tagList, text } from "./values.ts";

const group = defineProvider({
  type: "AWS::XRay::Group",
  properties: ["FilterExpression", "GroupName", "InsightsConfiguration", "Tags"],
  required: ["GroupName"],
  takesTags: true,
  async create(call) {
    const GroupName = text(call.properties.GroupName) ?? "";
    if (call.isRepeated) {
      const { Groups = [] } = await call.send(new GetGroupsCommand({}));
      const known = Groups.find((one) => one.GroupName === GroupName);
      if (known) return madeGroup(known.GroupARN);
    }
    const { Group } = await call.send(new CreateGroupCommand({ GroupName, ...groupInput(call), Tags: tagList(call) }));
    return madeGroup(Group?.GroupARN);
  },
  async update(call, { physicalId: GroupARN, tags }) {
    await call.send(new UpdateGroupCommand({ GroupARN, ...groupInput(call) }));
    await retag(call, GroupARN, tags);
    return madeGroup(GroupARN);
  },
  async remove(call, { physicalId: GroupARN }) {
    await call.send(new DeleteGroupCommand({ GroupARN }));
  },
});

function groupInput({ properties }: ProviderCall) {
  const insights = object(properties.InsightsConfiguration);
  return present({
    FilterExpression: text(properties.FilterExpression),
    InsightsConfiguration: present({
      InsightsEnabled: flag(insights.InsightsEnabled),
      NotificationsEnabled: flag(insights.NotificationsEnabled),
    }),
  });
}

const madeGroup = (arn = ""): Made => ({ physicalId: arn, attributes: { GroupARN: arn } });

async function retag(call: ProviderCall, ResourceARN: string, before: Readonly<Record<string, string>>): Promise<void> {
  await call.send(new TagResourceCommand({ ResourceARN, Tags: tagList(call) }));
  const TagKeys = goneTags(call, before);
  if (TagKeys.length > 0) await call.send(new UntagResourceCommand({ ResourceARN, TagKeys }));
}

const samplingRule = defineProvider({
  type: "AWS::XRay::SamplingRule",
  properties: ["RuleName", "SamplingRule", "Tags"],
  required: ["SamplingRule"],
  takesTags: true,
  async create(call) {
    const rule = ruleInput(call);
    if (call.isRepeated) {
      const { SamplingRuleRecords = [] } = await call.send(new GetSamplingRulesCommand({}));
      const known = SamplingRuleRecords.find((one) => one.SamplingRule?.RuleName === rule.RuleName);
      if (known) return madeRule(known.SamplingRule?.RuleARN);
    }
    const { SamplingRuleRecord: made } = await call.send(
      new CreateSamplingRuleCommand({ SamplingRule: rule, Tags: tagList(call) }),
    );
    return madeRule(made?.SamplingRule?.RuleARN);
  },
  async update(call, { physicalId: RuleARN, tags }) {
    const { RuleName: _, Version: __, ...changes } = ruleInput(call);
    await call.send(new UpdateSamplingRuleCommand({ SamplingRuleUpdate: { ...changes, RuleARN } }));
    await retag(call, RuleARN, tags);
    return madeRule(RuleARN);
  },
  async remove(call, { physicalId: RuleARN }) {
    await call.send(new DeleteSamplingRuleCommand({ RuleARN }));
  },
});

function ruleInput({ properties }: ProviderCall): SamplingRule {
  const { Priority, FixedRate, ReservoirSize, Version, Attributes, ...texts } = object(properties.SamplingRule);
  const attributes = Object.entries(object(Attributes)).map(([key, value]) => [key, text(value) ?? ""] as const);
  return present({
    ...Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, text(value)])),
    ...(texts.RuleName === undefined ? { RuleName: text(properties.RuleName) } : {}),
    Priority: number(Priority),
    FixedRate: number(FixedRate),
    ReservoirSize: number(ReservoirSize),
    Version: number(Version) ?? 1,
    Attributes: Object.fromEntries(attributes),
  }) as unknown as SamplingRule;
}

const madeRule = (arn = ""): Made => ({ physicalId: arn, attributes: { RuleARN: arn } });

/** One for an account and region: its physical id is the account's. */
const transactionSearch = defineProvider({
  type: "AWS::XRay::TransactionSearchConfig",
  properties: ["IndexingPercentage"],
  required: [],
  takesTags: false,
  create: switchOn,
  update: switchOn,
  async remove(call) {
    await call.send(new UpdateTraceSegmentDestinationCommand({ Destination: "XRay" }));
  },
});

async function switchOn(call: ProviderCall): Promise<Made> {
  await call.send(new UpdateTraceSegmentDestinationCommand({ Destination: "CloudWatchLogs" }));
  const DesiredSamplingPercentage = number(call.properties.IndexingPercentage);
  if (DesiredSamplingPercentage !== undefined) {
    const Rule = { Probabilistic: { DesiredSamplingPercentage } };
    await call.send(new UpdateIndexingRuleCommand({ Name: "Default", Rule }));
  }
  return { physicalId: call.account, attributes: { AccountId: call.account } };
}

export const traceProviders = [group, samplingRule, transactionSearch];
