import type * as sdk from "@aws-sdk/client-xray";
import type { AnnotationValue, TraceSummary, ValueWithServiceIds } from "@aws-sdk/client-xray";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { compileFilter } from "./filter-expression.ts";
import { durationOf, flatten, type Segment, type TraceStart, traceSegments, traceStarts } from "./segments.ts";

const PAGE = 100;
/** Traces looked at for one page; AWS too answers short pages with a token. */
const LOOK = 500;
const LONGEST_RANGE_MS = 24 * 3600 * 1000;
const MOST_TRACES = 5;
/** In realistic mode a trace is found so long after it began. */
const LATE_S = 10;

export const readOperations: Operations<typeof sdk> = {
  /** By when a trace started, oldest first. The whole of every trace is looked at: nothing is sampled. */
  GetTraceSummaries(context, input) {
    const matches = compileFilter(input.FilterExpression);
    const range = readRange(context, input.StartTime, input.EndTime);
    const after = readToken(input.NextToken);
    const traces = traceStarts(context.store.sql, context, { ...range, after, most: LOOK });
    const found: TraceSummary[] = [];
    let last: TraceStart | undefined;
    let processed = 0;
    for (const trace of traces) {
      if (found.length === PAGE) break;
      processed++;
      last = trace;
      const segments = traceSegments(context.store.sql, context, trace.id);
      const duration = durationOf(segments);
      const entry = entryOf(segments);
      const responseTime = entry.end_time === undefined ? 0 : round(entry.end_time - entry.start_time);
      if (matches({ segments, duration, responseTime }))
        found.push(summarise(trace.id, segments, { duration, responseTime }));
    }
    const isMore = processed < traces.length || traces.length === LOOK;
    return {
      TraceSummaries: found,
      ApproximateTime: context.clock.now(),
      TracesProcessedCount: processed,
      NextToken: isMore && last ? writeToken(last) : undefined,
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
};

/** The range of a request, in seconds. */
export function readRange(context: Context, from: Date | undefined, to: Date | undefined) {
  if (!from || !to || from > to) throw invalid("StartTime must be before EndTime.");
  if (to.getTime() - from.getTime() > LONGEST_RANGE_MS) throw invalid("The time range can't be longer than 24 hours.");
  const newestS = context.clock.isRealistic ? context.clock.now().getTime() / 1000 - LATE_S : Number.MAX_SAFE_INTEGER;
  return { fromS: from.getTime() / 1000, toS: Math.min(to.getTime() / 1000, newestS) };
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
    Users: [...new Set(all.flatMap(({ user }) => user ?? []))].map((UserName) => ({
      UserName,
      ServiceIds: all.filter(({ user }) => user === UserName).map(serviceId),
    })),
    ServiceIds: segments.map(serviceId),
    EntryPoint: serviceId(entry),
    ResourceARNs: segments.flatMap(({ resource_arn }) => (resource_arn ? [{ ARN: resource_arn }] : [])),
  };
}

function annotationValue(value: string | number | boolean): AnnotationValue {
  if (typeof value === "number") return { NumberValue: value };
  return typeof value === "boolean" ? { BooleanValue: value } : { StringValue: value };
}

export function writeToken({ id, startS }: TraceStart): string {
  return Buffer.from(`${startS} ${id}`).toString("base64url");
}

export function readToken(token: string | undefined): TraceStart | undefined {
  if (token === undefined) return undefined;
  const [, startS, id] = /^(\d+(?:\.\d+)?) (1-\S+)$/.exec(Buffer.from(token, "base64url").toString()) ?? [];
  if (startS !== undefined && id !== undefined) return { id, startS: Number(startS) };
  throw invalid("NextToken isn't one that was given.");
}

const round = (seconds: number) => Math.round(seconds * 1000) / 1000;
const invalid = (message: string) => new AwsError("InvalidRequestException", message);
