import { gunzipSync } from "node:zlib";
import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteMetricFilterCommand,
  DescribeLogGroupsCommand,
  DescribeMetricFiltersCommand,
  DescribeSubscriptionFiltersCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandOutput,
  GetLogEventsCommand,
  type MetricTransformation,
  PutLogEventsCommand,
  PutMetricFilterCommand,
  PutRetentionPolicyCommand,
  PutSubscriptionFilterCommand,
  TestMetricFilterCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { AddPermissionCommand } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest } from "../../../test/support.ts";
import { createClock } from "../../core/clock.ts";
import { eventually, lambdaIn } from "../lambda/test/functions.ts";
import { embeddedMetrics } from "./embedded-metrics.ts";

const logGroupName = "/orders";

async function group(options: Parameters<typeof sandboxForTest>[0] = {}) {
  const sandbox = await sandboxForTest(options);
  const client = new CloudWatchLogsClient(clientSettings(sandbox, DEV));
  await client.send(new CreateLogGroupCommand({ logGroupName }));
  await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName: "a" }));
  const nowMs = Date.now();
  const put = (...messages: string[]) =>
    client.send(
      new PutLogEventsCommand({
        ...{ logGroupName, logStreamName: "a" },
        logEvents: messages.map((message) => ({ timestamp: nowMs, message })),
      }),
    );
  const metric = async (MetricName: string, Stat: string, Dimensions: { Name: string; Value: string }[] = []) => {
    const Metric = { Namespace: "Orders", MetricName, Dimensions };
    const answer = await new CloudWatchClient(clientSettings(sandbox, DEV)).send(
      new GetMetricDataCommand({
        ...{ StartTime: new Date(nowMs - 120_000), EndTime: new Date(nowMs + 120_000) },
        MetricDataQueries: [{ Id: "m", MetricStat: { Metric, Period: 300, Stat } }],
      }),
    );
    return answer.MetricDataResults?.[0]?.Values;
  };
  const filter = (filterName: string, filterPattern: string, transformation: Partial<MetricTransformation> = {}) =>
    client.send(
      new PutMetricFilterCommand({
        ...{ logGroupName, filterName, filterPattern },
        metricTransformations: [
          { metricName: filterName, metricNamespace: "Orders", metricValue: "1", ...transformation },
        ],
      }),
    );
  return { sandbox, client, put, metric, filter };
}

test("a metric filter counts, measures and takes dimensions from the lines that match", async () => {
  const { client, put, metric, filter } = await group();
  await filter("Errors", "ERROR");
  await filter("Wait", "{ $.ms > 5 }", { metricValue: "$.ms", dimensions: { Route: "$.route" }, unit: "Milliseconds" });
  await filter("Bytes", "[ip, status, bytes]", { metricValue: "$bytes" });
  await filter("Quiet", "nothing", { defaultValue: 0 });
  await put("ERROR 1 2 3", "ERROR 5 6 7", '{"ms":10,"route":"/a"}', '{"ms":30,"route":"/a"}', '{"ms":3,"route":"/a"}');
  await put("127.0.0.1 200 512");
  const route = [{ Name: "Route", Value: "/a" }];
  expect(await metric("Errors", "Sum")).toEqual([2]);
  expect(await metric("Wait", "Average", route)).toEqual([20]);
  expect(await metric("Bytes", "Sum")).toEqual([512]);
  expect(await metric("Quiet", "Maximum")).toEqual([0]);
  const { logGroups } = await client.send(new DescribeLogGroupsCommand({}));
  expect(logGroups).toMatchObject([{ metricFilterCount: 4, deletionProtectionEnabled: false }]);
  const { metricFilters } = await client.send(new DescribeMetricFiltersCommand({ filterNamePrefix: "Err" }));
  expect(metricFilters).toMatchObject([
    {
      ...{ filterName: "Errors", filterPattern: "ERROR", logGroupName, applyOnTransformedLogs: false },
      metricTransformations: [{ metricName: "Errors", metricNamespace: "Orders", metricValue: "1" }],
    },
  ]);
  await client.send(new DeleteMetricFilterCommand({ logGroupName, filterName: "Errors" }));
  await put("ERROR again");
  expect(await metric("Errors", "Sum")).toEqual([2]);
});

test("wrong metric filters are refused, and a pattern can be tried first", async () => {
  const { client, filter } = await group();
  await expect(filter("x", "{ $.a = ")).rejects.toThrow("Invalid filter pattern");
  await expect(filter("x", "a", { metricValue: "many" })).rejects.toThrow("invalid metric value");
  await expect(filter("x", "a", { defaultValue: 0, dimensions: { a: "$.a" } })).rejects.toThrow("mutually exclusive");
  await expect(filter("x".repeat(513), "a")).rejects.toThrow(
    "at 'filterName' failed to satisfy constraint: Member must have length less than or equal to 512",
  );
  const { matches } = await client.send(
    new TestMetricFilterCommand({ filterPattern: '{ $.a = "x" }', logEventMessages: ["no", '{"a":"x"}'] }),
  );
  expect(matches).toEqual([{ eventNumber: 2, eventMessage: '{"a":"x"}', extractedValues: { "$.a": "x" } }]);
});

test("a subscription filter hands matching lines to its function, packed as AWS packs them", async () => {
  const { sandbox, client, put } = await group();
  const lambda = lambdaIn(sandbox);
  await lambda.create("shipper", "export const handler = async (event) => console.log(event.awslogs.data);");
  const destinationArn = `arn:aws:lambda:eu-west-1:${DEV}:function:shipper`;
  await lambda.client.send(
    new AddPermissionCommand({
      ...{ FunctionName: "shipper", StatementId: "logs", Action: "lambda:InvokeFunction" },
      ...{ Principal: "logs.amazonaws.com", SourceAccount: DEV },
    }),
  );
  const subscribe = (arn: string, filterName = "errors") =>
    client.send(
      new PutSubscriptionFilterCommand({ logGroupName, filterName, filterPattern: "ERROR", destinationArn: arn }),
    );
  await subscribe(destinationArn);
  await put("ERROR one", "fine", "ERROR two");
  const document = await eventually(async () => {
    const { events = [] } = await client
      .send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/shipper", filterPattern: "H4sI" }))
      .catch(() => ({ events: [] }));
    const packed = /H4sI\S+/.exec(events[0]?.message ?? "")?.[0];
    return packed && JSON.parse(gunzipSync(Buffer.from(packed, "base64")).toString());
  });
  expect(document).toMatchObject({
    ...{ messageType: "DATA_MESSAGE", owner: DEV, logGroup: logGroupName, logStream: "a" },
    ...{ subscriptionFilters: ["errors"], logEvents: [{ message: "ERROR one" }, { message: "ERROR two" }] },
  });
  const { subscriptionFilters } = await client.send(new DescribeSubscriptionFiltersCommand({ logGroupName }));
  expect(subscriptionFilters).toMatchObject([{ filterName: "errors", destinationArn, distribution: "ByLogStream" }]);
  await expect(subscribe(`arn:aws:firehose:eu-west-1:${DEV}:deliverystream/x`)).rejects.toThrow(
    "subscription filters to firehose",
  );
  await expect(subscribe(`arn:aws:kinesis:eu-west-1:${DEV}:stream/x`)).rejects.toThrow(
    "cannot be used without roleArn",
  );
  await expect(subscribe("arn:aws:lambda:eu-west-1:123456789012:function:x")).rejects.toThrow("Cross-account lambda");
  await expect(subscribe(`${destinationArn}-none`)).rejects.toThrow("Could not execute the lambda function");
  await subscribe(destinationArn, "second");
  await expect(subscribe(destinationArn, "third")).rejects.toThrow("Resource limit exceeded.");
});

test("a line past its retention can't be read any more, from the moment that it is past it", async () => {
  const clock = createClock();
  const { sandbox, client, put } = await group({ clock });
  await put("old");
  await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 1 }));
  const read = async () =>
    (await sandbox.send(new FilterLogEventsCommand({ logGroupName }), { account: DEV })).events?.length;
  expect(await read()).toBe(1);
  clock.advance(24 * 3_600_000);
  expect(await read()).toBe(0);
});

test("in realistic mode a line can be read seconds after it was put, and everything else at once", async () => {
  const clock = createClock(undefined, { realistic: true });
  const { sandbox, put } = await group({ clock });
  await put("late");
  const read = async () =>
    (await sandbox.send(new GetLogEventsCommand({ logGroupName, logStreamName: "a" }), { account: DEV })).events
      ?.length;
  expect(await read()).toBe(0);
  clock.advance(4000);
  expect(await read()).toBe(1);
});

test("a rare line is found on one page among many that don't match", async () => {
  const { client } = await group();
  const nowMs = Date.now();
  const put = (from: number, count: number, message: string) =>
    client.send(
      new PutLogEventsCommand({
        ...{ logGroupName, logStreamName: "a" },
        logEvents: Array.from({ length: count }, (_, n) => ({ timestamp: nowMs - 60_000 + from + n, message })),
      }),
    );
  for (let batch = 0; batch < 2; batch++) await put(batch * 10_000, 10_000, "noise");
  await put(40_000, 1, '{"level":"ERROR"}');
  const rare = await client.send(new FilterLogEventsCommand({ logGroupName, filterPattern: '{ $.level = "ERROR" }' }));
  expect([rare.events?.length, rare.nextToken]).toEqual([1, undefined]);
  let [pages, found, nextToken]: [number, number, string | undefined] = [0, 0, undefined];
  do {
    const page: FilterLogEventsCommandOutput = await client.send(
      new FilterLogEventsCommand({ logGroupName, ...(nextToken ? { nextToken } : {}) }),
    );
    pages++;
    found += page.events?.length ?? 0;
    nextToken = page.nextToken;
  } while (nextToken);
  expect(found).toBe(20_001);
  expect(pages).toBeGreaterThan(2);
});

const emf = (change: object = {}, metadata: object = {}) => {
  const directive = {
    Namespace: "Orders",
    Dimensions: [["service"]],
    Metrics: [{ Name: "Wait", Unit: "Milliseconds" }],
    ...metadata,
  };
  return JSON.stringify({
    _aws: { Timestamp: 1000, CloudWatchMetrics: [directive] },
    service: "orders",
    Wait: [1, 2],
    ...change,
  });
};

test.each([
  ["as the specification has it", emf(), 1],
  ["without the metric's value", emf({ Wait: undefined }), 0],
  ["without a dimension's value", emf({ service: undefined }), undefined],
  ["with a value that is no number", emf({ Wait: "slow" }), undefined],
  ["without a name space", emf({}, { Namespace: "" }), undefined],
  ["with more than a hundred values", emf({ Wait: Array.from({ length: 101 }, (_, n) => n) }), undefined],
  ["with two sets of dimensions", emf({}, { Dimensions: [["service"], []] }), 2],
  ["that is none", '{"_aws": 1}', 0],
])("an embedded document %s gives the metrics that it should", (_, line, expected) => {
  expect(embeddedMetrics(line, 2000)?.reduce((sum, { data }) => sum + data.length, 0)).toBe(expected);
});
