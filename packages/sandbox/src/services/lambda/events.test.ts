import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  InvokeCommand,
  PutFunctionConcurrencyCommand,
  PutFunctionEventInvokeConfigCommand,
} from "@aws-sdk/client-lambda";
import { CreateQueueCommand, ReceiveMessageCommand, SetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { clientSettings, DEV, roleForTest, sandboxForTest } from "../../../test/support.ts";
import type { Sandbox } from "../../index.ts";
import { eventually, lambdaIn } from "./test/functions.ts";

const SOURCE = `export const handler = async (event) => {
  if (event.fail) throw new TypeError("no stock");
  return { done: true };
};`;

const arnOf = (kind: string, name: string) => `arn:aws:${kind}:eu-west-1:${DEV}:${name}`;

async function world(sandbox: Sandbox) {
  const sqs = new SQSClient(clientSettings(sandbox, DEV));
  const urls: Record<string, string> = {};
  for (const QueueName of ["told", "dead"]) {
    urls[QueueName] = (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? "";
  }
  const Role = await roleForTest(sandbox, {
    ...{ name: "teller", account: DEV, principal: { Service: "lambda.amazonaws.com" } },
    actions: ["sqs:SendMessage", "events:PutEvents"],
  });
  const functions = lambdaIn(sandbox);
  await functions.create("orders", SOURCE, { Role, DeadLetterConfig: { TargetArn: arnOf("sqs", "dead") } });
  return {
    ...functions,
    Role,
    sqs,
    urls,
    send: (event: object) =>
      functions.client.send(
        new InvokeCommand({ FunctionName: "orders", InvocationType: "Event", Payload: JSON.stringify(event) }),
      ),
    configure: (settings: object) =>
      functions.client.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "orders", ...settings })),
    next: (queue: string) =>
      eventually(async () => {
        const receive = { QueueUrl: urls[queue], MessageAttributeNames: ["All"], VisibilityTimeout: 600 };
        const [message] = (await sqs.send(new ReceiveMessageCommand(receive))).Messages ?? [];
        return message && { body: JSON.parse(message.Body ?? "") as Record<string, unknown>, message };
      }),
  };
}

test("a queue is told of an event's success, and of a failure after its retries, with the dead-letter queue", async () => {
  let retried = 0;
  const log = (name: string) => {
    if (name === "event.retried") retried++;
  };
  const settled = () => retried;
  const sandbox = await sandboxForTest({ log });
  const { send, configure, next } = await world(sandbox);
  const Destination = arnOf("sqs", "told");
  await configure({
    ...{ MaximumRetryAttempts: 1, DestinationConfig: { OnSuccess: { Destination }, OnFailure: { Destination } } },
  });
  await send({ n: 1 });
  const FunctionArn = `arn:aws:lambda:eu-west-1:${DEV}:function:orders:$LATEST`;
  expect((await next("told")).body).toEqual({
    version: "1.0",
    timestamp: expect.stringMatching(/Z$/),
    requestContext: {
      ...{ requestId: expect.any(String), functionArn: FunctionArn, condition: "Success", approximateInvokeCount: 1 },
    },
    requestPayload: { n: 1 },
    responseContext: { statusCode: 200, executedVersion: "$LATEST" },
    responsePayload: { done: true },
  });
  await send({ fail: true });
  await eventually(async () => settled() > 0);
  sandbox.clock.advance(60_000);
  const told = await next("told");
  expect(told.body).toMatchObject({
    requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 2 },
    responseContext: { functionError: "Unhandled" },
    responsePayload: { errorType: "TypeError", errorMessage: "no stock" },
  });
  const dead = await next("dead");
  expect(dead.body).toEqual({ fail: true });
  expect(dead.message.MessageAttributes).toMatchObject({
    ErrorCode: { StringValue: "200", DataType: "Number" },
    ErrorMessage: { StringValue: "no stock" },
  });
});

test("an event of a function that is switched off fails at once, one that is throttled for too long by its age", async () => {
  const sandbox = await sandboxForTest();
  const { client, create, send, configure, next, invoke, Role } = await world(sandbox);
  await configure({
    MaximumEventAgeInSeconds: 60,
    DestinationConfig: { OnFailure: { Destination: arnOf("sqs", "told") } },
  });
  const reserve = (ReservedConcurrentExecutions: number) =>
    client.send(new PutFunctionConcurrencyCommand({ FunctionName: "orders", ReservedConcurrentExecutions }));
  await reserve(0);
  await send({ n: 1 });
  const off = await next("told");
  expect(off.body).toMatchObject({
    requestContext: { condition: "ZeroReservedConcurrency" },
    requestPayload: { n: 1 },
  });
  expect(off.body).not.toHaveProperty("responsePayload");
  expect((await next("dead")).body).toEqual({ n: 1 });

  await create("slow", "export const handler = () => new Promise((done) => setTimeout(done, 2500));", {
    Role,
    Timeout: 10,
  });
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName: "slow", ReservedConcurrentExecutions: 1 }));
  await client.send(
    new PutFunctionEventInvokeConfigCommand({
      ...{ FunctionName: "slow", MaximumEventAgeInSeconds: 60 },
      DestinationConfig: { OnFailure: { Destination: arnOf("sqs", "dead") } },
    }),
  );
  const busy = invoke("slow");
  await new Promise((resolve) => setTimeout(resolve, 300));
  await client.send(new InvokeCommand({ FunctionName: "slow", InvocationType: "Event", Payload: "{}" }));
  await new Promise((resolve) => setTimeout(resolve, 100));
  sandbox.clock.advance(60_000);
  const old = await next("dead");
  expect(old.body).toMatchObject({ requestContext: { condition: "EventAgeExceeded", approximateInvokeCount: 0 } });
  expect((await busy).error).toBeUndefined();
});

test("a bus as destination gets an event, and what can't be a destination is refused", async () => {
  const sandbox = await sandboxForTest();
  const { send, configure, next, urls, sqs } = await world(sandbox);
  const bus = arnOf("events", "event-bus/results");
  const eventbridge = new EventBridgeClient(clientSettings(sandbox, DEV));
  await eventbridge.send(new CreateEventBusCommand({ Name: "results" }));
  const EventPattern = JSON.stringify({ source: ["lambda"] });
  await eventbridge.send(new PutRuleCommand({ Name: "all", EventBusName: "results", EventPattern }));
  const Targets = [{ Id: "1", Arn: arnOf("sqs", "told") }];
  await eventbridge.send(new PutTargetsCommand({ Rule: "all", EventBusName: "results", Targets }));
  const Statement = [{ Effect: "Allow", Principal: "*", Action: "sqs:SendMessage", Resource: arnOf("sqs", "told") }];
  const Attributes = { Policy: JSON.stringify({ Version: "2012-10-17", Statement }) };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: urls.told, Attributes }));
  await configure({ DestinationConfig: { OnSuccess: { Destination: bus } } });
  await send({ n: 2 });
  expect((await next("told")).body).toMatchObject({
    ...{ source: "lambda", "detail-type": "Lambda Function Invocation Result - Success" },
    resources: [bus, `arn:aws:lambda:eu-west-1:${DEV}:function:orders:$LATEST`],
    detail: { requestPayload: { n: 2 }, responsePayload: { done: true } },
  });
  await expect(
    configure({ DestinationConfig: { OnSuccess: { Destination: "arn:aws:iam:eu-west-1:222222222222:x" } } }),
  ).rejects.toThrow(
    "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:iam:eu-west-1:222222222222:x), onFailure=null) is invalid.",
  );
});
