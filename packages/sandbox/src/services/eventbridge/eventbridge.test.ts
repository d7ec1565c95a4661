import { CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import * as sdk from "@aws-sdk/client-eventbridge";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateStateMachineCommand, DescribeExecutionCommand, ListExecutionsCommand } from "@aws-sdk/client-sfn";
import { CreateTopicCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { awsCli, hasAwsCli } from "../../../test/aws-cli.ts";
import { clientSettings, DEV, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import { createClock } from "../../core/clock.ts";
import { AwsError } from "../../core/errors.ts";
import { type Sandbox, startSandbox } from "../../index.ts";
import { services } from "../../registry.ts";

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

const anyone = {
  Policy: JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }] }),
};

/** Takes the next message of a queue away. */
const reader = (sandbox: Sandbox, name: string) => async () => {
  const QueueUrl = `${sandbox.awsUrl}/${TOOLING}/${name}`;
  const { Messages: [message] = [] } = await sandbox.send(new ReceiveMessageCommand({ QueueUrl }));
  if (!message) return undefined;
  await sandbox.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  return JSON.parse(message.Body ?? "") as Record<string, unknown>;
};

async function eventually<T>(read: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 100; tries++) {
    const found = await read();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("It didn't happen within two seconds.");
}

async function roleFor(sandbox: Sandbox, Service: string, Action: string[]): Promise<string> {
  const trust = {
    Effect: "Allow",
    Principal: { Service: [Service, "states.amazonaws.com"] },
    Action: "sts:AssumeRole",
  };
  const AssumeRolePolicyDocument = JSON.stringify({ Statement: [trust] });
  const { Role } = await sandbox.send(new CreateRoleCommand({ RoleName: "target", AssumeRolePolicyDocument }));
  const PolicyDocument = JSON.stringify({ Statement: [{ Effect: "Allow", Action, Resource: "*" }] });
  await sandbox.send(new PutRolePolicyCommand({ RoleName: "target", PolicyName: "p", PolicyDocument }));
  return Role?.Arn ?? "";
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

test("a letter in the dead-letter queue says which rule and target failed, and why", async () => {
  const sandbox = await sandboxForTest();
  await withQueue(sandbox, "dead", { policy: true });
  await withRule(sandbox, { Arn: queueArn("gone"), DeadLetterConfig: { Arn: queueArn("dead") } });
  await put(sandbox, "FAILED");
  const QueueUrl = `${sandbox.awsUrl}/${TOOLING}/dead`;
  const command = new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"] });
  const { Messages: [letter] = [] } = await sandbox.send(command);
  const texts = Object.entries(letter?.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]);
  expect(Object.fromEntries(texts)).toMatchObject({
    RULE_ARN: ruleArn,
    TARGET_ARN: queueArn("gone"),
    ERROR_CODE: "NO_RESOURCE",
    RETRY_ATTEMPTS: "0",
  });
});

test("a rule on a schedule fires whenever the sandbox's clock passes its time, and goes on after a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await startSandbox({ dataDir, fronts: [] });
  await withQueue(first, "turnpike-events", { policy: true });
  const events = new sdk.EventBridgeClient(clientSettings(first));
  await events.send(new sdk.PutRuleCommand({ Name: "pipelines", ScheduleExpression: "rate(5 minutes)" }));
  const Targets = [{ Id: "queue", Arn: queueArn("turnpike-events") }];
  await events.send(new sdk.PutTargetsCommand({ Rule: "pipelines", Targets }));
  const received = reader(first, "turnpike-events");
  first.clock.advance(5 * 60_000);
  const event = await eventually(received);
  expect(event).toMatchObject({
    "detail-type": "Scheduled Event",
    source: "aws.events",
    resources: [ruleArn],
    detail: {},
  });
  first.clock.advance(10 * 60_000);
  await eventually(received);
  await eventually(received);
  const atEnd = first.clock.now();
  await first.stop();

  // Off for twenty minutes: what was missed happens once.
  const second = await sandboxForTest({ dataDir, clock: createClock(new Date(atEnd.getTime() + 20 * 60_000)) });
  const later = reader(second, "turnpike-events");
  await eventually(later);
  await second.send(new sdk.DisableRuleCommand({ Name: "pipelines" }));
  expect(await later()).toBeUndefined();
  second.clock.advance(60 * 60_000);
  expect(await later()).toBeUndefined();
});

test("an event crosses to another account's bus under that bus's policy, with its id and its account", async () => {
  const sandbox = await sandboxForTest();
  const away = new sdk.EventBridgeClient(clientSettings(sandbox, DEV));
  const { EventBusArn = "" } = await away.send(new sdk.CreateEventBusCommand({ Name: "central" }));
  const { QueueUrl } = await sandbox.send(new CreateQueueCommand({ QueueName: "q", Attributes: anyone }), {
    account: DEV,
  });
  const EventPattern = JSON.stringify({ source: ["shop"] });
  await away.send(new sdk.PutRuleCommand({ Name: "all", EventBusName: "central", EventPattern }));
  const Targets = [{ Id: "q", Arn: `arn:aws:sqs:eu-west-1:${DEV}:q` }];
  await away.send(new sdk.PutTargetsCommand({ Rule: "all", EventBusName: "central", Targets }));

  const events = new sdk.EventBridgeClient(clientSettings(sandbox));
  await events.send(new sdk.PutRuleCommand({ Name: "forward", EventPattern }));
  await events.send(new sdk.PutTargetsCommand({ Rule: "forward", Targets: [{ Id: "bus", Arn: EventBusArn }] }));
  const entry = { Source: "shop", DetailType: "sold", Detail: "{}" };
  const send = async (more: object = {}) =>
    (await events.send(new sdk.PutEventsCommand({ Entries: [{ ...entry, ...more }] }))).Entries?.[0]?.EventId;
  const received = async () =>
    (
      (await sandbox.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }), { account: DEV }))
        .Messages ?? []
    )
      .map(({ Body = "" }) => JSON.parse(Body))
      .map(({ id, account }) => [id, account]);

  await send();
  await expect(send({ EventBusName: EventBusArn })).rejects.toThrow("not authorized to perform: events:PutEvents");
  expect(await received()).toEqual([]);
  const permission = {
    EventBusName: "central",
    StatementId: "tooling",
    Principal: TOOLING,
    Action: "events:PutEvents",
  };
  await away.send(new sdk.PutPermissionCommand(permission));
  const [forwarded, direct] = [await send(), await send({ EventBusName: EventBusArn })];
  expect(await received()).toEqual([
    [forwarded, TOOLING],
    [direct, TOOLING],
    // Put straight there it matches once; put on the default bus it is forwarded.
  ]);
  expect(await send({ EventBusName: "nowhere" })).toBeTruthy();
});

test("a topic, a log group and a state machine get events, each with the permission it asks for", async () => {
  const sandbox = await sandboxForTest();
  const events = new sdk.EventBridgeClient(clientSettings(sandbox));
  const { QueueUrl } = await sandbox.send(new CreateQueueCommand({ QueueName: "mail", Attributes: anyone }));
  const { TopicArn = "" } = await sandbox.send(new CreateTopicCommand({ Name: "topic", Attributes: anyone }));
  await sandbox.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: queueArn("mail") }));
  await sandbox.send(new CreateLogGroupCommand({ logGroupName: "/events" }));
  const RoleArn = await roleFor(sandbox, "events.amazonaws.com", ["states:StartExecution"]);
  const machine = { name: "m", roleArn: RoleArn, definition: '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}' };
  const { stateMachineArn = "" } = await sandbox.send(new CreateStateMachineCommand(machine));
  await events.send(new sdk.PutRuleCommand({ Name: "all", EventPattern: '{"source":["shop"]}' }));
  const Targets = [
    { Id: "topic", Arn: TopicArn, InputPath: "$.detail" },
    { Id: "logs", Arn: `arn:aws:logs:eu-west-1:${TOOLING}:log-group:/events` },
    { Id: "machine", Arn: stateMachineArn, RoleArn, Input: '{"constant":true}' },
  ];
  await events.send(new sdk.PutTargetsCommand({ Rule: "all", Targets }));
  const Entries = [{ Source: "shop", DetailType: "sold", Detail: '{"book":1}' }];
  await events.send(new sdk.PutEventsCommand({ Entries }));

  const { Messages: [mail] = [] } = await sandbox.send(new ReceiveMessageCommand({ QueueUrl }));
  expect(JSON.parse(mail?.Body ?? "{}")).toMatchObject({ TopicArn, Message: '{"book":1}' });
  const { events: [line] = [] } = await sandbox.send(new FilterLogEventsCommand({ logGroupName: "/events" }));
  expect(JSON.parse(line?.message ?? "{}")).toMatchObject({ source: "shop", detail: { book: 1 } });
  const { executions: [execution] = [] } = await sandbox.send(new ListExecutionsCommand({ stateMachineArn }));
  const { input } = await sandbox.send(new DescribeExecutionCommand({ executionArn: execution?.executionArn ?? "" }));
  expect(input).toBe('{"constant":true}');
});

test("a function that is throttled gets its event later, as often as the target's retry policy says", async () => {
  const calls: number[] = [];
  const Invoke = () => {
    calls.push(1);
    throw new AwsError("TooManyRequestsException", "Rate exceeded");
  };
  const throttled = services.map((service) =>
    service.client === "LambdaClient" ? { ...service, operations: { ...service.operations, Invoke } } : service,
  );
  const sandbox = await sandboxForTest({ services: throttled });
  const { QueueUrl } = await sandbox.send(new CreateQueueCommand({ QueueName: "dead", Attributes: anyone }));
  await withRule(sandbox, {
    Arn: `arn:aws:lambda:eu-west-1:${TOOLING}:function:busy`,
    RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 3600 },
    DeadLetterConfig: { Arn: queueArn("dead") },
  });
  await put(sandbox, "FAILED");
  expect(calls).toHaveLength(1);
  sandbox.clock.advance(60_000);
  await expect.poll(() => calls.length).toBe(2);
  const letters = async () => {
    sandbox.clock.advance(60_000);
    const command = new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"] });
    return (await sandbox.send(command)).Messages?.[0]?.MessageAttributes?.EXHAUSTED_RETRY_CONDITION?.StringValue;
  };
  await expect.poll(letters).toBe("MaximumRetryAttempts");
  expect(calls).toHaveLength(3);
});

test.skipIf(!hasAwsCli)("the AWS CLI makes a rule with a target and puts events", async () => {
  const sandbox = await sandboxForTest();
  const received = await withQueue(sandbox, "turnpike-events", { policy: true });
  const aws = (...args: string[]) => awsCli(sandbox, ["events", ...args]);
  await aws("put-rule", "--name", "pipelines", "--event-pattern", '{"source":["shop"]}');
  await aws("put-targets", "--rule", "pipelines", "--targets", `Id=q,Arn=${queueArn("turnpike-events")}`);
  const entry = JSON.stringify([{ Source: "shop", DetailType: "sold", Detail: "{}" }]);
  expect(await aws("put-events", "--entries", entry)).toMatchObject({ FailedEntryCount: 0 });
  expect(await received()).toMatchObject([{ source: "shop" }]);
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
  const put = (target: Partial<sdk.Target>) =>
    events.send(
      new sdk.PutTargetsCommand({ Rule: "pipelines", Targets: [{ Id: "t", Arn: queueArn("q"), ...target }] }),
    );
  await expect(put({ Arn: `arn:aws:kinesis:eu-west-1:${TOOLING}:stream/x` })).rejects.toThrow(
    "stream/x not implemented",
  );
  await expect(put({ Id: "!@#$" })).rejects.toThrow(
    "Value '!@#$' at 'targets.1.member.id' failed to satisfy constraint",
  );
  await expect(put({ RoleArn: `arn:aws:iam::${TOOLING}:role/none` })).rejects.toThrow(
    "cannot be assumed by principal 'events.amazonaws.com'.",
  );
  const schedule = (ScheduleExpression: string, EventBusName?: string) =>
    events.send(new sdk.PutRuleCommand({ Name: "s", ScheduleExpression, EventBusName }));
  await expect(schedule("rate(1 minutes)")).rejects.toThrow("Parameter ScheduleExpression is not valid.");
  await expect(schedule("rate(1 minute)", "none")).rejects.toThrow("Event bus none does not exist.");
  const archive = { ArchiveName: "a", EventSourceArn: `arn:aws:events:eu-west-1:${TOOLING}:event-bus/default` };
  await expect(events.send(new sdk.CreateArchiveCommand(archive))).rejects.toThrow("CreateArchive is not implemented");
  await expect(events.send(new sdk.DeleteRuleCommand({ Name: "pipelines" }))).rejects.toThrow("targets");
});
