import * as sdk from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { awsCli, hasAwsCli } from "../../../test/aws-cli.ts";
import { clientSettings, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import { type Sandbox, startSandbox } from "../../index.ts";

const queueArn = (name: string) => `arn:aws:sqs:eu-west-1:${TOOLING}:${name}`;

async function withFifo(sandbox: Sandbox, Attributes: Record<string, string> = {}, QueueName = "q.fifo") {
  const sqs = new sdk.SQSClient(clientSettings(sandbox));
  const all = { FifoQueue: "true", ...Attributes };
  const { QueueUrl } = await sqs.send(new sdk.CreateQueueCommand({ QueueName, Attributes: all }));
  const send = (MessageBody: string, MessageGroupId = "a", more: Partial<sdk.SendMessageCommandInput> = {}) => {
    const MessageDeduplicationId = `${MessageGroupId}-${MessageBody}`;
    const message = { QueueUrl, MessageBody, MessageGroupId, MessageDeduplicationId, ...more };
    return sqs.send(new sdk.SendMessageCommand(message));
  };
  const take = async (size = 10) =>
    (await sqs.send(new sdk.ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: size }))).Messages ?? [];
  const remove = (message: sdk.Message | undefined) =>
    sqs.send(new sdk.DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  return { sqs, QueueUrl, send, take, remove };
}

const bodies = (messages: sdk.Message[]) => messages.map((message) => message.Body);

test("a group's messages come in order, and wait while one before them is being worked on", async () => {
  const sandbox = await sandboxForTest();
  const { send, take, remove } = await withFifo(sandbox);
  for (const body of ["1", "2", "3"]) await send(body);
  await send("x", "b");
  const [first] = await take(1);
  expect(first?.Body).toBe("1");
  expect(bodies(await take())).toEqual(["x"]);
  expect(await take()).toEqual([]);
  await remove(first);
  expect(bodies(await take())).toEqual(["2", "3"]);
});

test("a message that stays hidden for longer holds up those behind it, not those before it", async () => {
  const sandbox = await sandboxForTest();
  const { sqs, QueueUrl, send, take } = await withFifo(sandbox, { VisibilityTimeout: "1" });
  for (const body of ["foo", "bar", "baz"]) await send(body);
  const [, bar] = await take();
  const extend = { QueueUrl, ReceiptHandle: bar?.ReceiptHandle, VisibilityTimeout: 60 };
  await sqs.send(new sdk.ChangeMessageVisibilityCommand(extend));
  sandbox.clock.advance(2000);
  expect(bodies(await take())).toEqual(["foo"]);
});

test("what was sent within five minutes isn't put again, even after it was deleted", async () => {
  const sandbox = await sandboxForTest();
  const { send, take, remove } = await withFifo(sandbox, { ContentBasedDeduplication: "true" });
  const byContent = { MessageDeduplicationId: undefined };
  const first = await send("same", "a", byContent);
  const again = await send("same", "b", byContent);
  expect([again.MessageId, again.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber]);
  const [message] = await take();
  await remove(message);
  await send("same", "a", byContent);
  expect(await take()).toEqual([]);
  sandbox.clock.advance(300_000);
  const later = await send("same", "a", byContent);
  expect(BigInt(later.SequenceNumber ?? 0) > BigInt(first.SequenceNumber ?? 0)).toBe(true);
  expect(bodies(await take())).toEqual(["same"]);
});

test("with the scope messageGroup another group may send the same", async () => {
  const sandbox = await sandboxForTest();
  const { send, take } = await withFifo(sandbox, { DeduplicationScope: "messageGroup" });
  for (const group of ["a", "a", "b"]) await send("same", group, { MessageDeduplicationId: "1" });
  expect(await take()).toHaveLength(2);
});

test("what a FIFO queue needs is asked for in AWS's words, and what it has not is refused", async () => {
  const sandbox = await sandboxForTest();
  const { sqs, QueueUrl, send, take, remove } = await withFifo(sandbox);
  await expect(send("x", "a", { MessageGroupId: undefined })).rejects.toThrow(
    "The request must contain the parameter MessageGroupId.",
  );
  await expect(send("x", "a", { MessageDeduplicationId: undefined })).rejects.toThrow(
    "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
  );
  await expect(send("x", "a", { DelaySeconds: 2 })).rejects.toThrow(
    "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.",
  );
  await expect(send("x", "a b")).rejects.toThrow("can only include alphanumeric and punctuation characters");
  const change = (Attributes: Record<string, string>) =>
    sqs.send(new sdk.SetQueueAttributesCommand({ QueueUrl, Attributes }));
  await expect(change({ FifoQueue: "false" })).rejects.toThrow("Modifying queue type is not supported.");
  await sqs.send(new sdk.CreateQueueCommand({ QueueName: "standard" }));
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn("standard"), maxReceiveCount: 1 });
  await expect(change({ RedrivePolicy })).rejects.toThrow(
    "Dead-letter queue must be same type of queue as the source.",
  );
  await send("x");
  const [message] = await take();
  sandbox.clock.advance(30_000);
  await expect(remove(message)).rejects.toThrow("Reason: The receipt handle has expired.");
});

test("order, deduplication and sequence numbers survive a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await startSandbox({ dataDir, fronts: [] });
  const before = await withFifo(first);
  const { SequenceNumber } = await before.send("1");
  await before.send("2");
  await before.take(1);
  await first.stop();
  const second = await sandboxForTest({ dataDir });
  const { send, take } = await withFifo(second);
  expect((await send("1")).SequenceNumber).toBe(SequenceNumber);
  expect(await take()).toEqual([]);
  second.clock.advance(30_000);
  expect(bodies(await take())).toEqual(["1", "2"]);
});

/** A dead-letter queue with what failed in its source. */
async function withDeadLetters(sandbox: Sandbox, count: number) {
  const sqs = new sdk.SQSClient(clientSettings(sandbox));
  const make = async (QueueName: string, Attributes: Record<string, string> = {}) =>
    (await sqs.send(new sdk.CreateQueueCommand({ QueueName, Attributes }))).QueueUrl;
  const dead = await make("dead");
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn("dead"), maxReceiveCount: 1 });
  const live = await make("live", { RedrivePolicy, VisibilityTimeout: "0" });
  const receive = async (QueueUrl: string | undefined) =>
    (await sqs.send(new sdk.ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))).Messages ?? [];
  for (let n = 0; n < count; n++) {
    await sqs.send(new sdk.SendMessageCommand({ QueueUrl: live, MessageBody: String(n) }));
  }
  await receive(live);
  sandbox.clock.advance(10);
  expect(await receive(live)).toEqual([]);
  const tasks = async () =>
    (await sqs.send(new sdk.ListMessageMoveTasksCommand({ SourceArn: queueArn("dead"), MaxResults: 10 }))).Results ??
    [];
  const start = (more: object = {}) =>
    sqs.send(new sdk.StartMessageMoveTaskCommand({ SourceArn: queueArn("dead"), ...more }));
  return { sqs, live, dead, receive, tasks, start, make };
}

test("a move task brings dead letters back to where they came from", async () => {
  const sandbox = await sandboxForTest();
  const { sqs, live, dead, receive, tasks, start } = await withDeadLetters(sandbox, 3);
  const sources = await sqs.send(new sdk.ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }));
  expect(sources.queueUrls).toEqual([live]);
  await start();
  await expect.poll(async () => (await tasks())[0]?.Status).toBe("COMPLETED");
  expect((await tasks())[0]).toMatchObject({
    ApproximateNumberOfMessagesMoved: 3,
    ApproximateNumberOfMessagesToMove: 3,
  });
  expect(bodies(await receive(live))).toEqual(["0", "1", "2"]);
  await expect(sqs.send(new sdk.StartMessageMoveTaskCommand({ SourceArn: queueArn("live") }))).rejects.toThrow(
    "Source queue must be configured as a Dead Letter Queue.",
  );
});

test("a slow move task can be cancelled, runs alone, and goes on after a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await startSandbox({ dataDir, fronts: [] });
  const before = await withDeadLetters(first, 4);
  await before.make("elsewhere");
  const slow = { MaxNumberOfMessagesPerSecond: 1, DestinationArn: queueArn("elsewhere") };
  const { TaskHandle } = await before.start(slow);
  await expect(before.start()).rejects.toThrow("There is already a task running.");
  await first.stop();
  const second = await sandboxForTest({ dataDir });
  const sqs = new sdk.SQSClient(clientSettings(second));
  const state = async () => {
    const command = new sdk.ListMessageMoveTasksCommand({ SourceArn: queueArn("dead") });
    const { Results: [task] = [] } = await sqs.send(command);
    return [task?.Status, task?.ApproximateNumberOfMessagesMoved];
  };
  await expect.poll(state).toEqual(["RUNNING", 2]);
  await sqs.send(new sdk.CancelMessageMoveTaskCommand({ TaskHandle }));
  second.clock.advance(10_000);
  expect(await state()).toEqual(["CANCELLED", 2]);
  await expect(sqs.send(new sdk.CancelMessageMoveTaskCommand({ TaskHandle }))).rejects.toThrow("Task does not exist.");
});

test.skipIf(!hasAwsCli)("the AWS CLI sends to a FIFO queue and receives in order", async () => {
  const sandbox = await sandboxForTest();
  const { QueueUrl = "" } = await withFifo(sandbox, { ContentBasedDeduplication: "true" });
  const aws = (...args: string[]) => awsCli(sandbox, ["sqs", ...args, "--queue-url", QueueUrl]);
  await aws("send-message", "--message-body", "one", "--message-group-id", "g");
  await aws("send-message", "--message-body", "two", "--message-group-id", "g");
  const received = await aws("receive-message", "--max-number-of-messages", "10");
  expect(received).toMatchObject({ Messages: [{ Body: "one" }, { Body: "two" }] });
});
