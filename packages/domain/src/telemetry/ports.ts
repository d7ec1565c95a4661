import type { LogEvent, Series, Trace, TraceSummary } from "./views.ts";

/** Where a service runs in one environment: found in its stack's outputs. */
export interface Deployment {
  readonly environment: string;
  readonly accountId: string;
  readonly region: string;
  readonly functionName: string;
  readonly logGroupName: string;
}

export interface TimeRange {
  readonly from: Date;
  readonly to: Date;
}

/**
 * CloudWatch, Logs and X-Ray of a workload account, read with its reader role. Raises `AccountUnreadableError` when
 * the account can't be read within the deadline.
 */
export interface TelemetryReader {
  /** Sums per period for counts, percentiles for durations (ms). */
  metrics(deployment: Deployment, range: TimeRange, periodSeconds: number): Promise<Series[]>;
  /** Newest first, at most `limit`. `filter` is plain text that a line must contain. */
  logs(deployment: Deployment, range: TimeRange, filter: string | undefined, limit: number): Promise<LogEvent[]>;
  /** Newest first, at most 100. */
  traces(deployment: Deployment, range: TimeRange): Promise<TraceSummary[]>;
  trace(deployment: Deployment, traceId: string): Promise<Trace | undefined>;
}

/** Where services run, from what their pipelines deployed. */
export interface DeploymentIndex {
  /** The service's owner and its deployment in the environment; undefined: no such service or environment. */
  find(
    service: string,
    environment: string,
  ): Promise<{ owner: string; deployment: Deployment | undefined } | undefined>;
}
