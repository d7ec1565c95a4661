import type * as sdk from "@aws-sdk/client-codepipeline";
import type { ActionDeclaration, ActionState, StageState } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { engineOf } from "./engine.ts";
import { requireStageName } from "./pipeline-operations.ts";
import {
  type ActionRecord,
  type ArtifactPlace,
  actionRuns,
  actionsOf,
  activeExecutions,
  declarationOf,
  executions,
  type PipelineRecord,
  requireExecution,
  requirePipeline,
  stageRecord,
} from "./records.ts";

export const stateOperations: Operations<typeof sdk> = {
  GetPipelineState(context, input) {
    const record = requirePipeline(context, input.name);
    return {
      pipelineName: record.name,
      pipelineVersion: record.version,
      created: new Date(record.createdAt),
      updated: new Date(record.updatedAt),
      stageStates: (record.declaration.stages ?? []).map(({ name = "", actions = [] }, index) =>
        stageState(context, record, { name, actions, index }),
      ),
    };
  },

  ListActionExecutions(context, input) {
    const { name } = requirePipeline(context, input.pipelineName);
    const wanted = input.filter?.pipelineExecutionId ?? input.filter?.latestInPipelineExecution?.pipelineExecutionId;
    const ids = wanted
      ? [requireExecution(context, name, wanted).id]
      : executions(context)
          .list(`${name}\0`)
          .map(({ value }) => value.id);
    // Newest first; keys that count up make the pages.
    const all = ids.flatMap((id) => actionsOf(context, id).toReversed());
    const numbered = all.map((action, index) => ({ action, key: String(index).padStart(9, "0") }));
    const { items, nextToken } = page(numbered, ({ key }) => key, { token: input.nextToken, size: input.maxResults });
    return { actionExecutionDetails: items.map(({ action }) => showDetail(action)), nextToken };
  },

  /** The answer counts when it names the question by its token; the action has ended when this is acknowledged. */
  PutApprovalResult(context, input) {
    const pipeline = requirePipeline(context, input.pipelineName);
    const stage = requireStageName(pipeline, input.stageName);
    const key = stageRecord(context, pipeline.name, stage).actions[input.actionName ?? ""];
    const action = key === undefined ? undefined : actionRuns(context).get(key);
    if (!action?.token) {
      const message = `Pipeline '${pipeline.name}' has no approval action '${input.actionName}' in stage '${stage}' that was started`;
      throw new AwsError("ActionNotFoundException", message);
    }
    if (action.token !== input.token) throw new AwsError("InvalidApprovalTokenException", "Invalid approval token");
    const { status, summary = "" } = input.result ?? {};
    const approved = status === "Approved";
    if (!approved && status !== "Rejected") {
      throw new AwsError("ValidationException", `Approval status '${status}' is neither Approved nor Rejected`);
    }
    const answered = engineOf(context.runtime).settle(context, action, {
      status: approved ? "Succeeded" : "Failed",
      result: summary ? { externalExecutionSummary: summary } : {},
      updatedBy: context.caller.arn,
    });
    if (!answered) throw new AwsError("ApprovalAlreadyCompletedException", "The approval has already been completed");
    return { approvedAt: context.clock.now() };
  },
};

interface Stage {
  readonly name: string;
  readonly actions: readonly ActionDeclaration[];
  readonly index: number;
}

function stageState(context: Context, pipeline: PipelineRecord, { name, actions, index }: Stage): StageState {
  const state = stageRecord(context, pipeline.name, name);
  const waiting = activeExecutions(context, pipeline.name).filter(
    (execution) =>
      execution.place === "waiting" && execution.stage === index && nameOfStage(context, execution) === name,
  );
  const inbound = waiting.map(({ id }) => ({
    pipelineExecutionId: id,
    status: "InProgress" as const,
    type: "STANDARD" as const,
  }));
  const closed = pipeline.closed[name];
  const opened = pipeline.opened[name];
  const changed = closed ?? opened;
  const [newest] = inbound.slice(-1);
  return {
    stageName: name,
    ...(newest ? { inboundExecution: newest, inboundExecutions: inbound } : { inboundExecutions: [] }),
    inboundTransitionState: {
      enabled: closed === undefined,
      ...(changed ? { lastChangedBy: changed.by, lastChangedAt: new Date(changed.at) } : {}),
      ...(closed ? { disabledReason: closed.reason } : {}),
    },
    actionStates: actions.map((action) => actionState(context, action, state.actions[action.name ?? ""])),
    ...(state.executionId && state.status
      ? { latestExecution: { pipelineExecutionId: state.executionId, status: state.status, type: "STANDARD" as const } }
      : {}),
  };
}

/** An execution of an older version of the pipeline may wait for a stage of another name. */
const nameOfStage = (context: Context, execution: { pipeline: string; version: number; stage: number }) =>
  declarationOf(context, execution).stages?.[execution.stage]?.name;

function actionState(context: Context, { name = "" }: ActionDeclaration, key: string | undefined): ActionState {
  const record = key === undefined ? undefined : actionRuns(context).get(key);
  if (!record) return { actionName: name };
  const { externalExecutionId, externalExecutionUrl, externalExecutionSummary, errorDetails } = record.result;
  const source = record.type.category === "Source" && record.status === "Succeeded";
  const at = new Date(record.updatedAt);
  return {
    actionName: name,
    ...(source && externalExecutionId
      ? {
          currentRevision: { revisionId: externalExecutionId, revisionChangeId: externalExecutionId, created: at },
          revisionUrl: externalExecutionUrl,
        }
      : {}),
    latestExecution: {
      actionExecutionId: record.id,
      status: record.status,
      lastStatusChange: at,
      summary: externalExecutionSummary,
      externalExecutionId,
      externalExecutionUrl,
      errorDetails,
      ...(record.updatedBy ? { lastUpdatedBy: record.updatedBy } : {}),
      ...(record.token && record.status === "InProgress" ? { token: record.token } : {}),
    },
    entityUrl: externalExecutionUrl,
  };
}

function showDetail(record: ActionRecord): sdk.ActionExecutionDetail {
  const declared = (places: Readonly<Record<string, ArtifactPlace>>) =>
    Object.entries(places).map(([name, { bucket, key }]) => ({ name, s3location: { bucket, key } }));
  return {
    pipelineExecutionId: record.executionId,
    actionExecutionId: record.id,
    pipelineVersion: record.version,
    stageName: record.stage,
    actionName: record.action,
    startTime: new Date(record.startedAt),
    lastUpdateTime: new Date(record.updatedAt),
    updatedBy: record.updatedBy,
    status: record.status,
    input: {
      actionTypeId: record.type,
      configuration: { ...record.configuration },
      resolvedConfiguration: record.resolvedConfiguration,
      roleArn: record.roleArn,
      region: record.region,
      inputArtifacts: declared(record.inputs),
      namespace: record.namespace,
    },
    output: {
      outputArtifacts: record.status === "Succeeded" ? declared(record.outputs) : [],
      executionResult: record.result,
      outputVariables: record.outputVariables ?? {},
    },
  };
}
