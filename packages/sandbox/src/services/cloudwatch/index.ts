import * as sdk from "@aws-sdk/client-cloudwatch";
import type { ServiceRuntime } from "../../core/context.ts";
import { defineService } from "../../core/service.ts";
import { startAlarms } from "./alarm-engine.ts";
import { describeAlarmHistory, dropOldHistory, openHistory } from "./alarm-history.ts";
import { alarmOperations } from "./alarms.ts";
import { dashboardOperations } from "./dashboards.ts";
import { getMetricData } from "./get-metric-data.ts";
import { getMetricStatistics } from "./get-metric-statistics.ts";
import { listMetrics } from "./list-metrics.ts";
import { putAlarmOperations } from "./put-alarms.ts";
import { putMetricData } from "./put-data.ts";
import { dropOldSamples, openSamples } from "./samples.ts";

const SWEEP_MS = 3600 * 1000;

/**
 * Amazon CloudWatch: metrics put and read back with statistics, percentiles, metric math, SEARCH and labels; alarms that
 * are evaluated on the sandbox's clock (M of N, missing data, metric math, composite alarms) and act on SNS topics,
 * functions and the default event bus; alarm history; dashboards as records.
 *
 * Gaps, each refused by name: trimmed means and ranks (tm, wm, tc, ts, pr, IQM), Metrics Insights SQL, anomaly
 * detection, alarms' evaluation windows and action suppressors, alarms on SSM, EC2 or Auto Scaling actions other than
 * scaling policies, other accounts' metrics, metric streams, Contributor Insights. Points keep a second's resolution for
 * as long as AWS keeps an hour's, but are answered only for the periods for which AWS would still have them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
 */
export const cloudwatch = defineService({
  sdk,
  client: "CloudWatchClient",
  operations: {
    ...alarmOperations,
    ...dashboardOperations,
    ...putAlarmOperations,
    DescribeAlarmHistory: describeAlarmHistory,
    GetMetricData: getMetricData,
    GetMetricStatistics: getMetricStatistics,
    ListMetrics: listMetrics,
    PutMetricData: putMetricData,
  },
  // How percentiles lie between two values isn't written down: they are taken on the line between them.
  grades: { GetMetricData: "guessed", GetMetricStatistics: "guessed" },
  start(runtime) {
    openSamples(runtime);
    openHistory(runtime);
    const alarms = startAlarms(runtime);
    const ending = new AbortController();
    void sweep(runtime, ending.signal);
    return {
      async stop() {
        ending.abort();
        await alarms.stop();
      },
    };
  },
});

/** Hourly, the first time an hour after the start: a start doesn't wait for it. */
async function sweep(runtime: ServiceRuntime, ending: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await runtime.clock.sleep(SWEEP_MS, ending);
    } catch {
      // The sandbox is stopping.
      return;
    }
    dropOldSamples(runtime);
    dropOldHistory(runtime);
  }
}
