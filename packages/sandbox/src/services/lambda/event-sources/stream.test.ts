import { join } from "node:path";
import { CreateTableCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { CreateEventSourceMappingCommandInput } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { sandboxForTest, temporaryFolder } from "../../../../test/support.ts";
import type { Sandbox } from "../../../index.ts";
import { recorder, sandboxWithSources, sources } from "./testing.ts";

const soon = { timeout: 8000 };

/** A table with a stream, a function that records, and a mapping between them. */
async function mapped(sandbox: Sandbox, judge?: string, options: Partial<CreateEventSourceMappingCommandInput> = {}) {
  const all = sources(sandbox);
  const { dynamo, lambda, map, batches } = all;
  const { TableDescription } = await dynamo.send(
    new CreateTableCommand({
      TableName: "orders",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
      StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_IMAGE" },
    }),
  );
  const streamArn = TableDescription?.LatestStreamArn ?? "";
  await lambda.create("worker", recorder(join(temporaryFolder(), "seen"), judge));
  const put = async (...ids: string[]) => {
    for (const id of ids) await dynamo.send(new PutItemCommand({ TableName: "orders", Item: { id: { S: id } } }));
  };
  const connect = () =>
    map({ FunctionName: "worker", EventSourceArn: streamArn, StartingPosition: "TRIM_HORIZON", ...options });
  return { ...all, put, connect, streamArn, seen: async () => idsOf(await batches("worker")) };
}

function idsOf(batches: { Records: Record<string, unknown>[] }[]): string[][] {
  return batches.map(({ Records }) =>
    Records.map((record) => (record.dynamodb as { Keys: { id: { S: string } } }).Keys.id.S),
  );
}

const throwsOn = (id: string) => `(event) => {
  if (event.Records.some((one) => one.dynamodb.Keys.id.S === "${id}")) throw new Error("poison");
  return {};
}`;

test("changes reach the function in order, in records like AWS's, from where the mapping starts", async () => {
  const sandbox = await sandboxWithSources();
  const { put, connect, seen, batches, streamArn } = await mapped(sandbox, undefined, { StartingPosition: "LATEST" });
  await put("before");
  expect(await connect()).toMatchObject({
    State: "Creating",
    BatchSize: 100,
    MaximumRetryAttempts: -1,
    StartingPosition: "LATEST",
    LastProcessingResult: "No records processed",
  });
  await put("a", "b", "c");
  await expect.poll(async () => (await seen()).flat(), soon).toEqual(["a", "b", "c"]);
  const [
    {
      Records: [record],
    } = { Records: [] },
  ] = await batches("worker");
  expect(record).toMatchObject({
    eventName: "INSERT",
    eventSource: "aws:dynamodb",
    eventSourceARN: streamArn,
    dynamodb: {
      NewImage: { id: { S: "a" } },
      StreamViewType: "NEW_IMAGE",
      ApproximateCreationDateTime: expect.any(Number),
    },
  });
});

test("a poisoned batch is tried as often as it may, bisected down to the record, told to the queue, and passed", async () => {
  const sandbox = await sandboxWithSources();
  const { queue } = sources(sandbox);
  const failures = await queue("failures");
  const { put, connect, seen } = await mapped(sandbox, throwsOn("b"), {
    MaximumRetryAttempts: 1,
    BisectBatchOnFunctionError: true,
    DestinationConfig: { OnFailure: { Destination: failures.arn } },
  });
  await put("a", "b", "c");
  await connect();
  await expect
    .poll(async () => {
      sandbox.clock.advance(1000);
      return (await seen()).map((ids) => ids.join(""));
    }, soon)
    .toEqual(["abc", "ab", "a", "b", "b", "c"]);
  const told = await failures.next<{ requestContext: object; DDBStreamBatchInfo: object }>();
  expect(told).toMatchObject({
    requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: 2 },
    responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
    version: "1.0",
    DDBStreamBatchInfo: { batchSize: 1 },
  });
});

test("with reported failures the batch goes on from the first one", async () => {
  const sandbox = await sandboxWithSources();
  const judge = `(event, call) => call > 0 ? {} : ({ batchItemFailures: [{ itemIdentifier: event.Records[1].dynamodb.SequenceNumber }] })`;
  const { put, connect, seen } = await mapped(sandbox, judge, { FunctionResponseTypes: ["ReportBatchItemFailures"] });
  await put("a", "b", "c");
  await connect();
  await expect
    .poll(async () => {
      sandbox.clock.advance(1000);
      return (await seen()).map((ids) => ids.join(""));
    }, soon)
    .toEqual(["abc", "bc"]);
});

test("filters choose by the record's own members, and what they leave out is passed too", async () => {
  const sandbox = await sandboxWithSources();
  const Pattern = JSON.stringify({ eventName: ["INSERT"], dynamodb: { Keys: { id: { S: [{ prefix: "keep" }] } } } });
  const { put, connect, seen } = await mapped(sandbox, undefined, { FilterCriteria: { Filters: [{ Pattern }] } });
  await connect();
  await put("drop-1", "keep-1", "drop-2");
  await expect.poll(async () => (await seen()).flat(), soon).toEqual(["keep-1"]);
});

test("after a restart the mapping goes on behind what it had done", async () => {
  const dataDir = temporaryFolder();
  const first = await sandboxWithSources(dataDir);
  const { put, connect, seen } = await mapped(first);
  await connect();
  await put("a");
  await expect.poll(seen, soon).toEqual([["a"]]);
  await first.stop();
  const second = await sandboxForTest({ dataDir });
  const { dynamo, batches } = sources(second);
  await dynamo.send(new PutItemCommand({ TableName: "orders", Item: { id: { S: "b" } } }));
  await expect.poll(async () => idsOf(await batches("worker")), soon).toEqual([["a"], ["b"]]);
});
