import { getTrace } from "@turnpike/domain/telemetry";
import {
  absoluteTime,
  Card,
  CardHeader,
  Copyable,
  durationWords,
  EmptyState,
  StateBadge,
  TraceWaterfall,
} from "@turnpike/ui";
import Link from "next/link";
import { ProblemNotice } from "../../../../../../frame/problem.tsx";
import { traces } from "../../../../../../present/states.ts";
import { pageActor } from "../../../../../../server/actor.ts";
import { container } from "../../../../../../server/deps.ts";
import { load } from "../../../../../../server/load.ts";
import { readService } from "../../../../../../service/read-service.ts";
import { type TelemetrySearch, telemetryQueryOf } from "../../../../../../service/telemetry-query.ts";
import { Unreadable } from "../../../../../../service/unreadable.tsx";

export default async function TracePage({
  params,
  searchParams,
}: {
  params: Promise<{ name: string; traceId: string }>;
  searchParams: Promise<TelemetrySearch>;
}) {
  const { name, traceId: encoded } = await params;
  const traceId = decodeURIComponent(encoded);
  const found = await readService(name);
  if (!found.ok) return null;
  const { environment } = telemetryQueryOf(await searchParams, found.value.lanes);
  if (environment === undefined) return <EmptyState title="This service has no environments" />;
  const actor = await pageActor();
  const deps = await container();
  const loaded = await load(() => getTrace(deps, actor, { service: name, environment, traceId }));
  if (!loaded.ok) return <ProblemNotice problem={loaded.problem} />;
  const reading = loaded.value;
  const trace = reading.kind === "read" ? reading.value : undefined;
  return (
    <Card aria-labelledby="trace">
      <CardHeader
        id="trace"
        title={
          <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
            {trace?.spans[0]?.name ?? "Trace"}
            {trace && <StateBadge {...traces[trace.status]} />}
          </span>
        }
        {...(trace
          ? { count: `${durationWords(trace.durationMs)} · ${trace.spans.length} spans · ${absoluteTime(trace.at)}` }
          : {})}
        actions={<Copyable text={traceId} label="trace id" className="max-w-60" />}
      />
      {reading.kind === "unreadable" && <Unreadable reading={reading} what="This trace is" />}
      {trace && <TraceWaterfall spans={trace.spans} durationMs={trace.durationMs} />}
      {reading.kind === "read" && !trace && (
        <EmptyState
          title={`There is no such trace in ${environment}`}
          actions={
            <Link href={`/services/${name}/traces?environment=${environment}`} className="prose-link">
              All traces of {environment}
            </Link>
          }
        >
          It may be too young (traces arrive after a few seconds), older than the account keeps them, or of another
          environment.
        </EmptyState>
      )}
    </Card>
  );
}
