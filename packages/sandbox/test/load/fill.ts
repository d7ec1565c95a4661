import { type MetricDatum, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CreateLogGroupCommand, CreateLogStreamCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { PutTraceSegmentsCommand } from "@aws-sdk/client-xray";
import { createClock, startSandbox } from "../../src/index.ts";

export const ACCOUNT = "222222222222";
export const HOUR_MS = 3_600_000;
/** Has half of all lines, in ten streams, over a day. */
export const BUSY_GROUP = "/aws/lambda/service-0";

const SERVICES = 50;
const METRICS = ["Invocations", "Errors", "Throttles", "Duration"];
/** Points of each metric of each service: one a minute. */
const POINTS = 5000;
const LINES = 1_000_000;
const STREAMS = 10;
const TRACES = 30_000;
const here = { account: ACCOUNT };

/** Fills a sandbox as an account with 50 services would have filled it, and stops it. Returns the time of the newest. */
export async function fill(dataDir: string): Promise<number> {
  const clock = createClock();
  const sandbox = await startSandbox({ dataDir, clock });
  try {
    const nowMs = Math.floor(clock.now().getTime() / 60_000) * 60_000;
    await fillMetrics(sandbox, nowMs);
    await fillLines(sandbox, nowMs);
    await fillTraces(sandbox, nowMs);
    return nowMs;
  } finally {
    await sandbox.stop();
  }
}

type Sandbox = Awaited<ReturnType<typeof startSandbox>>;

async function fillMetrics(sandbox: Sandbox, nowMs: number): Promise<void> {
  for (let service = 0; service < SERVICES; service++) {
    const Dimensions = [{ Name: "FunctionName", Value: `service-${service}` }];
    for (const MetricName of METRICS) {
      for (let from = 0; from < POINTS; from += 1000) {
        const MetricData = Array.from({ length: 1000 }, (_, index): MetricDatum => {
          const minute = from + index;
          const Value = MetricName === "Duration" ? ((minute * 7919) % 997) + 0.5 : minute % 13;
          return { MetricName, Dimensions, Value, Timestamp: new Date(nowMs - minute * 60_000) };
        });
        await sandbox.send(new PutMetricDataCommand({ Namespace: "AWS/Lambda", MetricData }), here);
      }
    }
  }
}

async function fillLines(sandbox: Sandbox, nowMs: number): Promise<void> {
  for (let service = 0; service < SERVICES; service++) {
    const logGroupName = `/aws/lambda/service-${service}`;
    await sandbox.send(new CreateLogGroupCommand({ logGroupName }), here);
    const lines = service === 0 ? LINES / 2 : Math.ceil(LINES / 2 / (SERVICES - 1));
    const stepMs = (24 * HOUR_MS) / lines;
    for (let stream = 0; stream < STREAMS; stream++) {
      const logStreamName = String(stream);
      await sandbox.send(new CreateLogStreamCommand({ logGroupName, logStreamName }), here);
      const own = Math.ceil(lines / STREAMS);
      for (let from = 0; from < own; from += 10_000) {
        const logEvents = Array.from({ length: Math.min(10_000, own - from) }, (_, index) => {
          const line = (from + index) * STREAMS + stream;
          return { timestamp: Math.floor(nowMs - 24 * HOUR_MS + line * stepMs), message: lineOf(line) };
        });
        await sandbox.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }), here);
      }
    }
  }
}

/** A line of a structured logger; one in a hundred is an error, one in 100,000 is what someone looks for. */
function lineOf(line: number): string {
  const level = line % 100 === 7 ? "ERROR" : "INFO";
  const message = line % 100_000 === 7 ? "payment refused" : "order placed";
  const ids = { requestId: `r-${line.toString(36)}`, orderId: `o-${(line * 31).toString(36)}` };
  return JSON.stringify({ level, message, ...ids, ms: (line * 7919) % 1000, route: "POST /orders", service: "orders" });
}

async function fillTraces(sandbox: Sandbox, nowMs: number): Promise<void> {
  const stepMs = (24 * HOUR_MS) / TRACES;
  for (let from = 0; from < TRACES; from += 100) {
    const TraceSegmentDocuments = Array.from({ length: 100 }, (_, index) => from + index).flatMap((trace) => {
      const start = (nowMs - 24 * HOUR_MS + trace * stepMs) / 1000;
      const hex = (value: number, length: number) => value.toString(16).padStart(length, "0");
      const trace_id = `1-${hex(Math.floor(start), 8)}-${hex(trace, 24)}`;
      const name = `service-${trace % 4 === 0 ? 0 : trace % SERVICES}`;
      const [id, inner] = [hex(trace * 2 + 1, 16), hex(trace * 2 + 2, 16)];
      const common = { name, trace_id, end_time: start + 0.2 };
      const call = {
        id: hex(trace + 7, 16),
        name: "DynamoDB",
        namespace: "aws",
        start_time: start,
        end_time: start + 0.1,
      };
      const fault = trace % 50 === 3;
      return [
        { ...common, id, start_time: start, origin: "AWS::Lambda", ...(fault ? { fault } : {}) },
        {
          ...common,
          id: inner,
          parent_id: id,
          start_time: start + 0.01,
          origin: "AWS::Lambda::Function",
          subsegments: [call],
        },
      ].map((segment) => JSON.stringify(segment));
    });
    await sandbox.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments }), here);
  }
}
