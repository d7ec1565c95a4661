import type { ActionDeclaration, StageDeclaration, TriggerType } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../core/context.ts";
import { announceAction, announceExecution, announceStage } from "./events.ts";
import {
  type ActionOutcome,
  type ActionRecord,
  actionKey,
  actionRuns,
  actionsOf,
  activeExecutions,
  declarationOf,
  type ExecutionRecord,
  type PipelineRecord,
  pipelines,
  requirePipeline,
  saveExecution,
  stageRecord,
  stageRecords,
} from "./records.ts";
import { runOrderOf } from "./structure.ts";

/*
 * The steps of an execution, each to be run in one transaction. A stage is held by one execution; who arrives while it is
 * held, or closed, waits before it. In the mode SUPERSEDED one waits at most: a newer arrival takes the older one's place.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
 */

export interface Start {
  readonly trigger: { readonly type: TriggerType; readonly detail: string };
  readonly overrides?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
}

export function createExecution(context: Context, pipeline: PipelineRecord, start: Start): ExecutionRecord {
  const number = pipeline.executions + 1;
  const defaults = (pipeline.declaration.variables ?? []).map(
    ({ name, defaultValue }) => [name, defaultValue ?? ""] as const,
  );
  const now = context.clock.now().toISOString();
  const record: ExecutionRecord = {
    id: context.random.uuid(),
    pipeline: pipeline.name,
    version: pipeline.version,
    number,
    mode: pipeline.declaration.executionMode ?? "SUPERSEDED",
    trigger: start.trigger,
    startedAt: now,
    updatedAt: now,
    status: "InProgress",
    stage: 0,
    place: "waiting",
    arrival: nextArrival(context),
    overrides: start.overrides ?? {},
    variables: { ...Object.fromEntries(defaults), ...start.variables },
    artifacts: {},
    namespaces: {},
    revisions: [],
    stages: {},
    nextAction: 1,
  };
  context.store.transaction(() => {
    pipelines(context).put(pipeline.name, { ...pipeline, executions: number });
    saveExecution(context, record);
    announceExecution(context, record, "STARTED");
    supersede(context, record);
  });
  return record;
}

/** The stage that an execution is in or waits for. */
export function stageOf(context: Context, execution: ExecutionRecord): StageDeclaration & { name: string } {
  const stage = declarationOf(context, execution).stages?.[execution.stage];
  if (!stage?.name) throw new Error(`Pipeline ${execution.pipeline} has no stage ${execution.stage}.`);
  return { ...stage, name: stage.name };
}

/** Lets one execution that waits enter its stage; undefined when none can. The last stages come first, to make room. */
export function enterFreeStage(context: Context, pipeline: string): ExecutionRecord | undefined {
  const all = activeExecutions(context, pipeline);
  const { closed } = requirePipeline(context, pipeline);
  const held = new Set(all.filter(({ place }) => place === "inside").map(({ stage }) => stage));
  const waiting = all
    .filter(({ place }) => place === "waiting")
    .sort((a, b) => b.stage - a.stage || a.arrival - b.arrival);
  const next = waiting.find((one) => !held.has(one.stage) && !closed[stageOf(context, one).name]);
  if (!next) return undefined;
  const { name } = stageOf(context, next);
  next.place = "inside";
  next.stages[name] = { status: "InProgress", done: [], since: next.nextAction };
  saveExecution(context, next);
  putStage(context, next, name);
  announceStage(context, next, name, "STARTED");
  return next;
}

/** The actions of the next run order in the stage: none when the stage is through. */
export function nextActions(context: Context, execution: ExecutionRecord): ActionDeclaration[] {
  const stage = stageOf(context, execution);
  const done = execution.stages[stage.name]?.done ?? [];
  const left = (stage.actions ?? []).filter(({ name }) => !done.includes(name ?? ""));
  const order = Math.min(...left.map(runOrderOf));
  return left.filter((action) => runOrderOf(action) === order);
}

/** Writes down how an action ended; undefined when it was over already. */
export function endAction(context: Context, key: string, outcome: ActionOutcome): ExecutionRecord | undefined {
  const record = actionRuns(context).get(key);
  if (record?.status !== "InProgress") return undefined;
  const execution = activeExecutions(context, record.pipeline).find(({ id }) => id === record.executionId);
  if (!execution) return undefined;
  record.status = outcome.status;
  record.updatedAt = context.clock.now().toISOString();
  record.result = { ...record.result, ...outcome.result };
  if (outcome.updatedBy) record.updatedBy = outcome.updatedBy;
  if (outcome.variables) record.outputVariables = outcome.variables;
  actionRuns(context).put(key, record);
  announceAction(context, record);
  if (outcome.status === "Succeeded") {
    execution.stages[record.stage]?.done.push(record.action);
    Object.assign(execution.artifacts, withRevision(record, outcome));
    if (record.namespace) execution.namespaces[record.namespace] = outcome.variables ?? {};
    if (outcome.revision) {
      const { id, summary, url } = outcome.revision;
      const revision = { actionName: record.action, revisionId: id, revisionSummary: summary, revisionUrl: url };
      execution.revisions = [...execution.revisions.filter(({ actionName }) => actionName !== record.action), revision];
    }
  }
  saveExecution(context, execution);
  return execution;
}

function withRevision(record: ActionRecord, { revision }: ActionOutcome): ActionRecord["outputs"] {
  const commit = revision?.id ?? Object.values(record.inputs).find((input) => input.revision)?.revision;
  return Object.fromEntries(
    Object.entries(record.outputs).map(([name, place]) => [name, { ...place, revision: commit }]),
  );
}

/** What follows once an action has ended: others still run, the next ones' turn, or the stage is over. */
export function afterAction(context: Context, execution: ExecutionRecord): "wait" | "actions" | "over" {
  const stage = stageOf(context, execution).name;
  const first = actionKey(execution.id, execution.stages[stage]?.since ?? 0);
  const own = actionsOf(context, execution.id).filter(({ key }) => key >= first);
  if (own.some(({ status }) => status === "InProgress")) return "wait";
  if (own.some(({ status }) => status === "Failed")) return leaveStage(context, execution, stage, "Failed");
  const left = nextActions(context, execution).length > 0;
  if (execution.stop) return leaveStage(context, execution, stage, left ? "Stopped" : "Succeeded");
  if (left) return "actions";
  return leaveStage(context, execution, stage, "Succeeded");
}

function leaveStage(
  context: Context,
  execution: ExecutionRecord,
  stage: string,
  status: "Failed" | "Stopped" | "Succeeded",
): "over" {
  const run = execution.stages[stage];
  if (run) run.status = status;
  const stages = declarationOf(context, execution).stages ?? [];
  const last = execution.stage === stages.length - 1;
  if (status === "Succeeded" && !last && !execution.stop) {
    execution.stage += 1;
    execution.place = "waiting";
    execution.arrival = nextArrival(context);
  } else {
    execution.place = "over";
    execution.status = execution.stop && !(last && status === "Succeeded") ? "Stopped" : status;
  }
  saveExecution(context, execution);
  putStage(context, execution, stage);
  announceStage(
    context,
    execution,
    stage,
    status === "Failed" ? "FAILED" : status === "Stopped" ? "STOPPED" : "SUCCEEDED",
  );
  if (execution.place === "over") {
    const states = { Failed: "FAILED", Stopped: "STOPPED", Succeeded: "SUCCEEDED" } as const;
    announceExecution(context, execution, states[execution.status as keyof typeof states]);
  } else {
    supersede(context, execution);
  }
  return "over";
}

/** The execution that has just arrived takes the place of older ones that wait before the same stage. */
function supersede(context: Context, arrived: ExecutionRecord): void {
  if (arrived.mode !== "SUPERSEDED") return;
  for (const other of activeExecutions(context, arrived.pipeline)) {
    if (other.place !== "waiting" || other.stage !== arrived.stage || other.number >= arrived.number) continue;
    other.place = "over";
    other.status = "Superseded";
    saveExecution(context, other);
    announceExecution(context, other, "SUPERSEDED");
  }
}

/** Answers the keys of actions that were abandoned. */
export function stopExecution(
  context: Context,
  execution: ExecutionRecord,
  request: { abandon: boolean; reason: string },
): string[] {
  execution.stop = request;
  if (execution.place === "inside" && !request.abandon) {
    const { name } = stageOf(context, execution);
    const run = execution.stages[name];
    execution.status = "Stopping";
    if (run) run.status = "Stopping";
    saveExecution(context, execution);
    putStage(context, execution, name);
    announceExecution(context, execution, "STOPPING");
    return [];
  }
  return endExecution(context, execution, "Stopped", "STOPPED");
}

export function cancelExecutions(context: Context, pipeline: string, { quietly }: { quietly: boolean }): string[] {
  return activeExecutions(context, pipeline).flatMap((execution) => {
    execution.statusSummary = "The pipeline's definition was updated before the pipeline execution could be completed.";
    return endExecution(context, execution, "Cancelled", "CANCELED", quietly);
  });
}

function endExecution(
  context: Context,
  execution: ExecutionRecord,
  status: "Stopped" | "Cancelled",
  state: "STOPPED" | "CANCELED",
  quietly = false,
): string[] {
  const abandoned = actionsOf(context, execution.id).filter((action) => action.status === "InProgress");
  for (const action of abandoned) {
    action.status = "Abandoned";
    action.updatedAt = context.clock.now().toISOString();
    actionRuns(context).put(action.key, action);
    if (!quietly) announceAction(context, action);
  }
  const wasInside = execution.place === "inside";
  const { name } = stageOf(context, execution);
  execution.place = "over";
  execution.status = status;
  const run = execution.stages[name];
  if (wasInside && run) run.status = status;
  saveExecution(context, execution);
  if (wasInside) putStage(context, execution, name);
  if (!quietly) {
    if (wasInside) announceStage(context, execution, name, state);
    announceExecution(context, execution, state);
  }
  return abandoned.map(({ key }) => key);
}

/** Puts an execution back into the stage in which it failed or was stopped. */
export function reenterStage(context: Context, execution: ExecutionRecord, stage: string, allActions: boolean): void {
  const done = allActions ? [] : (execution.stages[stage]?.done ?? []);
  execution.stages[stage] = { status: "InProgress", done, since: execution.nextAction };
  execution.place = "inside";
  execution.status = "InProgress";
  delete execution.stop;
  saveExecution(context, execution);
  putStage(context, execution, stage);
  announceExecution(context, execution, "RESUMED");
  announceStage(context, execution, stage, "RESUMED");
}

function putStage(context: Context, execution: ExecutionRecord, stage: string): void {
  const known = stageRecord(context, execution.pipeline, stage);
  const status = execution.stages[stage]?.status ?? "InProgress";
  stageRecords(context).put(`${execution.pipeline}\0${stage}`, { ...known, executionId: execution.id, status });
}

function nextArrival(context: Context): number {
  const counters = context.collection<number>("counters");
  const next = (counters.get("arrival") ?? 0) + 1;
  counters.put("arrival", next);
  return next;
}
