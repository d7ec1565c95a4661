import * as sdk from "@aws-sdk/client-cloudwatch-logs";
import type { ServiceRuntime } from "../../core/context.ts";
import { defineService } from "../../core/service.ts";
import { statement } from "../../core/statements.ts";
import { groupOperations } from "./groups.ts";
import { metricFilterOperations } from "./metric-filters.ts";
import { putLogEvents } from "./put-events.ts";
import { queryOperations } from "./queries.ts";
import { readOperations } from "./read-events.ts";
import { createTables, groupId, groups, visible } from "./records.ts";
import { dropOldQueries, resumeQueries, stopQueries } from "./run-query.ts";
import { storedDocumentOperations } from "./stored-documents.ts";
import { delivered, startDelivering } from "./subscription-delivery.ts";
import { subscriptionOperations } from "./subscription-filters.ts";

const SWEEP_MS = 3600 * 1000;
/** Lines deleted at once; other requests get their turn between two such parts. */
const PART = 20_000;

/**
 * Amazon CloudWatch Logs: groups with retention and tags, streams, events put, read page by page and filtered; metric
 * filters and the embedded metric format, which become metrics in CloudWatch; subscription filters to functions; a named
 * part of Insights (see `insights/query.ts`); resource policies and saved queries as records. Events past their group's
 * retention can't be read any more and are deleted hourly; their streams stay, as on AWS.
 *
 * Gaps: subscriptions to anything but functions, live tail, export, data protection, transformers, delivery, field
 * indexes and other accounts' groups answer 501; a metric filter's default value is put with the first lines of a minute
 * of which none matches; a class doesn't restrict what can be done with a group. A KMS key is kept, nothing is encrypted.
 * Regular expressions are those that take linear time (`core/linear-regex.ts`); others are refused when they are given.
 * Reads see a write at once, in realistic mode three seconds later.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
 */
export const logs = defineService({
  sdk,
  client: "CloudWatchLogsClient",
  operations: {
    ...groupOperations,
    ...readOperations,
    ...metricFilterOperations,
    ...subscriptionOperations,
    ...queryOperations,
    ...storedDocumentOperations,
    PutLogEvents: putLogEvents,
  },
  start(runtime) {
    createTables(runtime);
    resumeQueries(runtime);
    for (const { account, region } of runtime.scopes()) void startDelivering(runtime.contextFor(account, region));
    const ending = new AbortController();
    const sweeping = sweep(runtime, ending.signal);
    return {
      async stop() {
        ending.abort();
        stopQueries(runtime);
        await sweeping;
        await delivered(runtime);
      },
    };
  },
});

async function sweep(runtime: ServiceRuntime, ending: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await runtime.clock.sleep(SWEEP_MS, ending);
    } catch {
      // The sandbox is stopping.
      return;
    }
    dropOldQueries(runtime);
    for (const { account, region } of runtime.scopes()) {
      const store = runtime.storeOf(account, region);
      for (const { value } of groups(store).list()) {
        if (value.retentionDays === undefined) continue;
        const { oldestMs } = visible(runtime, value);
        const group = groupId({ account, region, store }, value.name);
        const expire = statement(
          store.sql,
          `DELETE FROM logs_lines WHERE ordinal IN
           (SELECT ordinal FROM logs_lines WHERE log_group = ? AND at_ms < ? LIMIT ${PART})`,
        );
        while (!ending.aborted && Number(expire.run(group, oldestMs).changes) === PART) {
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    }
  }
}
