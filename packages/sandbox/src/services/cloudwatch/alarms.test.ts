import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DisableAlarmActionsCommand,
  GetMetricDataCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  waitUntilAlarmExists,
} from "@aws-sdk/client-cloudwatch";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { AddPermissionCommand } from "@aws-sdk/client-lambda";
import { CreateTopicCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest, temporaryFolder } from "../../../test/support.ts";
import { createClock } from "../../core/clock.ts";
import { eventually, lambdaIn } from "../lambda/test/functions.ts";
import { judge } from "./alarm-verdict.ts";
import { parseRule } from "./composite-rule.ts";

const MINUTE_MS = 60_000;
const START = new Date("2026-03-02T10:00:30Z");

async function alarming(dataDir = temporaryFolder(), start = START) {
  const clock = createClock(start);
  const sandbox = await sandboxForTest({ dataDir, clock });
  const client = new CloudWatchClient({
    ...clientSettings(sandbox, DEV),
    // Signatures are of the sandbox's time.
    systemClockOffset: clock.now().getTime() - Date.now(),
  });
  const put = (Value: number, MetricName = "Errors") =>
    sandbox.send(
      new PutMetricDataCommand({ Namespace: "Orders", MetricData: [{ MetricName, Value, Timestamp: clock.now() }] }),
      { account: DEV },
    );
  const alarm = (extra: Partial<PutMetricAlarmCommandInput> = {}) =>
    sandbox.send(
      new PutMetricAlarmCommand({
        ...{ AlarmName: "errors", Namespace: "Orders", MetricName: "Errors", Statistic: "Sum", Period: 60 },
        ...{ EvaluationPeriods: 1, Threshold: 5, ComparisonOperator: "GreaterThanThreshold", ...extra },
      } as PutMetricAlarmCommandInput),
      { account: DEV },
    );
  const state = async (name = "errors") => {
    const { MetricAlarms = [], CompositeAlarms = [] } = await sandbox.send(
      new DescribeAlarmsCommand({ AlarmNames: [name], AlarmTypes: ["MetricAlarm", "CompositeAlarm"] }),
      { account: DEV },
    );
    return [...MetricAlarms, ...CompositeAlarms][0];
  };
  const becomes = (value: string, name = "errors") =>
    eventually(async () => {
      const now = await state(name);
      return now?.StateValue === value && now;
    });
  return { sandbox, clock, client, put, alarm, state, becomes };
}

const RETAIN = undefined;
/** Both of AWS's tables: periods oldest first, datapoints to alarm, and the state by missing, ignore, breaching, notBreaching. */
test.each([
  ["0 - X - X", 3, ["OK", "OK", "OK", "OK"]],
  ["0 - - - -", 3, ["OK", "OK", "OK", "OK"]],
  ["- - - - -", 3, ["INSUFFICIENT_DATA", RETAIN, "ALARM", "OK"]],
  ["0 X X - X", 3, ["ALARM", "ALARM", "ALARM", "ALARM"]],
  ["- - X - -", 3, ["ALARM", RETAIN, "ALARM", "OK"]],
  ["- - - - X", 3, [RETAIN, RETAIN, "ALARM", "OK"]],
  ["0 - X - X", 2, ["ALARM", "ALARM", "ALARM", "ALARM"]],
  ["0 0 X 0 X", 2, ["ALARM", "ALARM", "ALARM", "ALARM"]],
  ["0 - X - -", 2, ["OK", "OK", "ALARM", "OK"]],
  ["- - - - 0", 2, ["OK", "OK", "ALARM", "OK"]],
  ["- - - X -", 2, ["ALARM", RETAIN, "ALARM", "OK"]],
] as const)("of the periods %s with %i to alarm the state is as AWS's table says", (periods, needed, expected) => {
  const slots = periods.split(" ").map((mark, index) => ({
    atMs: index * MINUTE_MS,
    value: mark === "-" ? undefined : mark === "X" ? 9 : 1,
  }));
  const states = (["missing", "ignore", "breaching", "notBreaching"] as const).map(
    (missingData) =>
      judge(slots, {
        ...{ evaluationPeriods: 3, datapointsToAlarm: needed, missingData },
        ...{ operator: "GreaterThanThreshold", threshold: 5 },
      })?.state,
  );
  expect(states).toEqual(expected);
});

test("a reason names the points, how missing ones were treated and the threshold as AWS words it", () => {
  const at = Date.parse("2024-03-16T12:15:00Z");
  const rule = { operator: "GreaterThanOrEqualToThreshold", threshold: 1, missingData: "notBreaching" } as const;
  const slots = [undefined, undefined, undefined, 613].map((value, index) => ({
    atMs: at - (3 - index) * 60_000,
    value,
  }));
  expect(judge(slots, { ...rule, evaluationPeriods: 2, datapointsToAlarm: 1 })?.reason).toBe(
    "Threshold Crossed: 1 out of the last 2 datapoints [613.0 (16/03/24 12:15:00)] was greater than or equal to the threshold (1.0) and 1 missing datapoint was treated as [NonBreaching] (minimum 1 datapoint for OK -> ALARM transition).",
  );
  expect(judge(slots.slice(0, 3), { ...rule, evaluationPeriods: 2, datapointsToAlarm: undefined })?.reason).toBe(
    "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [NonBreaching].",
  );
});

test("an alarm goes to ALARM, back to OK and to INSUFFICIENT_DATA as its metric does, each evaluation made up for", async () => {
  const { clock, put, alarm, state, becomes, sandbox } = await alarming();
  await alarm();
  expect(await state()).toMatchObject({
    StateValue: "INSUFFICIENT_DATA",
    StateReason: "Unchecked: Initial alarm creation",
  });
  await put(4);
  await put(4);
  clock.advance(MINUTE_MS);
  const alarmed = await becomes("ALARM");
  expect(alarmed.StateReason).toBe(
    "Threshold Crossed: 1 datapoint [8.0 (02/03/26 10:00:00)] was greater than the threshold (5.0).",
  );
  expect(JSON.parse(alarmed.StateReasonData ?? "")).toMatchObject({
    ...{ version: "1.0", startDate: "2026-03-02T10:00:00.000+0000", statistic: "Sum", period: 60, threshold: 5 },
    ...{ recentDatapoints: [8], evaluatedDatapoints: [{ sampleCount: 2, value: 8 }] },
  });
  await put(1);
  // Two days at once: OK in the next minute, nothing known once the point left the range, and nothing since.
  clock.advance(2 * 24 * 60 * MINUTE_MS);
  await becomes("INSUFFICIENT_DATA");
  const { AlarmHistoryItems = [] } = await sandbox.send(
    new DescribeAlarmHistoryCommand({
      AlarmName: "errors",
      HistoryItemType: "StateUpdate",
      ScanBy: "TimestampAscending",
    }),
    { account: DEV },
  );
  expect(AlarmHistoryItems.map(({ HistorySummary, Timestamp }) => [HistorySummary, Timestamp?.toISOString()])).toEqual([
    ["Alarm updated from INSUFFICIENT_DATA to ALARM", "2026-03-02T10:01:01.000Z"],
    ["Alarm updated from ALARM to OK", "2026-03-02T10:02:01.000Z"],
    ["Alarm updated from OK to INSUFFICIENT_DATA", "2026-03-02T10:05:01.000Z"],
  ]);
});

test("metric math and percentile alarms are evaluated, an alarm of ten seconds every ten seconds", async () => {
  const { clock, put, alarm, becomes } = await alarming();
  const stat = (Id: string, MetricName: string) => ({
    ...{ Id, ReturnData: false },
    MetricStat: { Metric: { Namespace: "Orders", MetricName }, Period: 60, Stat: "Sum" },
  });
  await alarm({
    ...{ AlarmName: "rate", MetricName: undefined, Namespace: undefined, Statistic: undefined, Period: undefined },
    Metrics: [stat("e", "Errors"), stat("c", "Calls"), { Id: "rate", Expression: "100 * e / c" }],
  });
  await alarm({ AlarmName: "slow", Statistic: undefined, ExtendedStatistic: "p90" });
  await alarm({ AlarmName: "fast", Period: 10 });
  await put(10);
  await put(100, "Calls");
  clock.advance(11_000);
  await becomes("ALARM", "fast");
  clock.advance(MINUTE_MS);
  await becomes("ALARM", "rate");
  await becomes("ALARM", "slow");
});

test("a change of state is told to the topic, the bus and the history, but to the topic only while actions are enabled", async () => {
  const { sandbox, alarm, client, becomes } = await alarming();
  const here = { account: DEV };
  const queue = async (QueueName: string) => {
    const arn = `arn:aws:sqs:eu-west-1:${DEV}:${QueueName}`;
    const principals = ["sns.amazonaws.com", "events.amazonaws.com"];
    const Policy = JSON.stringify({
      Statement: [{ Effect: "Allow", Principal: { Service: principals }, Action: "sqs:SendMessage", Resource: arn }],
    });
    const { QueueUrl } = await sandbox.send(new CreateQueueCommand({ QueueName, Attributes: { Policy } }), here);
    const receive = () =>
      eventually(async () => {
        const { Messages } = await sandbox.send(new ReceiveMessageCommand({ QueueUrl }), here);
        return Messages?.[0] && JSON.parse(Messages[0].Body ?? "");
      });
    return { arn, receive };
  };
  const [topics, events] = [await queue("topics"), await queue("events")];
  const { TopicArn = "" } = await sandbox.send(new CreateTopicCommand({ Name: "alarms" }), here);
  await sandbox.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: topics.arn }), here);
  const EventPattern = JSON.stringify({ source: ["aws.cloudwatch"] });
  await sandbox.send(new PutRuleCommand({ Name: "alarms", EventPattern }), here);
  await sandbox.send(new PutTargetsCommand({ Rule: "alarms", Targets: [{ Id: "1", Arn: events.arn }] }), here);

  await alarm({ AlarmActions: [TopicArn], OKActions: [TopicArn], AlarmDescription: "too many" });
  const set = (StateValue: "ALARM" | "OK") =>
    client.send(new SetAlarmStateCommand({ AlarmName: "errors", StateValue, StateReason: "testing" }));
  await set("ALARM");
  const envelope = await topics.receive();
  expect(envelope.Subject).toBe('ALARM: "errors" in EU (Ireland)');
  expect(JSON.parse(envelope.Message)).toMatchObject({
    ...{ AlarmName: "errors", AlarmDescription: "too many", AWSAccountId: DEV, NewStateValue: "ALARM" },
    ...{ NewStateReason: "testing", OldStateValue: "INSUFFICIENT_DATA", Region: "EU (Ireland)" },
    Trigger: { MetricName: "Errors", Namespace: "Orders", Statistic: "SUM", Unit: null, Dimensions: [], Threshold: 5 },
  });
  expect(await events.receive()).toMatchObject({
    "detail-type": "CloudWatch Alarm State Change",
    resources: [`arn:aws:cloudwatch:eu-west-1:${DEV}:alarm:errors`],
    detail: { state: { value: "ALARM", reason: "testing" }, previousState: { value: "INSUFFICIENT_DATA" } },
  });
  await client.send(new DisableAlarmActionsCommand({ AlarmNames: ["errors"] }));
  await set("OK");
  await becomes("OK");
  expect((await events.receive()).detail.state.value).toBe("OK");
  const { AlarmHistoryItems } = await client.send(new DescribeAlarmHistoryCommand({ HistoryItemType: "Action" }));
  expect(AlarmHistoryItems?.map(({ HistorySummary }) => HistorySummary)).toEqual([
    `Successfully executed action ${TopicArn}`,
  ]);
});

test("an alarm invokes its function with what changed, when the function lets it", async () => {
  const { sandbox, alarm, client } = await alarming(temporaryFolder(), new Date());
  const lambda = lambdaIn(sandbox);
  await lambda.create("responder", "export const handler = async (event) => console.log(JSON.stringify(event));");
  const arn = `arn:aws:lambda:eu-west-1:${DEV}:function:responder`;
  await alarm({ AlarmActions: [arn], OKActions: [arn] });
  const set = (StateValue: "ALARM" | "OK") =>
    client.send(new SetAlarmStateCommand({ AlarmName: "errors", StateValue, StateReason: "testing" }));
  await set("OK");
  const actions = () =>
    eventually(async () => {
      const { AlarmHistoryItems } = await client.send(new DescribeAlarmHistoryCommand({ HistoryItemType: "Action" }));
      return AlarmHistoryItems?.length && AlarmHistoryItems;
    });
  expect((await actions())[0]?.HistorySummary).toBe(`Failed to execute action ${arn}`);
  await lambda.client.send(
    new AddPermissionCommand({
      ...{ FunctionName: "responder", StatementId: "alarm", Action: "lambda:InvokeFunction" },
      ...{ Principal: "lambda.alarms.cloudwatch.amazonaws.com", SourceAccount: DEV },
      SourceArn: `arn:aws:cloudwatch:eu-west-1:${DEV}:alarm:errors`,
    }),
  );
  await set("ALARM");
  const event = await eventually(async () => {
    const { events } = await sandbox
      .send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/responder", filterPattern: "alarmData" }), {
        account: DEV,
      })
      .catch(() => ({ events: [] }));
    const text = events?.[0]?.message ?? "";
    return text.includes("{") && JSON.parse(text.slice(text.indexOf("{")));
  });
  expect(event).toMatchObject({
    ...{ source: "aws.cloudwatch", accountId: DEV, alarmArn: `arn:aws:cloudwatch:eu-west-1:${DEV}:alarm:errors` },
    alarmData: {
      ...{ alarmName: "errors", state: { value: "ALARM", reason: "testing" }, previousState: { value: "OK" } },
      configuration: { metrics: [{ metricStat: { metric: { namespace: "Orders", name: "Errors" }, stat: "Sum" } }] },
    },
  });
});

test("in realistic mode a metric arrives a minute late, for readers and for alarms", async () => {
  const clock = createClock(START, { realistic: true });
  const sandbox = await sandboxForTest({ clock });
  const MetricData = [{ MetricName: "Errors", Value: 9, Timestamp: START }];
  await sandbox.send(new PutMetricDataCommand({ Namespace: "Orders", MetricData }));
  const read = async () => {
    const MetricStat = { Metric: { Namespace: "Orders", MetricName: "Errors" }, Period: 60, Stat: "Sum" };
    const range = { StartTime: new Date(START.getTime() - 60_000), EndTime: new Date(START.getTime() + 60_000) };
    const query = new GetMetricDataCommand({ ...range, MetricDataQueries: [{ Id: "m", MetricStat }] });
    return (await sandbox.send(query)).MetricDataResults?.[0]?.Values;
  };
  expect(await read()).toEqual([]);
  clock.advance(MINUTE_MS + 1000);
  expect(await read()).toEqual([9]);
});

test("a composite alarm follows its rule, and keeps its children from being deleted", async () => {
  const { alarm, client, becomes, state } = await alarming();
  await alarm({ AlarmName: "a" });
  await alarm({ AlarmName: "b" });
  const composite = (AlarmName: string, AlarmRule: string) =>
    client.send(new PutCompositeAlarmCommand({ AlarmName, AlarmRule }));
  await composite("both", 'ALARM("a") AND NOT OK(b)');
  await composite("above", "ALARM(both) OR FALSE");
  const { AlarmArn } = (await state("both")) ?? {};
  expect(await state("both")).toMatchObject({
    StateValue: "OK",
    StateReason: `${AlarmArn} was created and its alarm rule evaluates to OK`,
  });
  const set = (AlarmName: string, StateValue: "ALARM" | "OK") =>
    client.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: "testing" }));
  await set("a", "ALARM");
  const alarmed = await becomes("ALARM", "both");
  expect(alarmed.StateReason).toMatch(/alarm:a transitioned to ALARM at Monday 02 March, 2026 10:00:3\d UTC$/);
  await becomes("ALARM", "above");
  await set("b", "OK");
  await becomes("OK", "above");
  const remove = (...AlarmNames: string[]) => client.send(new DeleteAlarmsCommand({ AlarmNames }));
  await expect(remove("a")).rejects.toThrow("composite alarms depending on it");
  await expect(composite("none", "ALARM(nowhere)")).rejects.toThrow("do not exist");
  const described = await client.send(new DescribeAlarmsCommand({ AlarmTypes: ["CompositeAlarm"] }));
  expect(described).toMatchObject({
    MetricAlarms: [],
    CompositeAlarms: [{ AlarmName: "above" }, { AlarmName: "both" }],
  });
  const { MetricAlarms } = await client.send(new DescribeAlarmsCommand({ ChildrenOfAlarmName: "both" }));
  expect(MetricAlarms?.map(({ AlarmName }) => AlarmName)).toEqual(["a", "b"]);
  await remove("above", "both", "a", "b");
});

test("an alarm and what it was told to do outlive the sandbox", async () => {
  const dataDir = temporaryFolder();
  const first = await alarming(dataDir);
  await first.alarm();
  await first.put(9);
  await first.sandbox.stop();
  const { clock, becomes, client } = await alarming(dataDir, first.clock.now());
  await waitUntilAlarmExists({ client, maxWaitTime: 30 }, { AlarmNames: ["errors"] });
  clock.advance(MINUTE_MS);
  await becomes("ALARM");
});

test.each([
  [{ Statistic: undefined }, "Exactly one of Statistic and ExtendedStatistic"],
  [{ DatapointsToAlarm: 2 }, "must be less than or equal to the value for EvaluationPeriods"],
  [
    { EvaluationPeriods: 2000 },
    "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).",
  ],
  [{ Period: 90 }, "Period is invalid"],
  [{ TreatMissingData: "never" }, "TreatMissingData"],
  [{ AlarmActions: ["topic"] }, "Invalid arn syntax: topic"],
  [{ ComparisonOperator: "LessThanLowerThreshold" }, "anomaly detection) are not implemented"],
  [{ ThresholdMetricId: "ad1" }, "ThresholdMetricId are not implemented"],
] as const)("the alarm %j is refused", async (extra, why) => {
  const { alarm } = await alarming();
  await expect(alarm(extra as Partial<PutMetricAlarmCommandInput>)).rejects.toThrow(why);
});

test.each(["ALARM(a", "ALARM()", "a AND b", "ALARM(a) XOR OK(b)", "", "ALARM(a) OK(b)"])(
  "the rule %j is invalid",
  (rule) => {
    expect(() => parseRule(rule)).toThrow("AlarmRule is invalid");
  },
);
