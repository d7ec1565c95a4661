import { AppError, type Clock } from "@turnpike/kernel";
import { type Actor, authorise } from "../identity/index.ts";
import { EnvironmentNotFoundError } from "./errors.ts";
import type { Deployment, DeploymentIndex, TelemetryReader, TimeRange } from "./ports.ts";
import type { LogEvent, MetricsView, Reading, Trace, TraceSummary } from "./views.ts";

export interface TelemetryDeps {
  readonly deployments: DeploymentIndex;
  readonly reader: TelemetryReader;
  readonly clock: Clock;
}

interface Query {
  readonly service: string;
  readonly environment: string;
  /** How far back from now. */
  readonly minutes: number;
}

const LOG_LINES = 200;

/** One point a minute up to three hours, then a period that keeps a chart under 200 points. */
export function periodFor(minutes: number): number {
  if (minutes <= 180) return 60;
  return Math.ceil((minutes * 60) / 180 / 60) * 60;
}

async function locate(deps: TelemetryDeps, actor: Actor, query: Pick<Query, "service" | "environment">) {
  const found = await deps.deployments.find(query.service, query.environment);
  if (!found) throw new EnvironmentNotFoundError(query.service, query.environment);
  authorise(actor, "service:read", found.owner);
  return found.deployment;
}

/**
 * Reads from an account. One that can't be read is an answer ("unreadable since, because"), not an error: the rest of
 * the page stands.
 */
async function read<T>(
  deps: TelemetryDeps,
  deployment: Deployment | undefined,
  empty: T,
  ask: (deployment: Deployment) => Promise<T>,
): Promise<Reading<T>> {
  const at = deps.clock.now();
  // Not deployed yet: nothing ran, and that is known.
  if (!deployment) return { kind: "read", value: empty, at };
  try {
    return { kind: "read", value: await ask(deployment), at };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { kind: "unreadable", since: at, reason: error.message };
  }
}

function lastMinutes(clock: Clock, minutes: number): TimeRange {
  const to = clock.now();
  return { from: new Date(to.getTime() - minutes * 60_000), to };
}

/** Invocations, errors and duration of a service in one environment. Raises `EnvironmentNotFoundError`, `ForbiddenError`. */
export async function readMetrics(deps: TelemetryDeps, actor: Actor, query: Query): Promise<Reading<MetricsView>> {
  const deployment = await locate(deps, actor, query);
  const range = lastMinutes(deps.clock, query.minutes);
  const periodSeconds = periodFor(query.minutes);
  const view = { environment: query.environment, ...range, periodSeconds };
  return read<MetricsView>(deps, deployment, { ...view, series: [] }, async (found) => ({
    ...view,
    series: await deps.reader.metrics(found, range, periodSeconds),
  }));
}

/** The newest log lines, at most 200. */
export async function readLogs(
  deps: TelemetryDeps,
  actor: Actor,
  query: Query & { filter?: string },
): Promise<Reading<LogEvent[]>> {
  const deployment = await locate(deps, actor, query);
  const range = lastMinutes(deps.clock, query.minutes);
  return read<LogEvent[]>(deps, deployment, [], (found) => deps.reader.logs(found, range, query.filter, LOG_LINES));
}

/** The newest traces, at most 100. */
export async function listTraces(deps: TelemetryDeps, actor: Actor, query: Query): Promise<Reading<TraceSummary[]>> {
  const deployment = await locate(deps, actor, query);
  const range = lastMinutes(deps.clock, query.minutes);
  return read<TraceSummary[]>(deps, deployment, [], (found) => deps.reader.traces(found, range));
}

/** One trace with its spans in waterfall order; undefined when the account has none of this id. */
export async function getTrace(
  deps: TelemetryDeps,
  actor: Actor,
  query: { service: string; environment: string; traceId: string },
): Promise<Reading<Trace | undefined>> {
  const deployment = await locate(deps, actor, query);
  return read<Trace | undefined>(deps, deployment, undefined, (found) => deps.reader.trace(found, query.traceId));
}
