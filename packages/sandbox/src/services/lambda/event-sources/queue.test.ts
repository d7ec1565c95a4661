import { join } from "node:path";
import * as sdk from "@aws-sdk/client-lambda";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { sandboxForTest, temporaryFolder } from "../../../../test/support.ts";
import { recorder, sandboxWithSources, sources } from "./testing.ts";

const bodies = (batches: { Records: Record<string, unknown>[] }[]) =>
  batches.map(({ Records }) => Records.map(({ body }) => body).sort());
const soon = { timeout: 8000 };

test("messages reach the function in a record like AWS's, and are gone from the queue when it succeeded", async () => {
  const sandbox = await sandboxWithSources();
  const { lambda, sqs, queue, map, get, batches } = sources(sandbox);
  await lambda.create("worker", recorder(join(temporaryFolder(), "seen")));
  const { arn, send, QueueUrl } = await queue("orders");
  const made = await map({ FunctionName: "worker", EventSourceArn: arn });
  expect(made).toMatchObject({
    State: "Creating",
    BatchSize: 10,
    StateTransitionReason: "USER_INITIATED",
    FunctionResponseTypes: [],
  });
  expect((await get(made.UUID)).State).toBe("Enabled");
  await send({ order: 1 });
  await expect.poll(async () => (await batches("worker")).length, soon).toBe(1);
  const [
    {
      Records: [record],
    } = { Records: [] },
  ] = await batches("worker");
  expect(record).toMatchObject({
    body: '{"order":1}',
    attributes: { ApproximateReceiveCount: "1" },
    messageAttributes: {},
    eventSource: "aws:sqs",
    eventSourceARN: arn,
    awsRegion: "eu-west-1",
  });
  const left = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
  await expect
    .poll(async () => (await sqs.send(left)).Attributes, soon)
    .toMatchObject({ ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesNotVisible: "0" });
});

test("only the messages that the function reports as failed come back, and go to the dead letters in the end", async () => {
  const sandbox = await sandboxWithSources();
  const { lambda, queue, map, batches } = sources(sandbox);
  const judge = `(event) => ({ batchItemFailures: event.Records.filter((one) => one.body === "bad").map((one) => ({ itemIdentifier: one.messageId })) })`;
  await lambda.create("worker", recorder(join(temporaryFolder(), "seen"), judge));
  const dead = await queue("dead");
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 2 });
  const { arn, send } = await queue("orders", { RedrivePolicy });
  await send("good");
  await send("bad");
  await map({
    FunctionName: "worker",
    EventSourceArn: arn,
    BatchSize: 2,
    MaximumBatchingWindowInSeconds: 1,
    FunctionResponseTypes: ["ReportBatchItemFailures"],
  });
  await expect.poll(async () => bodies(await batches("worker")), soon).toEqual([["bad", "good"]]);
  sandbox.clock.advance(31_000);
  await expect.poll(async () => bodies(await batches("worker")).at(-1), soon).toEqual(["bad"]);
  sandbox.clock.advance(31_000);
  const attributes = new GetQueueAttributesCommand({ QueueUrl: dead.QueueUrl, AttributeNames: ["All"] });
  await expect
    .poll(async () => {
      sandbox.clock.advance(1000);
      return (await sources(sandbox).sqs.send(attributes)).Attributes?.ApproximateNumberOfMessages;
    }, soon)
    .toBe("1");
});

test("a message that no filter matches is deleted without a call", async () => {
  const sandbox = await sandboxWithSources();
  const { lambda, sqs, queue, map, batches } = sources(sandbox);
  await lambda.create("worker", recorder(join(temporaryFolder(), "seen")));
  const { arn, send, QueueUrl } = await queue("orders");
  const Filters = [{ Pattern: JSON.stringify({ body: { total: [{ numeric: [">", 100] }] } }) }];
  await map({ FunctionName: "worker", EventSourceArn: arn, FilterCriteria: { Filters } });
  await send({ total: 5 });
  await send("plain text");
  await send({ total: 500 });
  await expect.poll(async () => bodies(await batches("worker")).flat(), soon).toEqual(['{"total":500}']);
  const left = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
  await expect
    .poll(async () => (await sqs.send(left)).Attributes, soon)
    .toMatchObject({ ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesNotVisible: "0" });
});

test("a disabled mapping takes nothing, an enabled one goes on, also after a restart", async () => {
  const dataDir = temporaryFolder();
  const file = join(temporaryFolder(), "seen");
  const first = await sandboxWithSources(dataDir);
  const before = sources(first);
  await before.lambda.create("worker", recorder(file));
  const { arn, send } = await before.queue("orders");
  const { UUID } = await before.map({ FunctionName: "worker", EventSourceArn: arn, Enabled: false });
  await send("one");
  expect((await before.get(UUID)).State).toBe("Disabled");
  const enable = new sdk.UpdateEventSourceMappingCommand({ UUID, Enabled: true });
  expect((await before.lambda.client.send(enable)).State).toBe("Enabling");
  await expect.poll(async () => bodies(await before.batches("worker")), soon).toEqual([["one"]]);
  await first.stop();
  const second = await sandboxForTest({ dataDir });
  const after = sources(second);
  await (await after.queue("orders")).send("two");
  await expect.poll(async () => bodies(await after.batches("worker")), soon).toEqual([["one"], ["two"]]);
  await after.lambda.client.send(new sdk.DeleteEventSourceMappingCommand({ UUID }));
  await expect(after.get(UUID)).rejects.toThrow("The resource you requested does not exist.");
});

test("a mapping that can't work is refused in AWS's words", async () => {
  const sandbox = await sandboxWithSources();
  const { lambda, queue, map } = sources(sandbox);
  await lambda.create("worker", recorder(join(temporaryFolder(), "seen")));
  await lambda.create("other", "", { Role: "arn:aws:iam::222222222222:role/none" });
  const { arn } = await queue("orders");
  const FunctionName = "worker";
  await expect(map({ FunctionName, EventSourceArn: `${arn}-none` })).rejects.toThrow(
    "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not exist.",
  );
  await expect(map({ FunctionName: "none", EventSourceArn: arn })).rejects.toThrow("Function does not exist");
  await expect(map({ FunctionName: "other", EventSourceArn: arn })).rejects.toThrow(
    "The function execution role does not have permissions to call ReceiveMessage on SQS",
  );
  await expect(map({ FunctionName, EventSourceArn: arn, BatchSize: 20 })).rejects.toThrow(
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
  );
  const FilterCriteria = { Filters: [{ Pattern: "simple string" }] };
  await expect(map({ FunctionName, EventSourceArn: arn, FilterCriteria })).rejects.toThrow(
    "Invalid filter pattern definition.",
  );
  const { UUID } = await map({ FunctionName, EventSourceArn: arn });
  await expect(map({ FunctionName, EventSourceArn: arn })).rejects.toThrow(
    `An event source mapping with SQS arn (" ${arn} ") and function (" worker ") already exists. Please update or delete the existing mapping with UUID ${UUID}`,
  );
  await expect(map({ FunctionName, EventSourceArn: arn.replace(":sqs:", ":kinesis:") })).rejects.toThrow(
    "not implemented",
  );
});
