import type * as sdk from "@aws-sdk/client-cloudwatch-logs";
import type { RejectedLogEventsInfo } from "@aws-sdk/client-cloudwatch-logs";
import type { Operation } from "../../core/service.ts";
import { statement } from "../../core/statements.ts";
import { putEmbeddedMetrics, putFilteredMetrics } from "./line-metrics.ts";
import { constraint, getGroup, getStream, groupId, groupName, invalid, type Line } from "./records.ts";
import { noteDeliveries, startDelivering } from "./subscription-delivery.ts";

const DAY_MS = 24 * 3600 * 1000;
const OLDEST_MS = 14 * DAY_MS;
const NEWEST_MS = 2 * 3600 * 1000;
/** AWS counts 26 bytes for each event beside its text. */
const EVENT_OVERHEAD_BYTES = 26;
const LARGEST_BATCH_BYTES = 1_048_576;
const MOST_EVENTS = 10_000;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export const putLogEvents: Operation<typeof sdk, "PutLogEvents"> = async (context, input) => {
  const { logStreamName = "", logEvents = [] } = input;
  const name = groupName(input);
  const stream = getStream(context, name, logStreamName);
  const { retentionDays } = getGroup(context, name);
  if (logEvents.length === 0) throw constraint("[]", "logEvents", "have length greater than or equal to 1");
  if (logEvents.length > MOST_EVENTS)
    throw constraint("[…]", "logEvents", `have length less than or equal to ${MOST_EVENTS}`);
  const nowMs = context.clock.now().getTime();
  const rejected: RejectedLogEventsInfo = {};
  const accepted: { atMs: number; message: string }[] = [];
  let previousMs = 0;
  let bytes = 0;
  for (const [index, { timestamp: atMs = 0, message = "" }] of logEvents.entries()) {
    if (message === "" && !context.internal) {
      throw constraint("", `logEvents.${index + 1}.member.message`, "have length greater than or equal to 1");
    }
    if (atMs < previousMs) throw invalid("Log events in a single PutLogEvents request must be in chronological order.");
    previousMs = atMs;
    if (atMs > nowMs + NEWEST_MS) rejected.tooNewLogEventStartIndex ??= index;
    else if (atMs < nowMs - OLDEST_MS) rejected.tooOldLogEventEndIndex = index + 1;
    else if (retentionDays !== undefined && atMs < nowMs - retentionDays * DAY_MS)
      rejected.expiredLogEventEndIndex = index + 1;
    else accepted.push({ atMs, message });
    bytes += Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
  }
  // Services of the sandbox write in larger batches than a request may have.
  if (!context.internal && bytes > LARGEST_BATCH_BYTES) {
    throw invalid(`Upload too large: ${bytes} bytes exceeds limit of ${LARGEST_BATCH_BYTES}`);
  }
  const [first, last] = [accepted[0], accepted.at(-1)];
  if (first && last && last.atMs - first.atMs > DAY_MS && !context.internal) {
    throw invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  const { sql } = context.store;
  const insert = statement(
    sql,
    "INSERT INTO logs_lines (log_group, stream, at_ms, ingested_ms, message) VALUES (?, ?, ?, ?, ?)",
  );
  const update = statement(
    sql,
    `UPDATE logs_streams SET first_ms = min(coalesce(first_ms, ?1), ?1), last_ms = max(coalesce(last_ms, ?2), ?2),
     ingested_ms = ?3, bytes = bytes + ?4 WHERE id = ?5`,
  );
  const lines: Line[] = [];
  if (first && last) {
    context.store.transaction(() => {
      const group = groupId(context, name);
      for (const { atMs, message } of accepted) {
        const { lastInsertRowid } = insert.run(group, stream.id, atMs, nowMs, message);
        lines.push({ ordinal: Number(lastInsertRowid), atMs, message });
      }
      update.run(first.atMs, last.atMs, nowMs, bytes, stream.id);
      noteDeliveries(context, name, stream, lines);
    });
    startDelivering(context);
    await putEmbeddedMetrics(context, name, lines);
    await putFilteredMetrics(context, name, lines);
  }
  return {
    nextSequenceToken: String(stream.id),
    ...(Object.keys(rejected).length > 0 ? { rejectedLogEventsInfo: rejected } : {}),
  };
};
