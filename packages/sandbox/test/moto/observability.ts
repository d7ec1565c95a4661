import * as cw from "@aws-sdk/client-cloudwatch";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import type { Scenario } from "./clients.ts";

/** A whole minute, an hour ago: what is put there is in one period. */
const hourAgo = () => new Date(Math.floor(Date.now() / 3_600_000 - 1) * 3_600_000);

export const metrics: Scenario = async (clients, call) => {
  const c = clients.cloudwatch;
  const Namespace = "Orders";
  const StartTime = hourAgo();
  const EndTime = new Date(StartTime.getTime() + 300_000);
  const Dimensions = [{ Name: "Service", Value: "orders" }];
  const datum = { MetricName: "Sold", Dimensions, Unit: "Count", Timestamp: StartTime } as const;
  const values = [1, 2, 3, 10].map((Value) => ({ ...datum, Value }));
  await call(c, new cw.PutMetricDataCommand({ Namespace, MetricData: values }));
  await call(c, new cw.PutMetricDataCommand({ Namespace, MetricData: [{ ...datum, Value: 1, Values: [1] }] }));
  await call(c, new cw.ListMetricsCommand({ Namespace }));
  await call(c, new cw.ListMetricsCommand({ Namespace, MetricName: "None" }));
  const statistics = ["Sum", "Average", "Minimum", "Maximum", "SampleCount"] as const;
  const asked = { Namespace, MetricName: "Sold", Dimensions, StartTime, EndTime, Period: 60 };
  await call(c, new cw.GetMetricStatisticsCommand({ ...asked, Statistics: [...statistics] }));
  await call(c, new cw.GetMetricStatisticsCommand({ ...asked, Statistics: ["Sum"], Unit: "Bytes" }));
  const stat = (Id: string, Stat: string) => ({
    Id,
    MetricStat: { Metric: { Namespace, MetricName: "Sold", Dimensions }, Period: 60, Stat },
  });
  for (const Stat of ["Sum", "Average", "Maximum", "SampleCount"]) {
    await call(c, new cw.GetMetricDataCommand({ StartTime, EndTime, MetricDataQueries: [stat("m", Stat)] }));
  }
  const doubled = { Id: "e", Expression: "m * 2" };
  await call(c, new cw.GetMetricDataCommand({ StartTime, EndTime, MetricDataQueries: [stat("m", "Sum"), doubled] }));
  const alarm = { AlarmName: "sold-none", EvaluationPeriods: 1, Threshold: 1, Period: 60, Statistic: "Sum" } as const;
  const ComparisonOperator = "LessThanThreshold";
  await call(
    c,
    new cw.PutMetricAlarmCommand({ ...alarm, Namespace, MetricName: "Sold", Dimensions, ComparisonOperator }),
  );
  await call(c, new cw.DescribeAlarmsCommand({ AlarmNames: ["none"] }));
  const StateReason = "by hand";
  await call(c, new cw.SetAlarmStateCommand({ AlarmName: "sold-none", StateValue: "ALARM", StateReason }));
  await call(c, new cw.SetAlarmStateCommand({ AlarmName: "none", StateValue: "ALARM", StateReason }));
  await call(c, new cw.DescribeAlarmsForMetricCommand({ Namespace: "Nobody", MetricName: "Sold" }));
  await call(c, new cw.PutDashboardCommand({ DashboardName: "orders", DashboardBody: '{"widgets":[]}' }));
  await call(c, new cw.GetDashboardCommand({ DashboardName: "orders" }));
  await call(c, new cw.DeleteDashboardsCommand({ DashboardNames: ["orders"] }));
  await call(c, new cw.DeleteAlarmsCommand({ AlarmNames: ["sold-none"] }));
  await call(c, new cw.DescribeAlarmsCommand({}));
};

export const logEvents: Scenario = async (clients, call) => {
  const c = clients.logs;
  const logGroupName = "/orders/app";
  const logStreamName = "one";
  const stream = { logGroupName, logStreamName };
  const timestamp = hourAgo().getTime();
  const put = (...messages: string[]) =>
    call(
      c,
      new logs.PutLogEventsCommand({
        ...stream,
        logEvents: messages.map((message, index) => ({ timestamp: timestamp + index, message })),
      }),
    );
  await call(c, new logs.CreateLogGroupCommand({ logGroupName, tags: { team: "a" } }));
  await call(c, new logs.CreateLogGroupCommand({ logGroupName }));
  await call(c, new logs.CreateLogGroupCommand({ logGroupName: "not a name" }));
  await call(c, new logs.CreateLogStreamCommand(stream));
  await call(c, new logs.CreateLogStreamCommand(stream));
  await call(c, new logs.CreateLogStreamCommand({ ...stream, logGroupName: "/none" }));
  await put("ERROR one", "INFO two", '{"level":"ERROR","code":7}');
  await call(
    c,
    new logs.PutLogEventsCommand({ ...stream, logStreamName: "none", logEvents: [{ timestamp, message: "x" }] }),
  );
  await call(c, new logs.GetLogEventsCommand({ ...stream, startFromHead: true }));
  await call(c, new logs.GetLogEventsCommand({ ...stream, startTime: timestamp + 1, endTime: timestamp + 2 }));
  await call(c, new logs.GetLogEventsCommand({ ...stream, logStreamName: "none" }));
  await call(c, new logs.FilterLogEventsCommand({ logGroupName }));
  await call(c, new logs.FilterLogEventsCommand({ logGroupName, filterPattern: "ERROR one" }));
  await call(c, new logs.FilterLogEventsCommand({ logGroupName: "/none" }));
  await call(c, new logs.PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 }));
  await call(c, new logs.PutRetentionPolicyCommand({ logGroupName: "/none", retentionInDays: 7 }));
  await call(c, new logs.DeleteRetentionPolicyCommand({ logGroupName }));
  await call(c, new logs.DescribeLogGroupsCommand({ logGroupNamePrefix: "/none" }));
  await call(c, new logs.DescribeLogStreamsCommand({ logGroupName: "/none" }));
  await call(c, new logs.ListTagsLogGroupCommand({ logGroupName }));
  const metricTransformations = [{ metricName: "Errors", metricNamespace: "Orders", metricValue: "1" }];
  await call(
    c,
    new logs.PutMetricFilterCommand({
      logGroupName,
      filterName: "errors",
      filterPattern: "ERROR",
      metricTransformations,
    }),
  );
  await call(c, new logs.DescribeMetricFiltersCommand({ logGroupName }));
  await call(c, new logs.DeleteMetricFilterCommand({ logGroupName, filterName: "errors" }));
  await call(c, new logs.DeleteLogStreamCommand(stream));
  await call(c, new logs.DeleteLogGroupCommand({ logGroupName }));
  await call(c, new logs.DeleteLogGroupCommand({ logGroupName }));
};
