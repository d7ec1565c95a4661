import * as sdk from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { clientSettings, sandboxForTest, TOOLING } from "../../../test/support.ts";
import type { Sandbox } from "../../index.ts";
import { matchesPattern, parsePattern } from "./pattern.ts";

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
  await expect(rule('{"source": [{"cidr": "10.0.0.0/8"}]}')).rejects.toThrow(invalid);
  const Arn = `arn:aws:lambda:eu-west-1:${TOOLING}:function:x`;
  const lambda = new sdk.PutTargetsCommand({ Rule: "pipelines", Targets: [{ Id: "l", Arn }] });
  await expect(events.send(lambda)).rejects.toThrow("SQS");
  await expect(events.send(new sdk.DeleteRuleCommand({ Name: "pipelines" }))).rejects.toThrow("targets");
});

const EVENT = {
  source: "shop",
  detail: {
    count: 5,
    name: "Order-1",
    tags: ["a", "b"],
    nothing: null,
    deep: { on: true },
    list: [{ k: 1 }, { k: 2 }],
  },
};

test.each<[string, object, boolean]>([
  ["an exact value", { source: ["shop"] }, true],
  ["another value", { source: ["other"] }, false],
  ["a value of another type", { detail: { count: ["5"] } }, false],
  ["null", { detail: { nothing: [null] } }, true],
  ["one of a list's values", { detail: { tags: ["b", "z"] } }, true],
  ["a prefix", { detail: { name: [{ prefix: "Order" }] } }, true],
  ["a suffix", { detail: { name: [{ suffix: "-2" }] } }, false],
  ["a wildcard", { detail: { name: [{ wildcard: "*der-*" }] } }, true],
  ["case put aside", { detail: { name: [{ "equals-ignore-case": "oRDER-1" }] } }, true],
  ["anything but a value", { detail: { name: [{ "anything-but": "Order-1" }] } }, false],
  ["anything but a prefix", { detail: { name: [{ "anything-but": { prefix: "Cart" } }] } }, true],
  ["anything but, of what isn't there", { detail: { missing: [{ "anything-but": "x" }] } }, false],
  ["what exists", { detail: { deep: { on: [{ exists: true }] } } }, true],
  ["what doesn't exist", { detail: { missing: { on: [{ exists: false }] } } }, true],
  ["a number in a range", { detail: { count: [{ numeric: [">", 0, "<=", 5] }] } }, true],
  ["a number out of range", { detail: { count: [{ numeric: ["<", 5] }] } }, false],
  ["one of alternatives", { $or: [{ source: ["x"] }, { detail: { count: [5] } }] }, true],
  ["an object within a list", { detail: { list: { k: [2] } } }, true],
  ["all of several fields", { source: ["shop"], detail: { count: [6] } }, false],
])("a pattern looks for %s", (_, pattern, expected) => {
  expect(matchesPattern(parsePattern(JSON.stringify(pattern)), EVENT)).toBe(expected);
});
