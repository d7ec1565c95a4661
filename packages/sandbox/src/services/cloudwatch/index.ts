import * as sdk from "@aws-sdk/client-cloudwatch";
import { defineService } from "../../core/service.ts";
import { alarmOperations } from "./alarms.ts";
import { dashboardOperations } from "./dashboards.ts";
import { getMetricData } from "./get-metric-data.ts";
import { getMetricStatistics } from "./get-metric-statistics.ts";
import { listMetrics } from "./list-metrics.ts";
import { putMetricData } from "./put-data.ts";
import { openSamples } from "./samples.ts";

/**
 * Amazon CloudWatch: metrics put and read back with statistics, percentiles and metric math (arithmetic, FILL), alarms
 * as records.
 *
 * Gaps: alarms aren't evaluated, their state stays INSUFFICIENT_DATA until someone sets it; SEARCH, SQL, trimmed means
 * and other accounts' metrics answer 501; no dashboards, streams or anomaly detection. Points are there at once and at
 * full resolution for 15 days, where AWS takes up to a minute and thins out. One page of GetMetricData holds everything.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
 */
export const cloudwatch = defineService({
  sdk,
  client: "CloudWatchClient",
  operations: {
    ...alarmOperations,
    ...dashboardOperations,
    GetMetricData: getMetricData,
    GetMetricStatistics: getMetricStatistics,
    ListMetrics: listMetrics,
    PutMetricData: putMetricData,
  },
  // How percentiles lie between two values isn't written down: they are taken on the line between them.
  grades: { GetMetricData: "guessed", GetMetricStatistics: "guessed" },
  start(runtime) {
    openSamples(runtime);
    return { stop: async () => undefined };
  },
});
