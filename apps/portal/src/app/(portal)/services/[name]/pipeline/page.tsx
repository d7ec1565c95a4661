import { type ExecutionView, getExecution, getTestReports, listExecutions } from "@turnpike/domain/pipelines";
import { Card, CardHeader, EmptyState, Hash, StateBadge } from "@turnpike/ui";
import { notFound } from "next/navigation";
import { ProblemNotice } from "../../../../../frame/problem.tsx";
import { runs } from "../../../../../present/states.ts";
import { pageActor } from "../../../../../server/actor.ts";
import { container } from "../../../../../server/deps.ts";
import { load } from "../../../../../server/load.ts";
import { ActionDetail } from "../../../../../service/action-detail.tsx";
import { actionKey, ExecutionGraph } from "../../../../../service/execution-graph.tsx";
import { ExecutionPicker } from "../../../../../service/execution-picker.tsx";
import { FailedTests } from "../../../../../service/failed-tests.tsx";

interface Search {
  execution?: string | string[];
  action?: string | string[];
}

/** The action that a person most likely came for: the one that failed, else what is going on, else the last that ran. */
function mostTelling(execution: ExecutionView): string | undefined {
  const actions = execution.stages.flatMap((stage) =>
    stage.groups.flat().map((action) => ({ key: actionKey(stage.name, action), action })),
  );
  const found =
    actions.find(({ action }) => action.status === "failed") ??
    actions.find(({ action }) => action.status === "running") ??
    actions.findLast(({ action }) => action.buildId !== undefined) ??
    actions[0];
  return found?.key;
}

export default async function PipelinePage({
  params,
  searchParams,
}: {
  params: Promise<{ name: string }>;
  searchParams: Promise<Search>;
}) {
  const { name } = await params;
  const { execution: wanted, action: wantedAction } = await searchParams;
  const actor = await pageActor();
  const deps = await container();
  const executionId = typeof wanted === "string" ? wanted : "latest";
  const [executions, found] = await Promise.all([
    load(() => listExecutions(deps, actor, { service: name })),
    load(() => getExecution(deps, actor, { service: name, executionId })),
  ]);
  if (!executions.ok) return <ProblemNotice problem={executions.problem} />;
  if (!found.ok) return <ProblemNotice problem={found.problem} />;
  const execution = found.value;
  if (!execution) {
    if (executionId !== "latest") notFound();
    return (
      <Card>
        <EmptyState title="The pipeline has not run yet">
          It starts by itself with the first commit, and again with each push.
        </EmptyState>
      </Card>
    );
  }
  const selected = typeof wantedAction === "string" ? wantedAction : mostTelling(execution);
  const chosen = execution.stages
    .flatMap((stage) => stage.groups.flat().map((action) => ({ key: actionKey(stage.name, action), action })))
    .find(({ key }) => key === selected);
  const failed = execution.status === "failed";
  const reports = failed
    ? await load(() => getTestReports(deps, actor, { service: name, executionId: execution.id }))
    : undefined;
  const { state, label } = runs[execution.status];
  return (
    <>
      <Card aria-labelledby="execution">
        <CardHeader
          id="execution"
          title={
            <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
              <span className="break-words">{execution.commit?.title ?? "No commit yet"}</span>
              {execution.commit && <Hash value={execution.commit.sha} label="commit" />}
              <StateBadge state={state} label={label} />
            </span>
          }
          actions={<ExecutionPicker service={name} executions={executions.value} current={execution.id} />}
        />
        <ExecutionGraph execution={execution} selected={selected} />
      </Card>
      {reports && !reports.ok && <ProblemNotice problem={reports.problem} />}
      {reports?.ok && <FailedTests reports={reports.value} />}
      {chosen && (
        <ActionDetail service={name} action={chosen.action} title={chosen.key} releaseId={execution.releaseId} />
      )}
    </>
  );
}
