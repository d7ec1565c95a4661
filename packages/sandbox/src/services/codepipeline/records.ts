import type {
  ActionExecutionStatus,
  ActionTypeId,
  ErrorDetails,
  ExecutionMode,
  PipelineDeclaration,
  PipelineExecutionStatus,
  SourceRevision,
  StageExecutionStatus,
  Tag,
  TriggerType,
} from "@aws-sdk/client-codepipeline";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

export interface PipelineRecord {
  readonly name: string;
  readonly arn: string;
  readonly declaration: PipelineDeclaration;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly tags: readonly Tag[];
  /** Of the newest execution; counts up. */
  readonly executions: number;
  /** Stages that nothing enters, by name. */
  readonly closed: Readonly<Record<string, { reason: string; by: string; at: string }>>;
  /** When and by whom a stage was opened again. */
  readonly opened: Readonly<Record<string, { by: string; at: string }>>;
}

export interface ArtifactPlace {
  readonly bucket: string;
  readonly key: string;
  /** The commit that it was made from. */
  readonly revision?: string | undefined;
}

interface StageRun {
  status: StageExecutionStatus;
  /** Actions that succeeded: a retry of failed actions leaves them alone. */
  done: string[];
  /** Number of the first action execution of this run: those before belong to an earlier try. */
  readonly since: number;
}

export interface ExecutionRecord {
  readonly id: string;
  readonly pipeline: string;
  /** Version of the declaration that this execution follows. */
  readonly version: number;
  readonly number: number;
  readonly mode: ExecutionMode;
  readonly trigger: { readonly type: TriggerType; readonly detail: string };
  readonly startedAt: string;
  updatedAt: string;
  status: PipelineExecutionStatus;
  statusSummary?: string;
  /** Index of the stage that it is in, or waits for. */
  stage: number;
  /** A stage is held by the one execution that is inside. */
  place: "waiting" | "inside" | "over";
  /** Order of arrival at the stage. */
  arrival: number;
  /** Commits to use, by name of the source action. */
  readonly overrides: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  artifacts: Record<string, ArtifactPlace>;
  /** Output variables by namespace. */
  namespaces: Record<string, Record<string, string>>;
  revisions: SourceRevision[];
  stages: Record<string, StageRun>;
  stop?: { abandon: boolean; reason: string };
  /** Number of the next action execution. */
  nextAction: number;
}

/** What an action tells about itself while and after it runs. */
export interface ActionResult {
  externalExecutionId?: string;
  externalExecutionUrl?: string;
  externalExecutionSummary?: string;
  errorDetails?: ErrorDetails;
}

export interface ActionRecord {
  /** `<execution id> NUL <number>`: the order in which the actions of an execution started. */
  readonly key: string;
  readonly id: string;
  readonly executionId: string;
  readonly pipeline: string;
  readonly version: number;
  readonly stage: string;
  readonly action: string;
  readonly type: ActionTypeId;
  readonly startedAt: string;
  updatedAt: string;
  updatedBy?: string;
  status: ActionExecutionStatus;
  readonly configuration: Readonly<Record<string, string>>;
  resolvedConfiguration: Record<string, string>;
  readonly roleArn?: string | undefined;
  readonly region: string;
  readonly namespace?: string | undefined;
  readonly inputs: Readonly<Record<string, ArtifactPlace>>;
  /** Where its output artifacts go; decided before it starts, so that a resumed action writes to the same place. */
  readonly outputs: Readonly<Record<string, ArtifactPlace>>;
  result: ActionResult;
  outputVariables?: Record<string, string>;
  /** Of a manual approval: names this question, and no later one. */
  readonly token?: string;
}

/** What an action came to. */
export interface ActionOutcome {
  readonly status: "Succeeded" | "Failed";
  readonly result?: ActionResult;
  readonly variables?: Record<string, string>;
  /** The commit that a source action found. */
  readonly revision?: { id: string; summary: string; url: string };
  readonly updatedBy?: string;
}

/** What `GetPipelineState` shows of a stage. */
export interface StageRecord {
  readonly executionId?: string;
  readonly status?: StageExecutionStatus;
  /** Key of the newest execution of each action, by its name. */
  readonly actions: Readonly<Record<string, string>>;
}

export const pipelines = (context: Context): Collection<PipelineRecord> => context.collection("pipelines");
/** By `<name> NUL <version>`. */
export const declarations = (context: Context): Collection<PipelineDeclaration> => context.collection("declarations");
/** By `<pipeline> NUL <number, counting down>`: the newest first. */
export const executions = (context: Context): Collection<ExecutionRecord> => context.collection("executions");
/** Keys of executions by their id. */
export const executionKeys = (context: Context): Collection<string> => context.collection("execution keys");
/** Keys of executions that aren't over, by `<pipeline> NUL <id>`. */
export const active = (context: Context): Collection<string> => context.collection("active");
export const actionRuns = (context: Context): Collection<ActionRecord> => context.collection("actions");
/** By `<pipeline> NUL <stage>`. */
export const stageRecords = (context: Context): Collection<StageRecord> => context.collection("stages");

const LARGEST_NUMBER = 10 ** 12;
const executionKey = (pipeline: string, number: number) =>
  `${pipeline}\0${String(LARGEST_NUMBER - number).padStart(13, "0")}`;
export const actionKey = (executionId: string, number: number) => `${executionId}\0${String(number).padStart(6, "0")}`;

export function requirePipeline(context: Context, name: string | undefined): PipelineRecord {
  const known = pipelines(context).get(name ?? "");
  if (known) return known;
  const message = `Account '${context.account}' does not have a pipeline with name '${name}'`;
  throw new AwsError("PipelineNotFoundException", message);
}

export function requireExecution(context: Context, pipeline: string, id: string | undefined): ExecutionRecord {
  requirePipeline(context, pipeline);
  const record = findExecution(context, id ?? "");
  if (record?.pipeline === pipeline) return record;
  const message = `The pipeline execution '${id}' of the pipeline '${pipeline}' does not exist`;
  throw new AwsError("PipelineExecutionNotFoundException", message);
}

export function findExecution(context: Context, id: string): ExecutionRecord | undefined {
  const key = executionKeys(context).get(id);
  return key === undefined ? undefined : executions(context).get(key);
}

export function saveExecution(context: Context, record: ExecutionRecord): void {
  const key = executionKey(record.pipeline, record.number);
  record.updatedAt = context.clock.now().toISOString();
  executions(context).put(key, record);
  executionKeys(context).put(record.id, key);
  const activeKey = `${record.pipeline}\0${record.id}`;
  if (record.place === "over") active(context).delete(activeKey);
  else active(context).put(activeKey, key);
}

/** Executions of a pipeline that aren't over, in the order in which they arrived where they are. */
export function activeExecutions(context: Context, pipeline: string): ExecutionRecord[] {
  return active(context)
    .list(`${pipeline}\0`)
    .map(({ value }) => executions(context).get(value))
    .filter((record) => record !== undefined)
    .sort((a, b) => a.arrival - b.arrival);
}

/** The declaration that an execution follows, which may be older than the pipeline's present one. */
export function declarationOf(
  context: Context,
  { pipeline, version }: { pipeline: string; version: number },
): PipelineDeclaration {
  const found = declarations(context).get(`${pipeline}\0${version}`);
  if (found) return found;
  throw new AwsError("PipelineVersionNotFoundException", `Pipeline '${pipeline}' does not have version ${version}`);
}

export const actionsOf = (context: Context, executionId: string): ActionRecord[] =>
  actionRuns(context)
    .list(`${executionId}\0`)
    .map(({ value }) => value);

export function stageRecord(context: Context, pipeline: string, stage: string): StageRecord {
  return stageRecords(context).get(`${pipeline}\0${stage}`) ?? { actions: {} };
}

export const notImplemented = (what: string) =>
  new AwsError("NotImplemented", `sandbox: CodePipeline ${what} is not implemented`, { status: 501 });
export const invalid = (message: string) => new AwsError("ValidationException", message);
