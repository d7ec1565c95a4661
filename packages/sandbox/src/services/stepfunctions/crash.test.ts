import { spawn } from "node:child_process";
import { once } from "node:events";
import { CreateFunctionCommand, LambdaClient } from "@aws-sdk/client-lambda";
import * as sdk from "@aws-sdk/client-sfn";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { clientSettings, REGION, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import { zipOf } from "../lambda/test/functions.ts";
import { outline, ROLE, sandboxWithRole, workflows } from "./testing.ts";

/** A sandbox in a process of its own. */
async function sandboxProcess(dataDir: string) {
  const index = JSON.stringify(new URL("../../index.ts", import.meta.url).href);
  const script = `
    import { CreateRoleCommand, PutRolePolicyCommand } from ${JSON.stringify(import.meta.resolve("@aws-sdk/client-iam"))};
    import { startSandbox } from ${index};
    const sandbox = await startSandbox({ dataDir: ${JSON.stringify(dataDir)}, fronts: [] });
    const trust = { Effect: "Allow", Principal: { Service: "states.amazonaws.com" }, Action: "sts:AssumeRole" };
    const may = { Effect: "Allow", Action: ["sqs:*", "lambda:*"], Resource: "*" };
    const document = (statement) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    const RoleName = "workflow";
    await sandbox.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: document(trust) }));
    await sandbox.send(new PutRolePolicyCommand({ RoleName, PolicyName: "may", PolicyDocument: document(may) }));
    process.stdout.write(JSON.stringify({ endpoint: sandbox.awsUrl, credentials: sandbox.credentials("${TOOLING}") }) + "\\n");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const settings = JSON.parse(line.toString()) as {
    endpoint: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
  return {
    settings: { ...settings, region: REGION, maxAttempts: 1 },
    async kill() {
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

test("after kill -9 an execution goes on where it was: what was done isn't done again, what ran fails and is retried", async () => {
  const dataDir = temporaryFolder();
  const before = await sandboxProcess(dataDir);
  const client = new sdk.SFNClient(before.settings);
  const sqs = new SQSClient(before.settings);
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "work" }));
  const hangs =
    "export const handler = (event) => event.attempt > 0 ? 'done' : new Promise(() => setInterval(() => {}, 1000));";
  const { FunctionArn } = await new LambdaClient(before.settings).send(
    new CreateFunctionCommand({
      FunctionName: "hangs",
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: ROLE,
      Timeout: 60,
      Code: { ZipFile: zipOf({ "index.mjs": hangs }) },
    }),
  );
  const send = {
    Type: "Task",
    Resource: "arn:aws:states:::sqs:sendMessage",
    Parameters: { QueueUrl, MessageBody: "once" },
    ResultPath: null,
  };
  const definition = {
    StartAt: "Both",
    States: {
      Both: {
        Type: "Parallel",
        Branches: [
          {
            StartAt: "Send",
            States: { Send: { ...send, Next: "Wait" }, Wait: { Type: "Wait", Seconds: 3600, End: true } },
          },
          {
            StartAt: "Run",
            States: {
              Run: {
                Type: "Task",
                Resource: FunctionArn,
                Parameters: { "attempt.$": "$$.State.RetryCount" },
                Retry: [{ ErrorEquals: ["Lambda.SdkClientException"], IntervalSeconds: 1 }],
                End: true,
              },
            },
          },
        ],
        ResultSelector: { "ran.$": "$[1]" },
        End: true,
      },
    },
  };
  const create = { name: "orders", roleArn: ROLE, definition: JSON.stringify(definition) };
  const { stateMachineArn } = await client.send(new sdk.CreateStateMachineCommand(create));
  const { executionArn = "" } = await client.send(new sdk.StartExecutionCommand({ stateMachineArn }));
  const types = async () =>
    (await client.send(new sdk.GetExecutionHistoryCommand({ executionArn }))).events?.map(({ type }) => type) ?? [];
  await expect
    .poll(types, { timeout: 8000 })
    .toEqual(expect.arrayContaining(["WaitStateEntered", "LambdaFunctionStarted"]));
  const known = (await client.send(new sdk.GetExecutionHistoryCommand({ executionArn }))).events ?? [];
  await before.kill();

  const after = await sandboxForTest({ dataDir });
  const { history, ended } = workflows(after);
  await expect.poll(async () => (await history(executionArn)).length).toBeGreaterThan(known.length);
  expect(outline(await history(executionArn)).slice(0, known.length)).toEqual(outline(known));
  const failed = (await history(executionArn)).find(({ type }) => type === "LambdaFunctionFailed");
  expect(failed?.lambdaFunctionFailedEventDetails).toEqual({
    error: "Lambda.SdkClientException",
    cause: "The sandbox was stopped while this task ran; whether it took effect isn't known.",
  });
  after.clock.advance(2000);
  await expect
    .poll(async () => (await history(executionArn)).map(({ type }) => type))
    .toContain("LambdaFunctionSucceeded");
  after.clock.advance(3_600_000);
  expect(await ended(executionArn)).toMatchObject({ status: "SUCCEEDED", output: '{"ran":"done"}' });
  const queue = new SQSClient(clientSettings(after));
  const { Messages } = await queue.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(["once"]);
});

test("a task that waits for its token across a restart takes the answer that comes afterwards", async () => {
  const dataDir = temporaryFolder();
  const first = await sandboxWithRole(dataDir);
  const sqs = new SQSClient(clientSettings(first));
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: "work" }));
  const { create, start } = workflows(first);
  const Parameters = { QueueUrl, MessageBody: { "token.$": "$$.Task.Token" } };
  const Resource = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
  const arn = await start(
    await create({ StartAt: "T", States: { T: { Type: "Task", Resource, Parameters, End: true } } }),
  );
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 10 }));
  const { token: taskToken } = JSON.parse(Messages?.[0]?.Body ?? "{}") as { token: string };
  await first.stop();
  const second = await sandboxForTest({ dataDir });
  const { client, ended } = workflows(second);
  await client.send(new sdk.SendTaskSuccessCommand({ taskToken, output: '"late"' }));
  expect(await ended(arn)).toMatchObject({ status: "SUCCEEDED", output: '"late"' });
});
