import type { Json, JsonObject } from "../../src/index.ts";
import { leastFunction } from "./function-cases.ts";
import {
  attribute,
  type Feature,
  type Group,
  getAtt,
  property,
  ref,
  resource,
  type Sketch,
  when,
  within,
} from "./generate.ts";

const queueArn = getAtt("Queue", "Arn");
const DEAD_LETTERS: Json[] = [{ Arn: queueArn }, { Type: "SQS" }, { Type: "SQS", QueueLogicalId: "Undelivered" }];
const RETRIES: Json[] = [{ MaximumRetryAttempts: 5, MaximumEventAgeInSeconds: 900 }];

const STREAM: Record<string, Json[]> = {
  BatchSize: [5, ref("Retries")],
  Enabled: [true, false],
  StartingPositionTimestamp: [1700000000],
  MaximumBatchingWindowInSeconds: [20],
  MaximumRetryAttempts: [3],
  BisectBatchOnFunctionError: [true],
  MaximumRecordAgeInSeconds: [600],
  DestinationConfig: [
    { OnFailure: { Type: "SQS", Destination: queueArn } },
    { OnFailure: { Type: "SNS", Destination: ref("Topic") } },
    { OnFailure: { Type: "S3", Destination: "arn:aws:s3:::failed" } },
    { OnFailure: { Destination: queueArn } },
  ],
  ParallelizationFactor: [2],
  TumblingWindowInSeconds: [30],
  FunctionResponseTypes: [["ReportBatchItemFailures"]],
  FilterCriteria: [{ Filters: [{ Pattern: '{"a":[1]}' }] }, when("Yes", { Filters: [] }, { Filters: [] })],
  KmsKeyArn: ["arn:k"],
  ScalingConfig: [{ MaximumConcurrency: 5 }],
  ProvisionedPollerConfig: [{ MinimumPollers: 1 }],
  MetricsConfig: [{ Metrics: ["EventCount"] }],
  LoggingConfig: [{ SystemLogLevel: "DEBUG" }],
};

const RULE: Record<string, Json[]> = {
  Pattern: [{ source: ["orders"], "detail-type": ["Placed"] }],
  EventBusName: ["orders", ref("Stage")],
  RuleName: ["placed"],
  Input: ["{}"],
  InputPath: ["$.detail"],
  DeadLetterConfig: DEAD_LETTERS,
  RetryPolicy: RETRIES,
  Target: [{ Id: "own" }],
  State: ["DISABLED", ref("Stage")],
  InputTransformer: [{ InputTemplate: "<a>", InputPathsMap: { a: "$.a" } }],
};

const CLOCK: Record<string, Json[]> = {
  Input: ['{"a":1}', { "Fn::Sub": '{"a":"${Stage}"}' }],
  Enabled: [true, false, ref("On")],
  State: ["ENABLED"],
  Name: ["nightly"],
  Description: ["every night"],
  DeadLetterConfig: DEAD_LETTERS,
  RetryPolicy: RETRIES,
};

const SCHEDULER: Record<string, Json[]> = {
  PermissionsBoundary: ["arn:aws:iam::aws:policy/PowerUserAccess"],
  FlexibleTimeWindow: [{ Mode: "FLEXIBLE", MaximumWindowInMinutes: 5 }],
  Name: ["nightly", { "Fn::Sub": "${Stage}-nightly" }],
  OmitName: [true, false],
  State: ["DISABLED"],
  Description: ["every night"],
  StartDate: ["2026-12-01T00:00:00Z"],
  EndDate: ["2027-12-01T00:00:00Z"],
  ScheduleExpressionTimezone: ["Europe/Berlin"],
  GroupName: ["orders"],
  KmsKeyArn: ["arn:k"],
  Input: ["{}"],
  RoleArn: [getAtt("Role", "Arn")],
  DeadLetterConfig: DEAD_LETTERS,
  RetryPolicy: RETRIES,
};

const SNS: Record<string, Json[]> = {
  Region: ["eu-central-1"],
  FilterPolicy: [{ store: ["a"] }],
  FilterPolicyScope: ["MessageBody"],
  RedrivePolicy: [{ deadLetterTargetArn: queueArn }],
  SqsSubscription: [
    true,
    false,
    { QueueArn: queueArn, QueueUrl: ref("Queue") },
    { QueueArn: queueArn, QueueUrl: ref("Queue"), BatchSize: 3, Enabled: false, QueuePolicyLogicalId: "OwnPolicy" },
  ],
};

type Values = Record<string, Json[]>;

/** What the target of any event may have that events take over. */
function targetFeatures(id: string): Feature[] {
  return [
    attribute(id, "Condition", "Yes"),
    attribute(id, "DeletionPolicy", "Retain"),
    property(id, ["Tags"], { team: "payments" }),
    property(id, ["PropagateTags"], true),
    property(id, ["PermissionsBoundary"], "arn:aws:iam::aws:policy/PowerUserAccess"),
    property(id, ["AutoPublishAlias"], "live"),
  ];
}

function eventGroup(target: "Function" | "Machine", type: string, required: JsonObject, values: Values): Group {
  const path = ["Events", "Event", "Properties"];
  return {
    name: `${type} of a ${target}`,
    base: (sketch) => {
      if (target === "Function") leastFunction(sketch);
      else leastMachine(sketch);
      const Properties = structuredClone(required);
      within(resource(sketch, target), "Properties", "Events").Event = { Type: type, Properties };
    },
    features: [
      ...Object.entries(values).map(([name, variants]) => property(target, [...path, name], ...variants)),
      ...targetFeatures(target),
      ...(target === "Function"
        ? [
            property(target, ["Role"], getAtt("Role", "Arn")),
            property(target, ["Policies"], ["AWSLambdaSQSQueueExecutionRole"]),
          ]
        : [property(target, ["Role"], getAtt("Role", "Arn")), property(target, ["UseAliasAsEventTarget"], true)]),
    ],
  };
}

export function leastMachine(sketch: Sketch): void {
  const Definition = { StartAt: "Done", States: { Done: { Type: "Succeed" } } };
  sketch.Resources.Machine = { Type: "AWS::Serverless::StateMachine", Properties: { Definition } };
}

const fifo: Feature = {
  name: "a FIFO topic",
  variants: [true, ref("On")].map((value) => (sketch) => {
    within(resource(sketch, "Topic"), "Properties").FifoTopic = value;
  }),
};

/** Two events of one kind, which share what they add to the role. */
const another = (type: string, Properties: JsonObject): Feature =>
  property("Function", ["Events", "Another"], { Type: type, Properties });

const longName = "A".repeat(60);
const longTarget = property("Function", ["Events", longName], {
  Type: "Schedule",
  Properties: { Schedule: "rate(1 day)" },
});

const sns = eventGroup("Function", "SNS", { Topic: ref("Topic") }, SNS);
const sqs = eventGroup("Function", "SQS", { Queue: queueArn }, STREAM);
const dynamodb = eventGroup("Function", "DynamoDB", { Stream: "arn:s", StartingPosition: "LATEST" }, STREAM);
const schedule = eventGroup("Function", "Schedule", { Schedule: "rate(1 day)" }, CLOCK);

export const EVENT_GROUPS: readonly Group[] = [
  { ...sns, features: [...sns.features, fifo, another("SNS", { Topic: ref("Topic"), SqsSubscription: true })] },
  {
    ...sqs,
    features: [
      ...sqs.features,
      another("SQS", { Queue: "arn:q", DestinationConfig: { OnFailure: { Type: "SQS", Destination: queueArn } } }),
    ],
  },
  { ...dynamodb, features: [...dynamodb.features, another("SQS", { Queue: "arn:q" })] },
  { ...schedule, features: [...schedule.features, longTarget] },
  eventGroup("Function", "ScheduleV2", { ScheduleExpression: "rate(1 day)" }, SCHEDULER),
  eventGroup("Function", "EventBridgeRule", {}, { ...RULE, Enabled: [true, false] }),
  eventGroup("Function", "CloudWatchEvent", {}, { ...RULE, Enabled: [true, false] }),
  eventGroup(
    "Machine",
    "Schedule",
    { Schedule: "rate(1 day)" },
    { ...CLOCK, Target: [{ Id: "own" }], RoleArn: ["arn:r"] },
  ),
  eventGroup("Machine", "ScheduleV2", { ScheduleExpression: "rate(1 day)" }, SCHEDULER),
  eventGroup("Machine", "EventBridgeRule", {}, RULE),
  eventGroup("Machine", "CloudWatchEvent", {}, RULE),
];
