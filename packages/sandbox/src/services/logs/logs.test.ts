import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest } from "../../../test/support.ts";
import { compilePattern } from "./filter-pattern.ts";

async function logGroup(...streams: string[]) {
  const sandbox = await sandboxForTest();
  const client = new CloudWatchLogsClient(clientSettings(sandbox, DEV));
  const logGroupName = "/orders";
  await client.send(new CreateLogGroupCommand({ logGroupName }));
  for (const logStreamName of streams) await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName }));
  const nowMs = Date.now();
  const put = (logStreamName: string, ...messages: string[]) =>
    client.send(
      new PutLogEventsCommand({
        ...{ logGroupName, logStreamName },
        logEvents: messages.map((message, index) => ({ timestamp: nowMs + index, message })),
      }),
    );
  return { sandbox, client, logGroupName, put, nowMs };
}

test("a stream is read page by page in both directions, and the token at its end waits for more", async () => {
  const { client, logGroupName, put, nowMs } = await logGroup("a");
  await put("a", "1", "2", "3", "4", "5");
  const read = async (options: object) => {
    const answer = await client.send(
      new GetLogEventsCommand({ logGroupName, logStreamName: "a", limit: 2, ...options }),
    );
    return { ...answer, texts: answer.events?.map(({ message }) => message) };
  };
  const first = await read({ startFromHead: true });
  const second = await read({ nextToken: first.nextForwardToken });
  const third = await read({ nextToken: second.nextForwardToken });
  const end = await read({ nextToken: third.nextForwardToken });
  expect([first, second, third, end].map(({ texts }) => texts)).toEqual([["1", "2"], ["3", "4"], ["5"], []]);
  expect(end.nextForwardToken).toBe(third.nextForwardToken);
  const back = await read({ nextToken: second.nextBackwardToken });
  expect(back.texts).toEqual(["1", "2"]);
  expect((await read({})).texts).toEqual(["4", "5"]);
  const logEvents = [{ timestamp: nowMs + 9, message: "6" }];
  await client.send(new PutLogEventsCommand({ logGroupName, logStreamName: "a", logEvents }));
  expect((await read({ nextToken: end.nextForwardToken })).texts).toEqual(["6"]);
});

test("filtered events come oldest first from all streams, page by page, and each exactly once", async () => {
  const { client, logGroupName, put, nowMs } = await logGroup("a", "b");
  await put("a", "order 1", "noise", "order 3");
  await put("b", "order 4", "order 5");
  const found: (string | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new FilterLogEventsCommand({
        logGroupName,
        filterPattern: "order",
        limit: 2,
        ...(nextToken ? { nextToken } : {}),
      }),
    );
    found.push(...(page.events ?? []).map(({ message }) => message));
    nextToken = page.nextToken;
  } while (nextToken);
  expect(found).toEqual(["order 1", "order 4", "order 5", "order 3"]);
  const range = { startTime: nowMs + 1, endTime: nowMs + 1 };
  const exact = await client.send(new FilterLogEventsCommand({ logGroupName, ...range }));
  expect(exact.events?.map(({ message }) => message)).toEqual(["noise", "order 5"]);
});

test("groups and streams are described, kept apart by account, and gone with their events when deleted", async () => {
  const { sandbox, client, logGroupName, put, nowMs } = await logGroup("2026/a", "2026/b");
  await put("2026/b", "one");
  await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 }));
  const { logGroups } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: "/ord" }));
  expect(logGroups).toMatchObject([
    { logGroupName, retentionInDays: 7, arn: `arn:aws:logs:eu-west-1:${DEV}:log-group:/orders:*` },
  ]);
  const streams = await client.send(
    new DescribeLogStreamsCommand({ logGroupName, orderBy: "LastEventTime", descending: true, limit: 1 }),
  );
  expect(streams.logStreams).toMatchObject([{ logStreamName: "2026/b", lastEventTimestamp: nowMs }]);
  const tooling = new CloudWatchLogsClient(clientSettings(sandbox));
  expect((await tooling.send(new DescribeLogGroupsCommand({}))).logGroups).toEqual([]);
  await client.send(new DeleteLogGroupCommand({ logGroupName }));
  await expect(client.send(new FilterLogEventsCommand({ logGroupName }))).rejects.toThrow(
    expect.objectContaining({ name: "ResourceNotFoundException" }),
  );
});

test("events past their retention go, and events too old, too new or out of order aren't taken", async () => {
  const { sandbox, client, logGroupName, put, nowMs } = await logGroup("a");
  await put("a", "old");
  await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 }));
  const at = (...times: number[]) =>
    client.send(
      new PutLogEventsCommand({
        ...{ logGroupName, logStreamName: "a" },
        logEvents: times.map((timestamp) => ({ timestamp, message: "x" })),
      }),
    );
  const day = 24 * 3_600_000;
  const { rejectedLogEventsInfo } = await at(nowMs - 20 * day, nowMs - 2 * day, nowMs, nowMs + 3 * 3_600_000);
  expect(rejectedLogEventsInfo).toEqual({
    tooOldLogEventEndIndex: 1,
    expiredLogEventEndIndex: 2,
    tooNewLogEventStartIndex: 3,
  });
  await expect(at(nowMs + 1, nowMs)).rejects.toThrow(expect.objectContaining({ name: "InvalidParameterException" }));
  sandbox.clock.advance(2 * day);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await client.send(new FilterLogEventsCommand({ logGroupName }))).events).toEqual([]);
});

test("a line in the embedded metric format becomes metrics", async () => {
  const { sandbox, put, nowMs } = await logGroup("a");
  const line = {
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [
        {
          Namespace: "Orders",
          Dimensions: [["service"]],
          Metrics: [{ Name: "Placed", Unit: "Count" }, { Name: "Wait" }],
        },
      ],
    },
    service: "orders",
    Placed: 2,
    Wait: [10, 30],
  };
  await put("a", JSON.stringify(line), '{"_aws": broken', "plain");
  const cloudwatch = new CloudWatchClient(clientSettings(sandbox, DEV));
  const query = (Id: string, MetricName: string, Stat: string) => {
    const Metric = { Namespace: "Orders", MetricName, Dimensions: [{ Name: "service", Value: "orders" }] };
    return { Id, MetricStat: { Metric, Period: 60, Stat } };
  };
  const { MetricDataResults } = await cloudwatch.send(
    new GetMetricDataCommand({
      StartTime: new Date(nowMs - 60_000),
      EndTime: new Date(nowMs + 60_000),
      MetricDataQueries: [query("placed", "Placed", "Sum"), query("wait", "Wait", "Average")],
    }),
  );
  expect(MetricDataResults?.map(({ Values }) => Values)).toEqual([[2], [20]]);
});

test.each([
  ["", "anything", true],
  ["ERROR", "an ERROR here", true],
  ["ERROR order", "order ERROR", true],
  ["ERROR order", "ERROR", false],
  ['"no stock"', "no  stock", false],
  ["ERROR -retry", "ERROR retry", false],
  ["?ERROR ?WARN", "a WARN", true],
  ["?ERROR ?WARN", "INFO", false],
  ['{ $.level = "ERROR" }', '{"level":"ERROR"}', true],
  ['{ $.level = "ERR*" && $.order.id > 5 }', '{"level":"ERROR","order":{"id":7}}', true],
  ['{ $.level != "INFO" || ($.n = 1) }', '{"level":"INFO","n":2}', false],
  ["{ $.items[1].n <= 3 }", '{"items":[{"n":9},{"n":3}]}', true],
  ["{ $.ok IS TRUE }", '{"ok":true}', true],
  ["{ $.error NOT EXISTS }", '{"ok":true}', true],
  ["{ $.error NOT EXISTS }", "not JSON", false],
  ["{ $.__proto__ EXISTS }", "{}", false],
  ["%ord(er)+ \\d%", "an order 7", true],
  ["%^order%", "an order", false],
  ["{ $.path = %^/orders/[0-9]+$% }", '{"path":"/orders/7"}', true],
  ['{ $.status = "404" || $.status = 404 }', '{"status":"404"}', true],
  ["[ip, user, ..., status = 4*, size > 100]", '127.0.0.1 ada [10/Oct] "GET /" 404 512', true],
  ["[ip, user, ..., status = 4*, size > 100]", '127.0.0.1 ada [10/Oct] "GET /" 404 99', false],
  ["[a, b]", "one two three", false],
  ["[level = ERROR || level = WARN, ...]", "WARN slow disk", true],
])("the pattern %s on %s answers %s", (pattern, message, expected) => {
  expect(compilePattern(pattern).matches(message)).toBe(expected);
});

test.each(["{ $.a = }", "{ a = 1 }", "{ $.a ~ 1 }", "{ $.a = 1", "{ ($.a = 1 }"])(
  "the pattern %s is invalid",
  (pattern) => {
    expect(() => compilePattern(pattern)).toThrow("Invalid filter pattern");
  },
);
