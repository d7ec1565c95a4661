import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import * as sdk from "@aws-sdk/client-scheduler";
import { CreateQueueCommand, DeleteMessageCommand, type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { awsCli, hasAwsCli } from "../../../test/aws-cli.ts";
import { clientSettings, roleForTest, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import { createClock } from "../../core/clock.ts";
import { type Sandbox, startSandbox } from "../../index.ts";

const MINUTE_MS = 60_000;
const RoleArn = `arn:aws:iam::${TOOLING}:role/scheduler`;
const queueArn = (name: string) => `arn:aws:sqs:eu-west-1:${TOOLING}:${name}`;

/** A queue, the role that schedules act as, and a shorter way to make one that sends to the queue. */
async function prepare(sandbox: Sandbox) {
  const principal = { Service: "scheduler.amazonaws.com" };
  await roleForTest(sandbox, { name: "scheduler", principal, actions: ["sqs:*", "ssm:*", "events:*"] });
  await sandbox.send(new CreateQueueCommand({ QueueName: "q" }));
  return withSchedules(sandbox);
}

function withSchedules(sandbox: Sandbox) {
  const client = new sdk.SchedulerClient(clientSettings(sandbox));
  const create = (ScheduleExpression: string, more: Partial<sdk.CreateScheduleCommandInput> = {}) =>
    client.send(
      new sdk.CreateScheduleCommand({
        Name: "s",
        ScheduleExpression,
        FlexibleTimeWindow: { Mode: "OFF" },
        Target: { Arn: queueArn("q"), RoleArn, Input: "hello" },
        ...more,
      }),
    );
  return { client, create };
}

/** Takes the next message of a queue away, waiting a moment for it. */
async function next(sandbox: Sandbox, name = "q", tries = 100): Promise<Message | undefined> {
  const QueueUrl = `${sandbox.awsUrl}/${TOOLING}/${name}`;
  for (let left = tries; left > 0; left--) {
    const command = new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ["All"] });
    const { Messages: [message] = [] } = await sandbox.send(command);
    if (message) {
      await sandbox.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
      return message;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return undefined;
}

const nothing = (sandbox: Sandbox) => next(sandbox, "q", 3);

test("a schedule by rate invokes its target each time the sandbox's clock passes", async () => {
  const sandbox = await sandboxForTest();
  const { client, create } = await prepare(sandbox);
  await create("rate(5 minutes)");
  expect(await nothing(sandbox)).toBeUndefined();
  sandbox.clock.advance(11 * MINUTE_MS);
  expect((await next(sandbox))?.Body).toBe("hello");
  expect((await next(sandbox))?.Body).toBe("hello");
  expect(await nothing(sandbox)).toBeUndefined();
  const { Target, FlexibleTimeWindow, ActionAfterCompletion } = await client.send(
    new sdk.GetScheduleCommand({ Name: "s" }),
  );
  expect(Target?.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 });
  expect([FlexibleTimeWindow?.Mode, ActionAfterCompletion]).toEqual(["OFF", "NONE"]);
  await client.send(new sdk.DeleteScheduleCommand({ Name: "s" }));
  sandbox.clock.advance(60 * MINUTE_MS);
  expect(await nothing(sandbox)).toBeUndefined();
});

test("a local time is that of its zone, and a schedule that is over deletes itself when it is told to", async () => {
  const clock = createClock(new Date("2026-07-01T06:30:00Z"));
  const sandbox = await sandboxForTest({ clock });
  const { client, create } = await prepare(sandbox);
  await create("at(2026-07-01T09:00:00)", {
    ScheduleExpressionTimezone: "Europe/Berlin",
    ActionAfterCompletion: "DELETE",
    Target: { Arn: queueArn("q"), RoleArn, Input: '{"at":"<aws.scheduler.scheduled-time>"}' },
  });
  clock.advance(29 * MINUTE_MS);
  expect(await nothing(sandbox)).toBeUndefined();
  clock.advance(2 * MINUTE_MS);
  expect((await next(sandbox))?.Body).toBe('{"at":"2026-07-01T07:00:00Z"}');
  const get = () => client.send(new sdk.GetScheduleCommand({ Name: "s" }));
  await expect.poll(() => get().then(() => "there", (error: Error) => error.name)).toBe("ResourceNotFoundException"); // biome-ignore format: one thing
});

test("start, end and a flexible window bound when a target is invoked", async () => {
  const clock = createClock(new Date("2026-07-01T00:00:00Z"));
  const sandbox = await sandboxForTest({ clock });
  const { create } = await prepare(sandbox);
  await create("cron(0 * * * ? *)", {
    StartDate: new Date("2026-07-01T02:00:00Z"),
    EndDate: new Date("2026-07-01T03:30:00Z"),
    FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 30 },
  });
  clock.advance(119 * MINUTE_MS);
  expect(await nothing(sandbox)).toBeUndefined();
  clock.advance(31 * MINUTE_MS);
  expect(await next(sandbox)).toBeDefined();
  clock.advance(24 * 60 * MINUTE_MS);
  expect(await next(sandbox)).toBeDefined();
  expect(await nothing(sandbox)).toBeUndefined();
});

test("what was missed while the sandbox was off happens once, and the schedule goes on", async () => {
  const dataDir = temporaryFolder();
  const first = await startSandbox({ dataDir, fronts: [] });
  await (await prepare(first)).create("rate(1 hour)");
  const atEnd = first.clock.now().getTime();
  await first.stop();
  const second = await sandboxForTest({ dataDir, clock: createClock(new Date(atEnd + 5.5 * 60 * MINUTE_MS)) });
  expect(await next(second)).toBeDefined();
  expect(await nothing(second)).toBeUndefined();
  second.clock.advance(30 * MINUTE_MS);
  expect(await next(second)).toBeDefined();
});

test("a target that refuses leaves a letter that says why", async () => {
  const sandbox = await sandboxForTest();
  const { create } = await prepare(sandbox);
  const DeadLetterConfig = { Arn: queueArn("q") };
  const { ScheduleArn } = await create("rate(1 minute)", {
    Target: { Arn: queueArn("gone"), RoleArn, Input: "lost?", DeadLetterConfig },
  });
  sandbox.clock.advance(MINUTE_MS);
  const letter = await next(sandbox);
  const texts = Object.entries(letter?.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]);
  expect(letter?.Body).toBe("lost?");
  expect(Object.fromEntries(texts)).toMatchObject({
    SCHEDULE_ARN: ScheduleArn,
    TARGET_ARN: queueArn("gone"),
    ERROR_CODE: "NO_RESOURCE",
    RETRY_ATTEMPTS: "0",
    SCHEDULED_TIME: expect.stringMatching(/Z$/),
  });
});

test("an event bus and any operation of a service can be targets", async () => {
  const sandbox = await sandboxForTest();
  const { create } = await prepare(sandbox);
  const events = new EventBridgeClient(clientSettings(sandbox));
  const Policy = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }] });
  await sandbox.send(new CreateQueueCommand({ QueueName: "events", Attributes: { Policy } }));
  await events.send(new PutRuleCommand({ Name: "r", EventPattern: '{"source":["clock"]}' }));
  await events.send(new PutTargetsCommand({ Rule: "r", Targets: [{ Id: "q", Arn: queueArn("events") }] }));
  const Arn = `arn:aws:events:eu-west-1:${TOOLING}:event-bus/default`;
  const EventBridgeParameters = { DetailType: "tick", Source: "clock" };
  await create("rate(1 minute)", { Name: "bus", Target: { Arn, RoleArn, Input: '{"n":1}', EventBridgeParameters } });
  const Input = JSON.stringify({ Name: "/set/by/clock", Value: "yes", Type: "String" });
  const universal = "arn:aws:scheduler:::aws-sdk:ssm:putParameter";
  await create("rate(1 minute)", { Name: "universal", Target: { Arn: universal, RoleArn, Input } });
  sandbox.clock.advance(MINUTE_MS);
  expect(JSON.parse((await next(sandbox, "events"))?.Body ?? "{}")).toMatchObject({
    source: "clock",
    detail: { n: 1 },
  });
  const read = () => sandbox.send(new GetParameterCommand({ Name: "/set/by/clock" })).catch(() => undefined);
  await expect.poll(async () => (await read())?.Parameter?.Value).toBe("yes");
});

test("what can't be is refused in AWS's words", async () => {
  const sandbox = await sandboxForTest();
  const { client, create } = await prepare(sandbox);
  await expect(create("rate(10 minutess)")).rejects.toThrow("Invalid Schedule Expression rate(10 minutess).");
  await expect(create("rate(1 hour)", { ScheduleExpressionTimezone: "Mars/Base" })).rejects.toThrow("Mars/Base");
  const stranger = { Arn: queueArn("q"), RoleArn: `arn:aws:iam::${TOOLING}:role/none` };
  await expect(create("rate(1 hour)", { Target: stranger })).rejects.toThrow(
    "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
  );
  const stream = { Arn: `arn:aws:kinesis:eu-west-1:${TOOLING}:stream/s`, RoleArn };
  await expect(create("rate(1 hour)", { Target: stream })).rejects.toThrow("not implemented");
  await expect(create("rate(1 hour)", { GroupName: "none" })).rejects.toThrow("Schedule group none does not exist.");
  await create("rate(1 hour)");
  await expect(create("rate(1 hour)")).rejects.toThrow(sdk.ConflictException);
  await expect(client.send(new sdk.GetScheduleCommand({ Name: "x" }))).rejects.toThrow("Schedule x does not exist.");
});

test("deleting a group ends its schedules; groups carry tags", async () => {
  const sandbox = await sandboxForTest();
  const { client, create } = await prepare(sandbox);
  const Tags = [{ Key: "team", Value: "orders" }];
  const { ScheduleGroupArn: ResourceArn } = await client.send(new sdk.CreateScheduleGroupCommand({ Name: "g", Tags }));
  await create("rate(1 minute)", { GroupName: "g" });
  expect((await client.send(new sdk.ListTagsForResourceCommand({ ResourceArn }))).Tags).toEqual(Tags);
  const listed = async () => (await client.send(new sdk.ListSchedulesCommand({}))).Schedules?.map(({ Name }) => Name);
  expect(await listed()).toEqual(["s"]);
  await client.send(new sdk.DeleteScheduleGroupCommand({ Name: "g" }));
  sandbox.clock.advance(MINUTE_MS);
  expect(await listed()).toEqual([]);
  expect(await nothing(sandbox)).toBeUndefined();
});

test.skipIf(!hasAwsCli)("the AWS CLI creates and lists schedules", async () => {
  const sandbox = await sandboxForTest();
  await prepare(sandbox);
  const aws = (...args: string[]) => awsCli(sandbox, ["scheduler", ...args]);
  const target = JSON.stringify({ Arn: queueArn("q"), RoleArn });
  await aws(
    ...["create-schedule", "--name", "cli", "--schedule-expression", "rate(1 day)"],
    ...["--flexible-time-window", "Mode=OFF", "--target", target],
  );
  expect(await aws("list-schedules")).toMatchObject({ Schedules: [{ Name: "cli", State: "ENABLED" }] });
});
