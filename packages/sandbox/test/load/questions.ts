import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  GetQueryResultsCommand,
  StartQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { GetTraceSummariesCommand, XRayClient } from "@aws-sdk/client-xray";
import { BUSY_GROUP, HOUR_MS } from "./fill.ts";

type Question = (nowMs: number) => Promise<unknown>;

/** How clients reach a running sandbox as an account. */
export interface ClientSettings {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** What a dashboard, a log view, Insights and a trace list ask for, by name. */
export function questionsOf(settings: ClientSettings): Record<string, Question> {
  const { metrics, logs, traces } = clientsOf(settings);
  const dashboard = (hours: number, Period: number): Question => {
    return (nowMs) =>
      metrics.send(
        new GetMetricDataCommand({
          ...{ StartTime: new Date(nowMs - hours * HOUR_MS), EndTime: new Date(nowMs) },
          MetricDataQueries: dashboardQueries(Period),
        }),
      );
  };
  const lines = (hours: number, options: object): Question => {
    return (nowMs) =>
      logs.send(
        new FilterLogEventsCommand({
          ...{ logGroupName: BUSY_GROUP, startTime: nowMs - hours * HOUR_MS, endTime: nowMs, ...options },
        }),
      );
  };
  return {
    dashboard_3h: dashboard(3, 60),
    dashboard_3d: dashboard(72, 300),
    search: (nowMs) =>
      metrics.send(
        new GetMetricDataCommand({
          ...{ StartTime: new Date(nowMs - 3 * HOUR_MS), EndTime: new Date(nowMs) },
          MetricDataQueries: [
            { Id: "all", Expression: "SUM(SEARCH('{AWS/Lambda,FunctionName} MetricName=\"Errors\"', 'Sum', 300))" },
          ],
        }),
      ),
    lines_latest: lines(1, { limit: 100 }),
    lines_rare: lines(24, { filterPattern: '"payment refused"' }),
    lines_json: lines(24, { filterPattern: '{ $.level = "ERROR" && $.ms > 900 }', limit: 100 }),
    lines_tail: (nowMs) =>
      logs.send(new GetLogEventsCommand({ logGroupName: BUSY_GROUP, logStreamName: "0", endTime: nowMs, limit: 1000 })),
    insights_count: (nowMs) => insights(logs, nowMs, "filter level = 'ERROR' | stats count(*) as n by bin(1m)"),
    insights_lines: (nowMs) => insights(logs, nowMs, "fields @timestamp, @message | sort @timestamp desc | limit 100"),
    traces: (nowMs) =>
      traces.send(
        new GetTraceSummariesCommand({
          ...{ StartTime: new Date(nowMs - HOUR_MS), EndTime: new Date(nowMs) },
          FilterExpression: 'service("service-0")',
        }),
      ),
    traces_faults: (nowMs) =>
      traces.send(
        new GetTraceSummariesCommand({
          ...{ StartTime: new Date(nowMs - 6 * HOUR_MS), EndTime: new Date(nowMs), FilterExpression: "fault" },
        }),
      ),
  };
}

function clientsOf(settings: ClientSettings) {
  return {
    metrics: new CloudWatchClient(settings),
    logs: new CloudWatchLogsClient(settings),
    traces: new XRayClient(settings),
  };
}

/** What the portal asks of a function, and its error rate. */
function dashboardQueries(Period: number): MetricDataQuery[] {
  const Dimensions = [{ Name: "FunctionName", Value: "service-0" }];
  const query = (Id: string, MetricName: string, Stat: string): MetricDataQuery => ({
    Id,
    MetricStat: { Metric: { Namespace: "AWS/Lambda", MetricName, Dimensions }, Period, Stat },
  });
  return [
    query("calls", "Invocations", "Sum"),
    query("errors", "Errors", "Sum"),
    query("throttles", "Throttles", "Sum"),
    query("p50", "Duration", "p50"),
    query("p95", "Duration", "p95"),
    query("p99", "Duration", "p99"),
    { Id: "rate", Expression: "100 * errors / calls" },
  ];
}

/** An hour of a busy group, until its rows are there. */
async function insights(client: CloudWatchLogsClient, nowMs: number, queryString: string): Promise<void> {
  const endTime = Math.floor(nowMs / 1000);
  const { queryId } = await client.send(
    new StartQueryCommand({ logGroupName: BUSY_GROUP, startTime: endTime - 3600, endTime, queryString }),
  );
  for (;;) {
    const { status } = await client.send(new GetQueryResultsCommand({ queryId }));
    if (status === "Complete") return;
    if (status !== "Running") throw new Error(`The query ended as ${status}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
