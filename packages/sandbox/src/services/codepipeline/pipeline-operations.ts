import type * as sdk from "@aws-sdk/client-codepipeline";
import type { PipelineDeclaration } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { engineOf } from "./engine.ts";
import {
  actionRuns,
  actionsOf,
  active,
  declarationOf,
  declarations,
  executionKeys,
  executions,
  invalid,
  type PipelineRecord,
  pipelines,
  requirePipeline,
  stageRecords,
} from "./records.ts";
import { requireStructure } from "./structure.ts";

export const pipelineOperations: Operations<typeof sdk> = {
  /** A new pipeline starts its first execution by itself. */
  CreatePipeline(context, input) {
    const declaration = completed(input.pipeline, 1);
    const name = declaration.name ?? "";
    requireStructure(declaration, context.region);
    if (pipelines(context).get(name)) {
      throw new AwsError(
        "PipelineNameInUseException",
        `A pipeline with the name '${name}' already exists in account '${context.account}'`,
      );
    }
    const now = context.clock.now().toISOString();
    const record: PipelineRecord = {
      name,
      arn: `arn:aws:codepipeline:${context.region}:${context.account}:${name}`,
      declaration,
      version: 1,
      createdAt: now,
      updatedAt: now,
      tags: input.tags ?? [],
      executions: 0,
      closed: {},
      opened: {},
    };
    save(context, record);
    const trigger = { type: "CreatePipeline" as const, detail: context.caller.arn };
    engineOf(context.runtime).begin(context, name, { trigger });
    return { pipeline: declaration, tags: [...record.tags] };
  },

  /** Executions that are under way end: "the pipeline's definition was updated before they could be completed". */
  UpdatePipeline(context, input) {
    const old = requirePipeline(context, input.pipeline?.name);
    const version = old.version + 1;
    const declaration = completed(input.pipeline, version);
    requireStructure(declaration, context.region);
    engineOf(context.runtime).cancel(context, old.name, { quietly: false });
    save(context, {
      ...requirePipeline(context, old.name),
      declaration,
      version,
      updatedAt: context.clock.now().toISOString(),
    });
    return { pipeline: declaration };
  },

  GetPipeline(context, input) {
    const record = requirePipeline(context, input.name);
    const declaration = input.version
      ? declarationOf(context, { pipeline: record.name, version: input.version })
      : record.declaration;
    const [created, updated] = [new Date(record.createdAt), new Date(record.updatedAt)];
    return { pipeline: declaration, metadata: { pipelineArn: record.arn, created, updated } };
  },

  /** Deleting what isn't there succeeds, as on AWS. */
  DeletePipeline(context, input) {
    const name = input.name ?? "";
    if (!pipelines(context).get(name)) return {};
    engineOf(context.runtime).cancel(context, name, { quietly: true });
    context.store.transaction(() => {
      for (const { key, value } of executions(context).list(`${name}\0`)) {
        for (const action of actionsOf(context, value.id)) actionRuns(context).delete(action.key);
        executionKeys(context).delete(value.id);
        executions(context).delete(key);
      }
      for (const list of [declarations(context), stageRecords(context), active(context)]) {
        for (const { key } of list.list(`${name}\0`)) list.delete(key);
      }
      pipelines(context).delete(name);
    });
    return {};
  },

  ListPipelines(context, input) {
    const { items, nextToken } = page(pipelines(context).list(), ({ key }) => key, {
      token: input.nextToken,
      size: input.maxResults,
    });
    return {
      pipelines: items.map(({ value }) => ({
        name: value.name,
        version: value.version,
        pipelineType: value.declaration.pipelineType,
        executionMode: value.declaration.executionMode,
        created: new Date(value.createdAt),
        updated: new Date(value.updatedAt),
      })),
      nextToken,
    };
  },

  ListTagsForResource(context, input) {
    return { tags: [...requireTagged(context, input.resourceArn).tags] };
  },

  TagResource(context, input) {
    const record = requireTagged(context, input.resourceArn);
    const added = input.tags ?? [];
    const names = new Set(added.map(({ key }) => key));
    const kept = record.tags.filter(({ key }) => !names.has(key));
    pipelines(context).put(record.name, { ...record, tags: [...kept, ...added] });
    return {};
  },

  UntagResource(context, input) {
    const record = requireTagged(context, input.resourceArn);
    const tags = record.tags.filter(({ key }) => !input.tagKeys?.includes(key ?? ""));
    pipelines(context).put(record.name, { ...record, tags });
    return {};
  },

  DisableStageTransition(context, input) {
    requireInbound(input.transitionType);
    const record = requirePipeline(context, input.pipelineName);
    const stage = requireStageName(record, input.stageName);
    const at = context.clock.now().toISOString();
    const closed = { ...record.closed, [stage]: { reason: input.reason ?? "", by: context.caller.arn, at } };
    pipelines(context).put(record.name, { ...record, closed });
    return {};
  },

  /** Whoever waits before the stage enters it. */
  EnableStageTransition(context, input) {
    requireInbound(input.transitionType);
    const record = requirePipeline(context, input.pipelineName);
    const stage = requireStageName(record, input.stageName);
    const { [stage]: _, ...closed } = record.closed;
    const opened = { ...record.opened, [stage]: { by: context.caller.arn, at: context.clock.now().toISOString() } };
    pipelines(context).put(record.name, { ...record, closed, opened });
    engineOf(context.runtime).advance(context, record.name);
    return {};
  },
};

function save(context: Context, record: PipelineRecord): void {
  context.store.transaction(() => {
    declarations(context).put(`${record.name}\0${record.version}`, record.declaration);
    pipelines(context).put(record.name, record);
  });
}

/** With the defaults that AWS shows. */
function completed(given: PipelineDeclaration | undefined, version: number): PipelineDeclaration {
  const { name, roleArn, stages = [] } = given ?? {};
  return {
    ...given,
    name,
    roleArn,
    stages: stages.map((stage) => ({
      ...stage,
      actions: (stage.actions ?? []).map((action) => ({
        inputArtifacts: [],
        outputArtifacts: [],
        runOrder: 1,
        ...action,
      })),
    })),
    version,
    executionMode: given?.executionMode ?? "SUPERSEDED",
    pipelineType: given?.pipelineType ?? "V1",
  };
}

function requireTagged(context: Context, arn: string | undefined): PipelineRecord {
  const record = pipelines(context).get(arn?.split(":").at(-1) ?? "");
  if (record?.arn === arn && record) return record;
  throw new AwsError("ResourceNotFoundException", `The resource with ARN '${arn}' does not exist`);
}

export function requireStageName(record: PipelineRecord, stage: string | undefined): string {
  if (record.declaration.stages?.some(({ name }) => name === stage)) return stage ?? "";
  throw new AwsError("StageNotFoundException", `Pipeline '${record.name}' does not have a stage '${stage}'`);
}

function requireInbound(type: string | undefined): void {
  if (type === "Inbound") return;
  if (type === "Outbound")
    throw new AwsError("NotImplemented", "sandbox: CodePipeline outbound transitions are not implemented", {
      status: 501,
    });
  throw invalid(`Transition type '${type}' is neither Inbound nor Outbound`);
}
