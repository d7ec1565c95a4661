import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

const DETAIL = { command: "update-account", payload: { acc_id: "0a787ecb-4015", sf_id: "baz" } };
const KIND = "core.update-account-command";
const PATTERN = JSON.stringify({ source: [KIND], "detail-type": [KIND], detail: { command: ["update-account"] } });
type Target = NonNullable<Parameters<Stage["events"]["PutTargets"]>[0]["Targets"]>[number];

/** The bus that a test's parameter names: `default`, or one of its own. */
async function busFor({ events, name }: Stage, kind: string): Promise<string> {
  if (kind === "default") return kind;
  const Name = name("bus");
  await events.CreateEventBus({ Name });
  return Name;
}

async function withRule(stage: Stage, kind = "default") {
  const EventBusName = await busFor(stage, kind);
  const Name = stage.name("test-rule");
  const rule = { Name, EventBusName };
  const QueueName = stage.name("queue");
  await stage.sqs.CreateQueue({ QueueName });
  return {
    ...rule,
    queueArn: `arn:aws:sqs:${stage.region}:${stage.account}:${QueueName}`,
    put: () => stage.events.PutRule({ ...rule, EventPattern: PATTERN }),
    describe: () => stage.events.DescribeRule(rule),
    list: () => stage.events.ListRules({ NamePrefix: Name, EventBusName }),
    target: (...Targets: Target[]) => stage.events.PutTargets({ Rule: Name, EventBusName, Targets }),
    targets: (more: { Limit?: number; NextToken?: string | undefined } = {}) =>
      stage.events.ListTargetsByRule({ Rule: Name, EventBusName, ...more }),
  };
}

const putting =
  (entry: object): Reproduction =>
  async ({ events, match }) => {
    await match("put-events", events.PutEvents({ Entries: [entry] }));
  };
const malformed = (Detail: string) => putting({ Source: KIND, DetailType: KIND, Detail });

const buses =
  (regions: string[], isDescribed: boolean): Reproduction =>
  async (stage) => {
    const Name = stage.name("test-bus");
    const described = isDescribed ? { Description: "test bus" } : {};
    for (const region of regions) {
      const { events } = stage.in(region);
      await stage.match(`create-custom-event-bus-${region}`, events.CreateEventBus({ Name, ...described }));
      await stage.match(`list-event-buses-after-create-${region}`, events.ListEventBuses({ NamePrefix: Name }));
      await stage.match(`describe-custom-event-bus-${region}`, events.DescribeEventBus({ Name }));
    }
    for (const region of regions) {
      const { events } = stage.in(region);
      await stage.match(`delete-custom-event-bus-${region}`, events.DeleteEventBus({ Name }));
      await stage.match(`list-event-buses-after-delete-${region}`, events.ListEventBuses({ NamePrefix: Name }));
    }
  };

const rules =
  (kind: string): Reproduction =>
  async (stage) => {
    const { put, list, describe, Name, EventBusName } = await withRule(stage, kind);
    await stage.match("put-rule", put());
    await stage.match("list-rules", list());
    await stage.match("describe-rule", describe());
    await stage.match("delete-rule", stage.events.DeleteRule({ Name, EventBusName }));
    await stage.match("list-rules-after-delete", list());
  };

const switching =
  (kind: string): Reproduction =>
  async (stage) => {
    const { put, describe, Name, EventBusName } = await withRule(stage, kind);
    await put();
    await stage.match("disable-rule", stage.events.DisableRule({ Name, EventBusName }));
    await stage.match("describe-rule-disabled", describe());
    await stage.match("enable-rule", stage.events.EnableRule({ Name, EventBusName }));
    await stage.match("describe-rule-enabled", describe());
  };

const targeting =
  (kind: string): Reproduction =>
  async (stage) => {
    const { put, target, targets, queueArn, Name, EventBusName } = await withRule(stage, kind);
    await put();
    await stage.match("put-target", target({ Id: "test-target", Arn: queueArn }));
    await stage.match("list-targets", targets());
    const remove = stage.events.RemoveTargets({ Rule: Name, EventBusName, Ids: ["test-target"] });
    await stage.match("remove-target", remove);
    await stage.match("list-targets-after-delete", targets());
  };

const withoutStatement =
  (hasPolicy: boolean, kind: string): Reproduction =>
  async (stage) => {
    const EventBusName = await busFor(stage, kind);
    const statement = { EventBusName, Action: "events:PutEvents", Principal: stage.account, StatementId: "statement" };
    if (hasPolicy) await stage.events.PutPermission(statement);
    const remove = stage.events.RemovePermission({ EventBusName, StatementId: "non-existing-sid" });
    await stage.match("remove-permission-non-existing-sid-error", remove);
  };

const TESTS: Record<string, Reproduction> = {
  "TestEvents::test_put_events_without_source": putting({ DetailType: KIND, Detail: JSON.stringify(DETAIL) }),
  "TestEvents::test_put_event_without_detail": putting({ Source: KIND, DetailType: KIND }),
  "TestEvents::test_put_event_without_detail_type": putting({
    Source: "some.source",
    Detail: JSON.stringify(DETAIL),
    DetailType: "",
  }),
  "TestEvents::test_put_event_malformed_detail[STRING]": malformed("text"),
  "TestEvents::test_put_event_malformed_detail[ARRAY]": malformed("[1, 2]"),
  "TestEvents::test_put_event_malformed_detail[MALFORMED_JSON]": malformed('{"a": '),
  "TestEvents::test_put_event_malformed_detail[SERIALIZED_STRING]": malformed('"text"'),
  "TestEventBus::test_create_list_describe_delete_custom_event_buses[True-regions0]": buses(["us-east-1"], true),
  "TestEventBus::test_create_list_describe_delete_custom_event_buses[False-regions0]": buses(["us-east-1"], false),
  async "TestEventBus::test_create_multiple_event_buses_same_name"(stage) {
    const Name = await busFor(stage, "custom");
    await stage.match("create-multiple-event-buses-same-name", stage.events.CreateEventBus({ Name }));
  },
  async "TestEventBus::test_delete_default_event_bus"({ events, match }) {
    await match("delete-default-event-bus-error", events.DeleteEventBus({ Name: "default" }));
  },
  async "TestEventBus::test_list_event_buses_with_limit"({ events, match, name }) {
    const NamePrefix = name("test-bus");
    for (const index of [0, 1, 2, 3, 4, 5]) await events.CreateEventBus({ Name: `${NamePrefix}-${index}` });
    const first = await match("list-event-buses-limit", events.ListEventBuses({ NamePrefix, Limit: 3 }));
    const rest = events.ListEventBuses({ NamePrefix, Limit: 5, NextToken: first?.NextToken });
    await match("list-event-buses-limit-next-token", rest);
  },
  async "TestEventBus::test_put_permission_non_existing_event_bus"({ events, match }) {
    const statement = { Action: "events:PutEvents", Principal: "*", StatementId: "statement-id" };
    const put = events.PutPermission({ EventBusName: "non-existing-bus", ...statement });
    await match("remove-permission-non-existing-sid-error", put);
  },
  "TestEventBus::test_remove_permission_non_existing_sid[True-custom]": withoutStatement(true, "custom"),
  "TestEventBus::test_remove_permission_non_existing_sid[True-default]": withoutStatement(true, "default"),
  "TestEventBus::test_remove_permission_non_existing_sid[False-custom]": withoutStatement(false, "custom"),
  "TestEventBus::test_remove_permission_non_existing_sid[False-default]": withoutStatement(false, "default"),
  "TestEventRule::test_put_list_with_prefix_describe_delete_rule[custom]": rules("custom"),
  "TestEventRule::test_put_list_with_prefix_describe_delete_rule[default]": rules("default"),
  async "TestEventRule::test_put_multiple_rules_with_same_name"(stage) {
    const { put, list } = await withRule(stage, "custom");
    await stage.match("put-rule", put());
    await stage.match("re-put-rule", put());
    await stage.match("list-rules", list());
  },
  async "TestEventRule::test_describe_nonexistent_rule"({ events, match }) {
    await match("describe-not-existing-rule-error", events.DescribeRule({ Name: "this-rule-does-not-exist" }));
  },
  "TestEventRule::test_disable_re_enable_rule[custom]": switching("custom"),
  "TestEventRule::test_disable_re_enable_rule[default]": switching("default"),
  async "TestEventRule::test_delete_rule_with_targets"(stage) {
    const { put, target, queueArn, Name } = await withRule(stage);
    await put();
    await target({ Id: "test-target", Arn: queueArn });
    await stage.match("delete-rule-with-targets-error", stage.events.DeleteRule({ Name }));
  },
  async "TestEventRule::test_update_rule_with_targets"(stage) {
    const { put, target, targets, queueArn } = await withRule(stage);
    await put();
    await target({ Id: "test-target", Arn: queueArn });
    await stage.match("list-targets", targets());
    await stage.match("update-rule", put());
    await stage.match("list-targets-after-update", targets());
  },
  "TestEventTarget::test_put_list_remove_target[custom]": targeting("custom"),
  "TestEventTarget::test_put_list_remove_target[default]": targeting("default"),
  async "TestEventTarget::test_add_exceed_fife_targets_per_rule"(stage) {
    const { put, target, queueArn } = await withRule(stage);
    await put();
    const seven = [0, 1, 2, 3, 4, 5, 6].map((index) => ({ Id: `test-target-${index}`, Arn: queueArn }));
    await stage.match("put-targets-client-error", target(...seven));
  },
  async "TestEventTarget::test_list_target_by_rule_limit"(stage) {
    const { put, target, targets, queueArn } = await withRule(stage);
    await put();
    await target(...[0, 1, 2, 3, 4].map((index) => ({ Id: `test-target-${index}`, Arn: queueArn })));
    const first = await stage.match("list-targets-limit", targets({ Limit: 3 }));
    await stage.match("list-targets-limit-next-token", targets({ NextToken: first?.NextToken }));
  },
};

export const events: Reproductions = { file: "events__test_events", service: "events", tests: TESTS };
