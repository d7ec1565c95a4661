import type * as sdk from "@aws-sdk/client-xray";
import type { AnnotationValue, Service, TraceSummary, ValueWithServiceIds } from "@aws-sdk/client-xray";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { compileFilter } from "./filter-expression.ts";
import { durationOf, flatten, type Segment, traceIds, traceSegments } from "./segments.ts";

const PAGE = 100;
const LONGEST_RANGE_MS = 24 * 3600 * 1000;
const MOST_TRACES = 5;

export const readOperations: Operations<typeof sdk> = {
  /** By when a trace started, oldest first. The whole of every trace is looked at: nothing is sampled. */
  GetTraceSummaries(context, input) {
    const matches = compileFilter(input.FilterExpression);
    const from = readToken(input.NextToken);
    const ids = idsBetween(context, input.StartTime, input.EndTime);
    const found: TraceSummary[] = [];
    let next = from;
    for (; next < ids.length && found.length < PAGE; next++) {
      const id = ids[next] ?? "";
      const segments = traceSegments(context.store.sql, context, id);
      const duration = durationOf(segments);
      const entry = entryOf(segments);
      const responseTime = entry.end_time === undefined ? 0 : round(entry.end_time - entry.start_time);
      if (matches({ segments, duration, responseTime }))
        found.push(summarise(id, segments, { duration, responseTime }));
    }
    return {
      TraceSummaries: found,
      ApproximateTime: context.clock.now(),
      TracesProcessedCount: next - from,
      NextToken: next < ids.length ? String(next) : undefined,
    };
  },

  BatchGetTraces(context, { TraceIds = [] }) {
    if (TraceIds.length > MOST_TRACES) throw invalid(`TraceIds may have ${MOST_TRACES} ids, not ${TraceIds.length}.`);
    const read = TraceIds.map((id) => ({ id, segments: traceSegments(context.store.sql, context, id) }));
    return {
      Traces: read
        .filter(({ segments }) => segments.length > 0)
        .map(({ id, segments }) => ({
          Id: id,
          Duration: durationOf(segments),
          LimitExceeded: false,
          Segments: segments.map((segment) => ({ Id: segment.id, Document: JSON.stringify(segment) })),
        })),
      UnprocessedTraceIds: read.filter(({ segments }) => segments.length === 0).map(({ id }) => id),
    };
  },

  /** Nodes are segments by name and type; an edge goes from a segment to the one whose parent it holds. */
  GetServiceGraph(context, { StartTime, EndTime }) {
    const traces = idsBetween(context, StartTime, EndTime).map((id) => traceSegments(context.store.sql, context, id));
    const range = { StartTime, EndTime };
    return { ...range, Services: graphOf(traces, range), ContainsOldGroupVersions: false };
  },
};

function idsBetween(context: Context, from: Date | undefined, to: Date | undefined): string[] {
  if (!from || !to || from > to) throw invalid("StartTime must be before EndTime.");
  if (to.getTime() - from.getTime() > LONGEST_RANGE_MS) throw invalid("The time range can't be longer than 24 hours.");
  return traceIds(context.store.sql, context, from.getTime() / 1000, to.getTime() / 1000);
}

function entryOf(segments: readonly Segment[]): Segment {
  const [first] = segments;
  const entry = segments.find(({ parent_id }) => parent_id === undefined) ?? first;
  if (!entry) throw new Error("A trace without segments can't be summarised.");
  return entry;
}

const serviceId = ({ name, origin }: Segment) => ({ Name: name, Names: [name], ...(origin ? { Type: origin } : {}) });

function summarise(
  id: string,
  segments: readonly Segment[],
  times: { duration: number; responseTime: number },
): TraceSummary {
  const all = flatten(segments);
  const entry = entryOf(segments);
  const http = entry.http ?? segments.find((segment) => segment.http)?.http;
  const annotations: Record<string, ValueWithServiceIds[]> = {};
  for (const segment of all) {
    for (const [key, value] of Object.entries(segment.annotations ?? {})) {
      annotations[key] ??= [];
      annotations[key].push({ AnnotationValue: annotationValue(value), ServiceIds: [serviceId(segment)] });
    }
  }
  const start = Math.min(...all.map(({ start_time }) => start_time));
  return {
    Id: id,
    StartTime: new Date(start * 1000),
    MatchedEventTime: new Date(start * 1000),
    Duration: times.duration,
    ResponseTime: times.responseTime,
    HasFault: all.some(({ fault }) => fault === true),
    HasError: all.some(({ error }) => error === true),
    HasThrottle: all.some(({ throttle }) => throttle === true),
    IsPartial: all.some(({ in_progress }) => in_progress === true),
    Http: {
      HttpURL: http?.request?.url,
      HttpStatus: http?.response?.status,
      HttpMethod: http?.request?.method,
      UserAgent: http?.request?.user_agent,
      ClientIp: http?.request?.client_ip,
    },
    Annotations: annotations,
    Users: [],
    ServiceIds: segments.map(serviceId),
    EntryPoint: serviceId(entry),
    ResourceARNs: segments.flatMap(({ resource_arn }) => (resource_arn ? [{ ARN: resource_arn }] : [])),
  };
}

function annotationValue(value: string | number | boolean): AnnotationValue {
  if (typeof value === "number") return { NumberValue: value };
  return typeof value === "boolean" ? { BooleanValue: value } : { StringValue: value };
}

function graphOf(
  traces: readonly (readonly Segment[])[],
  range: { StartTime: Date | undefined; EndTime: Date | undefined },
): Service[] {
  const keyOf = ({ name, origin }: Segment) => `${name}\0${origin ?? ""}`;
  const nodes = new Map<string, { segments: Segment[]; root: boolean }>();
  const edges = new Map<string, Map<string, Segment[]>>();
  for (const segments of traces) {
    const owner = new Map(segments.flatMap((root) => flatten([root]).map(({ id }) => [id, root] as const)));
    for (const segment of segments) {
      const node = nodes.get(keyOf(segment)) ?? { segments: [], root: false };
      nodes.set(keyOf(segment), node);
      node.segments.push(segment);
      const parent = owner.get(segment.parent_id ?? "");
      if (!parent) node.root = true;
      else {
        const from = edges.get(keyOf(parent)) ?? new Map<string, Segment[]>();
        edges.set(keyOf(parent), from.set(keyOf(segment), [...(from.get(keyOf(segment)) ?? []), segment]));
      }
    }
  }
  const numbers = new Map([...nodes.keys()].map((key, index) => [key, index]));
  return [...nodes].map(([key, { segments, root }]) => ({
    ReferenceId: numbers.get(key),
    Name: segments[0]?.name,
    Names: [segments[0]?.name ?? ""],
    Type: segments[0]?.origin,
    Root: root,
    State: "active",
    ...range,
    Edges: [...(edges.get(key) ?? [])].map(([to, called]) => ({
      ReferenceId: numbers.get(to),
      ...range,
      SummaryStatistics: statistics(called),
    })),
    SummaryStatistics: statistics(segments),
  }));
}

function statistics(segments: readonly Segment[]) {
  const count = (of: (segment: Segment) => unknown) => segments.filter((segment) => of(segment)).length;
  const faults = count(({ fault }) => fault);
  const errors = count(({ error }) => error);
  const throttles = count(({ throttle }) => throttle);
  return {
    OkCount: count(({ fault, error, throttle }) => !fault && !error && !throttle),
    ErrorStatistics: { ThrottleCount: throttles, OtherCount: errors - throttles, TotalCount: errors },
    FaultStatistics: { OtherCount: faults, TotalCount: faults },
    TotalCount: segments.length,
    TotalResponseTime: round(
      segments.reduce((sum, { start_time, end_time }) => sum + (end_time ?? start_time) - start_time, 0),
    ),
  };
}

function readToken(token: string | undefined): number {
  if (token === undefined) return 0;
  if (/^\d+$/.test(token)) return Number(token);
  throw invalid("NextToken isn't one that was given.");
}

const round = (seconds: number) => Math.round(seconds * 1000) / 1000;
const invalid = (message: string) => new AwsError("InvalidRequestException", message);
