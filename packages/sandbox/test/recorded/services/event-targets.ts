import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

const COMMAND = "core.update-account-command";
const EventPattern = JSON.stringify({
  source: [COMMAND],
  "detail-type": [COMMAND],
  detail: { command: ["update-account"] },
});
const EventBusName = "default";

async function withRule({ events, name }: Stage, State?: "ENABLED", prefix = "test-rule") {
  const Rule = name(prefix);
  await events.PutRule({ Name: Rule, EventPattern, State });
  return Rule;
}

async function queueArn({ sqs, name, region, account }: Stage) {
  const QueueName = name("queue");
  await sqs.CreateQueue({ QueueName });
  return `arn:aws:sqs:${region}:${account}:${QueueName}`;
}

const tests: Record<string, Reproduction> = {
  async "TestEventRule::test_list_rule_names_by_target[default]"(stage) {
    const { events, match, name } = stage;
    const TargetArn = await queueArn(stage);
    const prefix = name("rule");
    for (const at of [0, 1, 2]) {
      const Rule = `${prefix}-${at}`;
      await events.PutRule({ Name: Rule, EventBusName, EventPattern: JSON.stringify({ source: [`source-${at}`] }) });
      await events.PutTargets({ Rule, EventBusName, Targets: [{ Id: `target-${at}`, Arn: TargetArn }] });
    }
    const other = JSON.stringify({ source: ["other-source"] });
    await events.PutRule({ Name: `${prefix}-other`, EventBusName, EventPattern: other });
    await match("list_rule_names_by_target", events.ListRuleNamesByTarget({ TargetArn, EventBusName }));
  },
  async "TestEventRule::test_list_rule_names_by_target_with_limit[default]"(stage) {
    const { events, match, name } = stage;
    const TargetArn = await queueArn(stage);
    const prefix = name("rule");
    for (const at of [0, 1, 2, 3, 4]) {
      const Rule = `${prefix}-${at}`;
      await events.PutRule({ Name: Rule, EventBusName, EventPattern: JSON.stringify({ source: [`source-${at}`] }) });
      await events.PutTargets({ Rule, EventBusName, Targets: [{ Id: `target-${at}`, Arn: TargetArn }] });
    }
    const page = (key: string, NextToken?: string) =>
      match(key, events.ListRuleNamesByTarget({ TargetArn, EventBusName, Limit: 2, NextToken }));
    const first = await page("first_page");
    const second = await page("second_page", first?.NextToken);
    await page("third_page", second?.NextToken);
  },
  async "TestEventTarget::test_put_target_id_validation"(stage) {
    const Arn = await queueArn(stage);
    const Rule = await withRule(stage, "ENABLED", "rule");
    const put = (key: string, Id: string) =>
      stage.match(key, stage.events.PutTargets({ Rule, Targets: [{ Id, Arn, InputPath: "$.detail" }] }));
    await put("put-targets-invalid-id-error", "!@#$@!#$");
    const long = `${crypto.randomUUID()}-${crypto.randomUUID()}-extra`;
    stage.hide(long, "second-invalid-target-id");
    await put("put-targets-length-error", long);
  },
  async "TestEventTarget::test_put_multiple_targets_with_same_id_single_rule"(stage) {
    const Arn = await queueArn(stage);
    const Rule = await withRule(stage, "ENABLED", "rule");
    const Id = stage.name("test-With_valid.Characters");
    stage.hide(Id, "target-id");
    stage.hide(Arn, "target-arn");
    await stage.events.PutTargets({ Rule, Targets: [{ Id, Arn, InputPath: "$.detail" }] });
    await stage.events.PutTargets({ Rule, Targets: [{ Id, Arn, InputPath: "$.notexisting" }] });
    await stage.match("list-targets", stage.events.ListTargetsByRule({ Rule }));
  },
  async "TestEventTarget::test_put_multiple_targets_with_same_arn_single_rule"(stage) {
    const Arn = await queueArn(stage);
    const Rule = await withRule(stage, "ENABLED", "rule");
    const target = (word: string, InputPath: string) => {
      const Id = stage.name("test-With_valid.Characters");
      stage.hide(Id, word);
      return { Id, Arn, InputPath };
    };
    stage.hide(Arn, "target-arn");
    const Targets = [target("target-id-one", "$.detail"), target("target-id-two", "$.doesnotexist")];
    await stage.events.PutTargets({ Rule, Targets });
    await stage.match("list-targets", stage.events.ListTargetsByRule({ Rule }));
  },
};

const TAGS = [
  { Key: "tag1", Value: "value1" },
  { Key: "tag2", Value: "value2" },
];

const tagging: Record<string, Reproduction> = {
  async "TestRuleTags::test_put_rule_with_tags"({ events, match, name }) {
    const put = events.PutRule({ Name: name("test_rule"), EventPattern, Tags: TAGS });
    const ResourceARN = (await match("put_rule_with_tags", put))?.RuleArn;
    await match("list_tags_for_rule", events.ListTagsForResource({ ResourceARN }));
  },
  async "tests_tag_list_untag_not_existing_resource[not_existing_rule]"({ events, match, name, region, account }) {
    const ResourceARN = `arn:aws:events:${region}:${account}:rule/${name("not-existing")}`;
    await match("tag_not_existing_resource_error", events.TagResource({ ResourceARN, Tags: TAGS.slice(0, 1) }));
    await match("list_tags_for_not_existing_resource_error", events.ListTagsForResource({ ResourceARN }));
    await match("untag_not_existing_resource_error", events.UntagResource({ ResourceARN, TagKeys: ["tag1"] }));
  },
  async "test_recreate_tagged_resource_without_tags[rule-event_bus_default]"({ events, match, name }) {
    const Name = name("test_rule");
    const { RuleArn: ResourceARN } = await events.PutRule({ Name, EventPattern });
    await events.TagResource({ ResourceARN, Tags: TAGS.slice(0, 1) });
    await events.DeleteRule({ Name });
    await events.PutRule({ Name, EventPattern });
    await match("list_tags_for_resource", events.ListTagsForResource({ ResourceARN }));
  },
};

export const eventTargets: readonly Reproductions[] = [
  { file: "events__test_events", service: "events", tests },
  { file: "events__test_events_tags", service: "events", tests: tagging },
];
