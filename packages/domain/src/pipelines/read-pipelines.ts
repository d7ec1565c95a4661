import type { Actor } from "../identity/index.ts";
import { authorise } from "../identity/index.ts";
import { ExecutionNotFoundError } from "./errors.ts";
import type { ExecutionStore, ObservedAction, ObservedExecution, Pipelines } from "./ports.ts";
import type { ExecutionSummary, ExecutionView, LogChunk, TestReport } from "./views.ts";

/** Who owns a service, and nothing more of the catalog than that. Undefined: there is no such service. */
export interface ServiceOwners {
  ownerOf(service: string): Promise<string | undefined>;
}

export interface PipelineDeps {
  readonly owners: ServiceOwners;
  readonly executions: ExecutionStore;
  readonly pipelines: Pipelines;
  /** The release that an execution waits for, when there is one. */
  readonly releaseOf: (service: string, executionId: string) => Promise<string | undefined>;
}

const LISTED = 50;

async function authoriseRead(deps: PipelineDeps, actor: Actor, service: string): Promise<void> {
  const owner = await deps.owners.ownerOf(service);
  if (owner === undefined) throw new ExecutionNotFoundError(service, "pipeline");
  authorise(actor, "service:read", owner);
}

function summarise(execution: ObservedExecution): ExecutionSummary {
  const { stages: _stages, approval: _approval, ...summary } = execution;
  return summary;
}

/** The action as it is shown: outputs may carry what a template's author printed, so they stay on the server. */
function show({ outputs: _outputs, ...action }: ObservedAction) {
  return action;
}

/** The executions of a service, newest first, at most 50. Raises `ExecutionNotFoundError`, `ForbiddenError`. */
export async function listExecutions(
  deps: PipelineDeps,
  actor: Actor,
  input: { service: string },
): Promise<ExecutionSummary[]> {
  await authoriseRead(deps, actor, input.service);
  return (await deps.executions.list(input.service, LISTED)).map(summarise);
}

/** One execution; `latest` is the newest. Undefined when there is none. */
export async function getExecution(
  deps: PipelineDeps,
  actor: Actor,
  input: { service: string; executionId: string },
): Promise<ExecutionView | undefined> {
  await authoriseRead(deps, actor, input.service);
  const execution =
    input.executionId === "latest"
      ? (await deps.executions.list(input.service, 1))[0]
      : await deps.executions.get(input.service, input.executionId);
  if (!execution) return undefined;
  const releaseId = await deps.releaseOf(input.service, execution.id);
  return {
    ...summarise(execution),
    stages: execution.stages.map((stage) => ({ ...stage, groups: stage.groups.map((group) => group.map(show)) })),
    ...(releaseId ? { releaseId } : {}),
  };
}

/** The build must belong to an execution of this service: its id comes from the browser. */
async function requireBuild(deps: PipelineDeps, service: string, buildId: string): Promise<void> {
  const executions = await deps.executions.list(service, LISTED);
  const known = executions.some((execution) =>
    execution.stages.some((stage) => stage.groups.flat().some((action) => action.buildId === buildId)),
  );
  if (!known) throw new ExecutionNotFoundError(service, "such build");
}

/** What a build wrote after `cursor` (from its start when absent). */
export async function readBuildLog(
  deps: PipelineDeps,
  actor: Actor,
  input: { service: string; buildId: string; cursor?: string },
): Promise<LogChunk> {
  await authoriseRead(deps, actor, input.service);
  await requireBuild(deps, input.service, input.buildId);
  return deps.pipelines.buildLog(input.buildId, input.cursor);
}

/** The test reports of an execution's builds, those with a failure first. */
export async function getTestReports(
  deps: PipelineDeps,
  actor: Actor,
  input: { service: string; executionId: string },
): Promise<TestReport[]> {
  await authoriseRead(deps, actor, input.service);
  const execution = await deps.executions.get(input.service, input.executionId);
  if (!execution) throw new ExecutionNotFoundError(input.service, "such execution");
  return reportsOf(deps.pipelines, execution);
}

/** The reports of every build of an execution, those with a failure first. */
export async function reportsOf(
  pipelines: Pick<Pipelines, "testReports">,
  execution: ObservedExecution,
): Promise<TestReport[]> {
  const builds = execution.stages
    .flatMap((stage) => stage.groups.flat())
    .flatMap((action) => (action.buildId ? [action.buildId] : []));
  const reports = await Promise.all(builds.map((build) => pipelines.testReports(build)));
  return reports.flat().sort((a, b) => b.failed - a.failed);
}
