import { EventBridgeClient, PutEventsCommand, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ListQueuesCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { clientSettings, DEV, REGION, sandboxForTest, TOOLING } from "../../test/support.ts";

/** What a client is told: `undefined` when it succeeded. */
const nameOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: Error) => error.name,
  );

test("a fault meets the requests that it names, as often as it says, and no others", async () => {
  const sandbox = await sandboxForTest();
  const sqs = new SQSClient(clientSettings(sandbox));
  const other = new SQSClient(clientSettings(sandbox, DEV));
  const { id } = sandbox.faults.add({
    service: "sqs",
    operation: "ListQueues",
    account: TOOLING,
    skip: 1,
    times: 2,
    effect: { kind: "throttle" },
  });
  const list = () => nameOf(sqs.send(new ListQueuesCommand()));
  expect(await list()).toBeUndefined();
  expect(await nameOf(sqs.send(new CreateQueueCommand({ QueueName: "q" })))).toBeUndefined();
  expect(await nameOf(other.send(new ListQueuesCommand()))).toBeUndefined();
  expect([await list(), await list(), await list()]).toEqual(["ThrottlingException", "ThrottlingException", undefined]);
  expect(sandbox.faults.list()).toMatchObject([{ id, met: 2 }]);
});

test("an error before the effect did nothing; one after it did everything", async () => {
  const sandbox = await sandboxForTest();
  const sqs = new SQSClient(clientSettings(sandbox));
  for (const at of ["before", "after"] as const) {
    sandbox.faults.add({ operation: "CreateQueue", times: 1, effect: { kind: "error", status: 503, at } });
    const error = await sqs.send(new CreateQueueCommand({ QueueName: at })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ $metadata: { httpStatusCode: 503 } });
  }
  const { QueueUrls } = await sqs.send(new ListQueuesCommand());
  expect(QueueUrls).toEqual([expect.stringMatching(/\/after$/)]);
});

test("a cut connection ends without an answer, after the effect when it is asked for so", async () => {
  const sandbox = await sandboxForTest();
  const sqs = new SQSClient(clientSettings(sandbox));
  sandbox.faults.add({ operation: "CreateQueue", times: 1, effect: { kind: "cut", at: "after" } });
  const error = await sqs.send(new CreateQueueCommand({ QueueName: "made" })).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "ECONNRESET" });
  expect((await sqs.send(new ListQueuesCommand())).QueueUrls).toHaveLength(1);
});

test("credentials expire and roles are refused on demand, in AWS's words", async () => {
  const sandbox = await sandboxForTest();
  const sts = new STSClient(clientSettings(sandbox));
  sandbox.faults.add({ operation: "GetCallerIdentity", times: 1, effect: { kind: "expired-credentials" } });
  sandbox.faults.add({ operation: "AssumeRole", times: 1, effect: { kind: "refuse" } });
  expect(await nameOf(sts.send(new GetCallerIdentityCommand()))).toBe("ExpiredToken");
  const role = { RoleArn: `arn:aws:iam::${DEV}:role/reader`, RoleSessionName: "s" };
  await expect(sts.send(new AssumeRoleCommand(role))).rejects.toThrow(/is not authorized to perform: sts:AssumeRole/);
});

test("an event is lost, or arrives twice, and its sender never hears of it", async () => {
  const sandbox = await sandboxForTest();
  const sqs = new SQSClient(clientSettings(sandbox));
  const events = new EventBridgeClient(clientSettings(sandbox));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "heard" }));
  const Arn = `arn:aws:sqs:${REGION}:${TOOLING}:heard`;
  const statement = {
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: Arn,
  };
  const Policy = JSON.stringify({ Statement: [statement] });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await events.send(new PutRuleCommand({ Name: "all", EventPattern: JSON.stringify({ source: ["orders"] }) }));
  await events.send(new PutTargetsCommand({ Rule: "all", Targets: [{ Id: "queue", Arn }] }));
  const put = () =>
    events.send(new PutEventsCommand({ Entries: [{ Source: "orders", DetailType: "placed", Detail: "{}" }] }));
  const heard = async () => {
    const AttributeNames = ["ApproximateNumberOfMessages"] as const;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
    );
    return Attributes?.ApproximateNumberOfMessages;
  };
  sandbox.faults.add({ service: "events", operation: "placed", times: 1, effect: { kind: "lose" } });
  expect((await put()).FailedEntryCount).toBe(0);
  expect(await heard()).toBe("0");
  sandbox.faults.add({ service: "events", operation: "placed", times: 1, effect: { kind: "duplicate" } });
  await put();
  expect(await heard()).toBe("2");
  await put();
  expect(await heard()).toBe("3");
});

test("a slow answer takes as long as it is told to", async () => {
  const sandbox = await sandboxForTest();
  const sqs = new SQSClient(clientSettings(sandbox));
  sandbox.faults.add({ service: "sqs", effect: { kind: "latency", ms: 150 } });
  const began = performance.now();
  await sqs.send(new ListQueuesCommand());
  expect(performance.now() - began).toBeGreaterThanOrEqual(149);
});

test("faults and the clock are at hand over HTTP, and a plan that can't be one says why", async () => {
  const sandbox = await sandboxForTest();
  const sqs = new SQSClient(clientSettings(sandbox));
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${sandbox.awsUrl}/_sandbox/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = response.status === 204 ? undefined : await response.json();
    return { status: response.status, body: answer as { id: string; now: string } };
  };
  const made = await ask("POST", "faults", { service: "sqs", effect: { kind: "throttle" } });
  expect(made).toMatchObject({ status: 201, body: { id: expect.any(String), met: 0 } });
  expect(await nameOf(sqs.send(new ListQueuesCommand()))).toBe("ThrottlingException");
  expect((await ask("GET", "faults")).body).toMatchObject({ faults: [{ met: 1 }] });
  expect((await ask("DELETE", `faults/${made.body.id}`)).status).toBe(204);
  expect(await nameOf(sqs.send(new ListQueuesCommand()))).toBeUndefined();

  const wrong = await ask("POST", "faults", { servcie: "sqs", effect: { kind: "explode" } });
  expect(wrong).toMatchObject({ status: 400, body: { message: expect.stringMatching(/servcie/) } });
  expect((await ask("POST", "faults", "{")).status).toBe(400);

  const before = sandbox.clock.now().getTime();
  const { body } = await ask("POST", "clock", { advanceMs: 3_600_000 });
  expect(new Date(body.now).getTime() - before).toBeGreaterThanOrEqual(3_600_000);
  expect((await ask("POST", "clock", { advanceMs: -1 })).status).toBe(400);
});
