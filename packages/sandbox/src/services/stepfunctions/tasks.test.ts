import { CreateTableCommand, DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import * as sdk from "@aws-sdk/client-sfn";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { clientSettings, TOOLING } from "../../../test/support.ts";
import type { Sandbox } from "../../index.ts";
import { lambdaIn } from "../lambda/test/functions.ts";
import { outline, sandboxWithRole, workflows } from "./testing.ts";

const single = (state: object) => ({ StartAt: "T", States: { T: { Type: "Task", End: true, ...state } } });

/** A queue, and what the next message in it says. */
async function withQueue(sandbox: Sandbox) {
  const sqs = new SQSClient(clientSettings(sandbox));
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "work" }));
  const receive = async (): Promise<{ token: string; order: number }> => {
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }));
    return JSON.parse(Messages?.[0]?.Body ?? "{}") as { token: string; order: number };
  };
  return { QueueUrl, receive };
}

const callback = (QueueUrl: string, more: object = {}) =>
  single({
    Resource: "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    Parameters: { QueueUrl, MessageBody: { "token.$": "$$.Task.Token", "order.$": "$.order" } },
    ...more,
  });

test("a function that fails is tried again as Retry says, and its answer becomes the result", async () => {
  const sandbox = await sandboxWithRole();
  const { create, start, ended, history } = workflows(sandbox);
  const source = `let calls = 0;
    export const handler = async (event) => {
      if (++calls < 2) throw Object.assign(new Error("not yet"), { name: "NotYet" });
      return { calls, event };
    };`;
  const { FunctionArn } = await lambdaIn(sandbox, TOOLING).create("flaky", source);
  const machine = await create(
    single({
      Resource: FunctionArn,
      Parameters: { "order.$": "$.id" },
      Retry: [{ ErrorEquals: ["NotYet"], IntervalSeconds: 30 }],
      ResultPath: "$.answer",
    }),
  );
  const arn = await start(machine, { id: 7 });
  await expect
    .poll(async () => (await history(arn)).map(({ type }) => type), { timeout: 8000 })
    .toContain("LambdaFunctionFailed");
  sandbox.clock.advance(30_000);
  const { output } = await ended(arn);
  expect(JSON.parse(output ?? "")).toEqual({ id: 7, answer: { calls: 2, event: { order: 7 } } });
  expect(outline(await history(arn))).toEqual([
    "1<0 ExecutionStarted",
    "2<0 TaskStateEntered",
    "3<2 LambdaFunctionScheduled",
    "4<3 LambdaFunctionStarted",
    "5<4 LambdaFunctionFailed",
    "6<5 LambdaFunctionScheduled",
    "7<6 LambdaFunctionStarted",
    "8<7 LambdaFunctionSucceeded",
    "9<8 TaskStateExited",
    "10<9 ExecutionSucceeded",
  ]);
});

test("a task with a token waits until its holder answers, succeeds with the answer, or fails with the error", async () => {
  const sandbox = await sandboxWithRole();
  const { client, create, start, ended } = workflows(sandbox);
  const { QueueUrl, receive } = await withQueue(sandbox);
  const machine = await create(callback(QueueUrl));
  const first = await start(machine, { order: 1 });
  const { token: taskToken, order } = await receive();
  expect(order).toBe(1);
  await client.send(new sdk.SendTaskSuccessCommand({ taskToken, output: '{"paid":true}' }));
  expect(await ended(first)).toMatchObject({ status: "SUCCEEDED", output: '{"paid":true}' });
  const late = client.send(new sdk.SendTaskSuccessCommand({ taskToken, output: "{}" }));
  await expect(late).rejects.toThrow("Task Timed Out: 'Provided task does not exist anymore'");
  const second = await start(machine, { order: 2 });
  const given = { taskToken: (await receive()).token, error: "Declined", cause: "no money" };
  await client.send(new sdk.SendTaskFailureCommand(given));
  expect(await ended(second)).toMatchObject({ status: "FAILED", error: "Declined", cause: "no money" });
  const unknown = client.send(new sdk.SendTaskHeartbeatCommand({ taskToken: "none" }));
  await expect(unknown).rejects.toThrow(sdk.InvalidToken);
});

test("heartbeats keep a task alive, and it times out when they stay away", async () => {
  const sandbox = await sandboxWithRole();
  const { client, create, start, ended, history, describe } = workflows(sandbox);
  const { QueueUrl, receive } = await withQueue(sandbox);
  const arn = await start(await create(callback(QueueUrl, { HeartbeatSeconds: 60 })), { order: 1 });
  const { token: taskToken } = await receive();
  sandbox.clock.advance(50_000);
  await client.send(new sdk.SendTaskHeartbeatCommand({ taskToken }));
  sandbox.clock.advance(50_000);
  expect((await describe(arn)).status).toBe("RUNNING");
  sandbox.clock.advance(11_000);
  expect(await ended(arn)).toMatchObject({ status: "FAILED", error: "States.Timeout" });
  expect(outline(await history(arn)).at(-2)).toBe("6<5 TaskTimedOut");
});

test("a state machine writes to DynamoDB, and fails in DynamoDB's own words", async () => {
  const sandbox = await sandboxWithRole();
  const { create, start, ended } = workflows(sandbox);
  const dynamo = new DynamoDBClient(clientSettings(sandbox));
  await dynamo.send(
    new CreateTableCommand({
      TableName: "orders",
      KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  const machine = await create(
    single({
      Resource: "arn:aws:states:::dynamodb:putItem",
      Parameters: { "TableName.$": "$.table", Item: { id: { "S.$": "States.Format('order-{}', $.n)" } } },
      ResultPath: null,
    }),
  );
  expect((await ended(await start(machine, { table: "orders", n: 7 }))).status).toBe("SUCCEEDED");
  const { Item } = await dynamo.send(new GetItemCommand({ TableName: "orders", Key: { id: { S: "order-7" } } }));
  expect(Item).toEqual({ id: { S: "order-7" } });
  const failed = await ended(await start(machine, { table: "none", n: 7 }));
  expect(failed).toMatchObject({ status: "FAILED", error: "DynamoDB.ResourceNotFoundException" });
  expect(failed.cause).toMatch(
    /^Requested resource not found \(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; Request ID: .*; Proxy: null\)$/,
  );
});

test("a state machine starts another one and waits for its result", async () => {
  const sandbox = await sandboxWithRole();
  const { create, start, ended } = workflows(sandbox);
  const inner = await create({ StartAt: "S", States: { S: { Type: "Pass", End: true } } }, { name: "inner" });
  const broken = await create(
    { StartAt: "F", States: { F: { Type: "Fail", Error: "SomeFailure", Cause: "why" } } },
    { name: "broken" },
  );
  const outer = await create(
    single({
      Resource: "arn:aws:states:::states:startExecution.sync:2",
      Parameters: { "StateMachineArn.$": "$.machine", Input: { a: 1 } },
      OutputPath: "$.Output",
    }),
  );
  expect((await ended(await start(outer, { machine: inner }))).output).toBe('{"a":1}');
  const { error, cause } = await ended(await start(outer, { machine: broken }));
  expect(error).toBe("States.TaskFailed");
  expect(JSON.parse(cause ?? "")).toMatchObject({ Error: "SomeFailure", Cause: "why", Status: "FAILED" });
});
