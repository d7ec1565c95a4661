import { type Judged, page } from "./row.ts";

const logs = (operation: string) => page("AmazonCloudWatchLogs/latest/APIReference", `API_${operation}`);
const metrics = (name: string) => page("AmazonCloudWatch/latest/APIReference", name);

export const observability: readonly Judged[] = [
  {
    scenario: "cloudwatch",
    operation: "PutMetricData",
    differs: ['$refused: "InvalidParameterCombinationException" 400 / "InvalidParameterValueException" 400'],
    sandbox: "InvalidParameterCombination for Value beside Values",
    moto: "InvalidParameterValue",
    judge: "sandbox",
    source: metrics("API_PutMetricData"),
  },
  {
    scenario: "cloudwatch",
    operation: "GetMetricData",
    differs: ["Messages: [] / absent"],
    times: 5,
    sandbox: "an empty list of messages",
    moto: "none",
    judge: "sandbox",
    source: metrics("API_GetMetricData"),
  },
  {
    scenario: "cloudwatch",
    operation: "GetMetricData",
    differs: [
      'MetricDataResults[0].Label: "Sold" / "Sold Sum"',
      'MetricDataResults[0].Label: "Sold" / "Sold Average"',
      'MetricDataResults[0].Label: "Sold" / "Sold Maximum"',
      'MetricDataResults[0].Label: "Sold" / "Sold SampleCount"',
    ],
    times: 5,
    sandbox: "the metric's name (published recordings of AWS show it)",
    moto: "the name and the statistic",
    judge: "sandbox",
    source: metrics("API_MetricDataResult"),
  },
  {
    scenario: "cloudwatch",
    operation: "GetMetricData",
    differs: ['MetricDataResults[1].Timestamps: ["<time>"] / []', "MetricDataResults[1].Values: [32] / []"],
    sandbox: "computes the expression",
    moto: "answers no values",
    judge: "sandbox",
    source: page("AmazonCloudWatch/latest/monitoring", "using-metric-math"),
  },
  {
    scenario: "logs",
    operation: "CreateLogGroup",
    differs: ['$refused: "InvalidParameterException" 400 / answered'],
    sandbox: "refuses a name with spaces",
    moto: "takes it",
    judge: "sandbox",
    source: logs("CreateLogGroup"),
  },
  {
    scenario: "logs",
    operation: "GetLogEvents",
    differs: [
      'events: [{"timestamp":"<time>","message":"INFO two","ingestionTime":"<unique>"}] / [{"timestamp":"<time>","message":"INFO two","ingestionTime":"<unique>"},{"timestamp":"<time>","message":"{\\"code\\":7,\\"level\\":\\"ERROR\\"}","ingestionTime":"<unique>"}]',
    ],
    sandbox: "leaves out what happened at endTime itself",
    moto: "includes it",
    judge: "sandbox",
    source: logs("GetLogEvents"),
  },
  {
    scenario: "logs",
    operation: "FilterLogEvents",
    differs: ['searchedLogStreams: [] / [{"logStreamName":"one","searchedCompletely":true}]'],
    times: 2,
    sandbox: "always an empty list",
    moto: "the streams that were searched",
    judge: "sandbox",
    source: logs("FilterLogEvents"),
  },
  {
    scenario: "logs",
    operation: "DescribeMetricFilters",
    differs: [
      "metricFilters[0].applyOnTransformedLogs: false / absent",
      'metricFilters[0].creationTime: "<time>" / absent',
    ],
    sandbox: "when it was made, and that it isn't applied to transformed logs",
    moto: "neither",
    judge: "sandbox",
    source: logs("MetricFilter"),
  },
];
