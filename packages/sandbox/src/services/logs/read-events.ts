import type { SQLInputValue } from "node:sqlite";
import type * as sdk from "@aws-sdk/client-cloudwatch-logs";
import type { Context } from "../../core/context.ts";
import type { Operations } from "../../core/service.ts";
import { statement } from "../../core/statements.ts";
import { compilePattern } from "./filter-pattern.ts";
import { notThere } from "./metric-filters.ts";
import { constraint, getGroup, getStream, groupId, groupName, invalid, listStreams, visible } from "./records.ts";
import { eventId } from "./subscription-delivery.ts";

interface EventRow {
  readonly ordinal: number;
  readonly stream: number;
  readonly at_ms: number;
  readonly ingested_ms: number;
  readonly message: string;
}

/** A place between two events: everything after (or before) this time and ordinal. */
interface Cursor {
  readonly atMs: number;
  readonly ordinal: number;
}

const LARGEST_PAGE = 10_000;
const LARGEST_PAGE_BYTES = 1_048_576;
/** Events looked at for one page of FilterLogEvents; AWS too answers short pages with a token. */
const SCAN = 10_000;
/** And those among which SQLite looks for a text before a line is read. */
const SEARCHED = 25_000;
const FOREVER_MS = Number.MAX_SAFE_INTEGER;
/** Up to so many streams are read each by its own index; more by their group's. */
const FEW_STREAMS = 3;

export const readOperations: Operations<typeof sdk> = {
  /**
   * Pages in both directions. At the end of the stream the same token comes back, as on AWS, so that a reader can wait
   * for more with it.
   */
  GetLogEvents(context, input) {
    const { logStreamName = "", startTime = 0, endTime = FOREVER_MS, startFromHead = false, nextToken, limit } = input;
    if (input.unmask) throw notThere("unmasked reads");
    const name = groupName(input);
    const stream = getStream(context, name, logStreamName);
    const size = pageSize(limit);
    const cursor = nextToken === undefined ? undefined : readToken(nextToken);
    const forward = cursor ? cursor.direction === "f" : startFromHead;
    const at: Cursor = cursor ?? (forward ? { atMs: -1, ordinal: 0 } : { atMs: FOREVER_MS, ordinal: FOREVER_MS });
    const [order, after] = forward ? ["ASC", ">"] : ["DESC", "<"];
    const { oldestMs, putByMs } = visible(context, getGroup(context, name));
    const fromMs = Math.max(startTime, oldestMs, forward ? at.atMs : 0);
    const beforeMs = Math.min(endTime, forward ? FOREVER_MS : at.atMs + 1);
    const rows = statement(
      context.store.sql,
      `SELECT * FROM logs_lines WHERE stream = ? AND at_ms >= ? AND at_ms < ? AND (at_ms, ordinal) ${after} (?, ?)
       AND ingested_ms <= ? ORDER BY at_ms ${order}, ordinal ${order} LIMIT ?`,
    ).all(...[stream.id, fromMs, beforeMs, at.atMs, at.ordinal, putByMs ?? FOREVER_MS, size]);
    const events = withinBytes(rows as unknown as EventRow[]);
    if (!forward) events.reverse();
    const [first, last] = [events[0], events.at(-1)];
    const token = (direction: string, row: EventRow | undefined) =>
      `${direction}/${row?.at_ms ?? at.atMs}/${row?.ordinal ?? at.ordinal}`;
    return {
      events: events.map((row) => ({ timestamp: row.at_ms, message: row.message, ingestionTime: row.ingested_ms })),
      nextForwardToken: token("f", last),
      nextBackwardToken: token("b", first),
    };
  },

  /** Oldest first, over all streams of a group or those named. */
  FilterLogEvents(context, input) {
    const { logStreamNames, logStreamNamePrefix, nextToken, limit } = input;
    if (input.unmask) throw notThere("unmasked reads");
    if (input.startFromHead === false) throw notThere("reads from the newest line");
    const group = groupName(input);
    const { oldestMs, putByMs } = visible(context, getGroup(context, group));
    if (logStreamNames && logStreamNamePrefix !== undefined) {
      throw invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
    }
    const pattern = compilePattern(input.filterPattern);
    const size = pageSize(limit);
    const [fromMs, toMs] = [Math.max(input.startTime ?? 0, oldestMs), input.endTime ?? FOREVER_MS];
    const at = nextToken === undefined ? { atMs: -1, ordinal: 0 } : readToken(nextToken);
    const streams = logStreamNames
      ? logStreamNames.map((name) => getStream(context, group, name))
      : logStreamNamePrefix === undefined
        ? undefined
        : listStreams(context, group, logStreamNamePrefix);
    const scope = { streams: streams?.map(({ id }) => id), fromMs, toMs, at, putByMs, needles: pattern.needles };
    const { rows, end } = scan(context, group, scope);
    const found: EventRow[] = [];
    let bytes = 0;
    let looked = 0;
    let last: Cursor = at;
    let next: Cursor | undefined = end;
    for (const row of rows) {
      const isWanted = pattern.matches(row.message);
      const isFull = found.length >= size || (bytes + row.message.length > LARGEST_PAGE_BYTES && found.length > 0);
      if ((isWanted && isFull) || looked++ === SCAN) {
        next = last;
        break;
      }
      last = { atMs: row.at_ms, ordinal: row.ordinal };
      if (!isWanted) continue;
      found.push(row);
      bytes += row.message.length;
    }
    const names = streamNames(context, [...new Set(found.map(({ stream }) => stream))]);
    return {
      events: found.map((row) => ({
        logStreamName: names.get(row.stream),
        timestamp: row.at_ms,
        message: row.message,
        ingestionTime: row.ingested_ms,
        eventId: eventId(row.ordinal),
      })),
      searchedLogStreams: [],
      nextToken: next ? `f/${next.atMs}/${next.ordinal}` : undefined,
    };
  },
};

interface Scan {
  /** Undefined: all of the group. */
  readonly streams: readonly number[] | undefined;
  readonly fromMs: number;
  readonly toMs: number;
  readonly at: Cursor;
  readonly putByMs: number | undefined;
  readonly needles: readonly string[];
}

/**
 * The next lines of a group that may match, read as they are asked for, and where the next page goes on; there is none
 * when these are all. A line without a needle is left out by SQLite, which is many times faster than reading it here.
 */
function scan(context: Context, group: string, wanted: Scan): { rows: Iterable<EventRow>; end: Cursor | undefined } {
  const { streams, fromMs, toMs, at, putByMs, needles } = wanted;
  const { sql } = context.store;
  const isFew = streams !== undefined && streams.length <= FEW_STREAMS;
  // Bounds on the time alone besides those on the place: an index is searched by the former only.
  const startMs = Math.max(fromMs, at.atMs);
  const conditions: [string, SQLInputValue[]][] = [
    isFew
      ? ["stream IN (SELECT value FROM json_each(?))", [JSON.stringify(streams)]]
      : ["log_group = ?", [groupId(context, group)]],
    ["at_ms >= ? AND at_ms <= ? AND (at_ms, ordinal) > (?, ?)", [startMs, toMs, at.atMs, at.ordinal]],
  ];
  // The last line that this page looks at, where there are more: an index alone tells.
  const where = () => conditions.map(([condition]) => condition).join(" AND ");
  const bounds = () => conditions.flatMap(([, values]) => values);
  const last = statement(
    sql,
    `SELECT at_ms, ordinal FROM logs_lines WHERE ${where()} ORDER BY at_ms, ordinal LIMIT 1 OFFSET ${SEARCHED - 1}`,
  ).get(...bounds());
  const end = last && { atMs: Number(last.at_ms), ordinal: Number(last.ordinal) };
  if (end) conditions.push(["at_ms <= ? AND (at_ms, ordinal) <= (?, ?)", [end.atMs, end.atMs, end.ordinal]]);
  if (streams !== undefined && !isFew) {
    conditions.push(["stream IN (SELECT value FROM json_each(?))", [JSON.stringify(streams)]]);
  }
  if (putByMs !== undefined) conditions.push(["ingested_ms <= ?", [putByMs]]);
  for (const needle of needles) conditions.push(["instr(message, ?) > 0", [needle]]);
  const rows = sql
    .prepare(`SELECT * FROM logs_lines WHERE ${where()} ORDER BY at_ms, ordinal`)
    .iterate(...bounds()) as Iterable<unknown> as Iterable<EventRow>;
  return { rows, end };
}

function streamNames(context: Context, ids: readonly number[]): ReadonlyMap<number, string> {
  const rows = statement(
    context.store.sql,
    "SELECT id, name FROM logs_streams WHERE id IN (SELECT value FROM json_each(?))",
  ).all(JSON.stringify(ids));
  return new Map(rows.map(({ id, name }) => [Number(id), String(name)]));
}

function pageSize(limit: number | undefined): number {
  if (limit === undefined) return LARGEST_PAGE;
  if (limit > LARGEST_PAGE) throw constraint(limit, "limit", `have value less than or equal to ${LARGEST_PAGE}`);
  if (limit < 1) throw constraint(limit, "limit", "have value greater than or equal to 1");
  return limit;
}

function withinBytes(rows: readonly EventRow[]): EventRow[] {
  let bytes = 0;
  const kept: EventRow[] = [];
  for (const row of rows) {
    bytes += row.message.length;
    if (bytes > LARGEST_PAGE_BYTES && kept.length > 0) break;
    kept.push(row);
  }
  return kept;
}

function readToken(token: string): Cursor & { readonly direction: string } {
  const [, direction = "", atMs, ordinal] = /^([fb])\/(-?\d+)\/(\d+)$/.exec(token) ?? [];
  if (!direction) throw invalid("The specified nextToken is invalid.");
  return { direction, atMs: Number(atMs), ordinal: Number(ordinal) };
}
