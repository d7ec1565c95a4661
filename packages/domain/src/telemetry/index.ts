export type { LogEvent, MetricsView, Reading, Series, Span, Trace, TraceSummary } from "./views.ts";
