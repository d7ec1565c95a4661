import { listTraces, type TraceSummary } from "@turnpike/domain/telemetry";
import {
  absoluteTime,
  Card,
  CardHeader,
  durationWords,
  EmptyState,
  RelativeTime,
  StateMark,
  Table,
  Td,
  Th,
  Tr,
} from "@turnpike/ui";
import Link from "next/link";
import { ProblemNotice } from "../../../../../frame/problem.tsx";
import { RefreshEvery } from "../../../../../live/refresh-every.tsx";
import { traces as traceStates } from "../../../../../present/states.ts";
import { pageActor } from "../../../../../server/actor.ts";
import { container } from "../../../../../server/deps.ts";
import { load } from "../../../../../server/load.ts";
import { EnvironmentNav } from "../../../../../service/range-nav.tsx";
import { readService } from "../../../../../service/read-service.ts";
import { type TelemetrySearch, telemetryQueryOf } from "../../../../../service/telemetry-query.ts";
import { Unreadable } from "../../../../../service/unreadable.tsx";

export default async function TracesPage({
  params,
  searchParams,
}: {
  params: Promise<{ name: string }>;
  searchParams: Promise<TelemetrySearch>;
}) {
  const { name } = await params;
  const found = await readService(name);
  if (!found.ok) return null;
  const { lanes } = found.value;
  const { environment, minutes } = telemetryQueryOf(await searchParams, lanes);
  if (environment === undefined) return <EmptyState title="This service has no environments" />;
  const actor = await pageActor();
  const deps = await container();
  const loaded = await load(() => listTraces(deps, actor, { service: name, environment, minutes }));
  const hrefOf = (changed: object) =>
    `/services/${name}/traces?${new URLSearchParams({ environment, minutes: String(minutes), ...changed })}`;
  const reading = loaded.ok ? loaded.value : undefined;
  return (
    <>
      <RefreshEvery seconds={10} />
      <div className="flex flex-wrap items-center gap-3">
        <EnvironmentNav lanes={lanes} environment={environment} minutes={minutes} hrefOf={hrefOf} />
      </div>
      <Card aria-labelledby="traces">
        <CardHeader
          id="traces"
          title={`Traces of ${environment}`}
          count={reading?.kind === "read" ? `newest ${reading.value.length}` : undefined}
        />
        {!loaded.ok && <ProblemNotice problem={loaded.problem} className="m-4" />}
        {reading?.kind === "unreadable" && <Unreadable reading={reading} what="Traces are" />}
        {reading?.kind === "read" &&
          (reading.value.length > 0 ? (
            <TraceTable service={name} environment={environment} traces={reading.value} />
          ) : (
            <EmptyState title="No traces in this time">Choose a longer time, or call the service.</EmptyState>
          ))}
      </Card>
    </>
  );
}

function TraceTable({
  service,
  environment,
  traces,
}: {
  service: string;
  environment: string;
  traces: readonly TraceSummary[];
}) {
  const isHttp = traces.some(({ httpStatus }) => httpStatus !== undefined);
  const longest = Math.max(1, ...traces.map(({ durationMs }) => durationMs));
  return (
    <Table label="Traces">
      <thead>
        <tr>
          <Th>Request</Th>
          <Th>Result</Th>
          {isHttp && <Th>HTTP</Th>}
          <Th className="w-1/3">Duration</Th>
          <Th>When</Th>
        </tr>
      </thead>
      <tbody>
        {traces.map((trace) => (
          <Tr key={trace.id}>
            <Td className="max-w-80">
              <Link
                data-row
                href={`/services/${service}/traces/${encodeURIComponent(trace.id)}?environment=${environment}`}
                className="block truncate rounded-mark font-medium hover:underline"
              >
                {trace.name}
              </Link>
              <span className="block truncate font-mono text-muted text-xs">{trace.id}</span>
            </Td>
            <Td>
              <StateMark {...traceStates[trace.status]} />
            </Td>
            {isHttp && <Td>{trace.httpStatus ?? ""}</Td>}
            <Td>
              <span className="flex items-center gap-3">
                <span className="w-16 shrink-0 text-right">{durationWords(trace.durationMs)}</span>
                <span aria-hidden className="h-2 flex-1 rounded-full bg-sunken">
                  <span
                    className="block h-full rounded-full bg-accent-fill"
                    style={{ width: `${(trace.durationMs / longest) * 100}%` }}
                  />
                </span>
              </span>
            </Td>
            <Td className="whitespace-nowrap text-muted text-sm" title={absoluteTime(trace.at)}>
              <RelativeTime at={trace.at} />
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
