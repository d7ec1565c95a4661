import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

const SET = { SampleCount: 10, Sum: 55, Minimum: 1, Maximum: 10 };

type Datum = NonNullable<Parameters<Stage["cloudwatch"]["PutMetricData"]>[0]["MetricData"]>[number];
type Metric = { Dimensions?: { Name: string; Value: string }[]; Unit?: Datum["Unit"] };

/** A name space with data of now; and questions about the minutes around it. */
async function metrics({ cloudwatch, name, clock }: Stage, ...puts: Datum[][]) {
  const Namespace = name("test");
  const now = clock.now();
  for (const data of puts) {
    const MetricData = data.map((datum) => ({ Timestamp: now, ...datum }));
    await cloudwatch.PutMetricData({ Namespace, MetricData });
  }
  const around = { StartTime: new Date(now.getTime() - 60_000), EndTime: new Date(now.getTime() + 60_000) };
  const query = (Id: string, MetricName: string, Stat: string, { Dimensions, Unit }: Metric = {}, Period = 60) => ({
    Id,
    MetricStat: {
      Metric: { Namespace, MetricName, ...(Dimensions ? { Dimensions } : {}) },
      ...{ Period, Stat, ...(Unit ? { Unit } : {}) },
    },
  });
  return {
    Namespace,
    now,
    around,
    query,
    read: (...MetricDataQueries: ReturnType<typeof query>[]) =>
      cloudwatch.GetMetricData({ ...around, MetricDataQueries }),
    statistics: (MetricName: string, ...Statistics: ("Average" | "Sum" | "Minimum" | "Maximum" | "SampleCount")[]) =>
      cloudwatch.GetMetricStatistics({ Namespace, MetricName, ...around, Period: 60, Statistics }),
  };
}

type Data = Awaited<ReturnType<Stage["cloudwatch"]["GetMetricData"]>>;

/** The recordings have one mask for all times of a result. */
const masked = ({ Messages, MetricDataResults = [], $metadata }: Data) => ({
  Messages,
  MetricDataResults: MetricDataResults.map((result) => ({
    ...result,
    Timestamps: result.Timestamps?.[0] ?? new Date(0),
  })),
  ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: $metadata.httpStatusCode },
});

const seconds = (MetricName: string, Value: number): Datum => ({ MetricName, Value, Unit: "Seconds" });

const asStatistic =
  (Stat: string): Reproduction =>
  async (stage) => {
    const set: Datum = { MetricName: "metric1", StatisticValues: SET, Unit: "Seconds" };
    const { read, query } = await metrics(stage, [seconds("metric1", 11)], [set]);
    await stage.match("get_metric_data", read(query("result1", "metric1", Stat)), masked);
  };

const labelled =
  (...pairs: [string, number, "Seconds" | "Milliseconds"][]): Reproduction =>
  async (stage) => {
    const { read, query } = await metrics(
      stage,
      [0, 2, 7, 100].map((value) => seconds("metric1", value)),
    );
    const queries = pairs.map(([stat, period, Unit]) =>
      query(`result_${stat}_${period}_${Unit}`, "metric1", stat, { Unit }, period),
    );
    await stage.match("label_generation", read(...queries), masked);
  };

const BOTH: Datum[] = [
  { MetricName: "m-test", Value: 60_000, Unit: "Milliseconds" },
  { MetricName: "m-test", Value: 60, Unit: "Seconds" },
];

const withoutUnit =
  (...data: Datum[]): Reproduction =>
  async (stage) => {
    const { read, query } = await metrics(stage, data);
    await stage.match("get_metric_data_with_no_unit_specified", read(query("m1", "m-test", "Sum")), masked);
  };

type AlarmInput = Parameters<Stage["cloudwatch"]["PutMetricAlarm"]>[0];

async function alarm({ cloudwatch, name, region, account }: Stage, more: Partial<AlarmInput> = {}) {
  const AlarmName = name("test-alarm");
  await cloudwatch.PutMetricAlarm({
    ...{ AlarmName, Namespace: name("namespace"), MetricName: name("metric"), EvaluationPeriods: 1, Period: 60 },
    ...{ ComparisonOperator: "GreaterThanThreshold", Statistic: "Sum", Threshold: 30, ...more },
  } as AlarmInput);
  const describe = () => cloudwatch.DescribeAlarms({ AlarmNames: [AlarmName] });
  return { AlarmName, describe, ResourceARN: `arn:aws:cloudwatch:${region}:${account}:alarm:${AlarmName}` };
}

const tag1 = { Key: "tag1", Value: "foo" };
const tag2 = { Key: "tag2", Value: "bar" };
const created = { Key: "Environment", Value: "Production" };

/** Tags that an alarm was made with, then more, then fewer, then none. */
async function tagging(stage: Stage, ResourceARN: string, AlarmName: string, first: string): Promise<void> {
  const { cloudwatch, match } = stage;
  const list = () => cloudwatch.ListTagsForResource({ ResourceARN });
  await match(first, list());
  await cloudwatch.TagResource({ ResourceARN, Tags: [tag1, tag2] });
  await match("list_tags_for_resource_updated", list());
  await cloudwatch.UntagResource({ ResourceARN, TagKeys: ["tag1"] });
  await match("list_tags_for_resource_post_untag", list());
  await cloudwatch.DeleteAlarms({ AlarmNames: [AlarmName] });
  await match("list_tags_for_deleted_resource", list());
}

/** A topic whose notifications come to a queue, and how to wait for the next. */
async function notified({ sns, sqs, name, region, account }: Stage) {
  const { TopicArn = "" } = await sns.CreateTopic({ Name: name("topic") });
  const QueueName = name("queue");
  const arn = `arn:aws:sqs:${region}:${account}:${QueueName}`;
  const statement = { Effect: "Allow", Principal: { AWS: "*" }, Action: "sqs:SendMessage", Resource: arn };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const { QueueUrl } = await sqs.CreateQueue({ QueueName, Attributes: { Policy } });
  await sns.Subscribe({ TopicArn, Protocol: "sqs", Endpoint: arn });
  return { TopicArn, receive: () => sqs.ReceiveMessage({ QueueUrl, WaitTimeSeconds: 5 }) };
}

const messageIn = ({ Messages }: Awaited<ReturnType<Stage["sqs"]["ReceiveMessage"]>>): unknown =>
  JSON.parse((JSON.parse(Messages?.[0]?.Body ?? "{}") as { Message?: string }).Message ?? "{}");

const WATCHED = {
  ...{ AlarmDescription: "testing cloudwatch alarms", Statistic: "Average" as const, Unit: "Seconds" as const },
  ...{ Period: 10, Dimensions: [{ Name: "InstanceId", Value: "abc" }] },
};

/** An alarm is evaluated every ten seconds; so much later the reader finds what came of it. */
async function evaluated(
  { clock }: Stage,
  describe: () => Promise<{ MetricAlarms?: { StateValue?: string | undefined }[] | undefined }>,
) {
  clock.advance(11_000);
  for (let tries = 0; tries < 200; tries++) {
    const { MetricAlarms } = await describe();
    if (MetricAlarms?.[0]?.StateValue === "ALARM") return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const TESTS: Record<string, Reproduction> = {
  async "TestCloudwatch::test_tagging_metric_alarm"(stage) {
    const { cloudwatch, match, name, region, account } = stage;
    const AlarmName = name("alarm");
    const put = cloudwatch.PutMetricAlarm({
      ...{
        AlarmName,
        Namespace: name("namespace"),
        MetricName: "m",
        EvaluationPeriods: 1,
        Period: 60,
        Tags: [created],
      },
      ...{ ComparisonOperator: "GreaterThanThreshold", Statistic: "Sum", Threshold: 30 },
    });
    await match("put_metric_alarm", put);
    const ResourceARN = `arn:aws:cloudwatch:${region}:${account}:alarm:${AlarmName}`;
    await tagging(stage, ResourceARN, AlarmName, "list_tags_for_resource_after_creation");
  },
  async "TestCloudwatch::test_trigger_composite_alarm"(stage) {
    const { cloudwatch, match, name } = stage;
    const [onAlarm, onOk] = [await notified(stage), await notified(stage)];
    const [first, second] = [await alarm(stage), await alarm(stage)];
    const AlarmName = name("composite-alarm");
    const put = cloudwatch.PutCompositeAlarm({
      ...{ AlarmName, AlarmDescription: "composite alarm description" },
      ...{ AlarmActions: [onAlarm.TopicArn], OKActions: [onOk.TopicArn] },
      AlarmRule: `ALARM("${first.ResourceARN}") OR ALARM("${second.ResourceARN}")`,
    });
    await match("put-composite-alarm", put);
    const after = async (key: string, child: string, StateValue: "ALARM" | "OK") => {
      await cloudwatch.SetAlarmState({ AlarmName: child, StateValue, StateReason: "testing" });
      const found = cloudwatch.DescribeAlarms({ AlarmNames: [AlarmName], AlarmTypes: ["CompositeAlarm"] });
      await match(key, found, ({ CompositeAlarms }) => CompositeAlarms?.[0]);
    };
    await after("composite-alarm-in-alarm-when-alarm-1-is-in-alarm", first.AlarmName, "ALARM");
    await after("composite-alarm-in-ok-when-alarm-1-is-back-to-ok", first.AlarmName, "OK");
    await after("composite-alarm-in-alarm-when-alarm-2-is-in-alarm", second.AlarmName, "ALARM");
    await after("composite-alarm-in-ok-when-alarm-2-is-back-to-ok", second.AlarmName, "OK");
    await cloudwatch.SetAlarmState({ AlarmName: first.AlarmName, StateValue: "ALARM", StateReason: "testing" });
    const key = "composite-alarm-is-triggered-by-alarm-1-and-then-unchanged-by-alarm-2";
    await after(key, second.AlarmName, "ALARM");
  },
  async "TestCloudwatch::test_breaching_alarm_actions"(stage) {
    const { TopicArn, receive } = await notified(stage);
    const { describe } = await alarm(stage, {
      ...{ ...WATCHED, MetricName: "my-metric101", Threshold: 2, EvaluationPeriods: 2, TreatMissingData: "breaching" },
      ...{ OKActions: [TopicArn], AlarmActions: [TopicArn] },
    });
    await evaluated(stage, describe);
    await stage.match("alarm-1-sqs-msg", receive(), messageIn);
    await stage.match("alarm-1-describe", describe());
  },
  async "TestCloudwatch::test_put_metric_data_values_list"(stage) {
    const datum: Datum = { MetricName: "test-metric", Values: [1, 10], Counts: [2, 4], Unit: "Count" };
    const { statistics } = await metrics(stage, [datum]);
    await stage.match("get_metric_statistics", statistics("test-metric", "SampleCount", "Sum", "Maximum"));
  },
  async "TestCloudwatch::test_put_metric_data_validation"({ cloudwatch, match, name }) {
    const Namespace = name("ns");
    const put = (datum: Partial<Datum>) =>
      cloudwatch.PutMetricData({ Namespace, MetricData: [{ MetricName: "mymetric", Unit: "Count", ...datum }] });
    await match("invalid-param-combination", put({ Value: 1.5, Values: [1, 10] }));
    await match("invalid-param-value", put({ Values: [1, 10], Counts: [2, 4, 5] }));
    await match("invalid-param-combination-2", put({ Value: 1.5, StatisticValues: SET }));
  },
  async "TestCloudwatch::test_get_metric_data_for_multiple_metrics"(stage) {
    const third: Datum = { MetricName: "metric3", StatisticValues: SET, Unit: "Seconds" };
    const { read, query } = await metrics(stage, [seconds("metric1", 50)], [seconds("metric2", 25)], [third]);
    const queries = [1, 2, 3].map((index) => query(`result${index}`, `metric${index}`, "Sum"));
    await stage.match("get_metric_data", read(...queries), masked);
  },
  async "TestCloudwatch::test_get_metric_data_with_dimensions"(stage) {
    const of = (Value: string) => [{ Name: "InstanceId", Value }];
    const data = ["one", "two"].map((name) => [{ ...seconds("metric1", 11), Dimensions: of(name) }]);
    const { read, query } = await metrics(stage, ...data);
    await stage.match("get_metric_data", read(query("result1", "metric1", "Sum", { Dimensions: of("one") })), masked);
  },
  async "TestCloudwatch::test_get_metric_statistics"(stage) {
    const data = Array.from({ length: 10 }, (_, Value) => [{ MetricName: "metric", Value }]);
    const { statistics } = await metrics(stage, ...data);
    const all = statistics("metric", "Average", "Sum", "Minimum", "Maximum", "SampleCount");
    await stage.match("get_metric_statistics", all);
  },
  async "TestCloudwatch::test_handle_different_units"(stage) {
    const named = { MetricName: "m-test" };
    const data: Datum[] = [
      { ...named, Value: 1, Unit: "Seconds" },
      { ...named, Value: 5, Unit: "Count" },
      { ...named, Value: 10 },
    ];
    const { statistics } = await metrics(stage, data);
    await stage.match("get_metric_statistics_with_different_units", statistics("m-test", "Average"));
  },
  async "TestCloudwatch::test_get_metric_data_with_different_units"(stage) {
    const { read, query } = await metrics(stage, [
      seconds("m-test", 1),
      { MetricName: "m-test", Value: 1, Unit: "Count" },
    ]);
    const answer = read(query("m1", "m-test", "Sum", { Unit: "Seconds" }));
    await stage.match("get_metric_data_with_different_units", answer, masked);
  },
  async "TestCloudwatch::test_get_metric_with_null_dimensions"(stage) {
    const datum = { ...seconds("m-test", 1), Dimensions: [{ Name: "foo", Value: "bar" }] };
    const { read, query } = await metrics(stage, [datum]);
    await stage.match(
      "get_metric_with_null_dimensions",
      read(query("m1", "m-test", "Sum", { Dimensions: [] })),
      masked,
    );
  },
  async "TestCloudwatch::test_get_metric_with_no_results"(stage) {
    const MetricName = stage.name("m");
    const { read, query } = await metrics(stage, [{ MetricName, Value: 1 }]);
    const Dimensions = [{ Name: "foo", Value: "bar" }];
    await stage.match("result", read(query("result", MetricName, "Sum", { Dimensions })), masked);
  },
  async "TestCloudwatch::test_get_metric_data_with_zero_and_labels"(stage) {
    const values = [0, 2, 4, 3.5, 7, 100];
    const { read, query } = await metrics(stage, ...values.map((value) => [seconds("metric1", value)]));
    const queries = ["Average", "Sum", "Minimum", "Maximum"].map((stat) => query(`result_${stat}`, "metric1", stat));
    await stage.match("get_metric_data_with_zero_and_labels", read(...queries), masked);
  },
  async "TestCloudwatch::test_multiple_dimensions_statistics"(stage) {
    const pairs = {
      error: "none",
      exception: "none",
      method: "GET",
      outcome: "SUCCESS",
      uri: "/greetings",
      status: "200",
    };
    const Dimensions = Object.entries(pairs).map(([Name, Value]) => ({ Name, Value }));
    const MetricName = "http.server.requests.count";
    const data = [0, 5].map((Value): Datum[] => [
      { MetricName, Value, Unit: "Count", StorageResolution: 1, Dimensions },
    ]);
    const { read, query, Namespace } = await metrics(stage, ...data);
    const most = query("result1", MetricName, "Maximum", { Dimensions, Unit: "Count" }, 10);
    await stage.match("get-metric-stats-max", read(most), masked);
    await stage.match("list-metrics", stage.cloudwatch.ListMetrics({ Namespace, MetricName, Dimensions }));
  },
  async "TestCloudwatch::test_invalid_amount_of_datapoints"({ cloudwatch, match, clock }) {
    const StartTime = clock.now();
    const EndTime = new Date(StartTime.getTime() + 86_400_000);
    const ask = (Period: number, end: Date) => {
      const given = { Namespace: "namespace", MetricName: "metric_name", Statistics: ["SampleCount" as const] };
      return cloudwatch.GetMetricStatistics({ ...given, StartTime, EndTime: end, Period });
    };
    await match("error-invalid-amount-datapoints", ask(1, EndTime));
    await match("error-invalid-time-frame", ask(1, StartTime));
    await match("get-metric-statitics", ask(60, EndTime));
  },
  async "TestCloudwatch::test_describe_alarms_converts_date_format_correctly"(stage) {
    const { describe } = await alarm(stage);
    await stage.match("describe-alarms", describe());
  },
  async "TestCloudwatch::test_describe_minimal_metric_alarm"(stage) {
    const { describe } = await alarm(stage, { Period: 10 });
    await stage.match("describe_minimal_metric_alarm", describe());
  },
  async "TestCloudwatch::test_put_metric_alarm_escape_character"(stage) {
    const AlarmActions = [`arn:aws:sns:${stage.region}:111122223333:MyTopic`];
    const { describe } = await alarm(stage, { AlarmDescription: "<", AlarmActions, Period: 600, Threshold: 1 });
    await stage.match("describe-alarms-escaped-character", describe());
  },
  async "TestCloudwatch::test_delete_alarm"(stage) {
    const { AlarmName, describe } = await alarm(stage, { MetricName: "metric1" });
    await stage.match("describe-alarm", describe());
    await stage.match("delete-alarm", stage.cloudwatch.DeleteAlarms({ AlarmNames: [AlarmName] }));
    await stage.match("describe-after-delete", describe());
  },
  async "TestCloudwatch::test_store_tags"(stage) {
    const { cloudwatch, match, name, region, account } = stage;
    const AlarmName = name("alarm");
    const put = cloudwatch.PutMetricAlarm({
      ...{ AlarmName, Namespace: name("namespace"), MetricName: "store_tags", EvaluationPeriods: 1, Period: 60 },
      ...{ ComparisonOperator: "GreaterThanThreshold", Statistic: "Sum", Threshold: 30 },
    });
    await match("put_metric_alarm", put);
    await match("describe_alarms", cloudwatch.DescribeAlarms({ AlarmNames: [AlarmName] }));
    const ResourceARN = `arn:aws:cloudwatch:${region}:${account}:alarm:${AlarmName}`;
    const list = () => cloudwatch.ListTagsForResource({ ResourceARN });
    await match("list_tags_for_resource_empty ", list());
    await cloudwatch.TagResource({ ResourceARN, Tags: [tag1, tag2] });
    await match("list_tags_for_resource", list());
    await cloudwatch.UntagResource({ ResourceARN, TagKeys: ["tag1"] });
    await match("list_tags_for_resource_post_untag", list());
  },
  async "TestCloudwatch::test_tagging_composite_alarm"(stage) {
    const { cloudwatch, name, region, account } = stage;
    const { AlarmName: child } = await alarm(stage);
    const AlarmName = name("composite");
    await cloudwatch.PutCompositeAlarm({ AlarmName, AlarmRule: `ALARM("${child}")`, Tags: [created] });
    const ResourceARN = `arn:aws:cloudwatch:${region}:${account}:alarm:${AlarmName}`;
    await tagging(stage, ResourceARN, AlarmName, "list_tags_for_resource_after_creation ");
  },
  async "TestCloudwatch::test_invalid_dashboard_name"({ cloudwatch, match, name }) {
    const given = { DashboardName: `${name("test")}:invalid`, DashboardBody: '{"widgets":[]}' };
    await match("error-invalid-dashboardname", cloudwatch.PutDashboard(given));
  },
  async "TestCloudwatch::test_set_alarm_invalid_input"(stage) {
    const { cloudwatch, match, name } = stage;
    const { AlarmName } = await alarm(stage);
    const set = (AlarmNameGiven: string, StateValue: string) =>
      cloudwatch.SetAlarmState({ AlarmName: AlarmNameGiven, StateValue: StateValue as "OK", StateReason: "test" });
    await match("error-invalid-state", set(AlarmName, "INVALID"));
    await match("error-resource-not-found", set(name("nonexistent"), "OK"));
  },
};

const STATISTICS = ["Sum", "SampleCount", "Minimum", "Maximum", "Average"];
const COUNT: Datum = { MetricName: "m-test", Value: 5, Unit: "Count" };
const PARAMETERS: Record<string, Reproduction> = {
  ...Object.fromEntries(
    STATISTICS.map((stat) => [`TestCloudwatch::test_get_metric_data_stats[-${stat}]`, asStatistic(stat)]),
  ),
  ...Object.fromEntries(
    [BOTH, [...BOTH, ...BOTH], [...BOTH, ...BOTH, COUNT]].map((data, index) => [
      `TestCloudwatch::test_get_metric_data_different_units_no_unit_in_query[-metric_data${index}]`,
      withoutUnit(...data),
    ]),
  ),
  ...Object.fromEntries(
    [
      labelled(["Sum", 60, "Seconds"], ["Minimum", 30, "Seconds"]),
      labelled(["Sum", 60, "Seconds"], ["Minimum", 60, "Seconds"]),
      labelled(["Sum", 60, "Seconds"], ["Sum", 30, "Seconds"]),
      labelled(["Sum", 60, "Seconds"], ["Minimum", 30, "Milliseconds"]),
      labelled(["Sum", 60, "Seconds"], ["Minimum", 60, "Milliseconds"]),
      labelled(["Sum", 60, "Seconds"], ["Sum", 30, "Milliseconds"]),
      labelled(["Sum", 60, "Seconds"], ["Sum", 60, "Milliseconds"]),
    ].map((run, index) => [`TestCloudwatch::test_label_generation[-input_pairs${index}]`, run]),
  ),
};

/** The recording has one mask for the times in reasons. */
const undated = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer).replaceAll(/\d\d\/\d\d\/\d\d \d\d:\d\d:\d\d/g, "MM/DD/YY HH:MM:SS"));

const told = ({ $metadata, ...answer }: { $metadata: { httpStatusCode?: number | undefined } }) => ({
  ...(undated(answer) as object),
  ResponseMetadata: { HTTPHeaders: {}, HTTPStatusCode: $metadata.httpStatusCode },
});

const WITHOUT_PROTOCOL: Record<string, Reproduction> = {
  async "TestCloudwatch::test_put_metric_alarm"(stage) {
    const { cloudwatch, match, name, clock } = stage;
    const { TopicArn, receive } = await notified(stage);
    const Namespace = name("test-nsp");
    const metric = { Namespace, MetricName: "my-metric1", ...WATCHED };
    const { AlarmName, describe } = await alarm(stage, {
      ...{ ...metric, Threshold: 21, EvaluationPeriods: 1, TreatMissingData: "ignore" },
      ...{ OKActions: [TopicArn], AlarmActions: [TopicArn] },
    });
    await match("describe-alarm", describe());
    const datum = { MetricName: "my-metric1", Dimensions: WATCHED.Dimensions, Unit: WATCHED.Unit };
    const MetricData = [21, 22].map((Value) => ({ ...datum, Value, Timestamp: clock.now() }));
    await cloudwatch.PutMetricData({ Namespace, MetricData });
    await evaluated(stage, describe);
    await match("alarm-triggered-sqs-msg", receive(), (answer) => undated(messageIn(answer)));
    const history = cloudwatch.DescribeAlarmHistory({ AlarmName, HistoryItemType: "StateUpdate" });
    await match("describe-alarm-history", history, told);
    await match("describe-alarms-for-metric", cloudwatch.DescribeAlarmsForMetric(metric), told);
  },
};

/** As the SDK speaks; the same answers are recorded once more in CBOR and in the older query protocol. */
const tests = Object.fromEntries([
  ...Object.entries(WITHOUT_PROTOCOL),
  ...Object.entries(TESTS).map(([test, run]) => [`${test}[json]`, run] as const),
  ...Object.entries(PARAMETERS).map(([test, run]) => [test.replace("[-", "[json-"), run] as const),
]);

export const cloudwatch: Reproductions = { file: "cloudwatch__test_cloudwatch", service: "cloudwatch", tests };
