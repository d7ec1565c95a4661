import { setTimeout } from "node:timers/promises";
import { CloudFormationClient, DescribeStackEventsCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { BatchGetBuildsCommand, CodeBuildClient } from "@aws-sdk/client-codebuild";
import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  ListDeploymentsCommand,
  ListDeploymentTargetsCommand,
} from "@aws-sdk/client-codedeploy";
import {
  type ActionExecutionDetail,
  CodePipelineClient,
  GetPipelineExecutionCommand,
  GetPipelineStateCommand,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
  PutApprovalResultCommand,
} from "@aws-sdk/client-codepipeline";
import { TOOLING, WORKLOADS } from "../product/accounts.ts";
import type { Throwaway } from "./throwaway.ts";

/** What one action of a pipeline did. */
export interface ActionReport {
  /** `Dev / Integration` */
  readonly name: string;
  readonly status: "Succeeded" | "Failed";
  readonly seconds: number;
  /** Why it failed: what it said itself, then the end of its log or of its stack's events. */
  readonly reason: readonly string[];
}

const POLL_MS = 100;
/** Longest that one execution may take, in the machine's time. */
const DEADLINE_MS = 300_000;
const SHIFT_STEP_MS = 60_000;
const LOG_LINES = 40;

/** The executions of a service's pipeline, by id, the newest first. */
export async function executionsOf(cloud: Throwaway, service: string): Promise<string[]> {
  const client = new CodePipelineClient(cloud.settings(TOOLING));
  const { pipelineExecutionSummaries: all = [] } = await client.send(
    new ListPipelineExecutionsCommand({ pipelineName: service }),
  );
  return all.map(({ pipelineExecutionId: id = "" }) => id);
}

/**
 * Follows one execution to its end: what waits for a person is approved, and while CodeDeploy shifts traffic the
 * sandbox's clock runs, so that nobody sits through a canary's minutes. `onAction` hears of each action that ended.
 */
export async function follow(
  cloud: Throwaway,
  { service, execution }: { service: string; execution: string },
  onAction: (report: ActionReport) => void,
): Promise<boolean> {
  const client = new CodePipelineClient(cloud.settings(TOOLING));
  const told = new Set<string>();
  const deadline = Date.now() + DEADLINE_MS;
  const tell = async () => {
    const command = new ListActionExecutionsCommand({
      ...{ pipelineName: service, filter: { pipelineExecutionId: execution } },
    });
    const { actionExecutionDetails: actions = [] } = await client.send(command);
    for (const action of actions.toReversed()) {
      const { actionExecutionId: id = "", status } = action;
      if (told.has(id) || status === "InProgress") continue;
      told.add(id);
      onAction(await report(cloud, service, action));
    }
  };
  for (;;) {
    const { pipelineExecution } = await client.send(
      new GetPipelineExecutionCommand({ pipelineName: service, pipelineExecutionId: execution }),
    );
    await tell();
    const status = pipelineExecution?.status;
    if (status !== "InProgress") return status === "Succeeded";
    if (Date.now() > deadline) throw new Error(`The pipeline of ${service} isn't done after ${DEADLINE_MS / 1000} s.`);
    await approve(client, service, execution);
    if (await isShifting(cloud)) cloud.sandbox.clock.advance(SHIFT_STEP_MS);
    await setTimeout(POLL_MS);
  }
}

async function approve(client: CodePipelineClient, service: string, execution: string): Promise<void> {
  const { stageStates = [] } = await client.send(new GetPipelineStateCommand({ name: service }));
  for (const { stageName, actionStates = [], latestExecution } of stageStates) {
    if (latestExecution?.pipelineExecutionId !== execution) continue;
    for (const { actionName, latestExecution: action } of actionStates) {
      if (action?.status !== "InProgress" || !action.token) continue;
      await client.send(
        new PutApprovalResultCommand({
          ...{ pipelineName: service, stageName, actionName, token: action.token },
          result: { status: "Approved", summary: "A dry run" },
        }),
      );
    }
  }
}

/** Whether traffic is on its way from one version to another, and only time is missing: hooks take their own. */
async function isShifting(cloud: Throwaway): Promise<boolean> {
  for (const account of Object.values(WORKLOADS)) {
    const client = new CodeDeployClient(cloud.settings(account));
    const running = await client.send(new ListDeploymentsCommand({ includeOnlyStatuses: ["InProgress"] }));
    for (const deploymentId of running.deployments ?? []) {
      const { targetIds = [] } = await client.send(new ListDeploymentTargetsCommand({ deploymentId }));
      const { deploymentTargets = [] } = await client.send(
        new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds }),
      );
      const events = deploymentTargets.flatMap(({ lambdaTarget }) => lambdaTarget?.lifecycleEvents ?? []);
      const shift = events.find(({ lifecycleEventName }) => lifecycleEventName === "AllowTraffic");
      if (shift?.status === "InProgress") return true;
    }
  }
  return false;
}

async function report(cloud: Throwaway, service: string, action: ActionExecutionDetail): Promise<ActionReport> {
  const { stageName, actionName, startTime, lastUpdateTime, status } = action;
  const seconds = ((lastUpdateTime?.getTime() ?? 0) - (startTime?.getTime() ?? 0)) / 1000;
  const isFailed = status !== "Succeeded";
  return {
    ...{ name: `${stageName} / ${actionName}`, status: isFailed ? "Failed" : "Succeeded", seconds },
    reason: isFailed ? await reasonOf(cloud, service, action) : [],
  };
}

async function reasonOf(cloud: Throwaway, service: string, action: ActionExecutionDetail): Promise<string[]> {
  const { errorDetails, externalExecutionId: id } = action.output?.executionResult ?? {};
  const said = errorDetails?.message ? [errorDetails.message] : [];
  const provider = action.input?.actionTypeId?.provider;
  if (provider === "CodeBuild" && id) return [...said, ...(await endOfLog(cloud, id))];
  const account = Object.values(WORKLOADS).find((each) => action.input?.roleArn?.includes(`::${each}:`));
  if (provider !== "CloudFormation" || !account) return said;
  return [...said, ...(await failuresOf(cloud, account, service))];
}

async function endOfLog(cloud: Throwaway, id: string): Promise<string[]> {
  const settings = cloud.settings(TOOLING);
  const { builds: [build] = [] } = await new CodeBuildClient(settings).send(new BatchGetBuildsCommand({ ids: [id] }));
  const { groupName, streamName } = build?.logs ?? {};
  if (!groupName || !streamName) return [];
  const command = new GetLogEventsCommand({ logGroupName: groupName, logStreamName: streamName, limit: LOG_LINES });
  const { events = [] } = await new CloudWatchLogsClient(settings).send(command);
  return events.map(({ message = "" }) => message.trimEnd());
}

/** What failed in a stack since it last rested, the first first. */
async function failuresOf(cloud: Throwaway, account: string, StackName: string): Promise<string[]> {
  const client = new CloudFormationClient(cloud.settings(account));
  const { StackEvents: events = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
  return events
    .filter(({ ResourceStatus }) => ResourceStatus?.endsWith("_FAILED"))
    .map((event) => `${event.LogicalResourceId}: ${event.ResourceStatusReason}`)
    .toReversed();
}
