import { readLogs } from "@turnpike/domain/telemetry";
import { Card, CardHeader, EmptyState } from "@turnpike/ui";
import Form from "next/form";
import { ProblemNotice } from "../../../../../frame/problem.tsx";
import { RefreshEvery } from "../../../../../live/refresh-every.tsx";
import { FilterInput } from "../../../../../present/filter-input.tsx";
import { pageActor } from "../../../../../server/actor.ts";
import { container } from "../../../../../server/deps.ts";
import { load } from "../../../../../server/load.ts";
import { LogLines } from "../../../../../service/log-lines.tsx";
import { EnvironmentNav } from "../../../../../service/range-nav.tsx";
import { readService } from "../../../../../service/read-service.ts";
import { type TelemetrySearch, telemetryQueryOf } from "../../../../../service/telemetry-query.ts";
import { Unreadable } from "../../../../../service/unreadable.tsx";

export default async function LogsPage({
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
  const { environment, minutes, filter } = telemetryQueryOf(await searchParams, lanes);
  if (environment === undefined) return <EmptyState title="This service has no environments" />;
  const actor = await pageActor();
  const deps = await container();
  const loaded = await load(() =>
    readLogs(deps, actor, { service: name, environment, minutes, ...(filter ? { filter } : {}) }),
  );
  const base = `/services/${name}/logs`;
  const hrefOf = (changed: object) =>
    `${base}?${new URLSearchParams({ environment, minutes: String(minutes), ...(filter ? { q: filter } : {}), ...changed })}`;
  const reading = loaded.ok ? loaded.value : undefined;
  return (
    <>
      <RefreshEvery seconds={10} />
      <div className="flex flex-wrap items-center gap-3">
        <EnvironmentNav lanes={lanes} environment={environment} minutes={minutes} hrefOf={hrefOf} />
        <Form action={base} className="flex min-w-48 flex-1" scroll={false}>
          <input type="hidden" name="environment" value={environment} />
          <input type="hidden" name="minutes" value={minutes} />
          <FilterInput name="q" value={filter} label="Lines that contain" />
        </Form>
      </div>
      <Card aria-labelledby="lines">
        <CardHeader
          id="lines"
          title={`Logs of ${environment}`}
          count={reading?.kind === "read" ? `newest ${reading.value.length}` : undefined}
        />
        {!loaded.ok && <ProblemNotice problem={loaded.problem} className="m-4" />}
        {reading?.kind === "unreadable" && <Unreadable reading={reading} what="Logs are" />}
        {reading?.kind === "read" &&
          (reading.value.length > 0 ? (
            <LogLines events={reading.value} service={name} environment={environment} />
          ) : (
            <EmptyState title={filter ? "No line contains that" : "No lines in this time"}>
              Choose a longer time, or call the service.
            </EmptyState>
          ))}
      </Card>
    </>
  );
}
