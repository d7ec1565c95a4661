import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import * as dynamodb from "@aws-sdk/client-dynamodb";
import * as ec2Sdk from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defineService } from "../../src/core/service.ts";
import { cloudwatch } from "../../src/services/cloudwatch/index.ts";
import { lambda } from "../../src/services/lambda/index.ts";
import { logs } from "../../src/services/logs/index.ts";
import { s3 } from "../../src/services/s3/index.ts";
import { sqs } from "../../src/services/sqs/index.ts";
import { sts } from "../../src/services/sts/index.ts";
import { type Recorder, ROUND_TRIP_KEY, startRecorder } from "../round-trip/recorder.ts";
import { sha256, sign } from "../signing.ts";
import { REGION } from "../support.ts";

/*
 * Requests that nobody should send: AWS's own error, no operation is run, and the next request is answered.
 */

const table = defineService({ sdk: dynamodb, client: "DynamoDBClient", operations: {} });
const ec2 = defineService({ sdk: ec2Sdk, client: "EC2Client", operations: {} });
const PATIENCE = { idleMs: 300, graceMs: 1000, bytesPerSecond: 1000 };
const MB = 1024 * 1024;

let recorder: Recorder;
beforeAll(async () => {
  recorder = await startRecorder([sts, sqs, logs, cloudwatch, lambda, s3, table, ec2], { patience: PATIENCE });
});
afterAll(() => recorder.close());

interface Sent {
  readonly service: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

const hostOf = () => new URL(recorder.url).host;

function signedHeaders({ service, method = "POST", path = "/", headers = {}, body = "" }: Sent) {
  const payload = service === "s3" ? { payload: sha256(body) } : {};
  return sign({ key: ROUND_TRIP_KEY, host: hostOf(), service, method, path, headers, body, ...payload }).headers;
}

/** `400 SerializationException …`: status, and the answer's body in one line. Fails when an operation was run. */
async function answerTo(sent: Sent): Promise<string> {
  recorder.answer({});
  const { method = "POST", path = "/", body = "" } = sent;
  const init = { method, headers: signedHeaders(sent), ...(method === "GET" ? {} : { body }) };
  const response = await fetch(recorder.url + path, init);
  const answer = `${response.status} ${response.headers.get("x-amzn-errortype") ?? ""} ${await response.text()}`;
  if (response.status !== 200) expect(recorder.seen.operation).toBeUndefined();
  return answer;
}

const json = (service: string, target: string, body: string | Buffer): Sent => ({
  service,
  headers: { "x-amz-target": target, "content-type": "application/x-amz-json-1.1" },
  body,
});
const form = (service: string, body: string): Sent => ({
  service,
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body,
});
const cbor = (operation: string, body: Buffer): Sent => ({
  service: "monitoring",
  path: `/service/GraniteServiceVersion20100801/operation/${operation}`,
  headers: { "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" },
  body,
});
const DESCRIBE = "Logs_20140328.DescribeLogGroups";

test.each<[what: string, sent: Sent, answer: RegExp]>([
  ["JSON that isn't any", json("logs", DESCRIBE, '{"limit":'), /^400 .*"__type":"[^"]*SerializationException"/],
  ["JSON of another shape", json("logs", DESCRIBE, '{"limit":{"a":1}}'), /^400 .*SerializationException/],
  ["a list for a structure", json("logs", DESCRIBE, "[]"), /^400 .*SerializationException/],
  ["bytes that aren't UTF-8", json("logs", DESCRIBE, Buffer.from([0xff, 0xfe, 0])), /^400 .*SerializationException/],
  ["CBOR that isn't any", cbor("DescribeAlarms", Buffer.from([0xff, 0x00, 0x1c])), /^400 .*SerializationException/s],
  [
    "CBOR that claims four thousand million items",
    cbor("DescribeAlarms", Buffer.from([0xa1, 0x6a, ...Buffer.from("AlarmNames"), 0x9a, 0xff, 0xff, 0xff, 0xff])),
    /^400 .*SerializationException/s,
  ],
  [
    "a form whose number isn't one",
    form("sts", "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=x"),
    /^400 .*<Code>MalformedInput/,
  ],
  [
    "a REST body that isn't JSON",
    { service: "lambda", path: "/2015-03-31/functions", body: "{" },
    /^400 InvalidRequestContentException .*Could not parse request body into json/,
  ],
  [
    "XML that isn't well-formed",
    { service: "s3", path: "/bucket?delete=", body: "<Delete><Object>" },
    /^400 .*<Code>MalformedXML</,
  ],
  [
    "XML with entities of its own",
    {
      service: "s3",
      path: "/bucket?delete=",
      body: '<!DOCTYPE x [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>',
    },
    /^400 .*<Code>MalformedXML</,
  ],
  ["a path that isn't UTF-8", { service: "s3", method: "GET", path: "/bucket/%ff%fe" }, /^400 .*InvalidURI/],
])("%s is refused", async (_, sent, answer) => {
  expect(await answerTo(sent)).toMatch(answer);
});

test.each<[what: string, sent: Sent, answer: RegExp]>([
  ["JSON", json("logs", "Logs_20140328.Nothing", "{}"), /^400 .*UnknownOperationException/],
  ["CBOR", cbor("Nothing", Buffer.from([0xa0])), /^404 .*UnknownOperationException/s],
  [
    "query",
    form("sts", "Action=Nothing&Version=2011-06-15"),
    /^400 .*<Code>InvalidAction<.*Could not find operation Nothing for version 2011-06-15/,
  ],
  [
    "query of another version",
    form("sts", "Action=GetCallerIdentity&Version=1999-01-01"),
    /^400 .*<Code>InvalidAction<.*version 1999-01-01/,
  ],
  [
    "EC2",
    form("ec2", "Action=Nothing&Version=2016-11-15"),
    /^400 .*<Errors><Error><Code>InvalidAction<.*is not valid for this web service/,
  ],
  [
    "EC2 of another version",
    form("ec2", "Action=DescribeVpcs&Version=1999-01-01"),
    /^400 .*<Code>NoSuchVersion<.*\(1999-01-01\)/,
  ],
  ["REST JSON", { service: "lambda", method: "GET", path: "/2099-01-01/nothing" }, /^404 UnknownOperationException/],
  ["REST XML", { service: "s3", method: "PATCH", path: "/bucket" }, /^405 .*<Code>MethodNotAllowed<.*<Method>PATCH</],
])("an unknown operation is refused in %s", async (_, sent, answer) => {
  expect(await answerTo(sent)).toMatch(answer);
});

test("a body of 2 MB passes, one byte more is refused as too large, packed or not", async () => {
  const body = (size: number) => `{"nextToken":"${"x".repeat(size - 16)}"}`;
  expect(await answerTo(json("logs", DESCRIBE, body(2 * MB)))).toMatch(/^200 /);
  const refused =
    /^413 .*RequestEntityTooLargeException.*smaller than 2097152 bytes for the DescribeLogGroups operation/;
  expect(await answerTo(json("logs", DESCRIBE, body(2 * MB + 1)))).toMatch(refused);
  // Far beyond what is read in: the answer arrives all the same.
  expect(await answerTo(json("logs", DESCRIBE, body(8 * MB)))).toMatch(refused);
  const packed = json("logs", DESCRIBE, gzipSync(body(10 * MB)));
  expect(await answerTo({ ...packed, headers: { ...packed.headers, "content-encoding": "gzip" } })).toMatch(refused);
  const long = "x".repeat(2 * MB);
  expect(await answerTo(form("sts", `Action=GetCallerIdentity&Version=2011-06-15&x=${long}`))).toMatch(
    /^413 .*<Code>RequestEntityTooLarge</,
  );
});

test("bodies nested a hundred thousand deep end no process", async () => {
  const depth = 100_000;
  const nest = (open: string, inner: string, close: string) => open.repeat(depth) + inner + close.repeat(depth);
  const value = nest('{"L":[', '{"S":"a"}', "]}");
  const target = "DynamoDB_20120810.PutItem";
  expect(await answerTo(json("dynamodb", target, `{"TableName":"t","Item":{"a":${value}}}`))).toMatch(
    /^400 .*SerializationException/,
  );
  expect(await answerTo(json("logs", DESCRIBE, nest("[", "", "]")))).toMatch(/^400 .*SerializationException/);
  const xml = nest("<a>", "", "</a>");
  expect(await answerTo({ service: "s3", path: "/bucket?delete=", body: xml })).toMatch(/^400 .*MalformedXML/);
  const cborNest = Buffer.concat([Buffer.from([0xa1, 0x6a]), Buffer.from("AlarmNames"), Buffer.alloc(depth, 0x81)]);
  expect(await answerTo(cbor("DescribeAlarms", cborNest))).toMatch(/^400 .*SerializationException/s);
  const key = Array.from({ length: depth }, () => "a").join(".");
  expect(await answerTo(form("sts", `Action=GetCallerIdentity&Version=2011-06-15&${key}=1`))).toMatch(/^200 /);
});

test("what the SDK packs because it is long arrives unpacked", async () => {
  const client = new CloudWatchClient({ endpoint: recorder.url, region: REGION, credentials: ROUND_TRIP_KEY });
  const MetricData = Array.from({ length: 500 }, (_, index) => ({ MetricName: `metric-${index}`, Value: index }));
  recorder.answer({});
  await client.send(new PutMetricDataCommand({ Namespace: "long", MetricData }));
  expect(recorder.seen).toMatchObject({ operation: "PutMetricData", input: { Namespace: "long", MetricData } });
});

/** Writes bytes to the port by hand; `answer` is everything that came back until the connection was closed. */
function rawSocket() {
  const socket = connect({ port: Number(new URL(recorder.url).port), host: "127.0.0.1" });
  socket.on("error", () => undefined);
  return { socket, answer: text(socket).catch(() => "cut") };
}

function headOf(sent: Sent, contentLength: number): string {
  const headers = { ...signedHeaders(sent), "content-length": String(contentLength) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${sent.method ?? "POST"} ${sent.path ?? "/"} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

test("a sender that was cut in the middle of a body has done nothing", async () => {
  recorder.answer({});
  const body = JSON.stringify({ logGroupNamePrefix: "a" });
  const { socket, answer } = rawSocket();
  socket.write(headOf(json("logs", DESCRIBE, body), body.length) + body.slice(0, 10));
  await new Promise((resolve) => setTimeout(resolve, 50));
  socket.destroy();
  await answer;
  expect(await answerTo({ service: "s3", method: "PATCH", path: "/bucket" })).toMatch(/^405/);
  expect(recorder.seen.operation).toBeUndefined();
});

test("senders that drip or stop are told so and lose their connection, and keep nobody waiting", async () => {
  recorder.answer({});
  const body = JSON.stringify({ logGroupNamePrefix: "a".repeat(5000) });
  const stopped = Array.from({ length: 50 }, () => {
    const raw = rawSocket();
    raw.socket.write(headOf(json("logs", DESCRIBE, body), body.length) + body.slice(0, 10));
    return raw;
  });
  const dripping = rawSocket();
  dripping.socket.write(headOf(json("logs", DESCRIBE, body), body.length));
  const drip = setInterval(() => dripping.socket.write("x"), 50);
  const upload = rawSocket();
  upload.socket.write(headOf({ service: "s3", method: "PUT", path: "/bucket/key", body }, body.length));

  const startedMs = performance.now();
  expect(await answerTo(json("logs", DESCRIBE, "{}"))).toMatch(/^200 /);
  expect(performance.now() - startedMs).toBeLessThan(250);
  recorder.answer({});
  for (const { answer } of stopped) expect(await answer).toMatch(/^HTTP\/1\.1 408 .*connection: close/s);
  expect(await dripping.answer).toMatch(/^HTTP\/1\.1 408 /);
  clearInterval(drip);
  expect(await upload.answer).toMatch(/^HTTP\/1\.1 400 .*<Code>RequestTimeout<.*Idle connections will be closed/s);
  expect(recorder.seen.operation).toBeUndefined();
});

test.each([
  ["no HTTP at all", "HELO sandbox\r\n\r\n", /^HTTP\/1\.1 400 /],
  ["two lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", /^HTTP\/1\.1 400 /],
  ["headers without end", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /],
])("%s is refused and the next request is answered", async (_, bytes, answer) => {
  const raw = rawSocket();
  raw.socket.write(bytes);
  expect(await raw.answer).toMatch(answer);
  expect(await answerTo(json("logs", DESCRIBE, "{}"))).toMatch(/^200 /);
});
