import { createSocket } from "node:dgram";
import {
  BatchGetTracesCommand,
  GetServiceGraphCommand,
  GetTraceSummariesCommand,
  PutTraceSegmentsCommand,
  XRayClient,
} from "@aws-sdk/client-xray";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest, TOOLING } from "../../../test/support.ts";
import { eventually, telemetryFronts } from "../lambda/test/functions.ts";

const START = Math.floor(Date.now() / 1000) - 600;
const traceId = (n: number) => `1-${START.toString(16)}-${n.toString(16).padStart(24, "0")}`;
const id = (n: number) => n.toString(16).padStart(16, "0");
const range = { StartTime: new Date((START - 60) * 1000), EndTime: new Date((START + 60) * 1000) };

async function traces() {
  const sandbox = await sandboxForTest({ fronts: telemetryFronts });
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
  await expect(find('edge("a", "b")')).rejects.toThrow("not implemented");
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

test("the service graph has a node for each service and an edge for each call", async () => {
  const { client, put } = await traces();
  await put(segment(1, 1), segment(1, 2, { name: "stock", parent_id: id(1), fault: true }));
  const { Services = [] } = await client.send(new GetServiceGraphCommand(range));
  const [orders, stock] = ["orders", "stock"].map((name) => Services.find((service) => service.Name === name));
  expect(orders).toMatchObject({ Root: true, SummaryStatistics: { TotalCount: 1, OkCount: 1 } });
  expect(stock).toMatchObject({ Root: false, SummaryStatistics: { FaultStatistics: { TotalCount: 1 } } });
  expect(orders?.Edges).toMatchObject([{ ReferenceId: stock?.ReferenceId }]);
});
