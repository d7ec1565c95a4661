import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

/** A queue that lets topics send to it, as LocalStack's fixture makes it. */
async function withQueue({ sqs, name, account, region }: Stage) {
  const QueueName = name("queue");
  const { QueueUrl = "" } = await sqs.CreateQueue({ QueueName });
  const Endpoint = `arn:aws:sqs:${region}:${account}:${QueueName}`;
  const Statement = { Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage" };
  const Policy = JSON.stringify({ Statement: [{ ...Statement, Resource: Endpoint }] });
  await sqs.SetQueueAttributes({ QueueUrl, Attributes: { Policy } });
  const receive = () =>
    sqs.ReceiveMessage({ QueueUrl, MessageAttributeNames: ["All"], VisibilityTimeout: 0, WaitTimeSeconds: 4 });
  const remove = async () => {
    const { Messages: [message] = [] } = await receive();
    await sqs.DeleteMessage({ QueueUrl, ReceiptHandle: message?.ReceiptHandle });
  };
  return { QueueUrl, Endpoint, receive, remove };
}

/** What most tests begin with: a topic, and calls on it. */
async function withTopic(stage: Stage, Name = stage.name("topic")) {
  const { sns } = stage;
  const { TopicArn = "" } = await sns.CreateTopic({ Name });
  return {
    Name,
    TopicArn,
    publish: (Message: string, options: Partial<Parameters<Stage["sns"]["Publish"]>[0]> = {}) =>
      sns.Publish({ TopicArn, Message, ...options }),
    batch: (PublishBatchRequestEntries: Parameters<Stage["sns"]["PublishBatch"]>[0]["PublishBatchRequestEntries"]) =>
      sns.PublishBatch({ TopicArn, PublishBatchRequestEntries }),
    attributes: () => sns.GetTopicAttributes({ TopicArn }),
    subscribe: (Endpoint: string, Attributes?: Record<string, string>) =>
      sns.Subscribe({ TopicArn, Protocol: "sqs", Endpoint, Attributes, ReturnSubscriptionArn: true }),
  };
}

/** A topic, a queue, and the queue's subscription. */
async function withSubscription(stage: Stage, Attributes?: Record<string, string>) {
  const [topic, queue] = [await withTopic(stage), await withQueue(stage)];
  const { SubscriptionArn = "" } = await topic.subscribe(queue.Endpoint, Attributes);
  return {
    ...topic,
    ...queue,
    SubscriptionArn,
    set: (AttributeName: string, AttributeValue: string) =>
      stage.sns.SetSubscriptionAttributes({ SubscriptionArn, AttributeName, AttributeValue }),
    get: () => stage.sns.GetSubscriptionAttributes({ SubscriptionArn }),
  };
}

const tag = (Key: string, Value: string) => ({ Key, Value });
const number = (StringValue: string) => ({ attr1: { DataType: "Number", StringValue } });
const text = (DataType: string) => ({ attr1: { DataType, StringValue: "prefixed-1" } });
const policyOf = (answer: { Attributes?: Record<string, string> | undefined }) =>
  JSON.parse(answer.Attributes?.Policy ?? "null") as unknown;

const permission =
  (...ActionName: string[]): Reproduction =>
  async (stage) => {
    const { TopicArn, attributes } = await withTopic(stage);
    const add = stage.sns.AddPermission({ TopicArn, Label: "test", AWSAccountId: [stage.account], ActionName });
    await stage.match("add-permission-response", add);
    await stage.match("topic-policy-after-permission", attributes(), policyOf);
  };

const topics: Record<string, Reproduction> = {
  async "TestSNSTopicCrud::test_tags"({ sns, match, ...stage }) {
    const { TopicArn: ResourceArn } = await withTopic({ sns, match, ...stage });
    const [one, two] = [tag("k1", "v1"), tag("k2", "v2")];
    await match("duplicate-key-error", sns.TagResource({ ResourceArn, Tags: [one, two, two] }));
    await sns.TagResource({ ResourceArn, Tags: [one, two] });
    await match("list-created-tags", sns.ListTagsForResource({ ResourceArn }));
    await sns.UntagResource({ ResourceArn, TagKeys: ["k1"] });
    await match("list-after-delete-tags", sns.ListTagsForResource({ ResourceArn }));
    await sns.TagResource({ ResourceArn, Tags: [tag("k2", "v2b")] });
    await match("list-after-update-tags", sns.ListTagsForResource({ ResourceArn }));
  },
  async "TestSNSTopicCrud::test_tags_removed_after_deletion"(stage) {
    const { TopicArn: ResourceArn, Name } = await withTopic(stage);
    await stage.sns.TagResource({ ResourceArn, Tags: [tag("k1", "v1"), tag("k2", "v2")] });
    await stage.match("list-created-tags", stage.sns.ListTagsForResource({ ResourceArn }));
    await stage.sns.DeleteTopic({ TopicArn: ResourceArn });
    await withTopic(stage, Name);
    await stage.match("list-empty-tags", stage.sns.ListTagsForResource({ ResourceArn }));
  },
  async "TestSNSTopicCrud::test_create_topic_test_arn"({ sns, match }) {
    const made = await match("create-topic", sns.CreateTopic({ Name: "topic-test-create" }));
    const TopicArn = made?.TopicArn;
    await match("get-topic-attrs", sns.GetTopicAttributes({ TopicArn }));
    await match("delete-topic", sns.DeleteTopic({ TopicArn }));
    await match("topic-not-exists", sns.GetTopicAttributes({ TopicArn }));
  },
  async "TestSNSTopicCrud::test_delete_topic_idempotency"(stage) {
    const { TopicArn } = await withTopic(stage);
    await stage.match("delete-topic", stage.sns.DeleteTopic({ TopicArn }));
    await stage.match("delete-topic-again", stage.sns.DeleteTopic({ TopicArn }));
  },
  async "TestSNSTopicCrud::test_create_duplicate_topic_with_more_tags"(stage) {
    const { Name } = await withTopic(stage);
    await stage.match("exception-duplicate", stage.sns.CreateTopic({ Name, Tags: [tag("key1", "value1")] }));
  },
  async "TestSNSTopicCrud::test_create_duplicate_topic_check_idempotency"({ sns, match, name }) {
    const Name = name("test");
    const tags = [tag("a", "1"), tag("b", "2")];
    await match("response-created", sns.CreateTopic({ Name, Tags: tags }));
    for (const [index, Tags] of [tags, tags.slice(0, 1), []].entries()) {
      await match(`response-same-arn-${index}`, sns.CreateTopic({ Name, Tags }));
    }
  },
  async "TestSNSTopicCrud::test_create_topic_after_delete_with_new_tags"({ sns, match, name }) {
    const Name = name("test");
    const topic = await match("topic-0", sns.CreateTopic({ Name, Tags: [tag("Name", "pqr")] }));
    await sns.DeleteTopic({ TopicArn: topic?.TopicArn });
    await match("topic-1", sns.CreateTopic({ Name, Tags: [tag("Name", "abc")] }));
  },
  async "TestSNSTopicCrudV2::test_delete_non_existent_topic"({ sns, match, account, region }) {
    const TopicArn = `arn:aws:sns:${region}:${account}:non-existent`;
    await match("delete-non-existent-topic", sns.DeleteTopic({ TopicArn }));
  },
  async "TestSNSTopicCrudV2::test_create_topic_should_be_idempotent"(stage) {
    const { TopicArn, Name, attributes } = await withTopic(stage);
    const change = { TopicArn, AttributeName: "DisplayName", AttributeValue: "AlreadySet" };
    await stage.sns.SetTopicAttributes(change);
    await stage.match("topic-attrs-idempotent-1", attributes());
    await stage.sns.CreateTopic({ Name });
    await stage.match("topic-attrs-idempotent-2", attributes());
  },
  async "TestSNSTopicCrudV2::test_create_topic_different_attrs"({ sns, match, name }) {
    const Name = name("test-idempotent");
    const create = (Attributes: Record<string, string> = {}) => sns.CreateTopic({ Name, Attributes });
    const made = await match("create-topic", create({ DisplayName: "Value1" }));
    await match("create-topic-no-attrs", create());
    await match("topic-attrs", sns.GetTopicAttributes({ TopicArn: made?.TopicArn }));
    await create({ DisplayName: "Value1" });
    await create({ FifoTopic: "false" });
    await match("create-topic-diff-attrs", create({ DisplayName: "Value2" }));
    await match("create-topic-new-attrs-fifo", create({ FifoTopic: "true" }));
    await match("create-topic-new-attrs", create({ SignatureVersion: "2" }));
    await match("create-topic-new-and-same-attrs", create({ SignatureVersion: "2", DisplayName: "Value1" }));
  },
  async "TestSNSTopicCrudV2::test_create_topic_name_constraints"({ sns, match }) {
    const create = (Name: string, Attributes: Record<string, string> = {}) => sns.CreateTopic({ Name, Attributes });
    await match("valid-name-max-length", create("a".repeat(256)));
    await match("name-too-short", create(""));
    await match("name-too-long", create("a".repeat(257)));
    await match("name-contains-fifo", create("test.fifo"));
    await match("fifo-name-not-contains-fifo", create("test", { FifoTopic: "true" }));
    for (const [index, character] of [...":;!@|^% "].entries()) {
      await match(`name-invalid-char-${index}`, create(`bad${character}name`));
    }
  },
  "TestSNSTopicCrudV2::test_topic_add_permission": permission("Publish"),
  "TestSNSTopicCrudV2::test_topic_add_multiple_permissions": permission("Publish", "Subscribe"),
  async "TestSNSTopicCrudV2::test_topic_remove_permission"(stage) {
    const { TopicArn, attributes } = await withTopic(stage);
    const [AWSAccountId, ActionName] = [[stage.account], ["Publish"]];
    await stage.sns.AddPermission({ TopicArn, Label: "test", AWSAccountId, ActionName });
    await stage.sns.RemovePermission({ TopicArn, Label: "test" });
    await stage.match("topic-policy", attributes(), policyOf);
  },
  async "TestSNSTopicCrudV2::test_add_permission_errors"(stage) {
    const { TopicArn } = await withTopic(stage);
    const AWSAccountId = [stage.account];
    const add = (Label: string, action: string, arn = TopicArn) =>
      stage.sns.AddPermission({ TopicArn: arn, Label, AWSAccountId, ActionName: [action] });
    await add("test", "Publish");
    await stage.match("duplicate-label", add("test", "AddPermission"));
    await stage.match("topic-not-found", add("test-2", "AddPermission", `${TopicArn}-not-existing`));
    await stage.match("invalid-action", add("test-2", "InvalidAction"));
  },
  async "TestSNSTopicCrudV2::test_remove_permission_errors"(stage) {
    const { TopicArn } = await withTopic(stage);
    const remove = stage.sns.RemovePermission({ TopicArn: `${TopicArn}-not-existing`, Label: "test" });
    await stage.match("topic-not-found", remove);
  },
};

const publishing: Record<string, Reproduction> = {
  async "TestSNSPublishCrud::test_publish_wrong_arn_format"({ sns, match }) {
    const publish = (TopicArn: string) => sns.Publish({ TopicArn, Message: "Good news everyone!" });
    await match("invalid-topic-arn", publish("randomstring"));
    await match("invalid-topic-arn-1", publish("randomstring:1"));
    await match("empty-topic", publish(""));
  },
  async "TestSNSPublishCrud::test_unknown_topic_publish"(stage) {
    const { TopicArn, publish } = await withTopic(stage);
    await stage.match("success", publish("This is a test message"));
    await stage.match("error", publish("This is a test message", { TopicArn: `${TopicArn}-fake` }));
  },
  async "TestSNSPublishCrud::test_publish_non_existent_target"({ sns, match, account, region }) {
    const TargetArn = `arn:aws:sns:${region}:${account}:endpoint/APNS/abcdef/0f7d5971-aa8b-4bd5-b585-0826e9f93a66`;
    await match("non-existent-endpoint", sns.Publish({ TargetArn, Message: "This is a push notification" }));
  },
  async "TestSNSPublishCrud::test_publish_with_empty_subject"(stage) {
    const { publish } = await withTopic(stage);
    await stage.match("response-without-subject", publish('{"message": "test_publish"}'));
    await stage.match("response-with-empty-subject", publish('{"message": "test_publish"}', { Subject: "" }));
  },
  async "TestSNSPublishCrud::test_empty_sns_message"(stage) {
    const { publish, QueueUrl } = await withSubscription(stage);
    await stage.match("empty-msg-error", publish(""));
    const AttributeNames: ["ApproximateNumberOfMessages"] = ["ApproximateNumberOfMessages"];
    await stage.match("queue-attrs", stage.sqs.GetQueueAttributes({ QueueUrl, AttributeNames }));
  },
  async "TestSNSPublishCrud::test_publish_too_long_message"(stage) {
    const { publish } = await withTopic(stage);
    await stage.match("error", publish("This is a test message".repeat(12_000)));
    const room = 262_144 - "attr1Number1".length;
    await stage.match("error-with-attrs", publish("a".repeat(room + 1), { MessageAttributes: number("1") }));
  },
  async "TestSNSPublishCrud::test_message_structure_json_exc"(stage) {
    const { publish } = await withTopic(stage);
    const json = (message: string) => publish(message, { MessageStructure: "json" });
    await stage.match("missing-default-key", json('{"sqs": "Test message"}'));
    await stage.match("invalid-json", json('{"default": "This is a default message"} }'));
    await stage.match("duplicate-json-keys", json('{"default": "one", "default": "two"}'));
    await stage.match("key-is-not-string", json('{"default": {"object": "test"}}'));
  },
  async "TestSNSPublishCrud::test_publish_batch_too_long_message"(stage) {
    const { batch } = await withTopic(stage);
    const half = "a".repeat(131_072);
    await stage.match("error-no-attrs", batch([1, 2, 3].map((id) => ({ Id: String(id), Message: half }))));
    const entries = [1, 2].map((id) => ({ Id: String(id), Message: half, MessageAttributes: number("1") }));
    await stage.match("error-with-attrs", batch(entries));
  },
  async "TestSNSPublishCrud::test_publish_batch_invalid_entry_id"(stage) {
    const { batch } = await withTopic(stage);
    const one = (key: string, Id: string) => stage.match(key, batch([{ Id, Message: "test" }]));
    await one("invalid-char-dot", "message.id");
    await one("invalid-char-special", "msg@123#test");
    await one("id-too-long-81", "a".repeat(81));
    await one("id-too-long-91", `my${"really".repeat(13)}longid`);
    await one("valid-id-80-chars", "a".repeat(80));
    await one("valid-id-with-hyphen-underscore", "valid-message_123");
  },
  async "TestSNSSubscriptionSQS::test_publish_batch_messages_without_topic"(stage) {
    const { TopicArn } = await withTopic(stage);
    const PublishBatchRequestEntries = [{ Id: "1", Message: "Test Message", Subject: "Subject" }];
    const publish = stage.sns.PublishBatch({ TopicArn: `${TopicArn}fake-topic`, PublishBatchRequestEntries });
    await stage.match("publish-batch-no-topic", publish);
  },
  async "TestSNSSubscriptionSQS::test_message_attributes_prefixes"(stage) {
    const { publish } = await withSubscription(stage);
    const send = (type: string) => publish("test message", { MessageAttributes: text(type) });
    await stage.match("publish-error", send("String."));
    await stage.match("publish-error-2", send("Stringprefixed"));
    await stage.match("publish-ok-1", send("String.prefixed"));
    await stage.match("publish-ok-2", send("String.  prefixed."));
  },
};

const subscribing: Record<string, Reproduction> = {
  async "TestSNSSubscriptionCrud::test_subscribe_with_invalid_protocol"(stage) {
    const { TopicArn } = await withTopic(stage);
    const subscribe = stage.sns.Subscribe({ TopicArn, Protocol: "test-protocol", Endpoint: "localstack@yopmail.com" });
    await stage.match("exception", subscribe);
  },
  async "TestSNSSubscriptionCrud::test_subscribe_with_invalid_topic"(stage) {
    const { TopicArn } = await withTopic(stage);
    const subscribe = (arn: string) =>
      stage.sns.Subscribe({ TopicArn: arn, Protocol: "email", Endpoint: "localstack@yopmail.com" });
    await stage.match("invalid-subscribe-arn-1", subscribe("randomstring"));
    await stage.match("invalid-subscribe-arn-2", subscribe("arn:aws:sns:us-east-1:random"));
    await stage.match("non-existent-topic", subscribe(`${TopicArn}aaa`));
  },
  async "TestSNSSubscriptionCrud::test_create_subscriptions_with_attributes"(stage) {
    const [{ subscribe }, { Endpoint }] = [await withTopic(stage), await withQueue(stage)];
    const settings = (RawMessageDelivery: string) => ({
      RawMessageDelivery,
      FilterPolicyScope: "MessageBody",
      FilterPolicy: "",
    });
    await stage.match("subscribe-wrong-attr", subscribe(Endpoint, settings("wrongvalue")));
    const made = await stage.match("subscribe", subscribe(Endpoint, settings("TrUe")));
    const read = (SubscriptionArn: string) => stage.sns.GetSubscriptionAttributes({ SubscriptionArn });
    const arn = made?.SubscriptionArn ?? "";
    await stage.match("get-attrs", read(arn));
    await stage.match("get-attrs-nonexistent-sub", read(`${arn.slice(0, -8)}00000000`));
  },
  async "TestSNSSubscriptionCrud::test_validate_set_sub_attributes"(stage) {
    const { set } = await withSubscription(stage);
    await stage.match("fake-attribute", set("FakeAttribute", "test-value"));
    await stage.match("raw-message-wrong-value", set("RawMessageDelivery", "test-ValUe"));
    await stage.match("raw-message-empty-value", set("RawMessageDelivery", ""));
    await stage.match("fake-arn-redrive-policy", set("RedrivePolicy", '{"deadLetterTargetArn": "fake-arn"}'));
    await stage.match("invalid-json-redrive-policy", set("RedrivePolicy", "{invalidjson}"));
    await stage.match("invalid-json-filter-policy", set("FilterPolicy", "{invalidjson}"));
  },
  async "TestSNSSubscriptionCrud::test_subscribe_idempotency"(stage) {
    const [{ subscribe }, { Endpoint }] = [await withTopic(stage), await withQueue(stage)];
    const made = await stage.match("subscribe", subscribe(Endpoint, { RawMessageDelivery: "True" }));
    const SubscriptionArn = made?.SubscriptionArn;
    await stage.match("get-sub-attrs", stage.sns.GetSubscriptionAttributes({ SubscriptionArn }));
    const raw = { RawMessageDelivery: "true" };
    await stage.match("subscribe-exact-same-raw", subscribe(Endpoint, raw));
    const scope = { FilterPolicyScope: "MessageAttributes" };
    await stage.match("subscribe-idempotent", subscribe(Endpoint, { ...raw, ...scope }));
    await stage.match("subscribe-idempotent-no-attributes", subscribe(Endpoint));
    await stage.match("subscribe-idempotent-empty-attributes", subscribe(Endpoint, {}));
    await stage.match("subscribe-missing-attributes", subscribe(Endpoint, scope));
    await stage.match("subscribe-diff-attributes", subscribe(Endpoint, { RawMessageDelivery: "false" }));
  },
  async "TestSNSSubscriptionCrud::test_unsubscribe_idempotency"(stage) {
    const { SubscriptionArn } = await withSubscription(stage);
    await stage.match("unsubscribe-1", stage.sns.Unsubscribe({ SubscriptionArn }));
    await stage.match("unsubscribe-2", stage.sns.Unsubscribe({ SubscriptionArn }));
  },
  async "TestSNSSubscriptionCrud::test_sns_confirm_subscription_wrong_token"(stage) {
    const { TopicArn } = await withTopic(stage);
    const Token = "51b2ff3edb475b7d".repeat(18);
    const confirm = (arn: string, token: string) => stage.sns.ConfirmSubscription({ TopicArn: arn, Token: token });
    await stage.match("topic-not-exists", confirm(`${TopicArn.slice(0, -1)}i`, Token));
    await stage.match("invalid-token", confirm(TopicArn, "randomtoken"));
    await stage.match("token-not-exists", confirm(TopicArn, Token));
  },
  async "TestSNSSubscriptionCrudV2::test_subscribe_unknown_topic"({ sns, match, account, region }) {
    const TopicArn = `arn:aws:sns:${region}:${account}:unknown`;
    await match("subscribe-unknown-topic", sns.Subscribe({ TopicArn, Protocol: "sms", Endpoint: "+1234567890" }));
  },
  async "TestSNSSubscriptionCrudV2::test_subscribe_unknown_sqs_queue"(stage) {
    const { subscribe } = await withTopic(stage);
    const Endpoint = `arn:aws:sqs:${stage.region}:${stage.account}:unknown`;
    await stage.match("subscribe-unknown-sqs", subscribe(Endpoint));
    await stage.match("subscribe-unknown-sqs-invalid_arn", subscribe("unknown"));
  },
  async "TestSNSSubscriptionCrudV2::test_getting_subscriptions_by_topic"(stage) {
    const { TopicArn } = await withSubscription(stage);
    await stage.match("list-subscriptions-by-topic", stage.sns.ListSubscriptionsByTopic({ TopicArn }));
  },
  async "TestSNSSubscriptionCrudV2::test_double_subscription"(stage) {
    const [{ subscribe }, { Endpoint }] = [await withTopic(stage, "double-sub-befdfdff"), await withQueue(stage)];
    await stage.match("double-subscription-first", subscribe(Endpoint));
    await stage.match("double-subscription-second", subscribe(Endpoint));
  },
};

const delivering: Record<string, Reproduction> = {
  async "TestSNSSubscriptionSQS::test_subscribe_sqs_queue"(stage) {
    const { set, get, publish, receive } = await withSubscription(stage);
    await set("FilterPolicy", '{"attr1": [{"numeric": [">", 0, "<=", 100]}]}');
    await stage.match("subscription-attributes", get());
    await publish("This is a test message", { MessageAttributes: number("99.12") });
    await stage.match("messages", receive());
  },
  async "TestSNSSubscriptionSQS::test_attribute_raw_subscribe"(stage) {
    const { get, publish, receive } = await withSubscription(stage, { RawMessageDelivery: "true" });
    await stage.match("subscription-attributes", get());
    const store = { DataType: "Binary", BinaryValue: new Uint8Array([2, 3, 4]) };
    await publish("This is a test message", { MessageAttributes: { store } });
    await stage.match("messages-response", receive());
  },
  async "TestSNSSubscriptionSQS::test_publish_sqs_from_sns"(stage) {
    const { set, get, publish, receive, remove } = await withSubscription(stage);
    await set("RawMessageDelivery", "true");
    await stage.match("sub-attrs-raw-true", get());
    await publish("Test msg", { MessageAttributes: number("99.12") });
    await stage.match("message-raw-true", receive());
    await remove();
    await set("RawMessageDelivery", "false");
    await stage.match("sub-attrs-raw-false", get());
    await publish("Test msg", { MessageAttributes: number("100.12") });
    await stage.match("message-raw-false", receive());
  },
  async "TestSNSSubscriptionSQS::test_publish_unicode_chars"(stage) {
    const { publish, receive } = await withSubscription(stage);
    await publish('ö§a1"_!?,. £$-');
    await stage.match("received-message", receive());
  },
};

const TESTS = { ...topics, ...publishing, ...subscribing, ...delivering };

export const sns: Reproductions = { file: "sns__test_sns", service: "sns", tests: TESTS };
