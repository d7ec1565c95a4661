import {
  CloudWatchClient,
  DeleteDashboardsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListDashboardsCommand,
  ListMetricsCommand,
  type MetricDataQuery,
  PutDashboardCommand,
  PutMetricDataCommand,
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

test("metric math works over ids, arrays, comparisons and gaps", async () => {
  const { put, stat, read } = await metrics();
  await put(minute(0), [1], "Errors");
  await put(minute(0), [1, 1, 1, 1], "Calls");
  await put(minute(2), [1, 1], "Calls");
  const hidden = (query: MetricDataQuery): MetricDataQuery => ({ ...query, ReturnData: false });
  const given = [hidden(stat("e", "Sum", "Errors")), hidden(stat("c", "Sum", "Calls"))];
  const cases: Record<string, number[]> = {
    "100 * e / c": [25],
    "100 * FILL(e, 0) / c": [25, 0],
    "(SUM([e, c]) - 1) ^ 2": [16, 1],
    "FILL(c, 0)": [4, 0, 2, 0, 0],
    "FILL(c, REPEAT)": [4, 4, 2, 2, 2],
    "FILL(c, LINEAR)": [4, 3, 2, 2, 2],
    "SUM(c)": [6, 6, 6, 6, 6],
    "SUM(METRICS())": [5, 2],
    'MAX(METRICS("c"))': [4, 2],
    "IF(c > 3, 1, 0)": [1, 0],
    "IF(c > 3 AND e == 1, c)": [4],
    "DIFF(c)": [-2],
    "RATE(c)": [-2 / 120],
    "RUNNING_SUM(c)": [4, 6],
    "PERIOD(c) / 60": [1, 1, 1, 1, 1],
    "-ABS(c) + 10": [6, 8],
    "FIRST(SORT(METRICS(), SUM, DESC))": [4, 2],
  };
  const answers = await read(
    ...given,
    ...Object.keys(cases).map((Expression, index) => ({ Id: `x${index}`, Expression })),
  );
  for (const [index, [expression, expected]] of Object.entries(cases).entries()) {
    expect([expression, answers[`x${index}`]]).toEqual([expression, expected]);
  }
});

test.each([
  ["ANOMALY_DETECTION_BAND(c)", "ANOMALY_DETECTION_BAND is not implemented"],
  ["NO_SUCH(c)", "unknown function NO_SUCH"],
  ["none + 1", "Unknown identifier: none"],
  ["c +", "unexpected end"],
  ["c @ 1", "unexpected character"],
  ["FILL(c)", "wrong number of arguments for FILL"],
  ["[c, 1]", "an array holds time series"],
])("the expression %s is refused and says why", async (Expression, why) => {
  const { stat, read } = await metrics();
  await expect(read(stat("c", "Sum"), { Id: "x", Expression })).rejects.toThrow(why);
});

test("expressions that refer to each other are refused", async () => {
  const { read } = await metrics();
  const given = [
    { Id: "a", Expression: "b + 1" },
    { Id: "b", Expression: "a + 1" },
  ];
  await expect(read(...given)).rejects.toThrow("Circular reference");
});

test("SEARCH finds metrics by schema, tokens, phrases and dimensions, a result for each", async () => {
  const { client, read } = await metrics();
  for (const [FunctionName, MetricName, Value] of [
    ["orders-api", "ErrorCount", 1],
    ["orders-worker", "ErrorCount", 2],
    ["stock-api", "Duration", 3],
  ] as const) {
    const Dimensions = [{ Name: "FunctionName", Value: FunctionName }];
    const datum = { MetricName, Value, Timestamp: START, Dimensions };
    await client.send(
      new PutMetricDataCommand({ Namespace: "Shop", MetricData: [datum, { ...datum, Dimensions: [] }] }),
    );
  }
  const find = async (text: string) => {
    const Expression = `SEARCH('${text}', 'Sum', 60)`;
    const answer = await client.send(
      new GetMetricDataCommand({ ...range, MetricDataQueries: [{ Id: "s", Expression }] }),
    );
    return answer.MetricDataResults?.map(({ Label, Values }) => `${Label} ${Values?.join()}`).sort();
  };
  expect(await find('{Shop,FunctionName} MetricName="ErrorCount"')).toEqual([
    "orders-api ErrorCount 1",
    "orders-worker ErrorCount 2",
  ]);
  expect(await find("{Shop,FunctionName} api NOT Duration")).toEqual(["ErrorCount 1"]);
  expect(await find("{Shop,FunctionName} error AND (worker OR stock)")).toEqual(["ErrorCount 2"]);
  expect(await find('Namespace="Shop" FunctionName=("stock-api" OR "orders-api")')).toEqual([
    "Duration 3",
    "ErrorCount 1",
  ]);
  expect(await find('{Shop,FunctionName} "orders-w"')).toEqual(["ErrorCount 2"]);
  expect(await find("{Shop} errorcount")).toEqual(["ErrorCount 3"]);
  expect(await find("{Elsewhere,FunctionName} api")).toEqual([]);
  await expect(find("{Shop} (error")).rejects.toThrow("Error in SEARCH expression");
  expect(await read({ Id: "t", Expression: "SUM(SEARCH('{Shop,FunctionName} error', 'Sum', 60))" })).toEqual({
    t: [3],
  });
});

test("labels say what tells metrics apart, and dynamic labels what was asked for", async () => {
  const { client, put, stat } = await metrics();
  await put(minute(0), [10, 20]);
  await put(minute(1), [40]);
  const labels = async (...MetricDataQueries: MetricDataQuery[]) => {
    const answer = await client.send(new GetMetricDataCommand({ ...range, MetricDataQueries }));
    return answer.MetricDataResults?.map(({ Label }) => Label);
  };
  expect(await labels(stat("a", "Sum"), stat("b", "Minimum", "Wait", 300))).toEqual([
    "Wait Sum 60",
    "Wait Minimum 300",
  ]);
  expect(await labels(stat("a", "Sum"), stat("b", "Maximum", "Other"))).toEqual(["Wait", "Other"]);
  const Label = "${LABEL} ${PROP('Stat')} ${PROP('Dim.none')} ${MAX} ${LAST} ${AVG} ${DATAPOINT_COUNT}";
  expect(await labels({ ...stat("a", "Sum"), Label })).toEqual(["Wait Sum -- 40 40 35 2"]);
  await expect(labels({ ...stat("a", "Sum"), Label: "${MIN_MAX_RANGE}" })).rejects.toThrow("not implemented");
});

test("an answer comes page by page, each point once, and only points that AWS still keeps", async () => {
  const { client, put, stat } = await metrics();
  for (let at = 0; at < 5; at++) await put(minute(at), [at]);
  const found: [string, number][] = [];
  const sizes: number[] = [];
  let NextToken: string | undefined;
  do {
    const MetricDataQueries = [stat("a", "Sum"), stat("b", "Maximum")];
    const page = await client.send(
      new GetMetricDataCommand({
        ...range,
        MetricDataQueries,
        MaxDatapoints: 4,
        ScanBy: "TimestampAscending",
        ...(NextToken ? { NextToken } : {}),
      }),
    );
    for (const { Id = "", Values = [] } of page.MetricDataResults ?? []) {
      found.push(...Values.map((value): [string, number] => [Id, value]));
    }
    sizes.push((page.MetricDataResults ?? []).reduce((sum, { Values }) => sum + (Values?.length ?? 0), 0));
    NextToken = page.NextToken;
  } while (NextToken);
  expect(sizes).toEqual([4, 4, 2]);
  expect(found).toEqual(["a", "b"].flatMap((id) => [0, 1, 2, 3, 4].map((value) => [id, value])));
  const old = new Date(Date.now() - 4 * 3_600_000);
  await put(old, [1]);
  const points = async (period: number) => {
    const times = { StartTime: new Date(old.getTime() - 60_000), EndTime: new Date(old.getTime() + 60_000) };
    const answer = await client.send(
      new GetMetricDataCommand({ ...times, MetricDataQueries: [stat("a", "Sum", "Wait", period)] }),
    );
    return answer.MetricDataResults?.[0]?.Values;
  };
  expect([await points(60), await points(10)]).toEqual([[1], []]);
});

test("of a metric with several units one is answered and the others are named; statistics have a point for each", async () => {
  const { client, stat } = await metrics();
  const MetricData = (["Seconds", "Milliseconds"] as const).map((Unit) => ({
    ...{ MetricName: "Wait", Value: Unit === "Seconds" ? 60 : 60_000, Unit, Timestamp: START },
  }));
  await client.send(new PutMetricDataCommand({ Namespace: "Orders", MetricData }));
  const answer = await client.send(new GetMetricDataCommand({ ...range, MetricDataQueries: [stat("m", "Sum")] }));
  expect(answer.MetricDataResults).toMatchObject([
    {
      Values: [60_000],
      Messages: [{ Code: "MultipleUnits", Value: "Multiple units returned: '[Milliseconds, Seconds]'" }],
    },
  ]);
  const { Datapoints } = await client.send(
    new GetMetricStatisticsCommand({
      ...{ Namespace: "Orders", MetricName: "Wait", ...range, Period: 300, Statistics: ["Average"] },
    }),
  );
  expect(Datapoints).toHaveLength(2);
});

test.each([
  [
    { Value: 1, Values: [1] },
    "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.",
  ],
  [
    { Value: 1, StatisticValues: { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 } },
    "MetricData.member.1.StatisticValues are mutually exclusive",
  ],
  [
    { Values: [1, 2], Counts: [1] },
    "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same size.",
  ],
  [{ Values: Array.from({ length: 151 }, (_, n) => n) }, "must not have a size greater than 150"],
  [{}, "At least one of the parameters must be specified"],
  [{ Value: 1, Timestamp: new Date(Date.now() - 15 * 24 * 3_600_000) }, "no more than two weeks in the past"],
  [{ Value: 1, Timestamp: new Date(Date.now() + 3 * 3_600_000) }, "no more than two hours in the future"],
  [{ Value: 1, Dimensions: [{ Name: "a", Value: "" }] }, "Dimensions.member.1.Value is invalid"],
  [{ Value: 1, StorageResolution: 30 }, "Valid values: 1, 60"],
])("the datum %j is refused as AWS refuses it", async (datum, why) => {
  const { client } = await metrics();
  const MetricData = [{ MetricName: "Wait", ...datum }];
  await expect(client.send(new PutMetricDataCommand({ Namespace: "Orders", MetricData }))).rejects.toThrow(why);
});

test("dashboards are kept as they were put, listed with their size, and deleted all or none", async () => {
  const { client } = await metrics();
  const DashboardBody = JSON.stringify({ widgets: [] });
  await client.send(new PutDashboardCommand({ DashboardName: "orders", DashboardBody }));
  expect(await client.send(new GetDashboardCommand({ DashboardName: "orders" }))).toMatchObject({
    DashboardArn: `arn:aws:cloudwatch::${DEV}:dashboard/orders`,
    DashboardBody,
  });
  const list = async () =>
    (await client.send(new ListDashboardsCommand({ DashboardNamePrefix: "ord" }))).DashboardEntries;
  expect(await list()).toMatchObject([{ DashboardName: "orders", Size: DashboardBody.length }]);
  const remove = (...DashboardNames: string[]) => client.send(new DeleteDashboardsCommand({ DashboardNames }));
  await expect(remove("orders", "none")).rejects.toThrow("Dashboard none does not exist");
  expect(await list()).toHaveLength(1);
  await remove("orders");
  expect(await list()).toEqual([]);
  await expect(client.send(new PutDashboardCommand({ DashboardName: "a b", DashboardBody }))).rejects.toThrow(
    "It can only contain alphanumerics, dash (-) and underscore (_).",
  );
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
