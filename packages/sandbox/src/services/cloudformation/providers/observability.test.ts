import { DeleteStackCommand } from "@aws-sdk/client-cloudformation";
import { DescribeAlarmsCommand, GetDashboardCommand } from "@aws-sdk/client-cloudwatch";
import {
  DescribeLogStreamsCommand,
  DescribeMetricFiltersCommand,
  DescribeQueryDefinitionsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { GetGroupsCommand, GetSamplingRulesCommand, GetTraceSegmentDestinationCommand } from "@aws-sdk/client-xray";
import { expect, test } from "vitest";
import { DEV, sandboxForTest } from "../../../../test/support.ts";
import { deploy } from "../testing.ts";

const TEMPLATE = JSON.stringify({
  Resources: {
    Logs: { Type: "AWS::Logs::LogGroup", Properties: { LogGroupName: "/orders", RetentionInDays: 7 } },
    Stream: { Type: "AWS::Logs::LogStream", Properties: { LogGroupName: { Ref: "Logs" }, LogStreamName: "one" } },
    Errors: {
      Type: "AWS::Logs::MetricFilter",
      Properties: {
        LogGroupName: { Ref: "Logs" },
        FilterPattern: "ERROR",
        MetricTransformations: [
          {
            ...{ MetricName: "Errors", MetricNamespace: "Orders", MetricValue: "1" },
            Dimensions: [{ Key: "Route", Value: "$.route" }],
          },
        ],
      },
    },
    Query: {
      Type: "AWS::Logs::QueryDefinition",
      Properties: { Name: "orders/errors", QueryString: "fields @message", LogGroupNames: [{ Ref: "Logs" }] },
    },
    Policy: {
      Type: "AWS::Logs::ResourcePolicy",
      Properties: {
        PolicyName: "spans",
        PolicyDocument: JSON.stringify({
          Statement: [
            {
              ...{ Effect: "Allow", Principal: { Service: "xray.amazonaws.com" } },
              ...{ Action: "logs:PutLogEvents", Resource: "*" },
            },
          ],
        }),
      },
    },
    Search: {
      Type: "AWS::XRay::TransactionSearchConfig",
      DependsOn: "Policy",
      Properties: { IndexingPercentage: 100 },
    },
    Group: { Type: "AWS::XRay::Group", Properties: { GroupName: "faulty", FilterExpression: "fault" } },
    Rule: {
      Type: "AWS::XRay::SamplingRule",
      Properties: {
        SamplingRule: {
          ...{ RuleName: "orders", Priority: "5", FixedRate: 0.5, ReservoirSize: 1, Version: 1, ResourceARN: "*" },
          ...{ ServiceName: "*", ServiceType: "*", Host: "*", HTTPMethod: "*", URLPath: "*" },
        },
      },
    },
    Alarm: {
      Type: "AWS::CloudWatch::Alarm",
      Properties: {
        ...{ Namespace: "Orders", MetricName: "Errors", Statistic: "Sum", Period: 60, EvaluationPeriods: 1 },
        ...{ Threshold: 1, ComparisonOperator: "GreaterThanThreshold" },
      },
    },
    Both: {
      Type: "AWS::CloudWatch::CompositeAlarm",
      Properties: { AlarmName: "both", AlarmRule: { "Fn::Sub": "ALARM(${Alarm}) AND TRUE" } },
    },
    Board: {
      Type: "AWS::CloudWatch::Dashboard",
      Properties: { DashboardName: "orders", DashboardBody: '{"widgets":[]}' },
    },
  },
  Outputs: { BothArn: { Value: { "Fn::GetAtt": ["Both", "Arn"] } }, Group: { Value: { Ref: "Group" } } },
});

test("a stack makes log, alarm, dashboard and trace resources, and takes them all away again", async () => {
  const sandbox = await sandboxForTest();
  const here = { account: DEV };
  const outputs = await deploy(sandbox, DEV, "orders", TEMPLATE, {});
  expect(outputs).toMatchObject({
    BothArn: `arn:aws:cloudwatch:eu-west-1:${DEV}:alarm:both`,
    Group: expect.stringMatching(/:group\/faulty\//),
  });
  const seen = async () => {
    const { CompositeAlarms } = await sandbox.send(new DescribeAlarmsCommand({ AlarmTypes: ["CompositeAlarm"] }), here);
    const { metricFilters } = await sandbox.send(new DescribeMetricFiltersCommand({}), here);
    const { queryDefinitions } = await sandbox.send(new DescribeQueryDefinitionsCommand({}), here);
    const { Groups } = await sandbox.send(new GetGroupsCommand({}), here);
    const { SamplingRuleRecords } = await sandbox.send(new GetSamplingRulesCommand({}), here);
    const { Destination } = await sandbox.send(new GetTraceSegmentDestinationCommand({}), here);
    return {
      alarms: CompositeAlarms?.map(({ StateValue }) => StateValue),
      filters: metricFilters?.map(({ metricTransformations }) => metricTransformations?.[0]?.dimensions),
      queries: queryDefinitions?.map(({ name }) => name),
      groups: Groups?.map(({ FilterExpression }) => FilterExpression),
      rules: SamplingRuleRecords?.map(({ SamplingRule }) => SamplingRule?.Priority),
      Destination,
    };
  };
  expect(await seen()).toEqual({
    ...{ alarms: ["OK"], filters: [{ Route: "$.route" }], queries: ["orders/errors"], groups: [undefined, "fault"] },
    ...{ rules: [10_000, 5], Destination: "CloudWatchLogs" },
  });
  const { logStreams } = await sandbox.send(new DescribeLogStreamsCommand({ logGroupName: "/orders" }), here);
  expect(logStreams?.map(({ logStreamName }) => logStreamName)).toEqual(["one"]);
  const board = await sandbox.send(new GetDashboardCommand({ DashboardName: "orders" }), here);
  expect(board.DashboardBody).toBe('{"widgets":[]}');

  const gone = new Promise<string>((resolve) => {
    sandbox.signals.on("cloudformation.settled", ({ status }) => resolve(status));
  });
  await sandbox.send(new DeleteStackCommand({ StackName: "orders" }), here);
  expect(await gone).toBe("DELETE_COMPLETE");
  expect(await seen()).toEqual({
    ...{ alarms: [], filters: [], queries: [], groups: [undefined], rules: [10_000], Destination: "XRay" },
  });
});

test("a metric filter that CloudWatch Logs refuses fails its stack and says why", async () => {
  const sandbox = await sandboxForTest();
  const TemplateBody = TEMPLATE.replace('"FilterPattern":"ERROR"', '"FilterPattern":"{ $.a = "');
  expect(TemplateBody).not.toBe(TEMPLATE);
  await expect(deploy(sandbox, DEV, "orders", TemplateBody, {})).rejects.toThrow("Invalid filter pattern");
});
