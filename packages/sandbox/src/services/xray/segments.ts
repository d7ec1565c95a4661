import type { DatabaseSync } from "node:sqlite";
import type { ServiceRuntime } from "../../core/context.ts";

/** A segment document. https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html */
export interface Segment {
  readonly id: string;
  readonly trace_id: string;
  readonly name: string;
  readonly start_time: number;
  readonly end_time?: number;
  readonly in_progress?: boolean;
  readonly parent_id?: string;
  readonly type?: string;
  readonly origin?: string;
  readonly namespace?: string;
  readonly inferred?: boolean;
  readonly fault?: boolean;
  readonly error?: boolean;
  readonly throttle?: boolean;
  readonly user?: string;
  readonly resource_arn?: string;
  readonly http?: {
    readonly request?: {
      readonly method?: string;
      readonly url?: string;
      readonly client_ip?: string;
      readonly user_agent?: string;
    };
    readonly response?: { readonly status?: number };
  };
  readonly aws?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  readonly annotations?: Readonly<Record<string, string | number | boolean>>;
  readonly metadata?: unknown;
  readonly subsegments?: readonly Segment[];
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS xray_segments (
    account TEXT NOT NULL, region TEXT NOT NULL, trace_id TEXT NOT NULL, id TEXT NOT NULL, start_s REAL NOT NULL,
    done INTEGER NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (account, region, trace_id, id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS xray_segments_by_time ON xray_segments (account, region, start_s);
`;

/** X-Ray keeps traces for 30 days. */
const KEPT_S = 30 * 24 * 3600;

export function openSegments(runtime: ServiceRuntime): void {
  const { sql } = runtime.storeOf("", "");
  sql.exec(SCHEMA);
  sql.prepare("DELETE FROM xray_segments WHERE start_s < ?").run(runtime.clock.now().getTime() / 1000 - KEPT_S);
}

interface Scope {
  readonly account: string;
  readonly region: string;
}

/** A finished segment replaces the one in progress, and never the other way round: UDP keeps no order. */
export function writeSegments(sql: DatabaseSync, { account, region }: Scope, segments: readonly Segment[]): void {
  const put = sql.prepare(
    `INSERT INTO xray_segments VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET start_s = excluded.start_s, done = excluded.done, document = excluded.document
     WHERE excluded.done >= done`,
  );
  for (const segment of segments) {
    const done = segment.in_progress ? 0 : 1;
    put.run(account, region, segment.trace_id, segment.id, segment.start_time, done, JSON.stringify(segment));
  }
}

/** The account that a trace was seen in first, for what arrives without saying whose it is. */
export function scopeOfTrace(sql: DatabaseSync, traceId: string): Scope | undefined {
  const row = sql
    .prepare("SELECT account, region FROM xray_segments WHERE trace_id = ? ORDER BY start_s LIMIT 1")
    .get(traceId);
  return row && { account: String(row.account), region: String(row.region) };
}

export function traceIds(sql: DatabaseSync, { account, region }: Scope, fromS: number, toS: number): string[] {
  return sql
    .prepare(
      `SELECT trace_id FROM xray_segments WHERE account = ? AND region = ? AND start_s >= ? AND start_s <= ?
       GROUP BY trace_id ORDER BY min(start_s)`,
    )
    .all(account, region, fromS, toS)
    .map((row) => String(row.trace_id));
}

/**
 * The segments of a trace as X-Ray answers them: subsegments that were sent alone are put into their parents, and each
 * call to an AWS service that sent no segment of its own gets an inferred one.
 */
export function traceSegments(sql: DatabaseSync, { account, region }: Scope, traceId: string): Segment[] {
  const rows = sql
    .prepare(
      "SELECT document FROM xray_segments WHERE account = ? AND region = ? AND trace_id = ? ORDER BY start_s, id",
    )
    .all(account, region, traceId);
  const all = rows.map((row) => JSON.parse(String(row.document)) as Segment);
  const known = new Set<string>();
  const learn = (segment: Segment) => {
    known.add(segment.id);
    segment.subsegments?.forEach(learn);
  };
  all.forEach(learn);
  const isAlone = ({ type, parent_id }: Segment) =>
    type === "subsegment" && parent_id !== undefined && known.has(parent_id);
  const children = new Map<string, Segment[]>();
  for (const segment of all.filter(isAlone)) {
    const siblings = children.get(segment.parent_id ?? "") ?? [];
    children.set(segment.parent_id ?? "", [...siblings, segment]);
  }
  const nest = (segment: Segment, above: readonly string[]): Segment => {
    if (above.includes(segment.id)) return segment;
    const own = [...(segment.subsegments ?? []), ...(children.get(segment.id) ?? [])];
    if (own.length === 0) return segment;
    return { ...segment, subsegments: own.map((child) => nest(child, [...above, segment.id])) };
  };
  const roots = all.filter((segment) => !isAlone(segment)).map((segment) => nest(segment, []));
  return [...roots, ...inferred(roots)];
}

function inferred(roots: readonly Segment[]): Segment[] {
  const answered = new Set(roots.map(({ parent_id }) => parent_id));
  const found: Segment[] = [];
  const visit = (segment: Segment, traceId: string) => {
    if (segment.namespace === "aws" && !answered.has(segment.id)) {
      const { id, name, start_time, end_time, http, fault, error, throttle } = segment;
      const table = segment.aws?.table_name === undefined ? "" : "::Table";
      found.push({
        // Made of its call's id, so that each reading gives the same.
        id: [...id].reverse().join(""),
        ...{ name, trace_id: traceId, parent_id: id, start_time, inferred: true, origin: `AWS::${name}${table}` },
        ...(end_time === undefined ? {} : { end_time }),
        ...(http ? { http } : {}),
        ...(fault ? { fault } : {}),
        ...(error ? { error } : {}),
        ...(throttle ? { throttle } : {}),
      });
    }
    for (const child of segment.subsegments ?? []) visit(child, traceId);
  };
  for (const root of roots) visit(root, root.trace_id);
  return found;
}

/** Every segment and subsegment below these. */
export function flatten(segments: readonly Segment[]): Segment[] {
  return segments.flatMap((segment) => [segment, ...flatten(segment.subsegments ?? [])]);
}

/** From the first start to the last end, in seconds. */
export function durationOf(segments: readonly Segment[]): number {
  const all = flatten(segments);
  const start = Math.min(...all.map(({ start_time }) => start_time));
  const end = Math.max(...all.map(({ start_time, end_time }) => end_time ?? start_time));
  return Math.round((end - start) * 1000) / 1000;
}
