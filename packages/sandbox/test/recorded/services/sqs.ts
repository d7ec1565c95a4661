import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

/** What most tests begin with: a queue, and calls on it. */
async function withQueue(stage: Stage, Attributes: Record<string, string> = {}) {
  const { QueueUrl = "" } = await stage.sqs.CreateQueue({ QueueName: stage.name("queue"), Attributes });
  const receive = (options: Partial<Parameters<Stage["sqs"]["ReceiveMessage"]>[0]> = {}) =>
    stage.sqs.ReceiveMessage({ QueueUrl, ...options });
  return {
    QueueUrl,
    receive,
    send: (MessageBody: string, options: Partial<Parameters<Stage["sqs"]["SendMessage"]>[0]> = {}) =>
      stage.sqs.SendMessage({ QueueUrl, MessageBody, ...options }),
    sendBatch: (Entries: Parameters<Stage["sqs"]["SendMessageBatch"]>[0]["Entries"]) =>
      stage.sqs.SendMessageBatch({ QueueUrl, Entries }),
    set: (attributes: Record<string, string>) => stage.sqs.SetQueueAttributes({ QueueUrl, Attributes: attributes }),
    get: (...AttributeNames: string[]) =>
      stage.sqs.GetQueueAttributes({ QueueUrl, AttributeNames: AttributeNames as ["All"] }),
    /** Receipt handles of so many messages. */
    async handles(count: number) {
      const handles: string[] = [];
      for (let left = 20; handles.length < count && left > 0; left -= 1) {
        const { Messages = [] } = await receive({ MaxNumberOfMessages: 10 });
        handles.push(...Messages.map(({ ReceiptHandle = "" }) => ReceiptHandle));
      }
      return handles;
    },
  };
}

const MOST_BYTES = 1024 * 1024;
const ATTRIBUTE = { k: { DataType: "String", StringValue: "x" } };
const ATTRIBUTE_BYTES = "kStringx".length;
const FOO = { Foo: { DataType: "String", StringValue: "Bar" } };
const batch = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ Id: `message-${index}`, MessageBody: `messageBody-${index}` }));

const invalidBatchId =
  (Id: string): Reproduction =>
  async (stage) => {
    const { QueueUrl } = await withQueue(stage);
    const remove = stage.sqs.DeleteMessageBatch({ QueueUrl, Entries: [{ Id, ReceiptHandle: "testHandle1" }] });
    await stage.match("error_response", remove);
  };

const systemAttributes =
  (member: "AttributeNames" | "MessageSystemAttributeNames"): Reproduction =>
  async (stage) => {
    const queue = await withQueue(stage, { VisibilityTimeout: "0" });
    await queue.send("msg", { MessageAttributes: FOO });
    const read = (key: string, names: string[], MessageAttributeNames: string[] = []) =>
      stage.match(key, queue.receive({ WaitTimeSeconds: 5, [member]: names, MessageAttributeNames }));
    await read("all_attributes", ["All"]);
    await read("all_system_and_message_attributes", ["All"], ["All"]);
    await read("single_attribute", ["SenderId"]);
    await read("multiple_attributes", ["SenderId", "SequenceNumber"]);
  };

/** Recorded twice, in JSON and in query. */
const both: Record<string, Reproduction> = {
  async test_send_receive_max_number_of_messages(stage) {
    const queue = await withQueue(stage);
    await queue.send("message");
    await stage.match("send_max_number_of_messages", queue.receive({ MaxNumberOfMessages: 11 }));
  },
  async test_send_oversized_message(stage) {
    const queue = await withQueue(stage);
    const body = "a".repeat(MOST_BYTES - ATTRIBUTE_BYTES + 1);
    await stage.match("send_oversized_message", queue.send(body, { MessageAttributes: ATTRIBUTE }));
  },
  async test_send_message_with_updated_maximum_message_size(stage) {
    const queue = await withQueue(stage);
    await queue.set({ MaximumMessageSize: "1024" });
    await queue.send("a".repeat(1024));
    const body = "a".repeat(1024 - ATTRIBUTE_BYTES + 1);
    await stage.match("send_oversized_message", queue.send(body, { MessageAttributes: ATTRIBUTE }));
  },
  async test_send_message_batch_with_oversized_contents(stage) {
    const queue = await withQueue(stage);
    const MessageBody = "a".repeat(MOST_BYTES - ATTRIBUTE_BYTES);
    const entries = [
      { Id: "1", MessageBody, MessageAttributes: ATTRIBUTE },
      { Id: "2", MessageBody: "a" },
    ];
    await stage.match("send_oversized_message_batch", queue.sendBatch(entries));
  },
  async test_send_message_batch_with_oversized_contents_with_updated_maximum_message_size(stage) {
    const queue = await withQueue(stage);
    await queue.set({ MaximumMessageSize: "2048" });
    const MessageBody = "a".repeat(2048 - ATTRIBUTE_BYTES);
    const entries = [
      { Id: "1", MessageBody, MessageAttributes: ATTRIBUTE },
      { Id: "2", MessageBody: "a" },
    ];
    await stage.match("send_oversized_message_batch", queue.sendBatch(entries));
  },
  async test_tag_untag_queue(stage) {
    const { QueueUrl } = await withQueue(stage);
    const list = (key: string) => stage.match(key, stage.sqs.ListQueueTags({ QueueUrl }));
    await stage.sqs.TagQueue({ QueueUrl, Tags: { tag1: "value1", tag2: "value2", tag3: "" } });
    await list("get-tag-1");
    await stage.sqs.UntagQueue({ QueueUrl, TagKeys: ["tag1", "tag3"] });
    await list("get-tag-2");
    await stage.sqs.UntagQueue({ QueueUrl, TagKeys: ["tag2"] });
    await list("get-tag-after-untag");
  },
  async test_create_queue_with_different_attributes_raises_exception(stage) {
    const QueueName = stage.name("queue");
    const create = (DelaySeconds: string) =>
      stage.sqs.CreateQueue({ QueueName, Attributes: { ReceiveMessageWaitTimeSeconds: "1", DelaySeconds } });
    const { QueueUrl } = await create("1");
    await stage.match("create_queue_01", create("2"));
    await stage.sqs.SetQueueAttributes({ QueueUrl, Attributes: { DelaySeconds: "2" } });
    await stage.match("create_queue_02", create("1"));
  },
  async test_create_and_update_queue_attributes(stage) {
    const queue = await withQueue(stage, {
      MessageRetentionPeriod: "604800",
      ReceiveMessageWaitTimeSeconds: "10",
      VisibilityTimeout: "20",
    });
    await stage.match("get_queue_attributes", queue.get("All"));
    await queue.set({ MaximumMessageSize: "2048", VisibilityTimeout: "69", DelaySeconds: "420" });
    await stage.match("get_updated_queue_attributes", queue.get("All"));
  },
  async test_change_message_visibility_after_visibility_timeout_expiration(stage) {
    const queue = await withQueue(stage, { VisibilityTimeout: "1" });
    await queue.send("test");
    const [ReceiptHandle = ""] = await queue.handles(1);
    stage.clock.advance(2000);
    const { QueueUrl } = queue;
    const change = stage.sqs.ChangeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout: 2 });
    await stage.match("visibility_timeout_expired", change);
  },
  async test_delete_after_visibility_timeout(stage) {
    const queue = await withQueue(stage, { VisibilityTimeout: "1" });
    await queue.send("foobar");
    const [ReceiptHandle = ""] = await queue.handles(1);
    stage.clock.advance(1000);
    await stage.sqs.DeleteMessage({ QueueUrl: queue.QueueUrl, ReceiptHandle });
    await stage.match("delete_after_timeout_queue_empty", queue.receive());
  },
  async test_too_many_entries_in_batch_request(stage) {
    const queue = await withQueue(stage);
    await stage.match("test_too_many_entries_in_batch_request", queue.sendBatch(batch(20)));
  },
  async test_invalid_batch_id(stage) {
    const queue = await withQueue(stage);
    await stage.match("test_invalid_batch_id", queue.sendBatch([{ Id: "message:1", MessageBody: "messageBody-1" }]));
  },
  async test_delete_message_batch_with_too_large_batch(stage) {
    const queue = await withQueue(stage);
    await queue.sendBatch(batch(10));
    await queue.sendBatch(batch(10));
    const Entries = (await queue.handles(20)).map((ReceiptHandle, at) => ({ Id: String(at), ReceiptHandle }));
    await stage.match("error_response", stage.sqs.DeleteMessageBatch({ QueueUrl: queue.QueueUrl, Entries }));
  },
  async test_change_message_visibility_batch_with_too_large_batch(stage) {
    const queue = await withQueue(stage);
    await queue.sendBatch(batch(10));
    await queue.sendBatch(batch(10));
    const handles = await queue.handles(20);
    const Entries = handles.map((ReceiptHandle, at) => ({ Id: String(at), ReceiptHandle, VisibilityTimeout: 123 }));
    await stage.match("error_response", stage.sqs.ChangeMessageVisibilityBatch({ QueueUrl: queue.QueueUrl, Entries }));
  },
  async test_send_message_with_binary_attributes(stage) {
    const queue = await withQueue(stage);
    const BinaryValue = Buffer.from("traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01");
    await queue.send("test", { MessageAttributes: { attr1: { BinaryValue, DataType: "Binary" } } });
    await stage.match("binary-attrs-msg", queue.receive({ MessageAttributeNames: ["All"] }));
  },
  async test_send_message_with_empty_string_attribute(stage) {
    const queue = await withQueue(stage);
    const MessageAttributes = { ErrorDetails: { StringValue: "", DataType: "String" } };
    await stage.match("empty-string-attr", queue.send("test", { MessageAttributes }));
  },
  async test_set_unsupported_attribute_standard(stage) {
    const queue = await withQueue(stage);
    await stage.match("invalid-attr-name-1", queue.set({ FifoQueue: "true" }));
    await stage.match("invalid-attr-name-2", queue.set({ FifoQueue: "false" }));
  },
  async test_create_standard_queue_with_fifo_attribute_raises_error(stage) {
    const QueueName = stage.name("queue");
    const create = (key: string, Attributes: Record<string, string>) =>
      stage.match(key, stage.sqs.CreateQueue({ QueueName, Attributes }));
    await create("invalid-attribute-fifo-queue", { FifoQueue: "false" });
    await create("invalid-attribute-content-based-deduplication", { ContentBasedDeduplication: "false" });
    await create("invalid-attribute-deduplication-scope", { DeduplicationScope: "queue" });
    await create("invalid-attribute-throughput-limit", { FifoThroughputLimit: "perQueue" });
  },
  async test_successive_purge_calls_fail(stage) {
    const { QueueUrl } = await withQueue(stage);
    await stage.sqs.PurgeQueue({ QueueUrl });
    await stage.match("purge_queue_error", stage.sqs.PurgeQueue({ QueueUrl }));
  },
  async test_sse_queue_attributes(stage) {
    const names = ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled"];
    const kms = await withQueue(stage);
    await kms.set({ KmsMasterKeyId: "testKeyId", KmsDataKeyReusePeriodSeconds: "6000", SqsManagedSseEnabled: "false" });
    await stage.match("sse_kms_attributes", kms.get(...names));
    const managed = await withQueue(stage);
    await managed.set({ SqsManagedSseEnabled: "true" });
    await stage.match("sse_sqs_attributes", managed.get(...names));
  },
  async test_set_queue_attributes_default_values(stage) {
    const queue = await withQueue(stage);
    await stage.match("get-queue-attributes-initial-values", queue.get("All"));
    await queue.set({ KmsMasterKeyId: "testKeyId", KmsDataKeyReusePeriodSeconds: "6000" });
    await stage.match("get-queue-attributes-after-update", queue.get("All"));
    await queue.set({ KmsMasterKeyId: "", KmsDataKeyReusePeriodSeconds: "300" });
    await stage.match("get-queue-attributes-after-set-to-defaults", queue.get("All"));
  },
  async test_receive_message_message_attribute_names_filters(stage) {
    const queue = await withQueue(stage, { VisibilityTimeout: "0" });
    const text = (StringValue: string) => ({ DataType: "String", StringValue });
    const MessageAttributes = { "Help.Me": text("Me"), Hello: text("There"), General: text("Kenobi") };
    await stage.match("send_message_response", queue.send("msg", { MessageAttributes }));
    const whole = (key: string, ...MessageAttributeNames: string[]) =>
      stage.match(key, queue.receive({ WaitTimeSeconds: 5, MessageAttributeNames }));
    await whole("empty_filter");
    await whole("all_name", "All");
    const read = (key: string, ...MessageAttributeNames: string[]) =>
      stage.match(key, queue.receive({ WaitTimeSeconds: 5, MessageAttributeNames }), ({ Messages }) => Messages?.[0]);
    await read("all_wildcard_asterisk", "*");
    await read("all_wildcard", ".*");
    await read("only_non_existing_names", "Foo", "Help");
    await read("only_existing", "Hello", "General");
    await read("existing_and_non_existing", "Foo", "Hello");
    await read("prefix_filter", "Hel.*");
    await whole("illegal_name_1", "AWS.");
    await whole("illegal_name_2", "..foo");
  },
  test_receive_message_attribute_names_filters: systemAttributes("AttributeNames"),
  test_receive_message_message_system_attribute_names_filters: systemAttributes("MessageSystemAttributeNames"),
  async test_message_system_attribute_names_with_attribute_names(stage) {
    const queue = await withQueue(stage, { VisibilityTimeout: "0" });
    await queue.send("msg", { MessageAttributes: FOO });
    const read = (key: string, name: "All" | "SenderId") =>
      stage.match(
        key,
        queue.receive({ WaitTimeSeconds: 5, MessageSystemAttributeNames: ["All"], AttributeNames: [name] as ["All"] }),
      );
    await read("same_values", "All");
    await read("different_values", "SenderId");
  },
  async test_send_receive_wait_time_seconds(stage) {
    const queue = await withQueue(stage);
    await queue.send("message");
    await queue.send("message");
    await stage.match("recieve_message_error_too_large", queue.receive({ WaitTimeSeconds: 21 }));
    await stage.match("recieve_message_error_too_small", queue.receive({ WaitTimeSeconds: -1 }));
    await stage.match("empty_short_poll_by_default_resp", queue.receive({ MaxNumberOfMessages: 1 }));
    const explicit = queue.receive({ MaxNumberOfMessages: 1, WaitTimeSeconds: 0 });
    await stage.match("empty_short_poll_explicit_resp", explicit);
  },
  async test_send_empty_message(stage) {
    const queue = await withQueue(stage);
    await stage.match("send_empty_message", queue.send(""));
  },
  async test_fair_queue_with_message_group_id(stage) {
    const queue = await withQueue(stage);
    await stage.match("send_message", queue.send("message", { MessageGroupId: "test" }));
    const read = queue.receive({ WaitTimeSeconds: 5, AttributeNames: ["All"] });
    await stage.match("get-message-with-deduplication-id", read);
  },
  async test_sqs_permission_lifecycle(stage) {
    const queue = await withQueue(stage);
    const { QueueUrl } = queue;
    const policy = (key: string) => stage.match(`get-queue-policy-attribute${key}`, queue.get("Policy"));
    const add = (Label: string, ...AWSAccountIds: string[]) =>
      stage.sqs.AddPermission({ QueueUrl, AWSAccountIds, Actions: ["ReceiveMessage"], Label });
    const label = "crossaccountpermission";
    const remove = (Label: string) => stage.sqs.RemovePermission({ QueueUrl, Label });
    await stage.match("add-permission-response", add(label, stage.account, "668614515564"));
    await policy("");
    await stage.match("remove-permission-response", remove(label));
    await policy("-after-removal");
    await add(label, stage.account);
    await policy("-first-account-same-label");
    await stage.match("get-queue-policy-attribute-second-account-same-label", add(label, "668614515564"));
    await add(`${label}2`, stage.account);
    await policy("-second-account-different-label");
    await remove(label);
    await policy("-delete-first-permission");
    await remove(`${label}2`);
    await policy("-delete-second-permission");
    await stage.match("get-queue-policy-attribute-delete-non-existent-label", remove(`${label}2`));
  },
};

const LONG_ID = "testLongId".repeat(10);
const invalidGroup =
  (MessageGroupId: string): Reproduction =>
  async (stage) => {
    const queue = await withQueue(stage);
    await stage.match("error-response", queue.send("message", { MessageGroupId }));
  };

const CLASS = "TestSqsProvider::";

export const sqs: Reproductions = {
  file: "sqs__test_sqs",
  service: "sqs",
  tests: {
    ...Object.fromEntries(
      Object.entries(both).flatMap(([name, run]) => [
        [`${CLASS}${name}[sqs]`, run],
        [`${CLASS}${name}[sqs_query]`, run],
      ]),
    ),
    ...Object.fromEntries(
      ["", LONG_ID, "invalid:id"].flatMap((id) => [
        [`${CLASS}test_delete_message_batch_invalid_msg_id[sqs-${id}]`, invalidBatchId(id)],
        [`${CLASS}test_delete_message_batch_invalid_msg_id[sqs_query-${id}]`, invalidBatchId(id)],
      ]),
    ),
    [`${CLASS}test_send_message_to_standard_queue_with_invalid_message_group_id[empty]`]: invalidGroup(""),
    [`${CLASS}test_send_message_to_standard_queue_with_invalid_message_group_id[too_long]`]: invalidGroup(
      "a".repeat(129),
    ),
    [`${CLASS}test_send_message_to_standard_queue_with_invalid_message_group_id[spaces]`]: invalidGroup("group 123"),
    async [`${CLASS}test_send_batch_message_size`](stage) {
      const queue = await withQueue(stage, { MaximumMessageSize: "1024" });
      const entries = [
        { Id: "a4cff0d1-1961-44bd-ae53-c6d5ed71ed08", MessageBody: "a".repeat(1024) },
        { Id: "35b535ed-b76a-4ebd-b749-6eb35cdb55ee", MessageBody: "a".repeat(1025) },
      ];
      await stage.match("send-message-batch-result", queue.sendBatch(entries));
    },
  },
};
