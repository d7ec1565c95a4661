import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateAliasCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { BatchGetTracesCommand, GetTraceSummariesCommand, XRayClient } from "@aws-sdk/client-xray";
import { expect, test } from "vitest";
import { clientSettings, DEV, PROD, sandboxForTest } from "../../../test/support.ts";
import { eventually, lambdaIn, reported } from "./test/functions.ts";

const SOURCE = `export const handler = async (event) => {
  console.log("order", event.n);
  console.warn({ order: event.n });
  if (event.fail) throw new Error("no stock");
  return process.env._X_AMZN_TRACE_ID;
};`;

function lastHour() {
  const nowMs = Date.now();
  return { StartTime: new Date(nowMs - 3_600_000), EndTime: new Date(nowMs + 60_000) };
}

test("metrics are those of exactly these invocations, by function, by alias and for the account", async () => {
  const sandbox = await sandboxForTest();
  const { client, create, invoke } = lambdaIn(sandbox);
  await create("orders", SOURCE, { Publish: true });
  await create("other", SOURCE);
  await client.send(new CreateAliasCommand({ FunctionName: "orders", Name: "live", FunctionVersion: "1" }));
  for (const n of [1, 2, 3]) await invoke("orders:live", { n });
  await invoke("orders", { fail: true });
  await invoke("other");
  const cloudwatch = new CloudWatchClient(clientSettings(sandbox, DEV));
  const query = (Id: string, MetricName: string, Stat: string, dimensions: Record<string, string>) => ({
    Id,
    MetricStat: {
      Metric: {
        Namespace: "AWS/Lambda",
        MetricName,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: 3600,
      Stat,
    },
  });
  const MetricDataQueries = [
    query("all", "Invocations", "Sum", {}),
    query("byfunction", "Invocations", "Sum", { FunctionName: "orders" }),
    query("byalias", "Invocations", "Sum", { FunctionName: "orders", Resource: "orders:live" }),
    query("errors", "Errors", "Sum", { FunctionName: "orders" }),
    query("count", "Duration", "SampleCount", { FunctionName: "orders" }),
    query("slow", "Duration", "p95", { FunctionName: "orders" }),
    query("fast", "Duration", "p50", { FunctionName: "orders" }),
    { Id: "rate", Expression: "100 * errors / byfunction" },
  ];
  const read = async () => {
    const { MetricDataResults } = await cloudwatch.send(new GetMetricDataCommand({ MetricDataQueries, ...lastHour() }));
    const sum = (values: number[] = []) => values.reduce((a, b) => a + b, 0);
    const results = Object.fromEntries((MetricDataResults ?? []).map(({ Id, Values }) => [Id, sum(Values)]));
    return results.all === 5 ? results : undefined;
  };
  const found = await eventually(read);
  expect(found).toMatchObject({ all: 5, byfunction: 4, byalias: 3, errors: 1, count: 4 });
  expect(found.rate).toBeCloseTo(25);
  expect(found.slow).toBeGreaterThanOrEqual(found.fast ?? Number.NaN);
  expect(found.fast).toBeGreaterThan(0);
  const prod = new CloudWatchClient(clientSettings(sandbox, PROD));
  const { MetricDataResults } = await prod.send(new GetMetricDataCommand({ MetricDataQueries, ...lastHour() }));
  expect(MetricDataResults?.flatMap(({ Values }) => Values)).toEqual([]);
});

test("text logs have AWS's lines in order, one event for each message", async () => {
  const sandbox = await sandboxForTest();
  const { create, invoke } = lambdaIn(sandbox);
  await create("orders", SOURCE);
  await invoke("orders", { n: 7 });
  const logs = new CloudWatchLogsClient(clientSettings(sandbox, DEV));
  const events = await reported(logs, "/aws/lambda/orders");
  const messages = events.map(
    ({ message = "" }) => message.split(/[\t\n ]/).filter((part) => /^[A-Z_]{3,}$/.test(part))[0],
  );
  expect(messages).toEqual(["INIT_START", "START", "INFO", "WARN", "END", "REPORT"]);
  expect(events[2]?.message).toMatch(/\tINFO\torder 7\n$/);
  expect(events[0]?.logStreamName).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
  const filtered = await logs.send(
    new FilterLogEventsCommand({ logGroupName: "/aws/lambda/orders", filterPattern: '"order 7"' }),
  );
  expect(filtered.events).toHaveLength(1);
});

test("JSON logs carry platform events and wrapped console lines in the group that was chosen", async () => {
  const sandbox = await sandboxForTest();
  const { create, invoke } = lambdaIn(sandbox);
  await create("orders", SOURCE, {
    LoggingConfig: { LogFormat: "JSON", LogGroup: "orders-logs", ApplicationLogLevel: "WARN" },
    TracingConfig: { Mode: "Active" },
  });
  await invoke("orders", { n: 7, fail: true });
  const logs = new CloudWatchLogsClient(clientSettings(sandbox, DEV));
  const lines = (await reported(logs, "orders-logs")).map(({ message }) => JSON.parse(message ?? ""));
  const requestId = expect.stringMatching(/^[0-9a-f-]{36}$/);
  expect(lines).toEqual([
    expect.objectContaining({ type: "platform.initStart" }),
    expect.objectContaining({
      type: "platform.start",
      record: expect.objectContaining({ requestId, version: "$LATEST" }),
    }),
    { timestamp: expect.any(String), level: "WARN", requestId, message: { order: 7 } },
    expect.objectContaining({ level: "ERROR", requestId, errorType: "Error", errorMessage: "no stock" }),
    expect.objectContaining({ type: "platform.runtimeDone" }),
    expect.objectContaining({
      type: "platform.report",
      record: expect.objectContaining({ requestId, status: "error", errorType: "Error" }),
    }),
  ]);
  const { events = [] } = await logs.send(
    new FilterLogEventsCommand({
      logGroupName: "orders-logs",
      filterPattern: '{ $.level = "WARN" && $.message.order >= 7 }',
    }),
  );
  expect(events).toHaveLength(1);
});

test("a trace goes on from the caller through Lambda's two segments to what the function sends itself", async () => {
  const sandbox = await sandboxForTest();
  const { client, create } = lambdaIn(sandbox);
  const source = `import { createSocket } from "node:dgram";
    export const handler = async (event) => {
      const { Root, Parent } = Object.fromEntries(process.env._X_AMZN_TRACE_ID.split(";").map((part) => part.split("=")));
      const [host, port] = process.env.AWS_XRAY_DAEMON_ADDRESS.split(":");
      const now = Date.now() / 1000;
      const segment = { type: "subsegment", id: "00000000000000aa", trace_id: Root, parent_id: Parent, name: "load order",
        start_time: now - 0.01, end_time: now, annotations: { order: 7 } };
      const socket = createSocket("udp4");
      await new Promise((done) => socket.send('{"format":"json","version":1}\\n' + JSON.stringify(segment), port, host, done));
      socket.close();
      if (event.fail) throw new RangeError("no stock");
    };`;
  await create("orders", source, { TracingConfig: { Mode: "Active" } });
  const xray = new XRayClient(clientSettings(sandbox, DEV));
  const root = `1-${Math.floor(Date.now() / 1000).toString(16)}-0123456789abcdef01234567`;
  const traced = new InvokeCommand({ FunctionName: "orders", Payload: JSON.stringify({ fail: true }) });
  traced.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers["x-amzn-trace-id"] =
        `Root=${root};Parent=00000000000000ff;Sampled=1`;
      return next(args);
    },
    { step: "build" },
  );
  await client.send(traced);
  const FilterExpression = 'service("orders") AND fault AND annotation.order = 7';
  const summaries = await eventually(async () => {
    const answer = await xray.send(new GetTraceSummariesCommand({ ...lastHour(), FilterExpression }));
    return answer.TraceSummaries?.length ? answer.TraceSummaries : undefined;
  });
  expect(summaries).toMatchObject([{ Id: root, HasFault: true, HasError: false }]);
  const { Traces } = await xray.send(new BatchGetTracesCommand({ TraceIds: [root] }));
  const segments = Traces?.[0]?.Segments?.map(({ Document }) => JSON.parse(Document ?? "")) ?? [];
  const service = segments.find(({ origin }) => origin === "AWS::Lambda");
  const run = segments.find(({ origin }) => origin === "AWS::Lambda::Function");
  expect(segments).toHaveLength(2);
  expect(service).toMatchObject({ name: "orders", parent_id: "00000000000000ff" });
  expect(run).toMatchObject({ parent_id: service?.id, fault: true, aws: { cold_start: true } });
  expect(run.cause.exceptions[0]).toMatchObject({ type: "RangeError", message: "no stock" });
  expect(run.subsegments.map(({ name }: { name: string }) => name).sort()).toEqual(["Initialization", "load order"]);
  const untraced = { ...lastHour(), FilterExpression: 'service("other")' };
  expect((await xray.send(new GetTraceSummariesCommand(untraced))).TraceSummaries).toEqual([]);
});
