import * as sdk from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { clientSettings, sandboxForTest, TOOLING } from "../../../test/support.ts";
import type { Sandbox } from "../../index.ts";

const queueArn = (name: string) => `arn:aws:sqs:eu-west-1:${TOOLING}:${name}`;
const ruleArn = `arn:aws:events:eu-west-1:${TOOLING}:rule/pipelines`;

/** A queue that lets this one rule send to it, as `infra/` makes it. */
async function withQueue(sandbox: Sandbox, QueueName: string, options: { policy: boolean }) {
  const statement = {
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: queueArn(QueueName),
    Condition: { ArnEquals: { "aws:SourceArn": ruleArn } },
  };
  const Attributes = options.policy ? { Policy: JSON.stringify({ Statement: [statement] }) } : {};
  const { QueueUrl } = await sandbox.send(new CreateQueueCommand({ QueueName, Attributes }));
  return async () => {
    const { Messages = [] } = await sandbox.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    return Messages.map((message) => JSON.parse(message.Body ?? ""));
  };
}

async function withRule(sandbox: Sandbox, target: Partial<sdk.Target>) {
  const events = new sdk.EventBridgeClient(clientSettings(sandbox));
  const EventPattern = JSON.stringify({ source: ["aws.codepipeline"], detail: { state: ["FAILED", "SUCCEEDED"] } });
  await events.send(new sdk.PutRuleCommand({ Name: "pipelines", EventPattern }));
  const Targets = [{ Id: "queue", Arn: queueArn("turnpike-events"), ...target }];
  await events.send(new sdk.PutTargetsCommand({ Rule: "pipelines", Targets }));
  return events;
}

/** An event as a service of the sandbox puts it: in process. */
const put = (sandbox: Sandbox, state: string) =>
  sandbox
    .runtimeOf("EventBridgeClient")
    .contextFor(TOOLING, "eu-west-1")
    .send(
      new sdk.PutEventsCommand({
        Entries: [
          {
            Source: "aws.codepipeline",
            DetailType: "CodePipeline Pipeline Execution State Change",
            Detail: JSON.stringify({ state, pipeline: "orders" }),
          },
        ],
      }),
    );

test("an event that a rule matches is in the queue when PutEvents answers", async () => {
  const sandbox = await sandboxForTest();
  const received = await withQueue(sandbox, "turnpike-events", { policy: true });
  await withRule(sandbox, {});
  const matched: string[] = [];
  sandbox.signals.on("eventbridge.matched", ({ event }) => matched.push(event.id));
  await put(sandbox, "STARTED");
  const { Entries } = await put(sandbox, "FAILED");
  const [event, ...others] = await received();
  expect(others).toEqual([]);
  expect(event).toMatchObject({
    version: "0",
    id: Entries?.[0]?.EventId,
    source: "aws.codepipeline",
    "detail-type": "CodePipeline Pipeline Execution State Change",
    account: TOOLING,
    region: "eu-west-1",
    resources: [],
    detail: { state: "FAILED", pipeline: "orders" },
  });
  expect(event.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(matched).toEqual([event.id]);
});

test("a queue without a policy for the rule gets nothing, and the event goes to the dead-letter queue", async () => {
  const sandbox = await sandboxForTest();
  const received = await withQueue(sandbox, "turnpike-events", { policy: false });
  const dead = await withQueue(sandbox, "dead", { policy: true });
  await withRule(sandbox, { DeadLetterConfig: { Arn: queueArn("dead") }, InputPath: "$.detail.pipeline" });
  expect((await put(sandbox, "FAILED")).FailedEntryCount).toBe(0);
  expect(await received()).toEqual([]);
  expect(await dead()).toEqual(["orders"]);
});

test("nobody outside may speak for AWS, and a disabled rule hears nothing", async () => {
  const sandbox = await sandboxForTest();
  const received = await withQueue(sandbox, "turnpike-events", { policy: true });
  const events = await withRule(sandbox, {});
  const Entries = [{ Source: "aws.codepipeline", DetailType: "x", Detail: '{"state":"FAILED"}' }];
  const answer = await events.send(new sdk.PutEventsCommand({ Entries }));
  expect(answer.Entries?.[0]?.ErrorCode).toBe("NotAuthorizedForSourceException");
  await events.send(new sdk.DisableRuleCommand({ Name: "pipelines" }));
  await put(sandbox, "FAILED");
  expect(await received()).toEqual([]);
});

test("what isn't supported is refused when it is put, not when an event comes", async () => {
  const sandbox = await sandboxForTest();
  const events = await withRule(sandbox, {});
  const rule = (EventPattern: string) => events.send(new sdk.PutRuleCommand({ Name: "x", EventPattern }));
  const invalid = sdk.InvalidEventPatternException;
  await expect(rule('{"source": "aws.s3"}')).rejects.toThrow(invalid);
  await expect(rule('{"source": [{"between": "10.0.0.0/8"}]}')).rejects.toThrow(invalid);
  const Arn = `arn:aws:lambda:eu-west-1:${TOOLING}:function:x`;
  const lambda = new sdk.PutTargetsCommand({ Rule: "pipelines", Targets: [{ Id: "l", Arn }] });
  await expect(events.send(lambda)).rejects.toThrow("SQS");
  await expect(events.send(new sdk.DeleteRuleCommand({ Name: "pipelines" }))).rejects.toThrow("targets");
});
