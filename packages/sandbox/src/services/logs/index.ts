import * as sdk from "@aws-sdk/client-cloudwatch-logs";
import type { ServiceRuntime } from "../../core/context.ts";
import { defineService } from "../../core/service.ts";
import { groupOperations } from "./groups.ts";
import { putLogEvents } from "./put-events.ts";
import { readOperations } from "./read-events.ts";
import { createTables, deleteStreams, groups, listStreams } from "./records.ts";

const DAY_MS = 24 * 3600 * 1000;
const SWEEP_MS = 3600 * 1000;

/**
 * Amazon CloudWatch Logs: groups with retention and tags, streams, events put, read page by page and filtered. Lines in
 * the embedded metric format become metrics in CloudWatch. Events past their group's retention are deleted hourly.
 *
 * Gaps: subscription and metric filters, Insights queries, live tail, export, data protection and delivery answer 501;
 * regular expressions and space-delimited filter patterns too. A KMS key is kept, nothing is encrypted. Reads see a
 * write at once, where AWS may take seconds.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
 */
export const logs = defineService({
  sdk,
  client: "CloudWatchLogsClient",
  operations: { ...groupOperations, ...readOperations, PutLogEvents: putLogEvents },
  start(runtime) {
    createTables(runtime);
    const ending = new AbortController();
    void sweep(runtime, ending.signal);
    return { stop: async () => ending.abort() };
  },
});

async function sweep(runtime: ServiceRuntime, ending: AbortSignal): Promise<void> {
  while (!ending.aborted) {
    for (const { account, region } of runtime.scopes()) {
      const store = runtime.storeOf(account, region);
      const nowMs = runtime.clock.now().getTime();
      for (const { value } of groups(store).list()) {
        if (value.retentionDays === undefined) continue;
        const oldestMs = nowMs - value.retentionDays * DAY_MS;
        const expired = store.sql.prepare("DELETE FROM logs_events WHERE stream = ? AND at_ms < ?");
        const streams = listStreams({ account, region, store }, value.name);
        store.transaction(() => {
          for (const { id } of streams) expired.run(id, oldestMs);
          deleteStreams(
            store.sql,
            streams.filter(({ lastMs }) => lastMs !== undefined && lastMs < oldestMs).map(({ id }) => id),
          );
        });
      }
    }
    try {
      await runtime.clock.sleep(SWEEP_MS, ending);
    } catch {
      // The sandbox is stopping.
      return;
    }
  }
}
