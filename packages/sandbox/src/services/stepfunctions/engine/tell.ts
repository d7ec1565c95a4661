import { PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { Context, ServiceRuntime } from "../../../core/context.ts";
import type { ExecutionRecord } from "../records.ts";
import type { StoredEvent } from "./journal.ts";

const METRICS: Readonly<Record<string, string>> = {
  RUNNING: "ExecutionsStarted",
  SUCCEEDED: "ExecutionsSucceeded",
  FAILED: "ExecutionsFailed",
  TIMED_OUT: "ExecutionsTimedOut",
  ABORTED: "ExecutionsAborted",
};

/** Lines that a logged level writes: ERROR what failed, FATAL how the execution ended badly. */
const LEVELS: Readonly<Record<string, RegExp>> = {
  ALL: /./,
  ERROR: /(Failed|TimedOut|Aborted)$/,
  FATAL: /^Execution(Failed|TimedOut|Aborted)$/,
};

/** What goes out goes in order, behind what it reports. */
const onTheirWay = new WeakMap<ServiceRuntime, Promise<void>>();

function send(context: Context, what: string, work: () => Promise<unknown>): void {
  const quietly = async () => {
    try {
      await work();
    } catch (error) {
      context.log(`${what}.lost`, { error: String(error) });
    }
  };
  const before = onTheirWay.get(context.runtime) ?? Promise.resolve();
  onTheirWay.set(context.runtime, before.then(quietly));
}

/**
 * Tells EventBridge and CloudWatch of an execution's new status.
 * https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 */
export function announceStatus(context: Context, record: ExecutionRecord): void {
  const { status, machine, startedAtMs, stoppedAtMs } = record;
  const isRunning = status === "RUNNING";
  const detail = {
    executionArn: record.arn,
    stateMachineArn: machine.arn,
    name: record.name,
    status,
    startDate: startedAtMs,
    stopDate: stoppedAtMs ?? null,
    input: record.input,
    output: record.output ?? null,
    stateMachineVersionArn: record.versionArn ?? null,
    stateMachineAliasArn: record.aliasArn ?? null,
    redriveCount: 0,
    redriveDate: null,
    redriveStatus: isRunning || status === "SUCCEEDED" ? "NOT_REDRIVABLE" : "REDRIVABLE",
    redriveStatusReason: isRunning || status === "SUCCEEDED" ? `Execution is ${status} and cannot be redriven` : null,
    inputDetails: { included: true },
    outputDetails: record.output === undefined ? null : { included: true },
    error: record.error ?? null,
    cause: record.cause ?? null,
  };
  const Time = context.clock.now();
  const entry = {
    Source: "aws.states",
    DetailType: "Step Functions Execution Status Change",
    Detail: JSON.stringify(detail),
    Resources: [record.arn],
    Time,
  };
  send(context, "event", () => context.send(new PutEventsCommand({ Entries: [entry] })));
  const Dimensions = [{ Name: "StateMachineArn", Value: machine.arn }];
  const one = { Dimensions, Timestamp: Time, MetricName: METRICS[status] ?? status, Value: 1, Unit: "Count" as const };
  const took = {
    ...one,
    MetricName: "ExecutionTime",
    Value: (stoppedAtMs ?? 0) - startedAtMs,
    Unit: "Milliseconds" as const,
  };
  const MetricData = stoppedAtMs === undefined ? [one] : [one, took];
  send(context, "metric", () => context.send(new PutMetricDataCommand({ Namespace: "AWS/States", MetricData })));
}

/** Writes a machine's history to its log group, as its logging configuration wants it. */
export function createLogger(runtime: ServiceRuntime) {
  return {
    event(record: ExecutionRecord, event: StoredEvent): void {
      const { level = "OFF", includeExecutionData = false, destinations = [] } = record.machine.logging;
      if (!LEVELS[level]?.test(event.type)) return;
      const [, , , region = "", account = ""] = record.arn.split(":");
      const context = runtime.contextFor(account, region);
      for (const { cloudWatchLogsLogGroup } of destinations) {
        const logGroupName = cloudWatchLogsLogGroup?.logGroupArn?.split(":")[6] ?? "";
        send(context, "log", () => write(context, logGroupName, record, logLine(record, event, includeExecutionData)));
      }
    },
    flush: () => onTheirWay.get(runtime) ?? Promise.resolve(),
  };
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html */
function logLine(record: ExecutionRecord, event: StoredEvent, withData: boolean) {
  const { input: _, output: __, inputDetails: ___, outputDetails: ____, parameters: _____, ...rest } = event.details;
  return {
    id: String(event.id),
    type: event.type,
    details: withData ? event.details : rest,
    previous_event_id: String(event.previous),
    event_timestamp: String(event.atMs),
    execution_arn: record.arn,
    redrive_count: "0",
  };
}

async function write(
  context: Context,
  logGroupName: string,
  record: ExecutionRecord,
  line: { event_timestamp: string },
) {
  const at = new Date(record.startedAtMs).toISOString().slice(0, 16).replaceAll(/[T:]/g, "-");
  const logStreamName = `states/${record.machine.name}/${at}/${record.name.slice(0, 8)}`;
  const events = [{ timestamp: Number(line.event_timestamp), message: JSON.stringify(line) }];
  const put = () => context.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents: events }));
  try {
    await put();
  } catch (error) {
    if ((error as Error).name !== "ResourceNotFoundException") throw error;
    await context.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
    await put();
  }
}
