import type * as sdk from "@aws-sdk/client-codepipeline";
import type { SourceRevisionOverride } from "@aws-sdk/client-codepipeline";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { engineOf } from "./engine.ts";
import { requireStageName } from "./pipeline-operations.ts";
import {
  activeExecutions,
  type ExecutionRecord,
  executions,
  invalid,
  notImplemented,
  type PipelineRecord,
  requireExecution,
  requirePipeline,
  stageRecord,
} from "./records.ts";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const executionOperations: Operations<typeof sdk> = {
  StartPipelineExecution(context, input) {
    const pipeline = requirePipeline(context, input.name);
    const tokens = context.collection<string>("tokens");
    const tokenKey = `${pipeline.name}\0${input.clientRequestToken}`;
    const known = input.clientRequestToken ? tokens.get(tokenKey) : undefined;
    if (known) return { pipelineExecutionId: known };
    const overrides = overridesOf(pipeline, input.sourceRevisions ?? []);
    const variables = variablesOf(pipeline, input.variables ?? []);
    const trigger = { type: "StartPipelineExecution" as const, detail: context.caller.arn };
    const { id } = engineOf(context.runtime).begin(context, pipeline.name, { trigger, overrides, variables });
    if (input.clientRequestToken) tokens.put(tokenKey, id);
    return { pipelineExecutionId: id };
  },

  StopPipelineExecution(context, input) {
    const pipeline = requirePipeline(context, input.pipelineName);
    const execution = requireExecution(context, pipeline.name, input.pipelineExecutionId);
    const abandon = input.abandon ?? false;
    if (execution.place === "over") {
      const message = `The pipeline execution '${execution.id}' can't be stopped: it is ${execution.status}`;
      throw new AwsError("PipelineExecutionNotStoppableException", message);
    }
    if (execution.stop && !(abandon && !execution.stop.abandon)) {
      const message = `The pipeline execution '${execution.id}' is already being stopped`;
      throw new AwsError("DuplicatedStopRequestException", message);
    }
    engineOf(context.runtime).stop(context, execution, { abandon, reason: input.reason ?? "" });
    return { pipelineExecutionId: execution.id };
  },

  GetPipelineExecution(context, input) {
    const record = requireExecution(context, input.pipelineName ?? "", input.pipelineExecutionId);
    return {
      pipelineExecution: {
        pipelineName: record.pipeline,
        pipelineVersion: record.version,
        pipelineExecutionId: record.id,
        status: record.status,
        statusSummary: record.statusSummary,
        artifactRevisions: artifactRevisions(record),
        variables: Object.entries(record.variables).map(([name, resolvedValue]) => ({ name, resolvedValue })),
        ...common(record),
      },
    };
  },

  ListPipelineExecutions(context, input) {
    const { name } = requirePipeline(context, input.pipelineName);
    const through = input.filter?.succeededInStage?.stageName;
    const all = executions(context)
      .list(`${name}\0`)
      .filter(({ value }) => through === undefined || value.stages[through]?.status === "Succeeded");
    const { items, nextToken } = page(all, ({ key }) => key, { token: input.nextToken, size: input.maxResults });
    return {
      pipelineExecutionSummaries: items.map(({ value }) => ({
        pipelineExecutionId: value.id,
        status: value.status,
        statusSummary: value.statusSummary,
        startTime: new Date(value.startedAt),
        lastUpdateTime: new Date(value.updatedAt),
        sourceRevisions: value.revisions,
        ...(value.stop ? { stopTrigger: { reason: value.stop.reason } } : {}),
        ...common(value),
      })),
      nextToken,
    };
  },

  RetryStageExecution(context, input) {
    const pipeline = requirePipeline(context, input.pipelineName);
    const stage = requireStageName(pipeline, input.stageName);
    if (!ID.test(input.pipelineExecutionId ?? ""))
      throw invalid(`'${input.pipelineExecutionId}' isn't an execution id`);
    const execution = requireExecution(context, pipeline.name, input.pipelineExecutionId);
    if (stageRecord(context, pipeline.name, stage).executionId !== execution.id) {
      const message = `The stage '${stage}' has been run by a later execution than '${execution.id}'`;
      throw new AwsError("NotLatestPipelineExecutionException", message);
    }
    const run = execution.stages[stage];
    if (execution.place !== "over" || (run?.status !== "Failed" && run?.status !== "Stopped")) {
      throw new AwsError(
        "StageNotRetryableException",
        `The stage '${stage}' of '${execution.id}' neither failed nor was stopped`,
      );
    }
    if (execution.version !== pipeline.version) {
      throw new AwsError("StageNotRetryableException", "The pipeline's structure was changed after the stage was run");
    }
    const held = activeExecutions(context, pipeline.name).some(
      (other) => other.place === "inside" && other.stage === execution.stage,
    );
    if (held) throw new AwsError("ConflictException", `The stage '${stage}' is held by another execution`);
    engineOf(context.runtime).retry(context, execution, stage, input.retryMode === "ALL_ACTIONS");
    return { pipelineExecutionId: execution.id };
  },
};

const common = (record: ExecutionRecord) => ({
  trigger: { triggerType: record.trigger.type, triggerDetail: record.trigger.detail },
  executionMode: record.mode,
  executionType: "STANDARD" as const,
});

function artifactRevisions(record: ExecutionRecord) {
  return record.revisions.map(({ actionName, revisionId, revisionSummary, revisionUrl }) => {
    const [name] = Object.entries(record.artifacts).find(([, place]) => place.revision === revisionId) ?? [actionName];
    return { name, revisionId, revisionSummary, revisionUrl, created: new Date(record.startedAt) };
  });
}

/** Commits by the name of their source action. */
function overridesOf(pipeline: PipelineRecord, given: readonly SourceRevisionOverride[]): Record<string, string> {
  const sources = pipeline.declaration.stages?.[0]?.actions ?? [];
  return Object.fromEntries(
    given.map(({ actionName = "", revisionType, revisionValue = "" }) => {
      if (!sources.some(({ name }) => name === actionName)) {
        throw invalid(`There is no source action '${actionName}' in the pipeline '${pipeline.name}'`);
      }
      if (revisionType !== "COMMIT_ID")
        throw notImplemented(`StartPipelineExecution with a revision of type ${revisionType}`);
      if (!/^[0-9a-f]{40}$/.test(revisionValue)) throw invalid(`'${revisionValue}' isn't a commit id`);
      return [actionName, revisionValue];
    }),
  );
}

function variablesOf(pipeline: PipelineRecord, given: readonly sdk.PipelineVariable[]): Record<string, string> {
  const declared = pipeline.declaration.variables ?? [];
  for (const { name } of given) {
    if (!declared.some((one) => one.name === name)) throw invalid(`Variable '${name}' isn't declared by the pipeline`);
  }
  const missing = declared.find(
    (one) => one.defaultValue === undefined && !given.some(({ name }) => name === one.name),
  );
  if (missing) throw invalid(`Variable '${missing.name}' has no default value and was not given`);
  return Object.fromEntries(given.map(({ name = "", value = "" }) => [name, value]));
}
