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
import type { ClientSettings } from "./questions.ts";

const [TOOLING, DEV, PROD] = ["111111111111", "222222222222", "333333333333"] as const;

const ZIP = zipSync({ "index.mjs": strToU8("export const handler = async () => ({ statusCode: 200 });") });

type SettingsOf = (account: string) => ClientSettings;

/** What one service has: a function, its lines, metrics and alarm in two accounts, and a pipeline. */
export async function makeService(settingsOf: SettingsOf, service: number): Promise<void> {
  const name = `service-${service}`;
  for (const account of [DEV, PROD]) {
    const settings = settingsOf(account);
    if (service === 0) await makeRole(settings);
    const lambda = new LambdaClient(settings);
    const Role = `arn:aws:iam::${account}:role/function`;
    const code = { Runtime: "nodejs22.x" as const, Handler: "index.handler", Role, Code: { ZipFile: ZIP } };
    await lambda.send(new CreateFunctionCommand({ FunctionName: name, ...code }));
    await lambda.send(new PublishVersionCommand({ FunctionName: name }));
    await makeTelemetry(settings, name);
    lambda.destroy();
  }
  const pipelines = new CodePipelineClient(settingsOf(TOOLING));
  await pipelines.send(new CreatePipelineCommand({ pipeline: pipelineOf(name) }));
  pipelines.destroy();
}

async function makeRole(settings: ClientSettings): Promise<void> {
  const Principal = { Service: "lambda.amazonaws.com" };
  const statement = { Effect: "Allow", Principal, Action: "sts:AssumeRole" };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await new IAMClient(settings).send(new CreateRoleCommand({ RoleName: "function", AssumeRolePolicyDocument }));
}

async function makeTelemetry(settings: ClientSettings, name: string): Promise<void> {
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
