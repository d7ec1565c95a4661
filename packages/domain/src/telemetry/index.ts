export { EnvironmentNotFoundError } from "./errors.ts";
export type { Deployment, DeploymentIndex, TelemetryReader, TimeRange } from "./ports.ts";
export { getTrace, listTraces, periodFor, readLogs, readMetrics, type TelemetryDeps } from "./read-telemetry.ts";
export type { LogEvent, MetricsView, Reading, Series, Span, Trace, TraceSummary } from "./views.ts";
