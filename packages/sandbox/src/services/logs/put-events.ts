import { PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import type * as sdk from "@aws-sdk/client-cloudwatch-logs";
import type { RejectedLogEventsInfo } from "@aws-sdk/client-cloudwatch-logs";
import type { Operation } from "../../core/service.ts";
import { embeddedMetrics } from "./embedded-metrics.ts";
import { getGroup, getStream, groupName, invalid } from "./records.ts";

const DAY_MS = 24 * 3600 * 1000;
const OLDEST_MS = 14 * DAY_MS;
const NEWEST_MS = 2 * 3600 * 1000;
/** AWS counts 26 bytes for each event beside its text. */
const EVENT_OVERHEAD_BYTES = 26;
const LARGEST_BATCH_BYTES = 1_048_576;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html */
export const putLogEvents: Operation<typeof sdk, "PutLogEvents"> = async (context, input) => {
  const { logStreamName = "", logEvents = [] } = input;
  const name = groupName(input);
  const stream = getStream(context, name, logStreamName);
  const { retentionDays } = getGroup(context, name);
  if (logEvents.length === 0 || logEvents.length > 10_000) throw invalid("logEvents must have from 1 to 10000 events.");
  const nowMs = context.clock.now().getTime();
  const rejected: RejectedLogEventsInfo = {};
  const accepted: { atMs: number; message: string }[] = [];
  let previousMs = 0;
  let bytes = 0;
  for (const [index, { timestamp: atMs = 0, message = "" }] of logEvents.entries()) {
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
  const { sql } = context.store;
  const insert = sql.prepare("INSERT INTO logs_events (stream, at_ms, ingested_ms, message) VALUES (?, ?, ?, ?)");
  const update = sql.prepare(
    `UPDATE logs_streams SET first_ms = min(coalesce(first_ms, ?1), ?1), last_ms = max(coalesce(last_ms, ?2), ?2),
     ingested_ms = ?3, bytes = bytes + ?4 WHERE id = ?5`,
  );
  const [first, last] = [accepted[0], accepted.at(-1)];
  if (first && last) {
    context.store.transaction(() => {
      for (const { atMs, message } of accepted) insert.run(stream.id, atMs, nowMs, message);
      update.run(first.atMs, last.atMs, nowMs, bytes, stream.id);
    });
  }
  for (const { namespace, data } of accepted.flatMap(({ message }) => embeddedMetrics(message))) {
    await context.send(new PutMetricDataCommand({ Namespace: namespace, MetricData: data }));
  }
  return {
    nextSequenceToken: String(stream.id),
    ...(Object.keys(rejected).length > 0 ? { rejectedLogEventsInfo: rejected } : {}),
  };
};
