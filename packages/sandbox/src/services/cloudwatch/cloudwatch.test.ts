import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  type MetricDataQuery,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from "@aws-sdk/client-cloudwatch";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest, temporaryFolder } from "../../../test/support.ts";

/** A whole minute of a while ago. */
const START = new Date(Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000);
const minute = (n: number) => new Date(START.getTime() + n * 60_000);
const range = { StartTime: START, EndTime: minute(5) };

async function metrics(dataDir = temporaryFolder()) {
  const sandbox = await sandboxForTest({ dataDir });
  const client = new CloudWatchClient(clientSettings(sandbox, DEV));
  const put = (at: Date, values: number[], MetricName = "Wait") =>
    client.send(
      new PutMetricDataCommand({
        Namespace: "Orders",
        MetricData: values.map((Value) => ({ MetricName, Value, Timestamp: at, Unit: "Milliseconds" })),
      }),
    );
  const stat = (Id: string, Stat: string, MetricName = "Wait", Period = 60): MetricDataQuery => ({
    Id,
    MetricStat: { Metric: { Namespace: "Orders", MetricName }, Period, Stat },
  });
  const read = async (...MetricDataQueries: MetricDataQuery[]) => {
    const answer = await client.send(
      new GetMetricDataCommand({ ...range, MetricDataQueries, ScanBy: "TimestampAscending" }),
    );
    return Object.fromEntries((answer.MetricDataResults ?? []).map(({ Id, Values }) => [Id, Values]));
  };
  return { sandbox, client, put, stat, read };
}

test("each statistic and percentile is right, a period without samples has no point", async () => {
  const { put, stat, read } = await metrics();
  await put(minute(0), [10, 20, 30, 40]);
  await put(new Date(minute(2).getTime() + 59_999), [7]);
  expect(
    await read(
      stat("sum", "Sum"),
      stat("avg", "Average"),
      stat("min", "Minimum"),
      stat("max", "Maximum"),
      stat("n", "SampleCount"),
      stat("p50", "p50"),
      stat("p100", "p100"),
      stat("whole", "Sum", "Wait", 300),
    ),
  ).toEqual({
    ...{ sum: [100, 7], avg: [25, 7], min: [10, 7], max: [40, 7], n: [4, 1], p50: [25, 7], p100: [40, 7] },
    whole: START.getTime() % 300_000 === 0 ? [107] : expect.any(Array),
  });
});

test("values with counts weigh as often as they were counted, and a statistic set has no percentiles", async () => {
  const { client, stat, read } = await metrics();
  const at = { MetricName: "Wait", Timestamp: minute(1) };
  await client.send(
    new PutMetricDataCommand({ Namespace: "Orders", MetricData: [{ ...at, Values: [1, 100], Counts: [99, 1] }] }),
  );
  expect(await read(stat("n", "SampleCount"), stat("p90", "p90"), stat("sum", "Sum"))).toEqual({
    n: [100],
    p90: [1],
    sum: [199],
  });
  const StatisticValues = { SampleCount: 10, Sum: 50, Minimum: 1, Maximum: 9 };
  await client.send(new PutMetricDataCommand({ Namespace: "Orders", MetricData: [{ ...at, StatisticValues }] }));
  expect(await read(stat("n", "SampleCount"), stat("p90", "p90"))).toEqual({ n: [110], p90: [] });
});

test("metric math works over ids, fills gaps and refuses SEARCH and unknown functions by name", async () => {
  const { put, stat, read } = await metrics();
  await put(minute(0), [1], "Errors");
  await put(minute(0), [1, 1, 1, 1], "Calls");
  await put(minute(2), [1, 1], "Calls");
  const hidden = (query: MetricDataQuery): MetricDataQuery => ({ ...query, ReturnData: false });
  const given = [hidden(stat("e", "Sum", "Errors")), hidden(stat("c", "Sum", "Calls"))];
  const math = (Id: string, Expression: string) => ({ Id, Expression });
  expect(
    await read(
      ...given,
      math("rate", "100 * e / c"),
      math("filled", "100 * FILL(e, 0) / c"),
      math("both", "(SUM([e, c]) - 1) ^ 2"),
      math("zeros", "FILL(c, 0)"),
      math("twice", "rate * 2"),
      math("total", "SUM(c)"),
    ),
  ).toEqual({
    ...{ rate: [25], filled: [25, 0], both: [16], zeros: [4, 0, 2, 0, 0], twice: [50] },
    total: [6, 6, 6, 6, 6],
  });
  await expect(read(math("s", "SEARCH('{AWS/Lambda} x', 'Sum', 60)"))).rejects.toThrow("SEARCH is not implemented");
  await expect(read(...given, math("s", "RATE(c)"))).rejects.toThrow("function RATE is not implemented");
  await expect(read(math("a", "b + 1"), math("b", "a + 1"))).rejects.toThrow("refer to each other");
  await expect(read(math("a", "none + 1"))).rejects.toThrow("isn't there");
});

test("acknowledged samples are there after a restart, by statistics and in the list of metrics", async () => {
  const dataDir = temporaryFolder();
  const first = await metrics(dataDir);
  await first.put(minute(0), [10, 20]);
  await first.sandbox.stop();
  const { client } = await metrics(dataDir);
  const { Datapoints } = await client.send(
    new GetMetricStatisticsCommand({
      ...{ Namespace: "Orders", MetricName: "Wait", ...range, Period: 60 },
      ...{ Statistics: ["Average", "Maximum"], ExtendedStatistics: ["p50"] },
    }),
  );
  expect(Datapoints).toEqual([
    { Timestamp: START, Average: 15, Maximum: 20, ExtendedStatistics: { p50: 15 }, Unit: "Milliseconds" },
  ]);
  const { Metrics } = await client.send(new ListMetricsCommand({ Namespace: "Orders" }));
  expect(Metrics).toEqual([{ Namespace: "Orders", MetricName: "Wait", Dimensions: [] }]);
});

test("the order of dimensions means nothing, and each set of dimensions is a metric of its own", async () => {
  const { client } = await metrics();
  const [a, b] = [
    { Name: "a", Value: "1" },
    { Name: "b", Value: "2" },
  ];
  for (const Dimensions of [[a, b], [b, a], [a]]) {
    const datum = { MetricName: "Wait", Value: 1, Timestamp: START, Dimensions };
    await client.send(new PutMetricDataCommand({ Namespace: "Orders", MetricData: [datum] }));
  }
  const sum = async (Dimensions: { Name: string; Value: string }[]) => {
    const Metric = { Namespace: "Orders", MetricName: "Wait", Dimensions };
    const MetricDataQueries = [{ Id: "m", MetricStat: { Metric, Period: 60, Stat: "Sum" } }];
    const answer = await client.send(new GetMetricDataCommand({ ...range, MetricDataQueries }));
    return answer.MetricDataResults?.[0]?.Values;
  };
  expect([await sum([b, a]), await sum([a]), await sum([])]).toEqual([[2], [1], []]);
});

test("AWS's own name spaces, wrong statistics and wrong periods are refused", async () => {
  const { client, stat, read } = await metrics();
  const MetricData = [{ MetricName: "x", Value: 1 }];
  await expect(client.send(new PutMetricDataCommand({ Namespace: "AWS/Lambda", MetricData }))).rejects.toThrow(
    "reserved",
  );
  await expect(read(stat("m", "Median"))).rejects.toThrow("not supported");
  await expect(read(stat("m", "tm90"))).rejects.toThrow("tm90 is not implemented");
  await expect(read(stat("m", "Sum", "Wait", 90))).rejects.toThrow("Period");
});

test("an alarm is kept as it was given, in the state that someone set, until it is deleted", async () => {
  const { client } = await metrics();
  const alarm = {
    AlarmName: "orders-errors",
    Namespace: "AWS/Lambda",
    MetricName: "Errors",
    Statistic: "Sum",
  } as const;
  const rule = {
    Period: 60,
    EvaluationPeriods: 1,
    Threshold: 1,
    ComparisonOperator: "GreaterThanOrEqualToThreshold",
  } as const;
  await client.send(new PutMetricAlarmCommand({ ...alarm, ...rule }));
  const describe = async () =>
    (await client.send(new DescribeAlarmsCommand({ AlarmNamePrefix: "orders" }))).MetricAlarms;
  expect(await describe()).toMatchObject([
    { ...alarm, ...rule, StateValue: "INSUFFICIENT_DATA", ActionsEnabled: true },
  ]);
  const set = { AlarmName: alarm.AlarmName, StateValue: "ALARM", StateReason: "test" } as const;
  await client.send(new SetAlarmStateCommand(set));
  expect(await describe()).toMatchObject([{ StateValue: "ALARM", StateReason: "test" }]);
  await client.send(new DeleteAlarmsCommand({ AlarmNames: [alarm.AlarmName] }));
  expect(await describe()).toEqual([]);
});
