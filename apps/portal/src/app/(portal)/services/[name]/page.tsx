import { getExecution, listExecutions } from "@turnpike/domain/pipelines";
import { getServiceProgress } from "@turnpike/domain/scaffolding";
import { absoluteTime, Card, CardHeader, Copyable, EmptyState, Facts } from "@turnpike/ui";
import Link from "next/link";
import { ExecutionLine } from "../../../../present/execution-row.tsx";
import { pageActor } from "../../../../server/actor.ts";
import { container } from "../../../../server/deps.ts";
import { load } from "../../../../server/load.ts";
import { Checklist } from "../../../../service/checklist.tsx";
import { ExecutionGraph } from "../../../../service/execution-graph.tsx";
import { readService } from "../../../../service/read-service.ts";

const RECENT = 8;

export default async function OverviewPage({ params }: { params: Promise<{ name: string }> }) {
  const { name } = await params;
  const actor = await pageActor();
  const deps = await container();
  const found = await readService(name);
  if (!found.ok) return null;
  const service = found.value;
  const [progress, latest, executions] = await Promise.all([
    service.ready ? undefined : load(() => getServiceProgress(deps, actor, name)),
    load(() => getExecution(deps, actor, { service: name, executionId: "latest" })),
    load(() => listExecutions(deps, actor, { service: name })),
  ]);
  return (
    <>
      {progress?.ok && progress.value && (
        <Card aria-labelledby="creating">
          <CardHeader id="creating" title="Being created" />
          <Checklist progress={progress.value} />
        </Card>
      )}
      {latest.ok && latest.value && (
        <Card aria-labelledby="latest">
          <CardHeader
            id="latest"
            title="Latest pipeline run"
            actions={
              <Link href={`/services/${name}/pipeline`} className="prose-link text-sm">
                Open the pipeline
              </Link>
            }
          />
          <ExecutionLine execution={latest.value} />
          <ExecutionGraph execution={latest.value} />
        </Card>
      )}
      <div className="grid gap-5 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Card aria-labelledby="runs">
          <CardHeader id="runs" title="Pipeline runs" count={executions.ok ? executions.value.length : undefined} />
          {executions.ok && executions.value.length > 0 ? (
            <ul className="divide-y divide-line">
              {executions.value.slice(0, RECENT).map((execution) => (
                <li key={execution.id}>
                  <ExecutionLine execution={execution} />
                </li>
              ))}
            </ul>
          ) : (
            <EmptyState title="No runs yet">The first one starts by itself when the pipeline is there.</EmptyState>
          )}
        </Card>
        <Card aria-labelledby="about">
          <CardHeader id="about" title="About" />
          <div className="p-4">
            <Facts
              facts={[
                ["Clone", <Copyable key="v" text={service.repository.cloneUrl} label="clone URL" />],
                ["Template", service.template],
                ["Pipeline", <Copyable key="v" text={service.pipelineName} label="pipeline name" />],
                ["Id", <Copyable key="v" text={service.id} label="service id" />],
                ["Asked for by", service.requestedBy],
                ["Since", absoluteTime(service.createdAt)],
              ]}
            />
          </div>
        </Card>
      </div>
    </>
  );
}
