import { createSocket } from "node:dgram";
import {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  PutResourcePolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  BatchGetTracesCommand,
  CreateGroupCommand,
  CreateSamplingRuleCommand,
  GetGroupsCommand,
  GetSamplingRulesCommand,
  GetSamplingTargetsCommand,
  GetServiceGraphCommand,
  GetTraceGraphCommand,
  GetTraceSummariesCommand,
  type GetTraceSummariesCommandOutput,
  PutTraceSegmentsCommand,
  UpdateIndexingRuleCommand,
  UpdateTraceSegmentDestinationCommand,
  XRayClient,
} from "@aws-sdk/client-xray";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import { eventually, telemetryFronts } from "../lambda/test/functions.ts";

const START = Math.floor(Date.now() / 1000) - 600;
const traceId = (n: number) => `1-${START.toString(16)}-${n.toString(16).padStart(24, "0")}`;
const id = (n: number) => n.toString(16).padStart(16, "0");
const range = { StartTime: new Date((START - 60) * 1000), EndTime: new Date((START + 60) * 1000) };

async function traces(options: { dataDir?: string } = {}) {
  const sandbox = await sandboxForTest({ fronts: telemetryFronts, ...options });
  const client = new XRayClient(clientSettings(sandbox, DEV));
  const put = (...segments: object[]) =>
    client.send(new PutTraceSegmentsCommand({ TraceSegmentDocuments: segments.map((one) => JSON.stringify(one)) }));
  const find = async (FilterExpression?: string) => {
    const answer = await client.send(
      new GetTraceSummariesCommand({ ...range, ...(FilterExpression ? { FilterExpression } : {}) }),
    );
    return answer.TraceSummaries?.map(({ Id }) => Id);
  };
  const get = async (TraceId: string, from = client) => {
    const { Traces } = await from.send(new BatchGetTracesCommand({ TraceIds: [TraceId] }));
    return Traces?.[0]?.Segments?.map(({ Document }) => JSON.parse(Document ?? ""));
  };
  return { sandbox, client, put, find, get };
}

const segment = (trace: number, number: number, extra: object = {}) => ({
  ...{ id: id(number), trace_id: traceId(trace), name: "orders", start_time: START, end_time: START + 0.2, ...extra },
});

test("a filter expression finds exactly the traces it describes", async () => {
  const { put, find } = await traces();
  await put(
    segment(1, 1, {
      origin: "AWS::Lambda",
      http: { request: { method: "GET", url: "https://x/orders" }, response: { status: 200 } },
    }),
    segment(2, 2, { name: "stock", fault: true, end_time: START + 3, http: { response: { status: 500 } } }),
    segment(3, 3, { error: true, throttle: true, annotations: { tier: "gold", n: 7 } }),
  );
  expect(await find()).toEqual([1, 2, 3].map(traceId));
  const cases: Record<string, number[]> = {
    'service("orders")': [1, 3],
    'service(id(name: "orders", type: "AWS::Lambda"))': [1],
    'service("stock") { fault }': [2],
    fault: [2],
    "error = true": [3],
    throttle: [3],
    ok: [1],
    "!ok AND NOT fault": [3],
    "responsetime > 1": [2],
    "duration <= 0.2 AND (ok OR throttle)": [1, 3],
    "http.status = 500": [2],
    'http.url CONTAINS "orders" AND http.method = "GET"': [1],
    'annotation.tier = "gold"': [3],
    "annotation[n] >= 7": [3],
    "annotation.none": [],
  };
  for (const [expression, expected] of Object.entries(cases)) {
    expect([expression, await find(expression)]).toEqual([expression, expected.map(traceId)]);
  }
  await expect(find("fault AND")).rejects.toThrow("Invalid filter expression");
  await expect(find("rootcause.fault.service = 1")).rejects.toThrow("not implemented");
});

test("subsegments sent alone are put into their parents, and calls to AWS get inferred segments", async () => {
  const { put, get } = await traces();
  await put(
    segment(1, 2, {
      type: "subsegment",
      parent_id: id(1),
      name: "DynamoDB",
      namespace: "aws",
      aws: { table_name: "orders" },
    }),
    segment(1, 1, { in_progress: true, end_time: undefined }),
    segment(1, 1, { fault: true }),
  );
  // What is still in progress doesn't come over what is done, in whatever order they arrive.
  await put(segment(1, 1, { in_progress: true, end_time: undefined }));
  const segments = await get(traceId(1));
  expect(segments).toMatchObject([
    { id: id(1), fault: true, subsegments: [{ id: id(2), name: "DynamoDB" }] },
    { parent_id: id(2), inferred: true, origin: "AWS::DynamoDB::Table" },
  ]);
});

test("documents that are none are named, and the others are kept", async () => {
  const { client, find } = await traces();
  const { UnprocessedTraceSegments } = await client.send(
    new PutTraceSegmentsCommand({
      TraceSegmentDocuments: [
        "{",
        JSON.stringify({ ...segment(1, 1), id: "x" }),
        "T1S!!!!AAAA",
        JSON.stringify(segment(1, 1)),
      ],
    }),
  );
  expect(UnprocessedTraceSegments).toHaveLength(3);
  expect(await find()).toEqual([traceId(1)]);
});

/** A message's field: number and wire type, then the bytes with their length. */
function field(number: number, value: Buffer | string | bigint): Buffer {
  if (typeof value === "bigint") {
    const fixed = Buffer.alloc(9, (number << 3) | 1);
    fixed.writeBigUInt64LE(value, 1);
    return fixed;
  }
  const bytes = Buffer.from(value as string);
  const length: number[] = [];
  for (let left = bytes.length; ; left >>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), bytes]);
}
const varint = (number: number, value: number) => Buffer.from([number << 3, value]);
const attribute = (key: string, value: Buffer) => Buffer.concat([field(1, key), field(2, value)]);

test("OTLP spans from the daemon's port become segments of the account that their trace is known in", async () => {
  const { sandbox, put, get, client } = await traces();
  await put(segment(1, 1, { origin: "AWS::Lambda::Function" }));
  const nanos = (offsetMs: number) => BigInt(START) * 1_000_000_000n + BigInt(offsetMs) * 1_000_000n;
  const span = Buffer.concat([
    field(1, Buffer.from(traceId(1).replaceAll("-", "").slice(1), "hex")),
    field(2, Buffer.from(id(9), "hex")),
    field(4, Buffer.from(id(1), "hex")),
    field(5, "GET /stock"),
    varint(6, 3),
    field(7, nanos(10)),
    field(8, nanos(60)),
    field(9, attribute("http.request.method", field(1, "GET"))),
    field(9, attribute("url.full", field(1, "https://stock.example/7"))),
    field(9, attribute("server.address", field(1, "stock.example"))),
    field(9, attribute("http.response.status_code", Buffer.from([3 << 3, 0xf7, 0x03]))),
    field(11, Buffer.concat([field(2, "exception"), field(3, attribute("exception.message", field(1, "no stock")))])),
    field(15, varint(3, 2)),
  ]);
  const resource = field(1, attribute("service.name", field(1, "orders")));
  const request = field(1, Buffer.concat([field(1, resource), field(2, field(2, span))]));
  const [host, port] = sandbox.xrayDaemonAddress.split(":");
  const socket = createSocket("udp4");
  const header = '{"format": "json", "version": 1}\n';
  const sendUdp = (text: string) => new Promise((resolve) => socket.send(header + text, Number(port), host, resolve));
  await sendUdp("nonsense");
  await sendUdp(`T1S${request.toString("base64")}`);
  await sendUdp(JSON.stringify(segment(2, 5)));
  socket.close();
  const nested = await eventually(async () => (await get(traceId(1)))?.[0]?.subsegments);
  expect(nested).toMatchObject([
    {
      ...{ id: id(9), name: "stock.example", namespace: "remote", fault: true },
      http: { request: { method: "GET", url: "https://stock.example/7" }, response: { status: 503 } },
      cause: { exceptions: [{ message: "no stock" }] },
    },
  ]);
  expect(nested[0].end_time - nested[0].start_time).toBeCloseTo(0.05);
  // Nobody knew this one's trace.
  const tooling = new XRayClient(clientSettings(sandbox, TOOLING));
  expect(await eventually(() => get(traceId(2), tooling))).toHaveLength(1);
  expect(await get(traceId(2), client)).toBeUndefined();
});

test("an edge is a call from one service to another, and its condition is of the one that is called", async () => {
  const { put, find } = await traces();
  await put(segment(1, 1), segment(1, 2, { name: "stock", parent_id: id(1), fault: true }));
  await put(segment(2, 3), segment(2, 4, { name: "stock", parent_id: id(3), namespace: "remote" }));
  expect(await find('edge("orders", "stock")')).toEqual([1, 2].map(traceId));
  expect(await find('edge("orders", id(name: "stock")) { fault }')).toEqual([traceId(1)]);
  expect(await find('edge("stock", "orders")')).toEqual([]);
  expect(await find("remote AND NOT partial")).toEqual([traceId(2)]);
});

test("traces come page by page, each once, and a caller comes before what it calls, after a restart too", async () => {
  const dataDir = temporaryFolder();
  const first = await traces({ dataDir });
  await first.put(
    segment(1, 9, { name: "caller" }),
    segment(1, 5, { name: "called", parent_id: id(9) }),
    segment(1, 1, { name: "last", parent_id: id(5) }),
  );
  for (let from = 10; from < 250; from += 40) {
    await first.put(...Array.from({ length: 40 }, (_, n) => segment(from + n, from + n)));
  }
  await first.sandbox.stop();
  const { client, get } = await traces({ dataDir });
  expect((await get(traceId(1)))?.map(({ name }) => name)).toEqual(["caller", "called", "last"]);
  const found: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const page: GetTraceSummariesCommandOutput = await client.send(
      new GetTraceSummariesCommand({ ...range, ...(NextToken ? { NextToken } : {}) }),
    );
    found.push(...(page.TraceSummaries ?? []).map(({ Id }) => Id));
    NextToken = page.NextToken;
  } while (NextToken);
  expect(found).toHaveLength(241);
  expect(new Set(found).size).toBe(241);
});

test("the service graph has a node for each service, a client before the first, and an edge for each call", async () => {
  const { client, put } = await traces();
  await put(segment(1, 1), segment(1, 2, { name: "stock", parent_id: id(1), fault: true }));
  const { Services = [] } = await client.send(new GetServiceGraphCommand(range));
  const [orders, stock] = ["orders", "stock"].map((name) => Services.find((service) => service.Name === name));
  expect(orders).toMatchObject({ Root: true, AccountId: DEV, SummaryStatistics: { TotalCount: 1, OkCount: 1 } });
  expect(stock).toMatchObject({ Root: false, SummaryStatistics: { FaultStatistics: { TotalCount: 1 } } });
  expect(orders?.Edges).toMatchObject([
    { ReferenceId: stock?.ReferenceId, ResponseTimeHistogram: [{ Value: 0.2, Count: 1 }] },
  ]);
  expect(Services.find(({ Type }) => Type === "client")).toMatchObject({
    ...{ Name: "orders", State: "unknown", Edges: [{ ReferenceId: orders?.ReferenceId }] },
  });
  const graph = await client.send(new GetTraceGraphCommand({ TraceIds: [traceId(1), traceId(9)] }));
  expect(graph.Services?.map(({ Name }) => Name)).toEqual(["orders", "stock", "orders"]);
});

test("a group narrows the service graph, sampling rules are handed out, and both have their defaults", async () => {
  const { client, put } = await traces();
  await put(segment(1, 1), segment(2, 2, { name: "stock", fault: true }));
  await client.send(new CreateGroupCommand({ GroupName: "faulty", FilterExpression: "fault" }));
  const { Groups } = await client.send(new GetGroupsCommand({}));
  expect(Groups?.map(({ GroupName }) => GroupName)).toEqual(["Default", "faulty"]);
  const { Services } = await client.send(new GetServiceGraphCommand({ ...range, GroupName: "faulty" }));
  expect([...new Set(Services?.map(({ Name }) => Name))]).toEqual(["stock"]);
  await expect(client.send(new CreateGroupCommand({ GroupName: "x", FilterExpression: "fault AND" }))).rejects.toThrow(
    "Invalid filter expression",
  );
  const everything = { ServiceName: "*", ServiceType: "*", Host: "*", HTTPMethod: "*", URLPath: "*", ResourceARN: "*" };
  const SamplingRule = {
    RuleName: "orders",
    ...everything,
    Priority: 10,
    FixedRate: 0.5,
    ReservoirSize: 3,
    Version: 1,
  };
  await client.send(new CreateSamplingRuleCommand({ SamplingRule }));
  const { SamplingRuleRecords } = await client.send(new GetSamplingRulesCommand({}));
  expect(SamplingRuleRecords?.map(({ SamplingRule: rule }) => [rule?.RuleName, rule?.FixedRate])).toEqual([
    ["Default", 0.05],
    ["orders", 0.5],
  ]);
  const statistics = { ClientID: "a".repeat(24), Timestamp: new Date(), RequestCount: 1, SampledCount: 1 };
  const targets = await client.send(
    new GetSamplingTargetsCommand({
      SamplingStatisticsDocuments: ["orders", "none"].map((RuleName) => ({ RuleName, ...statistics })),
    }),
  );
  expect(targets.SamplingTargetDocuments).toMatchObject([{ RuleName: "orders", FixedRate: 0.5, ReservoirQuota: 3 }]);
  expect(targets.UnprocessedStatistics).toMatchObject([{ RuleName: "none" }]);
});

test("with Transaction Search every span is a line of aws/spans, and only the indexed traces are found", async () => {
  const { sandbox, client, put, find } = await traces();
  const logs = new CloudWatchLogsClient(clientSettings(sandbox, DEV));
  const switchOn = () => client.send(new UpdateTraceSegmentDestinationCommand({ Destination: "CloudWatchLogs" }));
  await expect(switchOn()).rejects.toThrow("does not have permission to call PutLogEvents on the aws/spans Log Group");
  const statement = {
    Effect: "Allow",
    Principal: { Service: "xray.amazonaws.com" },
    Action: "logs:PutLogEvents",
    Resource: "*",
  };
  const policyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await logs.send(new PutResourcePolicyCommand({ policyName: "spans", policyDocument }));
  expect(await switchOn()).toMatchObject({ Destination: "CloudWatchLogs", Status: "ACTIVE" });
  const index = (DesiredSamplingPercentage: number) =>
    client.send(
      new UpdateIndexingRuleCommand({ Name: "Default", Rule: { Probabilistic: { DesiredSamplingPercentage } } }),
    );
  await index(0);
  const call = { id: id(7), name: "DynamoDB", namespace: "aws", start_time: START + 0.1, end_time: START + 0.15 };
  await put(segment(1, 1, { subsegments: [call], http: { response: { status: 200 } } }));
  expect(await find()).toEqual([]);
  await index(100);
  await put(segment(2, 2));
  expect(await find()).toEqual([traceId(2)]);
  const { events } = await logs.send(new FilterLogEventsCommand({ logGroupName: "aws/spans" }));
  const spans = events?.map(({ message }) => JSON.parse(message ?? ""));
  expect(spans).toMatchObject([
    {
      spanId: id(1),
      name: "orders",
      kind: "SERVER",
      durationNano: 200_000_000,
      attributes: { "http.response.status_code": 200 },
    },
    { spanId: id(2), traceId: traceId(2).slice(2).replace("-", "") },
    { spanId: id(7), parentSpanId: id(1), kind: "CLIENT", attributes: { "rpc.service": "DynamoDB" } },
  ]);
});
