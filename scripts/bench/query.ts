import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  GetQueryResultsCommand,
  StartQueryCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { GetTraceSummariesCommand, XRayClient } from "@aws-sdk/client-xray";
import { percentile, print } from "./figure.ts";
import { ACCOUNT, BUSY_GROUP, fill, HOUR_MS } from "./query/fill.ts";
import { startSandboxProcess } from "./sandbox-process.ts";

const ROUNDS = 20;

type Question = (nowMs: number) => Promise<unknown>;

/**
 * `sandbox.query_p95_ms`: what a dashboard, a log view, Insights and a trace list ask for, over HTTP, with a million
 * metric points, a million log lines and 30,000 traces behind them; of all calls together, and of each kind.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-query-"));
  try {
    const dataDir = path.join(folder, "data");
    const nowMs = await fill(dataDir);
    const sandbox = await startSandboxProcess(dataDir);
    try {
      const questions = questionsOf(sandbox.settings(ACCOUNT));
      const all: number[] = [];
      const kinds: Record<string, number> = {};
      for (const [name, ask] of Object.entries(questions)) {
        await ask(nowMs);
        const times: number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          const started = performance.now();
          await ask(nowMs - round * 1000);
          times.push(performance.now() - started);
        }
        all.push(...times);
        kinds[name] = Math.round(percentile(times, 95));
      }
      print("sandbox.query_p95_ms", percentile(all, 95), all.length, { ...kinds, start_seconds: sandbox.seconds });
    } finally {
      await sandbox.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function questionsOf(settings: Parameters<typeof clientsOf>[0]): Record<string, Question> {
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

function clientsOf(settings: ConstructorParameters<typeof CloudWatchClient>[0]) {
  return {
    metrics: new CloudWatchClient(settings ?? {}),
    logs: new CloudWatchLogsClient((settings ?? {}) as object),
    traces: new XRayClient((settings ?? {}) as object),
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
