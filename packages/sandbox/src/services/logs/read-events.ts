import type * as sdk from "@aws-sdk/client-cloudwatch-logs";
import type { Operations } from "../../core/service.ts";
import { compilePattern } from "./filter-pattern.ts";
import { getGroup, getStream, groupName, invalid, listStreams } from "./records.ts";

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
const SCAN = 20_000;
const FOREVER_MS = Number.MAX_SAFE_INTEGER;

export const readOperations: Operations<typeof sdk> = {
  /**
   * Pages in both directions. At the end of the stream the same token comes back, as on AWS, so that a reader can wait
   * for more with it.
   */
  GetLogEvents(context, input) {
    const { logStreamName = "", startTime = 0, endTime = FOREVER_MS, startFromHead = false, nextToken, limit } = input;
    const stream = getStream(context, groupName(input), logStreamName);
    const size = pageSize(limit);
    const cursor = nextToken === undefined ? undefined : readToken(nextToken);
    const forward = cursor ? cursor.direction === "f" : startFromHead;
    const at: Cursor = cursor ?? (forward ? { atMs: -1, ordinal: 0 } : { atMs: FOREVER_MS, ordinal: FOREVER_MS });
    const rows = context.store.sql
      .prepare(
        `SELECT * FROM logs_events WHERE stream = ? AND at_ms >= ? AND at_ms < ? AND (at_ms, ordinal) ${forward ? ">" : "<"} (?, ?)
         ORDER BY at_ms ${forward ? "ASC" : "DESC"}, ordinal ${forward ? "ASC" : "DESC"} LIMIT ?`,
      )
      .all(stream.id, startTime, endTime, at.atMs, at.ordinal, size) as unknown as EventRow[];
    const events = withinBytes(rows);
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
    const { logStreamNames, logStreamNamePrefix, startTime = 0, endTime = FOREVER_MS, nextToken, limit } = input;
    const group = groupName(input);
    getGroup(context, group);
    if (logStreamNames && logStreamNamePrefix !== undefined) {
      throw invalid("logStreamNames and logStreamNamePrefix can't be given together.");
    }
    const matches = compilePattern(input.filterPattern);
    const streams = logStreamNames
      ? logStreamNames.map((name) => getStream(context, group, name))
      : listStreams(context, group, logStreamNamePrefix);
    const names = new Map(streams.map(({ id, name }) => [id, name]));
    const at = nextToken === undefined ? { atMs: -1, ordinal: 0 } : readToken(nextToken);
    const size = pageSize(limit);
    const rows = context.store.sql
      .prepare(
        `SELECT * FROM logs_events WHERE stream IN (SELECT value FROM json_each(?)) AND at_ms >= ? AND at_ms <= ?
         AND (at_ms, ordinal) > (?, ?) ORDER BY at_ms, ordinal LIMIT ?`,
      )
      .all(JSON.stringify([...names.keys()]), startTime, endTime, at.atMs, at.ordinal, SCAN) as unknown as EventRow[];
    const found: EventRow[] = [];
    let bytes = 0;
    let seen: EventRow | undefined;
    for (const row of rows) {
      const wanted = matches(row.message);
      if (wanted && (found.length >= size || bytes + row.message.length > LARGEST_PAGE_BYTES)) break;
      seen = row;
      if (!wanted) continue;
      found.push(row);
      bytes += row.message.length;
    }
    const more = seen !== undefined && (seen !== rows.at(-1) || rows.length === SCAN);
    return {
      events: found.map((row) => ({
        logStreamName: names.get(row.stream),
        timestamp: row.at_ms,
        message: row.message,
        ingestionTime: row.ingested_ms,
        eventId: String(row.ordinal).padStart(56, "0"),
      })),
      searchedLogStreams: [],
      nextToken: more ? `f/${seen?.at_ms}/${seen?.ordinal}` : undefined,
    };
  },
};

function pageSize(limit: number | undefined): number {
  if (limit === undefined) return LARGEST_PAGE;
  if (Number.isInteger(limit) && limit >= 1 && limit <= LARGEST_PAGE) return limit;
  throw invalid(`limit must be from 1 to ${LARGEST_PAGE}, not ${limit}.`);
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
