import type * as sdk from "@aws-sdk/client-xray";
import type { Edge, HistogramEntry, Service } from "@aws-sdk/client-xray";
import type { Operations } from "../../core/service.ts";
import { compileFilter } from "./filter-expression.ts";
import { findGroup } from "./groups.ts";
import { readRange, readToken, writeToken } from "./read-traces.ts";
import { durationOf, ownersOf, type Segment, traceSegments, traceStarts } from "./segments.ts";

/** Traces of one graph; more are left to the pages after it, whose nodes its reader adds up, as AWS says. */
const MOST_TRACES = 2000;
/** Other requests get their turn after so many. */
const PART = 100;

interface Times {
  readonly StartTime: Date | undefined;
  readonly EndTime: Date | undefined;
}

export const graphOperations: Operations<typeof sdk> = {
  async GetServiceGraph(context, { StartTime, EndTime, GroupName, GroupARN, NextToken }) {
    const matches = compileFilter(findGroup(context, { GroupName, GroupARN })?.FilterExpression);
    const range = readRange(context, StartTime, EndTime);
    const { sql } = context.store;
    const found = traceStarts(sql, context, { ...range, after: readToken(NextToken), most: MOST_TRACES });
    const traces: Segment[][] = [];
    for (const [index, { id }] of found.entries()) {
      const segments = traceSegments(sql, context, id);
      const duration = durationOf(segments);
      if (matches({ segments, duration, responseTime: duration })) traces.push(segments);
      if (index % PART === PART - 1) await new Promise((resolve) => setImmediate(resolve));
    }
    const last = found.at(-1);
    return {
      ...{ StartTime, EndTime },
      Services: graphOf(traces, { StartTime, EndTime }, context.account),
      ContainsOldGroupVersions: false,
      NextToken: last && found.length === MOST_TRACES ? writeToken(last) : undefined,
    };
  },

  GetTraceGraph(context, { TraceIds = [] }) {
    const traces = TraceIds.map((id) => traceSegments(context.store.sql, context, id)).filter(
      ({ length }) => length > 0,
    );
    const seconds = traces.flat().flatMap(({ start_time, end_time }) => [start_time, end_time ?? start_time]);
    const times = {
      StartTime: seconds.length > 0 ? new Date(Math.min(...seconds) * 1000) : undefined,
      EndTime: seconds.length > 0 ? new Date(Math.max(...seconds) * 1000) : undefined,
    };
    return { Services: graphOf(traces, times, context.account) };
  },
};

interface Node {
  readonly name: string;
  readonly type: string | undefined;
  readonly segments: Segment[];
  readonly calls: Map<string, Segment[]>;
  isRoot: boolean;
}

/**
 * Nodes are segments by name and type; an edge goes from a segment to those whose parent it or its subsegments are. What
 * came from outside has a client before it, as AWS draws it.
 */
function graphOf(traces: readonly (readonly Segment[])[], times: Times, account: string): Service[] {
  const nodes = new Map<string, Node>();
  const nodeOf = (name: string, type: string | undefined) => {
    const key = `${name}\0${type ?? ""}`;
    const node: Node = nodes.get(key) ?? { name, type, segments: [], calls: new Map(), isRoot: false };
    nodes.set(key, node);
    return { key, node };
  };
  const call = (from: Node, to: string, segment: Segment) =>
    from.calls.set(to, [...(from.calls.get(to) ?? []), segment]);
  for (const segments of traces) {
    const owners = ownersOf(segments);
    for (const segment of segments) {
      const { key, node } = nodeOf(
        segment.name,
        segment.origin ?? (segment.namespace === "remote" ? "remote" : undefined),
      );
      node.segments.push(segment);
      const parent = owners.get(segment.parent_id ?? "");
      if (parent) call(nodeOf(parent.name, parent.origin).node, key, segment);
      else node.isRoot = true;
    }
  }
  for (const [key, { name, segments, isRoot }] of [...nodes]) {
    if (!isRoot) continue;
    const from = nodeOf(name, "client").node;
    for (const segment of segments) if (segment.parent_id === undefined) call(from, key, segment);
  }
  const numbers = new Map([...nodes.keys()].map((key, index) => [key, index]));
  return [...nodes].map(([key, { name, type, segments, calls, isRoot }]) => ({
    ReferenceId: numbers.get(key),
    Name: name,
    Names: [name],
    ...(type === undefined ? {} : { Type: type }),
    ...(type === "client" ? {} : { AccountId: account }),
    Root: isRoot,
    State: type === "client" || segments.every(({ inferred }) => inferred) ? "unknown" : "active",
    ...times,
    Edges: [...calls].map(
      ([to, called]): Edge => ({
        ReferenceId: numbers.get(to),
        ...times,
        SummaryStatistics: statistics(called),
        ResponseTimeHistogram: histogram(called),
        Aliases: [],
      }),
    ),
    ...(segments.length > 0
      ? {
          SummaryStatistics: statistics(segments),
          DurationHistogram: histogram(segments),
          ResponseTimeHistogram: histogram(segments),
        }
      : {}),
  }));
}

const secondsOf = ({ start_time, end_time }: Segment) => (end_time ?? start_time) - start_time;

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
    TotalResponseTime: Math.round(segments.reduce((sum, segment) => sum + secondsOf(segment), 0) * 1000) / 1000,
  };
}

/** How often each time was seen, to three digits. */
function histogram(segments: readonly Segment[]): HistogramEntry[] {
  const counts = new Map<number, number>();
  for (const segment of segments) {
    const seconds = Number(Math.max(0, secondsOf(segment)).toPrecision(3));
    counts.set(seconds, (counts.get(seconds) ?? 0) + 1);
  }
  return [...counts].sort(([a], [b]) => a - b).map(([Value, Count]) => ({ Value, Count }));
}
