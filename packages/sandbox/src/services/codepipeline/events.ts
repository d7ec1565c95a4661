import type { Context } from "../../core/context.ts";
import { announce } from "../codebuild/announce.ts";
import { type ActionRecord, type ArtifactPlace, type ExecutionRecord, requirePipeline } from "./records.ts";

/*
 * What CodePipeline tells EventBridge of pipelines, stages and actions.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
 */

type ExecutionState =
  | "STARTED"
  | "RESUMED"
  | "STOPPING"
  | "STOPPED"
  | "SUCCEEDED"
  | "FAILED"
  | "SUPERSEDED"
  | "CANCELED";

export function announceExecution(context: Context, record: ExecutionRecord, state: ExecutionState): void {
  const started = state === "STARTED";
  tell(context, record.pipeline, "CodePipeline Pipeline Execution State Change", {
    pipeline: record.pipeline,
    "execution-id": record.id,
    "start-time": record.startedAt,
    state,
    version: record.version,
    ...(started
      ? { "execution-trigger": { "trigger-type": record.trigger.type, "trigger-detail": record.trigger.detail } }
      : {}),
    ...(record.stop && (state === "STOPPING" || state === "STOPPED")
      ? { "stop-execution-comments": record.stop.reason }
      : {}),
  });
}

export function announceStage(context: Context, record: ExecutionRecord, stage: string, state: ExecutionState): void {
  tell(context, record.pipeline, "CodePipeline Stage Execution State Change", {
    pipeline: record.pipeline,
    "execution-id": record.id,
    "start-time": record.startedAt,
    stage,
    state,
    version: record.version,
  });
}

export function announceAction(context: Context, record: ActionRecord): void {
  const { externalExecutionId, externalExecutionUrl, externalExecutionSummary, errorDetails } = record.result;
  const result = {
    ...(externalExecutionUrl ? { "external-execution-url": externalExecutionUrl } : {}),
    ...(externalExecutionSummary ? { "external-execution-summary": externalExecutionSummary } : {}),
    ...(externalExecutionId ? { "external-execution-id": externalExecutionId } : {}),
    ...(errorDetails ? { "error-code": errorDetails.code, "error-message": errorDetails.message } : {}),
  };
  const over = record.status !== "InProgress";
  const succeeded = record.status === "Succeeded";
  tell(context, record.pipeline, "CodePipeline Action Execution State Change", {
    pipeline: record.pipeline,
    "execution-id": record.executionId,
    "start-time": record.startedAt,
    stage: record.stage,
    ...(over && Object.keys(result).length > 0 ? { "execution-result": result } : {}),
    ...(!over && Object.keys(record.inputs).length > 0 ? { "input-artifacts": places(record.inputs) } : {}),
    ...(succeeded && Object.keys(record.outputs).length > 0 ? { "output-artifacts": places(record.outputs) } : {}),
    action: record.action,
    "action-execution-id": record.id,
    state: { InProgress: "STARTED", Succeeded: "SUCCEEDED", Failed: "FAILED", Abandoned: "ABANDONED" }[record.status],
    region: record.region,
    type: { ...record.type },
    version: record.version,
  });
}

const places = (artifacts: Readonly<Record<string, ArtifactPlace>>) =>
  Object.entries(artifacts).map(([name, { bucket, key }]) => ({ name, s3location: { bucket, key } }));

function tell(context: Context, pipeline: string, type: string, detail: object): void {
  const resource = requirePipeline(context, pipeline).arn;
  announce(context, { source: "aws.codepipeline", type, resource, detail });
}
