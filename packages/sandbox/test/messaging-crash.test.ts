import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  CreateScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { CreateSecretCommand, GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../src/index.ts";
import { REGION, roleForTest, TOOLING, temporaryFolder } from "./support.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");
/** The process is killed in the middle of its work once each kind of call was acknowledged so often. */
const ENOUGH = 8;
const Policy = JSON.stringify({ Statement: [{ Effect: "Allow", Principal: "*", Action: "*", Resource: "*" }] });

async function startProcess(dataDir: string): Promise<{ kill: () => Promise<unknown>; endpoint: string }> {
  const config = join(dataDir, "config.json");
  writeFileSync(config, JSON.stringify({ dataDir }));
  const child = spawn(process.execPath, [MAIN, "--config", config], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const exit = once(child, "exit");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { awsUrl } = JSON.parse(line) as { awsUrl: string };
  const kill = () => {
    child.kill("SIGKILL");
    return exit;
  };
  return { kill, endpoint: awsUrl };
}

function clientsOf(dataDir: string, endpoint: string) {
  const secrets = JSON.parse(readFileSync(join(dataDir, "credentials.json"), "utf8")) as Record<string, string>;
  const credentials = { accessKeyId: `AKIA${TOOLING}0000`, secretAccessKey: secrets[TOOLING] ?? "" };
  const settings = { endpoint, region: REGION, credentials, maxAttempts: 1 };
  return {
    sqs: new SQSClient(settings),
    sns: new SNSClient(settings),
    ssm: new SSMClient(settings),
    secrets: new SecretsManagerClient(settings),
    scheduler: new SchedulerClient(settings),
  };
}

/** Calls again and again until the process is gone; `texts` is what was acknowledged so far. */
function acknowledged(call: (text: string) => Promise<unknown>): { texts: string[]; ended: Promise<void> } {
  const texts: string[] = [];
  const run = async () => {
    for (let n = 0; ; n++) {
      await call(`n${n}`);
      texts.push(`n${n}`);
    }
  };
  return { texts, ended: run().catch(() => undefined) };
}

test("what was acknowledged before a kill -9 is there afterwards: messages, notifications, parameters, secrets, schedules", async () => {
  const dataDir = temporaryFolder();
  const first = await startSandbox({ dataDir, fronts: [] });
  const principal = { Service: "scheduler.amazonaws.com" };
  const RoleArn = await roleForTest(first, { name: "clock", principal, actions: ["sqs:*"] });
  const Arn = (name: string) => `arn:aws:sqs:${REGION}:${TOOLING}:${name}`;
  const fifo = { FifoQueue: "true", ContentBasedDeduplication: "true" };
  await first.send(new CreateQueueCommand({ QueueName: "plain" }));
  await first.send(new CreateQueueCommand({ QueueName: "ordered.fifo", Attributes: fifo }));
  await first.send(new CreateQueueCommand({ QueueName: "told", Attributes: { Policy } }));
  const { TopicArn } = await first.send(new CreateTopicCommand({ Name: "topic" }));
  const raw = { RawMessageDelivery: "true" };
  await first.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: Arn("told"), Attributes: raw }));
  const schedule = { Name: "s", FlexibleTimeWindow: { Mode: "OFF" as const }, Target: { Arn: Arn("plain"), RoleArn } };
  await first.send(new CreateScheduleCommand({ ...schedule, ScheduleExpression: "rate(1 day)" }));
  await first.stop();

  const { kill, endpoint } = await startProcess(dataDir);
  const { sqs, sns, ssm, secrets, scheduler } = clientsOf(dataDir, endpoint);
  const url = (name: string) => `${endpoint}/${TOOLING}/${name}`;
  const working = [
    acknowledged((text) => sqs.send(new SendMessageCommand({ QueueUrl: url("plain"), MessageBody: text }))),
    acknowledged((text) =>
      sqs.send(new SendMessageCommand({ QueueUrl: url("ordered.fifo"), MessageBody: text, MessageGroupId: "g" })),
    ),
    acknowledged((text) => sns.send(new PublishCommand({ TopicArn, Message: text }))),
    acknowledged((text) =>
      ssm.send(new PutParameterCommand({ Name: "/p", Value: text, Type: "SecureString", Overwrite: true })),
    ),
    acknowledged((text) => secrets.send(new CreateSecretCommand({ Name: text, SecretString: text }))),
    acknowledged((text) =>
      scheduler.send(new UpdateScheduleCommand({ ...schedule, Description: text, ScheduleExpression: "rate(1 day)" })),
    ),
  ];
  const fewest = () => Math.min(...working.map(({ texts }) => texts.length));
  await expect.poll(fewest, { timeout: 20_000, interval: 5 }).toBeGreaterThanOrEqual(ENOUGH);
  await kill();
  await Promise.all(working.map(({ ended }) => ended));
  const [plain = [], ordered = [], told = [], parameters = [], made = [], schedules = []] = working.map(
    ({ texts }) => texts,
  );

  const after = await startSandbox({ dataDir, fronts: [] });
  onTestFinished(() => after.stop());
  const drain = async (name: string) => {
    const QueueUrl = `${after.awsUrl}/${TOOLING}/${name}`;
    const found: string[] = [];
    for (;;) {
      const { Messages = [] } = await after.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      if (Messages.length === 0) return found;
      found.push(...Messages.map(({ Body = "" }) => Body));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await after.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  };
  const left = (acked: string[], found: string[]) => acked.filter((text) => !found.includes(text));
  expect(left(plain, await drain("plain"))).toEqual([]);
  const inOrder = await drain("ordered.fifo");
  expect(inOrder.slice(0, ordered.length)).toEqual(ordered);
  expect(left(told, await drain("told"))).toEqual([]);
  const { Parameter } = await after.send(new GetParameterCommand({ Name: "/p", WithDecryption: true }));
  // The call that the kill cut off may have been done, too.
  expect([parameters.length, parameters.length + 1]).toContain(Parameter?.Version);
  for (const name of made) {
    expect((await after.send(new GetSecretValueCommand({ SecretId: name }))).SecretString).toBe(name);
  }
  const { Description } = await after.send(new GetScheduleCommand({ Name: "s" }));
  expect([schedules.at(-1), `n${schedules.length}`]).toContain(Description);
  after.clock.advance(24 * 3600 * 1000);
  await expect.poll(() => drain("plain")).toHaveLength(1);
});
