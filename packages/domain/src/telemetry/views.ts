/** What is read from an environment's account for what is on screen. */

export type Reading<T> =
  | { readonly kind: "read"; readonly value: T; readonly at: Date }
  /** "unknown since T, because …": never shown as healthy. */
  | { readonly kind: "unreadable"; readonly since: Date; readonly reason: string };

export interface Series {
  readonly metric: "invocations" | "errors" | "duration-p50" | "duration-p95" | "throttles";
  readonly label: string;
  readonly unit: "count" | "ms";
  /** Ascending; a period without a sample is left out. */
  readonly points: readonly { readonly at: Date; readonly value: number }[];
}

export interface MetricsView {
  readonly environment: string;
  readonly from: Date;
  readonly to: Date;
  readonly periodSeconds: number;
  readonly series: readonly Series[];
}

export interface LogEvent {
  readonly id: string;
  readonly at: Date;
  readonly level: "debug" | "info" | "warn" | "error" | undefined;
  readonly message: string;
  readonly requestId: string | undefined;
  readonly traceId: string | undefined;
  /** The parsed JSON line, when it is one. */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

export interface TraceSummary {
  readonly id: string;
  readonly at: Date;
  readonly durationMs: number;
  readonly status: "ok" | "error" | "fault" | "throttled";
  readonly name: string;
  readonly httpStatus: number | undefined;
}

export interface Span {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  /** What ran it: `orders-dev (AWS::Lambda::Function)`. */
  readonly service: string;
  /** From the start of the trace. */
  readonly offsetMs: number;
  readonly durationMs: number;
  readonly status: "ok" | "error" | "fault" | "throttled" | "in-progress";
  readonly error: string | undefined;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

export interface Trace extends Pick<TraceSummary, "id" | "at" | "durationMs" | "status"> {
  /** In waterfall order: parents before children, siblings by start. */
  readonly spans: readonly Span[];
}
