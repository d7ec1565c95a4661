import * as sdk from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import { type Sandbox, startSandbox } from "../../index.ts";

async function withQueue(sandbox: Sandbox, QueueName = "turnpike-events", Attributes: Record<string, string> = {}) {
  const sqs = new sdk.SQSClient(clientSettings(sandbox));
  const { QueueUrl } = await sqs.send(new sdk.CreateQueueCommand({ QueueName, Attributes }));
  const send = (MessageBody: string, more: Partial<sdk.SendMessageCommandInput> = {}) =>
    sqs.send(new sdk.SendMessageCommand({ QueueUrl, MessageBody, ...more }));
  const receive = async (more: Partial<sdk.ReceiveMessageCommandInput> = {}) =>
    (await sqs.send(new sdk.ReceiveMessageCommand({ QueueUrl, ...more }))).Messages ?? [];
  const remove = (ReceiptHandle: string | undefined) =>
    sqs.send(new sdk.DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  return { sqs, QueueUrl, send, receive, remove };
}

const bodies = (messages: sdk.Message[]) => messages.map((message) => message.Body);

test("a received message is hidden until its visibility timeout passes, and gone once it is deleted", async () => {
  const sandbox = await sandboxForTest();
  const { send, receive, remove } = await withQueue(sandbox);
  await send("one");
  expect(bodies(await receive())).toEqual(["one"]);
  expect(await receive()).toEqual([]);
  sandbox.clock.advance(30_000);
  const [again] = await receive({ MessageSystemAttributeNames: ["All"] });
  expect(again?.Attributes?.ApproximateReceiveCount).toBe("2");
  await remove(again?.ReceiptHandle);
  sandbox.clock.advance(30_000);
  expect(await receive()).toEqual([]);
});

test("a receipt handle that a later receipt replaced deletes nothing", async () => {
  const sandbox = await sandboxForTest();
  const { send, receive, remove } = await withQueue(sandbox);
  await send("one");
  const [first] = await receive();
  sandbox.clock.advance(30_000);
  await receive();
  await remove(first?.ReceiptHandle);
  sandbox.clock.advance(30_000);
  expect(bodies(await receive())).toEqual(["one"]);
  await expect(remove("nonsense")).rejects.toThrow(expect.objectContaining({ name: "ReceiptHandleIsInvalid" }));
});

test("a long poll returns as soon as a message comes, not at its end", async () => {
  const sandbox = await sandboxForTest();
  const { send, receive } = await withQueue(sandbox);
  const startedMs = performance.now();
  const waiting = receive({ WaitTimeSeconds: 20 });
  setTimeout(() => void send("now"), 100);
  expect(bodies(await waiting)).toEqual(["now"]);
  expect(performance.now() - startedMs).toBeLessThan(5000);
});

test("a long poll that the sandbox's clock passes returns empty, and one whose client hung up takes nothing", async () => {
  const sandbox = await sandboxForTest();
  const { sqs, QueueUrl, send, receive } = await withQueue(sandbox);
  const late = receive({ WaitTimeSeconds: 20 });
  await new Promise((resolve) => setTimeout(resolve, 100));
  sandbox.clock.advance(20_000);
  expect(await late).toEqual([]);

  const hangUp = new AbortController();
  const command = new sdk.ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 });
  const abandoned = sqs.send(command, { abortSignal: hangUp.signal }).catch((error: Error) => error.name);
  await new Promise((resolve) => setTimeout(resolve, 100));
  hangUp.abort();
  expect(await abandoned).toBe("AbortError");
  await new Promise((resolve) => setTimeout(resolve, 100));
  await send("still here");
  expect(bodies(await receive())).toEqual(["still here"]);
});

test("what is received too often goes to the dead-letter queue", async () => {
  const sandbox = await sandboxForTest();
  const dead = await withQueue(sandbox, "dead");
  const deadLetterTargetArn = `arn:aws:sqs:eu-west-1:${TOOLING}:dead`;
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 });
  const { send, receive } = await withQueue(sandbox, "live", { RedrivePolicy });
  await send("poison");
  for (const _ of [1, 2]) {
    expect(await receive()).toHaveLength(1);
    sandbox.clock.advance(30_000);
  }
  expect(await receive()).toEqual([]);
  const [message] = await dead.receive({ MessageSystemAttributeNames: ["All"] });
  expect(message).toMatchObject({
    Body: "poison",
    Attributes: { DeadLetterQueueSourceArn: `arn:aws:sqs:eu-west-1:${TOOLING}:live` },
  });
});

test("messages, their attributes and their order survive a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await startSandbox({ dataDir, fronts: [] });
  const before = await withQueue(first);
  const MessageAttributes = {
    text: { DataType: "String", StringValue: "ü" },
    bytes: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255]) },
  };
  await before.send("one", { MessageAttributes });
  await before.send("two", { DelaySeconds: 60 });
  await first.stop();
  const second = await sandboxForTest({ dataDir });
  const { receive, QueueUrl, sqs } = await withQueue(second);
  const [one] = await receive({ MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] });
  expect(one?.MessageAttributes).toEqual(MessageAttributes);
  const AttributeNames: sdk.QueueAttributeName[] = ["All"];
  const { Attributes } = await sqs.send(new sdk.GetQueueAttributesCommand({ QueueUrl, AttributeNames }));
  expect(Attributes).toMatchObject({
    ApproximateNumberOfMessages: "0",
    ApproximateNumberOfMessagesNotVisible: "1",
    ApproximateNumberOfMessagesDelayed: "1",
  });
  second.clock.advance(60_000);
  expect(bodies(await receive({ MaxNumberOfMessages: 10 }))).toEqual(["one", "two"]);
});

test("a batch does what it can and tells what it couldn't", async () => {
  const sandbox = await sandboxForTest();
  const { sqs, QueueUrl, receive } = await withQueue(sandbox);
  const Entries = [
    { Id: "a", MessageBody: "fine" },
    { Id: "b", MessageBody: "bell \u0007" },
  ];
  const sent = await sqs.send(new sdk.SendMessageBatchCommand({ QueueUrl, Entries }));
  expect(sent.Successful?.map(({ Id }) => Id)).toEqual(["a"]);
  expect(sent.Failed?.map(({ Code }) => Code)).toEqual(["InvalidMessageContents"]);
  const [message] = await receive();
  const gone = await sqs.send(
    new sdk.DeleteMessageBatchCommand({ QueueUrl, Entries: [{ Id: "x", ReceiptHandle: message?.ReceiptHandle }] }),
  );
  expect(gone.Successful).toEqual([{ Id: "x" }]);
});

test("the same calls work as an old client makes them: a form in, XML out", async () => {
  const sandbox = await sandboxForTest();
  const { QueueUrl, send } = await withQueue(sandbox);
  await send("<hello>");
  const { queryAs } = await import("../../../test/query-client.ts");
  const form = { Action: "ReceiveMessage", Version: "2012-11-05", QueueUrl: QueueUrl ?? "" };
  const xml = await queryAs(sandbox, TOOLING, "sqs", form);
  expect(xml).toContain("<ReceiveMessageResult><Message>");
  expect(xml).toContain("&#x3c;hello&#x3e;");
  const missing = { ...form, Action: "GetQueueUrl", QueueName: "none" };
  expect(await queryAs(sandbox, TOOLING, "sqs", missing)).toContain(
    "<Code>AWS.SimpleQueueService.NonExistentQueue</Code>",
  );
});

test("another account reaches a queue only under its policy", async () => {
  const sandbox = await sandboxForTest();
  const { sqs, QueueUrl } = await withQueue(sandbox);
  const foreign = new sdk.SQSClient(clientSettings(sandbox, DEV));
  const command = new sdk.SendMessageCommand({ QueueUrl, MessageBody: "hi" });
  await expect(foreign.send(command)).rejects.toThrow("not authorized");
  const Principal = { AWS: `arn:aws:iam::${DEV}:root` };
  const Policy = JSON.stringify({
    Statement: { Effect: "Allow", Principal, Action: "sqs:SendMessage", Resource: "*" },
  });
  await sqs.send(new sdk.SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  expect((await foreign.send(command)).MessageId).toBeTruthy();
});

test("a queue that isn't there, or isn't like that, is refused by name", async () => {
  const sandbox = await sandboxForTest();
  const { sqs, QueueUrl } = await withQueue(sandbox);
  await expect(sqs.send(new sdk.GetQueueUrlCommand({ QueueName: "none" }))).rejects.toThrow(sdk.QueueDoesNotExist);
  const other = { QueueName: "turnpike-events", Attributes: { DelaySeconds: "5" } };
  await expect(sqs.send(new sdk.CreateQueueCommand(other))).rejects.toThrow(sdk.QueueNameExists);
  const create = (QueueName: string, Attributes: Record<string, string> = {}) =>
    sqs.send(new sdk.CreateQueueCommand({ QueueName, Attributes }));
  await expect(create("x.fifo")).rejects.toThrow("Can only include alphanumeric characters, hyphens, or underscores.");
  await expect(create("x", { FifoQueue: "true" })).rejects.toThrow("must end with .fifo suffix");
  await expect(create("x", { ContentBasedDeduplication: "true" })).rejects.toThrow(
    "Unknown Attribute ContentBasedDeduplication.",
  );
  const Attributes = { VisibilityTimeout: "99999" };
  await expect(sqs.send(new sdk.SetQueueAttributesCommand({ QueueUrl, Attributes }))).rejects.toThrow(
    "VisibilityTimeout",
  );
});

test("a queue is purged once a minute, and its permissions are its policy", async () => {
  const sandbox = await sandboxForTest();
  const { sqs, QueueUrl, send, receive } = await withQueue(sandbox);
  const purge = () => sqs.send(new sdk.PurgeQueueCommand({ QueueUrl }));
  await send("gone");
  await purge();
  expect(await receive()).toEqual([]);
  await expect(purge()).rejects.toThrow(
    "Only one PurgeQueue operation on turnpike-events is allowed every 60 seconds.",
  );
  sandbox.clock.advance(60_000);
  await purge();

  const foreign = new sdk.SQSClient(clientSettings(sandbox, DEV));
  const command = new sdk.SendMessageCommand({ QueueUrl, MessageBody: "hi" });
  const permission = { QueueUrl, Label: "dev", AWSAccountIds: [DEV], Actions: ["SendMessage"] };
  await sqs.send(new sdk.AddPermissionCommand(permission));
  expect((await foreign.send(command)).MessageId).toBeTruthy();
  await sqs.send(new sdk.RemovePermissionCommand({ QueueUrl, Label: "dev" }));
  await expect(foreign.send(command)).rejects.toThrow("not authorized");
});

test("a message that can't be is refused in AWS's words", async () => {
  const sandbox = await sandboxForTest();
  const { sqs, QueueUrl, send, receive } = await withQueue(sandbox);
  const MessageAttributes = { e: { DataType: "String", StringValue: "" } };
  await expect(send("x", { MessageAttributes })).rejects.toThrow(
    "Message (user) attribute 'e' must contain a non-empty value of type 'String'.",
  );
  await expect(receive({ WaitTimeSeconds: 21 })).rejects.toThrow("Must be >= 0 and <= 20, if provided.");
  const batch = (count: number, MessageBody: string, id = "m") =>
    sqs.send(
      new sdk.SendMessageBatchCommand({
        QueueUrl,
        Entries: Array.from({ length: count }, (_, index) => ({ Id: `${id}${index}`, MessageBody })),
      }),
    );
  await expect(batch(11, "x")).rejects.toThrow("Maximum number of entries per request are 10. You have sent 11.");
  await expect(batch(1, "x", "invalid:id")).rejects.toThrow(
    "A batch entry id can only contain alphanumeric characters",
  );
  await expect(batch(2, "x".repeat(524_289))).rejects.toThrow(
    "Batch requests cannot be longer than 1048576 bytes. You have sent 1048578 bytes.",
  );
});
