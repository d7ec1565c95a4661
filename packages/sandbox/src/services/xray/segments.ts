import type { DatabaseSync } from "node:sqlite";
import type { ServiceRuntime } from "../../core/context.ts";
import { statement } from "../../core/statements.ts";

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

/** Segments by their trace, and traces by their start: what is looked for by time. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS xray_segments (
    account TEXT NOT NULL, region TEXT NOT NULL, trace_id TEXT NOT NULL, id TEXT NOT NULL, start_s REAL NOT NULL,
    done INTEGER NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (account, region, trace_id, id)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS xray_traces (
    account TEXT NOT NULL, region TEXT NOT NULL, trace_id TEXT NOT NULL, start_s REAL NOT NULL,
    PRIMARY KEY (account, region, trace_id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS xray_traces_by_time ON xray_traces (account, region, start_s, trace_id);
  CREATE INDEX IF NOT EXISTS xray_traces_by_id ON xray_traces (trace_id);
`;

/** A sandbox of before 2026-11 had no table of traces. */
const ADOPT = `
  INSERT OR IGNORE INTO xray_traces
    SELECT account, region, trace_id, min(start_s) FROM xray_segments GROUP BY account, region, trace_id;
  DROP INDEX xray_segments_by_time;
`;

/** X-Ray keeps traces for 30 days. */
const KEPT_S = 30 * 24 * 3600;

export function openSegments(runtime: ServiceRuntime): void {
  const store = runtime.storeOf("", "");
  store.sql.exec(SCHEMA);
  const old = store.sql.prepare("SELECT 1 FROM sqlite_master WHERE name = 'xray_segments_by_time'").get();
  if (old) store.transaction(() => store.sql.exec(ADOPT));
}

export function dropOldTraces(runtime: ServiceRuntime): void {
  const store = runtime.storeOf("", "");
  const oldestS = runtime.clock.now().getTime() / 1000 - KEPT_S;
  store.transaction(() => {
    for (const { account, region } of store.sql.prepare("SELECT DISTINCT account, region FROM xray_traces").all()) {
      const bounds = [String(account), String(region), oldestS] as const;
      const old = "SELECT trace_id FROM xray_traces WHERE account = ?1 AND region = ?2 AND start_s < ?3";
      store.sql
        .prepare(`DELETE FROM xray_segments WHERE account = ?1 AND region = ?2 AND trace_id IN (${old})`)
        .run(...bounds);
      store.sql.prepare("DELETE FROM xray_traces WHERE account = ? AND region = ? AND start_s < ?").run(...bounds);
    }
  });
}

export interface Scope {
  readonly account: string;
  readonly region: string;
}

/**
 * A finished segment replaces the one in progress, and never the other way round: UDP keeps no order. Call it in a
 * transaction.
 */
export function writeSegments(sql: DatabaseSync, { account, region }: Scope, segments: readonly Segment[]): void {
  const put = statement(
    sql,
    `INSERT INTO xray_segments VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET start_s = excluded.start_s, done = excluded.done, document = excluded.document
     WHERE excluded.done >= done`,
  );
  const trace = statement(
    sql,
    `INSERT INTO xray_traces VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET start_s = excluded.start_s WHERE excluded.start_s < start_s`,
  );
  for (const segment of segments) {
    const done = segment.in_progress ? 0 : 1;
    put.run(account, region, segment.trace_id, segment.id, segment.start_time, done, JSON.stringify(segment));
    trace.run(account, region, segment.trace_id, segment.start_time);
  }
}

/** The account that a trace was seen in first, for what arrives without saying whose it is. */
export function scopeOfTrace(sql: DatabaseSync, traceId: string): Scope | undefined {
  const row = statement(sql, "SELECT account, region FROM xray_traces WHERE trace_id = ? ORDER BY start_s LIMIT 1").get(
    traceId,
  );
  return row && { account: String(row.account), region: String(row.region) };
}

export interface TraceStart {
  readonly id: string;
  readonly startS: number;
}

/** Traces by when they started, oldest first, those after `after`. */
export function traceStarts(
  sql: DatabaseSync,
  { account, region }: Scope,
  range: {
    readonly fromS: number;
    readonly toS: number;
    readonly after?: TraceStart | undefined;
    readonly most: number;
  },
): TraceStart[] {
  const { fromS, toS, after = { id: "", startS: 0 }, most } = range;
  return statement(
    sql,
    `SELECT trace_id AS id, start_s AS startS FROM xray_traces
     WHERE account = ? AND region = ? AND start_s >= ? AND start_s <= ? AND (start_s, trace_id) > (?, ?)
     ORDER BY start_s, trace_id LIMIT ?`,
  ).all(account, region, Math.max(fromS, after.startS), toS, after.startS, after.id, most) as unknown as TraceStart[];
}

/**
 * The segments of a trace as X-Ray answers them: subsegments that were sent alone are put into their parents, and each
 * call to an AWS service that sent no segment of its own gets an inferred one. In the order of their starts; of those
 * that start at once, a caller comes before what it calls.
 */
export function traceSegments(sql: DatabaseSync, { account, region }: Scope, traceId: string): Segment[] {
  const rows = statement(
    sql,
    "SELECT document FROM xray_segments WHERE account = ? AND region = ? AND trace_id = ?",
  ).all(account, region, traceId);
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
    own.sort((a, b) => a.start_time - b.start_time);
    return { ...segment, subsegments: own.map((child) => nest(child, [...above, segment.id])) };
  };
  const roots = all.filter((segment) => !isAlone(segment)).map((segment) => nest(segment, []));
  return inOrder([...roots, ...inferred(roots)]);
}

function inOrder(segments: readonly Segment[]): Segment[] {
  const owners = ownersOf(segments);
  const depths = new Map<string, number>();
  for (const segment of segments) {
    const seen = new Set<Segment>();
    for (let at: Segment | undefined = segment; at && !seen.has(at); at = owners.get(at.parent_id ?? "")) seen.add(at);
    depths.set(segment.id, seen.size);
  }
  const depth = ({ id }: Segment) => depths.get(id) ?? 0;
  return [...segments].sort((a, b) => a.start_time - b.start_time || depth(a) - depth(b) || (a.id < b.id ? -1 : 1));
}

/** The segment that each segment and subsegment belongs to, by id. */
export function ownersOf(segments: readonly Segment[]): ReadonlyMap<string, Segment> {
  return new Map(segments.flatMap((root) => flatten([root]).map(({ id }) => [id, root] as const)));
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
