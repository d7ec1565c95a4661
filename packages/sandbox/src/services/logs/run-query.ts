import type { Context, ServiceRuntime } from "../../core/context.ts";
import { statement } from "../../core/statements.ts";
import { type InsightsQuery, parseQuery } from "./insights/query.ts";
import { lineRecord } from "./insights/record.ts";
import { type QueryRecord, queries, queryRows } from "./query-records.ts";
import { groupId, groups, visible } from "./records.ts";

/** Lines read at once. */
const PART = 2000;
/** Other requests get their turn so often, and between two parts. */
const TURN_MS = 20;
/** AWS gives up after an hour. */
const LONGEST_MS = 3600 * 1000;
/** As long as AWS keeps a query's rows. */
const KEPT_MS = 7 * 24 * 3600 * 1000;

/** Queries that are running, by runtime: a query that isn't in it any more ends at its next part. */
const running = new WeakMap<ServiceRuntime, Set<string>>();
const runningOf = (runtime: ServiceRuntime) => {
  const known = running.get(runtime) ?? new Set<string>();
  running.set(runtime, known);
  return known;
};

export function cancelQuery({ runtime }: Context, id: string): void {
  runningOf(runtime).delete(id);
}

/** Ends all; they begin anew when the sandbox starts again. */
export const stopQueries = (runtime: ServiceRuntime) => runningOf(runtime).clear();

/** What was running when the sandbox ended begins anew. */
export function resumeQueries(runtime: ServiceRuntime): void {
  for (const { account, region } of runtime.scopes()) {
    const context = runtime.contextFor(account, region);
    for (const { key, value } of queries(context).list()) if (value.status === "Running") runQuery(context, key);
  }
}

export function dropOldQueries(runtime: ServiceRuntime): void {
  const oldestMs = runtime.clock.now().getTime() - KEPT_MS;
  for (const { account, region } of runtime.scopes()) {
    const context = runtime.contextFor(account, region);
    for (const { key, value } of queries(context).list()) {
      if (value.createdAtMs >= oldestMs) continue;
      queries(context).delete(key);
      queryRows(context).delete(key);
    }
  }
}

/** Works a query out in the background and keeps its rows. */
export function runQuery(context: Context, id: string): void {
  runningOf(context.runtime).add(id);
  void work(context, id).catch((error: unknown) => {
    context.log("query.failed", { id, error: String(error) });
    finish(context, id, { status: "Failed" });
  });
}

function finish(context: Context, id: string, change: Partial<QueryRecord>): void {
  const query = queries(context).get(id);
  if (query && runningOf(context.runtime).delete(id)) queries(context).put(id, { ...query, ...change });
}

async function work(context: Context, id: string): Promise<void> {
  const record = queries(context).get(id);
  if (!record) return;
  const started = performance.now();
  const query = parseQuery(record.text, record.limit);
  const run = query.start();
  let [recordsScanned, bytesScanned] = [0, 0];
  const isSorted = query.isOrdered && record.groups.length > 1;
  let turnMs = started;
  const turn = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    turnMs = performance.now();
  };
  const gathered: { atMs: number; take: () => boolean }[] = [];
  for (const group of record.groups) {
    for (const lines of partsOf(context, group, record, query)) {
      if (!runningOf(context.runtime).has(id)) return;
      if (performance.now() - started > LONGEST_MS) return finish(context, id, { status: "Timeout" });
      let isEnough = false;
      for (const line of lines) {
        recordsScanned++;
        bytesScanned += line.message.length;
        const take = () => run.push(lineRecord(line));
        if (isSorted) gathered.push({ atMs: line.atMs, take });
        else if (!take()) {
          isEnough = true;
          break;
        }
        if (performance.now() - turnMs > TURN_MS) await turn();
      }
      if (isEnough) break;
      await turn();
    }
  }
  // Lines of several groups come group by group: those that a result shows in their order are put into it first.
  gathered.sort((a, b) => (query.newestFirst ? b.atMs - a.atMs : a.atMs - b.atMs));
  for (const { take } of gathered) {
    if (!take()) break;
    if (performance.now() - turnMs > TURN_MS) await turn();
  }
  const rows = run.end();
  if (!runningOf(context.runtime).has(id)) return;
  context.store.transaction(() => {
    queryRows(context).put(id, rows);
    const statistics = { recordsMatched: rows.length, recordsScanned, bytesScanned };
    finish(context, id, { status: "Complete", statistics, tookMs: Math.round(performance.now() - started) });
  });
}

/** The lines of a group in a query's range, part by part. */
function* partsOf(context: Context, name: string, { startTime, endTime }: QueryRecord, query: InsightsQuery) {
  const group = groups(context).get(name);
  if (!group) return;
  const { sql } = context.store;
  const { oldestMs, putByMs } = visible(context, group);
  const [order, after] = query.newestFirst ? ["DESC", "<"] : ["ASC", ">"];
  const read = statement(
    sql,
    `SELECT ordinal, at_ms AS atMs, ingested_ms AS ingestedMs, message, stream FROM logs_lines
     WHERE log_group = ? AND at_ms >= ? AND at_ms <= ? AND (at_ms, ordinal) ${after} (?, ?) AND ingested_ms <= ?
     ${query.needles.map(() => "AND instr(message, ?) > 0").join(" ")}
     ORDER BY at_ms ${order}, ordinal ${order} LIMIT ${PART}`,
  );
  const [fromMs, toMs] = [Math.max(startTime * 1000, oldestMs), endTime * 1000 + 999];
  const streams = new Map<number, string>();
  const far = query.newestFirst ? Number.MAX_SAFE_INTEGER : -1;
  for (let at = { atMs: far, ordinal: far }; ; ) {
    const rows = read.all(
      groupId(context, name),
      fromMs,
      toMs,
      at.atMs,
      at.ordinal,
      putByMs ?? Number.MAX_SAFE_INTEGER,
      ...query.needles,
    );
    yield rows.map((row) => {
      const stream = Number(row.stream);
      if (!streams.has(stream)) {
        const found = statement(sql, "SELECT name FROM logs_streams WHERE id = ?").get(stream);
        streams.set(stream, String(found?.name ?? ""));
      }
      return {
        ...{ ordinal: Number(row.ordinal), atMs: Number(row.atMs), ingestedMs: Number(row.ingestedMs) },
        ...{ message: String(row.message), stream: streams.get(stream) ?? "", log: `${context.account}:${name}` },
      };
    });
    const last = rows.at(-1);
    if (!last || rows.length < PART) return;
    at = { atMs: Number(last.atMs), ordinal: Number(last.ordinal) };
  }
}
