import type * as sdk from "@aws-sdk/client-eventbridge";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { parsePattern } from "../../core/pattern.ts";
import type { Operations } from "../../core/service.ts";
import { DEFAULT_BUS, getRule, type RuleRecord, requireBus, rules, targets } from "./records.ts";

const NAME = /^[\w.-]{1,64}$/;
const INPUT_PATH = /^\$(\.[\w-]+)*$/;

function enable(
  context: Context,
  input: { Name: string | undefined; EventBusName?: string | undefined },
  enabled: boolean,
) {
  const rule = getRule(context, input.Name, input.EventBusName);
  rules(context).put(rule.name, { ...rule, enabled });
  return {};
}

function show(rule: RuleRecord) {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: rule.pattern,
    State: rule.enabled ? ("ENABLED" as const) : ("DISABLED" as const),
    Description: rule.description,
    RoleArn: rule.roleArn,
    EventBusName: DEFAULT_BUS,
  };
}

/** Why a target can't be taken; undefined when it can. */
function objection(target: sdk.Target): string | undefined {
  if (!/^arn:aws:sqs:[^:]+:\d{12}:[^:]+$/.test(target.Arn ?? ""))
    return `targets other than SQS queues (${target.Arn})`;
  if (target.InputTransformer) return "InputTransformer";
  if (target.InputPath !== undefined && !INPUT_PATH.test(target.InputPath)) return `InputPath "${target.InputPath}"`;
  return undefined;
}

function ruleOfArn(context: Context, arn = ""): RuleRecord {
  return getRule(context, arn.split(":rule/")[1]);
}

export const ruleOperations: Operations<typeof sdk> = {
  PutRule(context, input) {
    requireBus(context, input.EventBusName);
    const { Name: name = "", EventPattern: pattern } = input;
    if (!NAME.test(name)) throw new AwsError("ValidationException", `Rule name "${name}" must match [\\w.-]{1,64}.`);
    if (input.ScheduleExpression) {
      throw new AwsError("NotImplemented", "sandbox: EventBridge schedules are not implemented", { status: 501 });
    }
    if (pattern === undefined)
      throw new AwsError("ValidationException", "Parameter(s) EventPattern must be specified.");
    parsePattern(pattern);
    const arn = `arn:aws:events:${context.region}:${context.account}:rule/${name}`;
    const tags = rules(context).get(name)?.tags ?? input.Tags ?? [];
    const enabled = input.State !== "DISABLED";
    const rule = { name, arn, pattern, enabled, description: input.Description, roleArn: input.RoleArn, tags };
    rules(context).put(name, rule);
    return { RuleArn: arn };
  },

  DescribeRule: (context, { Name, EventBusName }) => ({
    ...show(getRule(context, Name, EventBusName)),
    CreatedBy: context.account,
  }),

  ListRules(context, { NamePrefix = "", EventBusName, NextToken, Limit }) {
    requireBus(context, EventBusName);
    const { items, nextToken } = page(rules(context).list(NamePrefix), ({ key }) => key, {
      token: NextToken,
      size: Limit,
    });
    return { Rules: items.map(({ value }) => show(value)), NextToken: nextToken };
  },

  EnableRule: (context, input) => enable(context, input, true),
  DisableRule: (context, input) => enable(context, input, false),

  DeleteRule(context, { Name, EventBusName }) {
    requireBus(context, EventBusName);
    if (targets(context, Name ?? "").list().length > 0) {
      throw new AwsError("ValidationException", "Rule can't be deleted since it has targets.");
    }
    // A rule that isn't there counts as deleted, as on AWS.
    rules(context).delete(Name ?? "");
    return {};
  },

  PutTargets(context, { Rule, EventBusName, Targets = [] }) {
    const rule = getRule(context, Rule, EventBusName);
    for (const target of Targets) {
      const missing = objection(target);
      if (missing)
        throw new AwsError("NotImplemented", `sandbox: EventBridge ${missing} not implemented`, { status: 501 });
    }
    context.store.transaction(() => {
      for (const target of Targets) targets(context, rule.name).put(target.Id ?? "", target);
    });
    return { FailedEntryCount: 0, FailedEntries: [] };
  },

  RemoveTargets(context, { Rule, EventBusName, Ids = [] }) {
    const rule = getRule(context, Rule, EventBusName);
    for (const id of Ids) targets(context, rule.name).delete(id);
    return { FailedEntryCount: 0, FailedEntries: [] };
  },

  ListTargetsByRule(context, { Rule, EventBusName, NextToken, Limit }) {
    const rule = getRule(context, Rule, EventBusName);
    const all = targets(context, rule.name).list();
    const { items, nextToken } = page(all, ({ key }) => key, { token: NextToken, size: Limit });
    return { Targets: items.map(({ value }) => value), NextToken: nextToken };
  },

  ListRuleNamesByTarget(context, { TargetArn, EventBusName }) {
    requireBus(context, EventBusName);
    const has = (rule: string) =>
      targets(context, rule)
        .list()
        .some(({ value }) => value.Arn === TargetArn);
    return {
      RuleNames: rules(context)
        .list()
        .map(({ key }) => key)
        .filter(has),
    };
  },

  TagResource(context, { ResourceARN, Tags = [] }) {
    const rule = ruleOfArn(context, ResourceARN);
    const kept = rule.tags.filter((tag) => !Tags.some(({ Key }) => Key === tag.Key));
    rules(context).put(rule.name, { ...rule, tags: [...kept, ...Tags] });
    return {};
  },

  UntagResource(context, { ResourceARN, TagKeys = [] }) {
    const rule = ruleOfArn(context, ResourceARN);
    rules(context).put(rule.name, { ...rule, tags: rule.tags.filter(({ Key }) => !TagKeys.includes(Key ?? "")) });
    return {};
  },

  ListTagsForResource: (context, { ResourceARN }) => ({ Tags: [...ruleOfArn(context, ResourceARN).tags] }),
};
