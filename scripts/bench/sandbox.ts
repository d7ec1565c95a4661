import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CloudWatchClient, PutMetricAlarmCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CodePipelineClient, CreatePipelineCommand, type PipelineDeclaration } from "@aws-sdk/client-codepipeline";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, LambdaClient, PublishVersionCommand } from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";
import { median, print } from "./figure.ts";
import { processTree, pssMb } from "./processes.ts";
import { startSandboxProcess } from "./sandbox-process.ts";

const STARTS = 5;
const IDLE_MS = 10_000;
const SERVICES = 200;
const [TOOLING, DEV, PROD] = ["111111111111", "222222222222", "333333333333"];

type Running = Awaited<ReturnType<typeof startSandboxProcess>>;

/**
 * `sandbox.start_seconds`: from the process to the port that answers, over an empty folder and one with 200 services, the
 * larger median. `sandbox.idle_mb` and `sandbox.services200_mb`: the memory of all its processes after ten idle seconds.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-sandbox-"));
  try {
    const seconds: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < STARTS; round++) {
      const sandbox = await startSandboxProcess(path.join(folder, `empty-${round}`));
      seconds.push(sandbox.seconds);
      if (round === 0) memory.push(await idleMb(sandbox));
      await sandbox.stop();
    }
    print("sandbox.idle_mb", median(memory), memory.length);

    const dataDir = path.join(folder, "services");
    const filled = await startSandboxProcess(dataDir);
    for (let service = 0; service < SERVICES; service++) await makeService(filled, service);
    const afterwards = await idleMb(filled);
    await filled.stop();
    const again: number[] = [];
    const found: number[] = [];
    for (let round = 0; round < STARTS; round++) {
      const sandbox = await startSandboxProcess(dataDir);
      again.push(sandbox.seconds);
      if (round === 0) found.push(await idleMb(sandbox));
      await sandbox.stop();
    }
    print("sandbox.services200_mb", Math.max(afterwards, ...found), 2, { made: afterwards, found: median(found) });
    const starts = { empty: median(seconds), services200: median(again) };
    print("sandbox.start_seconds", Math.max(starts.empty, starts.services200), STARTS, starts);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function idleMb({ pid }: Running): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return pssMb(processTree(pid));
}

const ZIP = zipSync({ "index.mjs": strToU8("export const handler = async () => ({ statusCode: 200 });") });

/** What one service has: a function, its lines, metrics and alarm in two accounts, and a pipeline. */
async function makeService(sandbox: Running, service: number): Promise<void> {
  const name = `service-${service}`;
  for (const account of [DEV, PROD]) {
    const settings = sandbox.settings(account ?? "");
    if (service === 0) await makeRole(settings);
    const lambda = new LambdaClient(settings);
    const Role = `arn:aws:iam::${account}:role/function`;
    const code = { Runtime: "nodejs22.x" as const, Handler: "index.handler", Role, Code: { ZipFile: ZIP } };
    await lambda.send(new CreateFunctionCommand({ FunctionName: name, ...code }));
    await lambda.send(new PublishVersionCommand({ FunctionName: name }));
    await makeTelemetry(settings, name);
    lambda.destroy();
  }
  const pipelines = new CodePipelineClient(sandbox.settings(TOOLING ?? ""));
  await pipelines.send(new CreatePipelineCommand({ pipeline: pipelineOf(name) }));
  pipelines.destroy();
}

type Settings = ReturnType<Running["settings"]>;

async function makeRole(settings: Settings): Promise<void> {
  const Principal = { Service: "lambda.amazonaws.com" };
  const statement = { Effect: "Allow", Principal, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await new IAMClient(settings).send(new CreateRoleCommand({ RoleName: "function", AssumeRolePolicyDocument }));
}

async function makeTelemetry(settings: Settings, name: string): Promise<void> {
  const [logs, metrics] = [new CloudWatchLogsClient(settings), new CloudWatchClient(settings)];
  const names = { logGroupName: `/aws/lambda/${name}`, logStreamName: "2026/11/24/[1]0" };
  await logs.send(new CreateLogGroupCommand({ logGroupName: names.logGroupName }));
  await logs.send(new CreateLogStreamCommand(names));
  const nowMs = Date.now();
  const logEvents = Array.from({ length: 500 }, (_, n) => ({ timestamp: nowMs, message: `{"level":"INFO","n":${n}}` }));
  await logs.send(new PutLogEventsCommand({ ...names, logEvents }));
  const Dimensions = [{ Name: "FunctionName", Value: name }];
  const MetricData = Array.from({ length: 500 }, (_, n) => ({
    ...{ MetricName: "Latency", Dimensions, Value: n, Timestamp: new Date(nowMs - n * 60_000) },
  }));
  await metrics.send(new PutMetricDataCommand({ Namespace: "Orders", MetricData }));
  await metrics.send(
    new PutMetricAlarmCommand({
      ...{ AlarmName: `${name}-errors`, Namespace: "AWS/Lambda", MetricName: "Errors", Dimensions, Statistic: "Sum" },
      ...{ Period: 60, EvaluationPeriods: 3, Threshold: 1, ComparisonOperator: "GreaterThanOrEqualToThreshold" },
      TreatMissingData: "notBreaching",
    }),
  );
  logs.destroy();
  metrics.destroy();
}

function pipelineOf(name: string): PipelineDeclaration {
  const action = (category: "Source" | "Approval", owner: "AWS", provider: string) => ({
    ...{ name: provider, actionTypeId: { category, owner, provider, version: "1" } },
  });
  const source = {
    ...action("Source", "AWS", "CodeStarSourceConnection"),
    outputArtifacts: [{ name: "source" }],
    configuration: {
      ConnectionArn: `arn:aws:codestar-connections:eu-west-1:${TOOLING}:connection/none`,
      FullRepositoryId: `acme/${name}`,
      BranchName: "main",
    },
  };
  return {
    ...{ name, pipelineType: "V2", roleArn: `arn:aws:iam::${TOOLING}:role/pipeline` },
    artifactStore: { type: "S3", location: "artifacts" },
    stages: [
      { name: "Source", actions: [source] },
      { name: "Approve", actions: [action("Approval", "AWS", "Manual")] },
    ],
  };
}
