import type * as sdk from "@aws-sdk/client-eventbridge";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { parsePattern } from "../../core/pattern.ts";
import { parseSchedule } from "../../core/schedule-expression.ts";
import type { Operations } from "../../core/service.ts";
import { canAssume, isKnownTarget } from "../../core/targets.ts";
import { DEFAULT_BUS, getBus, getRule, type RuleRecord, rules, saveRule, targets } from "./records.ts";
import { pokeSchedules, rearmed } from "./schedules.ts";
import { checkInput } from "./target-input.ts";

const NAME = /^[\w.-]{1,64}$/;
const TARGET_ID = /^[.\-_A-Za-z0-9]+$/;
const LONGEST_ID = 64;
const MOST_TARGETS = 5;
const BUS = /^arn:aws:events:[^:]+:\d{12}:event-bus\//;

/** Settings of targets that aren't here, or that have no effect on those that are. */
const NOT_HERE = [
  ...(["KinesisParameters", "RunCommandParameters", "EcsParameters", "BatchParameters", "HttpParameters"] as const),
  ...(["RedshiftDataParameters", "SageMakerPipelineParameters", "AppSyncParameters"] as const),
];

const invalid = (message: string) => new AwsError("ValidationException", message);

function enable(
  context: Context,
  input: { Name: string | undefined; EventBusName?: string | undefined },
  enabled: boolean,
) {
  const rule = getRule(context, input.Name, input.EventBusName);
  const changed = { ...rule, enabled };
  saveRule(context, rule.enabled === enabled ? changed : rearmed(changed, context.clock.now().getTime()));
  pokeSchedules(context.runtime);
  return {};
}

function show(rule: RuleRecord) {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: rule.pattern,
    ScheduleExpression: rule.schedule,
    State: rule.enabled ? ("ENABLED" as const) : ("DISABLED" as const),
    Description: rule.description,
    RoleArn: rule.roleArn,
    EventBusName: rule.bus ?? DEFAULT_BUS,
  };
}

/** Raises where a target can't be taken: `ValidationException`, or 501 for what isn't here. */
async function checkTarget(context: Context, rule: RuleRecord, target: sdk.Target, index: number): Promise<void> {
  const { Id: id = "", Arn: arn = "", RoleArn } = target;
  const at = `1 validation error detected: Value '${id}' at 'targets.${index + 1}.member.id' failed to satisfy constraint: Member must`;
  if (!TARGET_ID.test(id)) throw invalid(`${at} satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+`);
  if (id.length > LONGEST_ID) throw invalid(`${at} have length less than or equal to ${LONGEST_ID}`);
  if (!arn.startsWith("arn:"))
    throw invalid(`Parameter ${arn} is not valid. Reason: Provided Arn is not in correct format.`);
  const missing = NOT_HERE.find((name) => target[name] !== undefined);
  if (missing !== undefined || !(BUS.test(arn) || isKnownTarget(arn))) {
    const what = missing ?? `targets like ${arn}`;
    throw new AwsError("NotImplemented", `sandbox: EventBridge ${what} not implemented`, { status: 501 });
  }
  checkInput(target);
  if (/:states:/.test(arn) && RoleArn === undefined) throw invalid(`RoleArn is required for target ${arn}.`);
  if (RoleArn !== undefined && !(await canAssume(context, RoleArn, rule.arn))) {
    throw invalid(`Provided role '${RoleArn}' cannot be assumed by principal 'events.amazonaws.com'.`);
  }
}

export const ruleOperations: Operations<typeof sdk> = {
  PutRule(context, input) {
    const bus = getBus(context, input.EventBusName);
    const { Name: name = "", EventPattern: pattern, ScheduleExpression: schedule } = input;
    if (!NAME.test(name)) throw invalid(`Rule name "${name}" must match [\\w.-]{1,64}.`);
    if (!pattern && !schedule) throw invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.");
    if (schedule && bus.name !== DEFAULT_BUS) {
      throw invalid("ScheduleExpression is supported only on the default event bus.");
    }
    const parsed = schedule ? parseSchedule(schedule, { strictUnits: true }) : undefined;
    if (schedule && (!parsed || parsed.kind === "at")) throw invalid("Parameter ScheduleExpression is not valid.");
    if (pattern) parsePattern(pattern);
    const path = bus.name === DEFAULT_BUS ? name : `${bus.name}/${name}`;
    const before = rules(context, bus.name).get(name);
    const rule: RuleRecord = {
      name,
      arn: `arn:aws:events:${context.region}:${context.account}:rule/${path}`,
      bus: bus.name,
      pattern: pattern || undefined,
      schedule: schedule || undefined,
      enabled: input.State !== "DISABLED",
      description: input.Description,
      roleArn: input.RoleArn,
      tags: before?.tags ?? input.Tags ?? [],
    };
    const isSame = before?.schedule === rule.schedule && before?.enabled === rule.enabled;
    const timing = { scheduledSinceMs: before?.scheduledSinceMs, nextAtMs: before?.nextAtMs };
    saveRule(context, isSame ? { ...rule, ...timing } : rearmed(rule, context.clock.now().getTime()));
    pokeSchedules(context.runtime);
    return { RuleArn: rule.arn };
  },

  DescribeRule: (context, { Name, EventBusName }) => ({
    ...show(getRule(context, Name, EventBusName)),
    CreatedBy: context.account,
  }),

  ListRules(context, { NamePrefix = "", EventBusName, NextToken, Limit }) {
    const all = rules(context, getBus(context, EventBusName).name).list(NamePrefix);
    const { items, nextToken } = page(all, ({ key }) => key, { token: NextToken, size: Limit });
    return { Rules: items.map(({ value }) => show(value)), NextToken: nextToken };
  },

  EnableRule: (context, input) => enable(context, input, true),
  DisableRule: (context, input) => enable(context, input, false),

  DeleteRule(context, { Name, EventBusName }) {
    const bus = getBus(context, EventBusName).name;
    if (targets(context, { name: Name ?? "", bus }).list().length > 0) {
      throw invalid("Rule can't be deleted since it has targets.");
    }
    // A rule that isn't there counts as deleted, as on AWS.
    rules(context, bus).delete(Name ?? "");
    pokeSchedules(context.runtime);
    return {};
  },

  async PutTargets(context, { Rule, EventBusName, Targets = [] }) {
    const rule = getRule(context, Rule, EventBusName);
    for (const [index, target] of Targets.entries()) await checkTarget(context, rule, target, index);
    const ids = new Set(Targets.map(({ Id }) => Id));
    const others = targets(context, rule)
      .list()
      .filter(({ key }) => !ids.has(key));
    if (others.length + ids.size > MOST_TARGETS) {
      throw new AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.");
    }
    context.store.transaction(() => {
      for (const target of Targets) targets(context, rule).put(target.Id ?? "", target);
    });
    return { FailedEntryCount: 0, FailedEntries: [] };
  },

  RemoveTargets(context, { Rule, EventBusName, Ids = [] }) {
    const rule = getRule(context, Rule, EventBusName);
    for (const id of Ids) targets(context, rule).delete(id);
    return { FailedEntryCount: 0, FailedEntries: [] };
  },

  ListTargetsByRule(context, { Rule, EventBusName, NextToken, Limit }) {
    const all = targets(context, getRule(context, Rule, EventBusName)).list();
    const { items, nextToken } = page(all, ({ key }) => key, { token: NextToken, size: Limit });
    return { Targets: items.map(({ value }) => value), NextToken: nextToken };
  },

  ListRuleNamesByTarget(context, { TargetArn, EventBusName, NextToken, Limit }) {
    const has = (rule: RuleRecord) =>
      targets(context, rule)
        .list()
        .some(({ value }) => value.Arn === TargetArn);
    const all = rules(context, getBus(context, EventBusName).name)
      .list()
      .filter(({ value }) => has(value));
    const { items, nextToken } = page(all, ({ key }) => key, { token: NextToken, size: Limit });
    return { RuleNames: items.map(({ key }) => key), NextToken: nextToken };
  },
};
