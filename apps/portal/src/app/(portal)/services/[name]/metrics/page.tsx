import type { Lane } from "@turnpike/domain/catalog";
import { readMetrics } from "@turnpike/domain/telemetry";
import { Card, CardHeader, EmptyState, RelativeTime, TimeSeries } from "@turnpike/ui";
import { ProblemNotice } from "../../../../../frame/problem.tsx";
import { RefreshEvery } from "../../../../../live/refresh-every.tsx";
import { pageActor } from "../../../../../server/actor.ts";
import { container } from "../../../../../server/deps.ts";
import { load } from "../../../../../server/load.ts";
import { chartsOf } from "../../../../../service/charts.ts";
import { RangeNav } from "../../../../../service/range-nav.tsx";
import { readService } from "../../../../../service/read-service.ts";
import { type TelemetrySearch, telemetryQueryOf } from "../../../../../service/telemetry-query.ts";
import { Unreadable } from "../../../../../service/unreadable.tsx";

const REFRESH_SECONDS = 15;

export default async function MetricsPage({
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
  const { minutes } = telemetryQueryOf(await searchParams, lanes);
  return (
    <>
      <RefreshEvery seconds={REFRESH_SECONDS} />
      <RangeNav minutes={minutes} hrefOf={(each) => `/services/${name}/metrics?minutes=${each}`} />
      <div className="grid items-start gap-5 xl:grid-cols-2">
        {lanes.map((lane) => (
          <EnvironmentMetrics key={lane.environment} service={name} lane={lane} minutes={minutes} />
        ))}
      </div>
    </>
  );
}

/** One environment's charts; each account is read by itself, so that one that fails takes no other with it. */
async function EnvironmentMetrics({ service, lane, minutes }: { service: string; lane: Lane; minutes: number }) {
  const { environment } = lane;
  const actor = await pageActor();
  const deps = await container();
  const loaded = await load(() => readMetrics(deps, actor, { service, environment, minutes }));
  const reading = loaded.ok ? loaded.value : undefined;
  const id = `metrics-${environment}`;
  return (
    <Card aria-labelledby={id}>
      <CardHeader
        id={id}
        title={environment}
        count={lane.accountId}
        actions={
          reading?.kind === "read" && (
            <span className="text-muted text-sm">
              read <RelativeTime at={reading.at} />
            </span>
          )
        }
      />
      {!loaded.ok && <ProblemNotice problem={loaded.problem} className="m-4" />}
      {reading?.kind === "unreadable" && <Unreadable reading={reading} what="Metrics are" />}
      {reading?.kind === "read" &&
        (reading.value.series.some(({ points }) => points.length > 0) ? (
          <TimeSeries
            label={`Metrics of ${environment}`}
            charts={chartsOf(reading.value)}
            from={reading.value.from.getTime()}
            to={reading.value.to.getTime()}
            periodMs={reading.value.periodSeconds * 1000}
          />
        ) : (
          <EmptyState title="No invocations in this time">
            {lane.deployed
              ? "Call the service, or choose a longer time. Metrics appear within a minute of an invocation."
              : `Nothing is deployed in ${environment} yet.`}
          </EmptyState>
        ))}
    </Card>
  );
}
