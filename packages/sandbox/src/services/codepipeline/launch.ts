import type { ActionDeclaration } from "@aws-sdk/client-codepipeline";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { ActionFailure, type ActionProvider, type ActionRun } from "./actions/action.ts";
import { approve } from "./actions/approval.ts";
import { build } from "./actions/build.ts";
import { deploy } from "./actions/deploy.ts";
import { fetchObject } from "./actions/s3-source.ts";
import { fetchSource } from "./actions/source.ts";
import { announceAction } from "./events.ts";
import {
  type ActionOutcome,
  type ActionRecord,
  type ArtifactPlace,
  actionKey,
  actionRuns,
  declarationOf,
  type ExecutionRecord,
  findExecution,
  requirePipeline,
  saveExecution,
  stageRecord,
  stageRecords,
} from "./records.ts";
import { stageOf } from "./transitions.ts";
import { resolveConfiguration, UnresolvedVariable } from "./variables.ts";

const PROVIDERS: Readonly<Record<string, ActionProvider>> = {
  CodeStarSourceConnection: fetchSource,
  S3: fetchObject,
  CodeBuild: build,
  CloudFormation: deploy,
  Manual: approve,
};

/** Writes an action down as started, with the places of its artifacts. Belongs into a transaction. */
export function prepareAction(
  context: Context,
  execution: ExecutionRecord,
  action: ActionDeclaration,
  pipelineRole: string | undefined,
): ActionRecord {
  const { name: stage } = stageOf(context, execution);
  const { artifactStore } = declarationOf(context, execution);
  const now = context.clock.now().toISOString();
  const outputs = (action.outputArtifacts ?? []).map(({ name = "" }): [string, ArtifactPlace] => [
    name,
    { bucket: artifactStore?.location ?? "", key: artifactKey(context, execution.pipeline, name) },
  ]);
  const inputs = (action.inputArtifacts ?? []).flatMap(({ name = "" }): [string, ArtifactPlace][] => {
    const place = execution.artifacts[name];
    return place ? [[name, place]] : [];
  });
  const record: ActionRecord = {
    key: actionKey(execution.id, execution.nextAction++),
    id: context.random.uuid(),
    executionId: execution.id,
    pipeline: execution.pipeline,
    version: execution.version,
    stage,
    action: action.name ?? "",
    type: action.actionTypeId ?? { category: "Build", owner: "AWS", provider: "", version: "1" },
    startedAt: now,
    updatedAt: now,
    status: "InProgress",
    configuration: action.configuration ?? {},
    resolvedConfiguration: {},
    roleArn: action.roleArn ?? pipelineRole,
    region: action.region ?? context.region,
    namespace: action.namespace,
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs),
    result: {},
    ...(action.actionTypeId?.provider === "Manual" ? { token: context.random.uuid() } : {}),
  };
  try {
    record.resolvedConfiguration = resolveConfiguration(record.configuration, namespacesOf(execution));
  } catch (error) {
    // Told by runAction, which resolves again: an action that can't start is one that failed.
    if (!(error instanceof UnresolvedVariable)) throw error;
  }
  actionRuns(context).put(record.key, record);
  const state = stageRecord(context, execution.pipeline, stage);
  stageRecords(context).put(`${execution.pipeline}\0${stage}`, {
    ...state,
    actions: { ...state.actions, [record.action]: record.key },
  });
  saveExecution(context, execution);
  announceAction(context, record);
  return record;
}

const namespacesOf = (execution: ExecutionRecord) => ({
  ...execution.namespaces,
  codepipeline: { PipelineExecutionId: execution.id },
  variables: execution.variables,
});

/** `orders/BuildOutpu/8fJkQ2a`: CodePipeline cuts the names of pipeline and artifact like this. */
function artifactKey(context: Context, pipeline: string, artifact: string): string {
  return `${pipeline.slice(0, 20)}/${artifact.slice(0, 10)}/${context.random.token(7)}`;
}

/** Runs an action to its end. Everything that goes wrong is an outcome; only a fault of the sandbox itself is raised. */
export async function runAction(
  context: Context,
  record: ActionRecord,
  { signal, resumed }: { signal: AbortSignal; resumed: boolean },
): Promise<ActionOutcome> {
  const save = (change: (latest: ActionRecord) => void) => {
    const latest = actionRuns(context).get(record.key);
    if (latest?.status !== "InProgress") return;
    change(latest);
    actionRuns(context).put(record.key, latest);
  };
  try {
    const execution = findExecution(context, record.executionId);
    const provider = PROVIDERS[record.type.provider ?? ""];
    if (!execution || !provider) throw new ActionFailure("ConfigurationError", `Nothing runs ${record.type.provider}`);
    const declaration = declarationOf(context, execution);
    const stage = declaration.stages?.find(({ name }) => name === record.stage);
    const action = stage?.actions?.find(({ name }) => name === record.action);
    if (!action) throw new ActionFailure("ConfigurationError", `There is no action ${record.action} any more`);
    const configuration = resolveConfiguration(record.configuration, namespacesOf(execution));
    const missing = (action.inputArtifacts ?? []).find(({ name = "" }) => !record.inputs[name]);
    if (missing) throw new ActionFailure("ConfigurationError", `Input artifact ${missing.name} was not produced`);
    const pipelineRole = declaration.roleArn ?? "";
    const run: ActionRun = {
      context,
      pipeline: requirePipeline(context, record.pipeline),
      execution,
      action,
      record,
      configuration,
      pipelineRole,
      roleArn: record.roleArn ?? pipelineRole,
      encryptionKey: declaration.artifactStore?.encryptionKey?.id,
      resumed,
      signal,
      note: (result) => save((latest) => Object.assign(latest.result, result)),
    };
    await requireRoles(run);
    signal.throwIfAborted();
    return { status: "Succeeded", ...(await provider(run)) };
  } catch (error) {
    return { status: "Failed", ...failureOf(error) };
  }
}

/** The pipeline's role must trust CodePipeline, and the action's role the pipeline's. */
async function requireRoles({ context, pipelineRole, roleArn, execution }: ActionRun): Promise<void> {
  const RoleSessionName = execution.id;
  await assume(context, pipelineRole, new AssumeRoleCommand({ RoleArn: pipelineRole, RoleSessionName }), {});
  if (roleArn === pipelineRole) return;
  await assume(context, roleArn, new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName }), {
    roleArn: pipelineRole,
  });
}

async function assume(context: Context, roleArn: string, command: AssumeRoleCommand, scope: { roleArn?: string }) {
  try {
    await context.send(command, scope);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "AccessDenied") throw error;
    const message = `The provided role cannot be assumed: 'Access is denied when attempting to assume the role ${roleArn}'`;
    throw new ActionFailure("PermissionError", message);
  }
}

function failureOf(error: unknown): Pick<ActionOutcome, "result"> {
  if (error instanceof ActionFailure) {
    return { result: { ...error.result, errorDetails: { code: error.code, message: error.message } } };
  }
  if (error instanceof UnresolvedVariable) {
    return { result: { errorDetails: { code: "ConfigurationError", message: error.message } } };
  }
  const denied = error instanceof AwsError && /^AccessDenied/.test(error.code);
  const message = error instanceof Error ? error.message : String(error);
  return { result: { errorDetails: { code: denied ? "PermissionError" : "JobFailed", message } } };
}
