import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, type FilteredLogEvent, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  BatchGetTracesCommand,
  GetTraceSummariesCommand,
  XRayClient,
  type TraceSummary as XRaySummary,
} from "@aws-sdk/client-xray";
import type { LogEvent, Series, TelemetryReader, TraceSummary } from "@turnpike/domain/telemetry";
import { type Accounts, errorName, readAccount } from "./accounts.ts";
import { logEvent } from "./log-lines.ts";
import { traceOf } from "./segments.ts";

const wanted: readonly { metric: Series["metric"]; label: string; unit: Series["unit"]; name: string; stat: string }[] =
  [
    { metric: "invocations", label: "Invocations", unit: "count", name: "Invocations", stat: "Sum" },
    { metric: "errors", label: "Errors", unit: "count", name: "Errors", stat: "Sum" },
    { metric: "throttles", label: "Throttles", unit: "count", name: "Throttles", stat: "Sum" },
    { metric: "duration-p50", label: "Duration p50", unit: "ms", name: "Duration", stat: "p50" },
    { metric: "duration-p95", label: "Duration p95", unit: "ms", name: "Duration", stat: "p95" },
  ];

const MAX_TRACES = 100;
const MAX_PAGES = 20;

function statusOf(summary: XRaySummary): TraceSummary["status"] {
  if (summary.HasThrottle) return "throttled";
  if (summary.HasFault) return "fault";
  return summary.HasError ? "error" : "ok";
}

/** The start time that X-Ray writes into every trace id: `1-<seconds in hex>-…`. */
function startOf(traceId: string | undefined): Date {
  return new Date(Number.parseInt(traceId?.split("-")[1] ?? "0", 16) * 1000);
}

/** CloudWatch, Logs and X-Ray of workload accounts, read with their reader roles. */
export function createTelemetryReader(accounts: Accounts): TelemetryReader {
  return {
    metrics: (deployment, range, periodSeconds) =>
      readAccount(deployment.accountId, async () => {
        const client = await accounts.reader(CloudWatchClient, deployment);
        const queries: MetricDataQuery[] = wanted.map(({ name, stat }, index) => ({
          Id: `m${index}`,
          MetricStat: {
            Metric: {
              Namespace: "AWS/Lambda",
              MetricName: name,
              Dimensions: [{ Name: "FunctionName", Value: deployment.functionName }],
            },
            Period: periodSeconds,
            Stat: stat,
          },
        }));
        const points = new Map<string, { at: Date; value: number }[]>();
        let nextToken: string | undefined;
        do {
          const page = await client.send(
            new GetMetricDataCommand({
              MetricDataQueries: queries,
              StartTime: range.from,
              EndTime: range.to,
              ScanBy: "TimestampAscending",
              ...(nextToken ? { NextToken: nextToken } : {}),
            }),
          );
          for (const result of page.MetricDataResults ?? []) {
            const known = points.get(result.Id ?? "") ?? [];
            points.set(result.Id ?? "", known);
            result.Timestamps?.forEach((at, index) => {
              const value = result.Values?.[index];
              if (value !== undefined) known.push({ at, value });
            });
          }
          nextToken = page.NextToken;
        } while (nextToken);
        return wanted.map(({ metric, label, unit }, index) => ({
          metric,
          label,
          unit,
          points: points.get(`m${index}`) ?? [],
        }));
      }),

    logs: (deployment, range, filter, limit) =>
      readAccount(deployment.accountId, async () => {
        const client = await accounts.reader(CloudWatchLogsClient, deployment);
        // FilterLogEvents answers oldest first: the newest are kept as the pages go by.
        let newest: FilteredLogEvent[] = [];
        let nextToken: string | undefined;
        let pages = 0;
        try {
          do {
            const page = await client.send(
              new FilterLogEventsCommand({
                logGroupName: deployment.logGroupName,
                startTime: range.from.getTime(),
                endTime: range.to.getTime(),
                ...(filter ? { filterPattern: `"${filter.replaceAll('"', '\\"')}"` } : {}),
                ...(nextToken ? { nextToken } : {}),
              }),
            );
            newest = [...newest, ...(page.events ?? [])].slice(-limit);
            nextToken = page.nextToken;
          } while (nextToken && ++pages < MAX_PAGES);
        } catch (error) {
          if (errorName(error) === "ResourceNotFoundException") return [];
          throw error;
        }
        return newest.map(logEvent).sort((a: LogEvent, b: LogEvent) => b.at.getTime() - a.at.getTime());
      }),

    traces: (deployment, range) =>
      readAccount(deployment.accountId, async () => {
        const client = await accounts.reader(XRayClient, deployment);
        const summaries: XRaySummary[] = [];
        let nextToken: string | undefined;
        let pages = 0;
        do {
          const page = await client.send(
            new GetTraceSummariesCommand({
              StartTime: range.from,
              EndTime: range.to,
              FilterExpression: `service("${deployment.functionName}")`,
              ...(nextToken ? { NextToken: nextToken } : {}),
            }),
          );
          summaries.push(...(page.TraceSummaries ?? []));
          nextToken = page.NextToken;
        } while (nextToken && ++pages < MAX_PAGES);
        return summaries
          .map((summary): TraceSummary => {
            const { HttpMethod: method, HttpURL: url, HttpStatus: status } = summary.Http ?? {};
            return {
              id: summary.Id ?? "",
              at: summary.StartTime ?? startOf(summary.Id),
              durationMs: (summary.Duration ?? 0) * 1000,
              status: statusOf(summary),
              name: method && url ? `${method} ${URL.parse(url)?.pathname ?? url}` : deployment.functionName,
              // Without a method it is the status of Lambda's own API, which is 200 for a function that answers 400.
              httpStatus: method ? status : undefined,
            };
          })
          .sort((a, b) => b.at.getTime() - a.at.getTime())
          .slice(0, MAX_TRACES);
      }),

    trace: (deployment, traceId) =>
      readAccount(deployment.accountId, async () => {
        const client = await accounts.reader(XRayClient, deployment);
        const { Traces: traces } = await client.send(new BatchGetTracesCommand({ TraceIds: [traceId] }));
        const documents = (traces?.[0]?.Segments ?? []).flatMap(({ Document: document }) =>
          document ? [document] : [],
        );
        return documents.length === 0 ? undefined : traceOf(traceId, documents);
      }),
  };
}
