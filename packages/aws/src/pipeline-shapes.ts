import type {
  ActionDeclaration,
  ActionExecutionDetail,
  ExecutionTrigger,
  PipelineDeclaration,
  PipelineExecutionSummary,
} from "@aws-sdk/client-codepipeline";
import {
  type ActionKind,
  combine,
  type ObservedAction,
  type ObservedStage,
  type RunStatus,
} from "@turnpike/domain/pipelines";

/** CodePipeline's shapes in the domain's words. Pure. */

export function statusOfExecution(status: PipelineExecutionSummary["status"]): RunStatus {
  switch (status) {
    case "InProgress":
    case "Stopping":
      return "running";
    case "Succeeded":
      return "succeeded";
    case "Failed":
      return "failed";
    case "Stopped":
    case "Cancelled":
      return "stopped";
    case "Superseded":
      return "superseded";
    default:
      return "unknown";
  }
}

function statusOfAction(kind: ActionKind, detail: ActionExecutionDetail | undefined): RunStatus {
  switch (detail?.status) {
    case undefined:
      return "waiting";
    case "InProgress":
      return kind === "approval" ? "waiting-for-person" : "running";
    case "Succeeded":
      return "succeeded";
    case "Failed":
      return "failed";
    case "Abandoned":
      return "stopped";
    default:
      return "unknown";
  }
}

function kindOf(declaration: ActionDeclaration): ActionKind {
  switch (declaration.actionTypeId?.category) {
    case "Source":
      return "source";
    case "Test":
      return "test";
    case "Approval":
      return "approval";
    case "Deploy":
      return declaration.configuration?.ActionMode === "CHANGE_SET_REPLACE" ? "change-set" : "deploy";
    default:
      return "build";
  }
}

const accountOf = (arn: string | undefined) => arn?.split(":")[4];

function observedAction(declaration: ActionDeclaration, detail: ActionExecutionDetail | undefined): ObservedAction {
  const kind = kindOf(declaration);
  const result = detail?.output?.executionResult;
  const accountId = kind === "change-set" || kind === "deploy" ? accountOf(declaration.roleArn) : undefined;
  const isBuild = declaration.actionTypeId?.provider === "CodeBuild";
  const error =
    result?.errorDetails?.message ?? (detail?.status === "Failed" ? result?.externalExecutionSummary : undefined);
  const resolved = detail?.input?.resolvedConfiguration ?? {};
  const names = Object.fromEntries(
    ["StackName", "ChangeSetName"].flatMap((key) => (accountId && resolved[key] ? [[key, resolved[key]]] : [])),
  );
  return {
    name: declaration.name ?? "",
    kind,
    status: statusOfAction(kind, detail),
    outputs: { ...names, ...(detail?.output?.outputVariables ?? {}) },
    ...(detail?.startTime ? { startedAt: detail.startTime } : {}),
    ...(detail && detail.status !== "InProgress" && detail.lastUpdateTime ? { endedAt: detail.lastUpdateTime } : {}),
    ...(result?.externalExecutionSummary ? { summary: result.externalExecutionSummary } : {}),
    ...(error ? { error } : {}),
    ...(isBuild && result?.externalExecutionId ? { buildId: result.externalExecutionId } : {}),
    ...(accountId ? { accountId } : {}),
  };
}

/**
 * The stages of a pipeline as one execution went through them: what hasn't started is `waiting`. Of an action that ran
 * more than once (a retried stage) the newest run counts.
 */
export function observedStages(
  declaration: PipelineDeclaration,
  details: readonly ActionExecutionDetail[],
): ObservedStage[] {
  const newest = new Map<string, ActionExecutionDetail>();
  for (const detail of details) {
    const key = `${detail.stageName}/${detail.actionName}`;
    const known = newest.get(key);
    if (!known || (known.startTime ?? 0) < (detail.startTime ?? 0)) newest.set(key, detail);
  }
  return (declaration.stages ?? []).map((stage) => {
    const groups = new Map<number, ObservedAction[]>();
    for (const action of stage.actions ?? []) {
      const order = action.runOrder ?? 1;
      const observed = observedAction(action, newest.get(`${stage.name}/${action.name}`));
      groups.set(order, [...(groups.get(order) ?? []), observed]);
    }
    const ordered = [...groups].sort(([a], [b]) => a - b).map(([, actions]) => actions);
    return {
      name: stage.name ?? "",
      status: combine(ordered.flat().map((action) => action.status)),
      groups: ordered,
    };
  });
}

/** What started an execution, in words. */
export function triggerOf(trigger: ExecutionTrigger | undefined): string {
  switch (trigger?.triggerType) {
    case "CreatePipeline":
      return "pipeline created";
    case "Webhook":
    case "WebhookV2":
    case "CloudWatchEvent":
      return "push";
    case "StartPipelineExecution":
      return "started by hand";
    case "ManualRollback":
    case "AutomatedRollback":
      return "rollback";
    default:
      return "unknown";
  }
}
