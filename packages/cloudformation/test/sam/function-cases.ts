import type { Json, JsonObject } from "../../src/index.ts";
import {
  attribute,
  type Feature,
  type Group,
  getAtt,
  inGlobals,
  nothing,
  property,
  ref,
  resource,
  type Sketch,
  when,
  within,
} from "./generate.ts";

const FUNCTION = "Function";

/** The least that a function is. */
export function leastFunction(sketch: Sketch, id = FUNCTION): void {
  sketch.Resources[id] = {
    Type: "AWS::Serverless::Function",
    Properties: { CodeUri: "s3://code/orders.zip", Handler: "index.handler", Runtime: "nodejs22.x" },
  };
}

const statement = { Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }] };
const queueArn = getAtt("Queue", "Arn");

/** Values of properties that a function and `Globals` both may have. */
const SHARED: Record<string, Json[]> = {
  Handler: ["app.handler"],
  Runtime: ["python3.13", ref("Stage")],
  CodeUri: [
    "s3://code/a/b.zip?versionId=3",
    { Bucket: "code", Key: "k" },
    { Bucket: ref("Bucket"), Key: ref("Key"), Version: "1" },
    {
      Bucket: { "Fn::Sub": "${Bucket}-${AWS::Region}-${AWS::AccountId}" },
      Key: { "Fn::Join": ["/", ["a", ref("Key")]] },
    },
  ],
  Description: ["Orders of ü & Co.", ref("Stage"), { "Fn::Sub": "${Stage} ${Queue.QueueName} ${!Stage}" }],
  MemorySize: [512, ref("Retries")],
  Timeout: [9],
  VpcConfig: [{ SubnetIds: ["subnet-1"], SecurityGroupIds: [ref("Stage")] }],
  Environment: [{ Variables: { A: "1", B: ref("Stage") } }, { Variables: { C: { "Fn::Sub": "${Stage}-${Topic}" } } }],
  Tags: [{ team: "payments" }, { team: ref("Stage"), "cost-center": "7" }],
  PropagateTags: [true, false],
  Tracing: [
    "Active",
    "PassThrough",
    "Disabled",
    ref("Tracing"),
    ref("Untraced"),
    when("Yes", ref("Tracing"), "Disabled"),
  ],
  KmsKeyArn: ["arn:aws:kms:eu-west-1:111111111111:key/1"],
  AutoPublishAlias: ["live", "blue-green_1", ref("Alias")],
  AutoPublishAliasAllProperties: [true, false],
  Layers: [["arn:aws:lambda:eu-west-1:111111111111:layer:a:1", ref("Stage")]],
  DeploymentPreference: [
    { Type: "Canary10Percent5Minutes" },
    { Type: "AllAtOnce", Enabled: false },
    { Type: "OwnConfiguration", Enabled: "false" },
    { Type: ref("Shift"), Enabled: ref("On"), Alarms: [ref("Topic"), "orders"], Role: getAtt("Role", "Arn") },
    { Type: when("Yes", "AllAtOnce", ref("Shift")), Alarms: when("Yes", ["a"], [nothing]), PassthroughCondition: true },
    {
      Type: { "Fn::FindInMap": ["Plans", "prod", "Type"] },
      Enabled: { "Fn::FindInMap": ["Plans", "prod", "On"] },
      Hooks: { PreTraffic: ref("Hook"), PostTraffic: ref("Hook") },
      TriggerConfigurations: [
        { TriggerEvents: ["DeploymentSuccess"], TriggerTargetArn: ref("Topic"), TriggerName: "t" },
      ],
    },
    { Type: { "Fn::Sub": "AllAtOnce" }, Alarms: [] },
  ],
  RolePath: ["/service/"],
  PermissionsBoundary: ["arn:aws:iam::aws:policy/PowerUserAccess", ref("Stage")],
  ReservedConcurrentExecutions: [0, 5],
  ProvisionedConcurrencyConfig: [{ ProvisionedConcurrentExecutions: 1 }],
  AssumeRolePolicyDocument: [{ Version: "2012-10-17", Statement: [] }],
  DeadLetterQueue: [
    { Type: "SQS", TargetArn: queueArn },
    { Type: "SNS", TargetArn: ref("Topic") },
  ],
  EventInvokeConfig: [
    { MaximumRetryAttempts: 0 },
    { MaximumRetryAttempts: ref("Retries"), MaximumEventAgeInSeconds: 60 },
    { DestinationConfig: { OnFailure: { Type: "SQS" }, OnSuccess: { Type: "SNS" } } },
    { DestinationConfig: { OnFailure: { Type: "SQS", Destination: queueArn } } },
    {
      DestinationConfig: {
        OnFailure: { Type: "SNS", Destination: ref("Topic") },
        OnSuccess: { Type: "EventBridge", Destination: "arn:b" },
      },
    },
    {
      DestinationConfig: {
        OnFailure: { Type: "S3Bucket", Destination: "arn:s" },
        OnSuccess: { Type: "Lambda", Destination: "arn:l" },
      },
    },
    { DestinationConfig: { OnFailure: { Type: "SQS", Destination: when("Yes", nothing, queueArn) } } },
    { DestinationConfig: { OnSuccess: { Type: "SNS", Destination: when("No", ref("Topic"), nothing) } } },
    { DestinationConfig: { OnSuccess: { Type: "SNS", Destination: when("No", nothing, nothing) } } },
  ],
  FileSystemConfigs: [[{ Arn: "arn:e", LocalMountPath: "/mnt/a" }]],
  CodeSigningConfigArn: ["arn:c"],
  Architectures: [["arm64"], ["x86_64"]],
  SnapStart: [{ ApplyOn: "PublishedVersions" }, { ApplyOn: "None" }],
  EphemeralStorage: [{ Size: 1024 }],
  FunctionUrlConfig: [
    { AuthType: "AWS_IAM" },
    { AuthType: "NONE", InvokeMode: "RESPONSE_STREAM", Cors: { AllowOrigins: ["*"], MaxAge: 5 } },
    { AuthType: ref("Stage") },
  ],
  RuntimeManagementConfig: [{ UpdateRuntimeOn: "Auto" }],
  LoggingConfig: [{ LogFormat: "JSON", LogGroup: ref("Stage") }],
  RecursiveLoop: ["Allow"],
  SourceKMSKeyArn: ["arn:k"],
  VersionDeletionPolicy: ["Delete", "Retain"],
};

const OWN: Record<string, Json[]> = {
  FunctionName: ["orders", { "Fn::Sub": "${Stage}-orders" }],
  InlineCode: ["exports.handler = async () => 'ü'"],
  Role: [
    getAtt("Role", "Arn"),
    when("Yes", getAtt("Role", "Arn"), nothing),
    when("No", nothing, "arn:r"),
    when("No", nothing, nothing),
  ],
  VersionDescription: ["second"],
  AutoPublishCodeSha256: ["6b86b273ff34fce19d6b804eff5a3f57", ref("Stage")],
  Policies: [
    "AWSXrayWriteOnlyAccess",
    ["AmazonS3ReadOnlyAccess", "arn:aws:iam::111111111111:policy/own", "AWSLambdaBasicExecutionRole"],
    [statement, { "Fn::Sub": "arn:aws:iam::${AWS::AccountId}:policy/own" }, { Version: "2012-10-17", ...statement }],
    statement,
    [{ SQSSendMessagePolicy: { QueueName: getAtt("Queue", "QueueName") } }, { VPCAccessPolicy: {} }],
    [when("Yes", { SQSPollerPolicy: { QueueName: "q" } }, { DynamoDBCrudPolicy: { TableName: ref("Stage") } })],
    [when("Yes", statement, nothing), when("Yes", "AmazonS3FullAccess", nothing), when("No", nothing, "arn:x")],
    [when("No", nothing, { KMSDecryptPolicy: { KeyId: "k" } })],
  ],
};

const least = (sketch: Sketch) => {
  leastFunction(sketch);
  leastFunction(sketch, "Hook");
};

/** References to what an alias makes, together with the alias. */
const references: Feature = {
  name: "references to alias and version",
  variants: [
    (sketch) => {
      within(resource(sketch, FUNCTION), "Properties").AutoPublishAlias = "live";
      Object.assign(sketch.Outputs, {
        A: { Value: ref("Function.Alias") },
        B: { Value: { "Fn::Sub": "${Function.Version} of ${!Function.Version}, ${AWS::StackName}" } },
        C: { Value: { "Fn::GetAtt": ["Function.Alias", "AliasArn"] } },
        D: { Value: { "Fn::Sub": ["${a} ${Function.Version.Version}", { a: ref("Function.Version") }] } },
      });
    },
  ],
};

/** A function beside, so that what is shared by Globals shows. */
const second: Feature = { name: "a second function", variants: [(sketch) => leastFunction(sketch, "Second")] };

const layers: Feature = {
  name: "a layer of the template",
  variants: [true, false].map((publishes) => (sketch) => {
    const Properties: JsonObject = { ContentUri: "s3://code/layer.zip", PublishLambdaVersion: publishes };
    sketch.Resources.Layer = { Type: "AWS::Serverless::LayerVersion", Properties };
    within(resource(sketch, FUNCTION), "Properties").Layers = [ref("Layer")];
  }),
};

const attributes = [
  attribute(FUNCTION, "Condition", "Yes", "No"),
  attribute(FUNCTION, "DeletionPolicy", "Retain", "Delete"),
  attribute(FUNCTION, "UpdateReplacePolicy", "Retain"),
  attribute(FUNCTION, "DependsOn", "Queue", ["Queue", "Topic"]),
  attribute(FUNCTION, "Metadata", { about: "this" }),
];

/** One event of each type, to be met by every property of a function. */
const EVENTS: Record<string, JsonObject> = {
  Route: { Type: "HttpApi", Properties: { Path: "/orders/{id}", Method: "get" } },
  Default: { Type: "HttpApi" },
  Queue: { Type: "SQS", Properties: { Queue: queueArn } },
  Topic: { Type: "SNS", Properties: { Topic: ref("Topic") } },
  TopicQueue: { Type: "SNS", Properties: { Topic: ref("Topic"), SqsSubscription: true } },
  Clock: { Type: "Schedule", Properties: { Schedule: "rate(1 day)" } },
  ClockV2: { Type: "ScheduleV2", Properties: { ScheduleExpression: "rate(1 day)" } },
  Rule: { Type: "EventBridgeRule", Properties: { Pattern: { source: ["orders"] }, DeadLetterConfig: { Type: "SQS" } } },
  Alarm: { Type: "CloudWatchEvent", Properties: { Pattern: { source: ["aws.ec2"] } } },
  Table: { Type: "DynamoDB", Properties: { Stream: "arn:s", StartingPosition: "LATEST" } },
};

const events = Object.entries(EVENTS).map(([name, event]) => property(FUNCTION, ["Events", name], event));

const own = Object.entries(OWN).map(([name, values]) => property(FUNCTION, [name], ...values));
const shared = Object.entries(SHARED).map(([name, values]) => property(FUNCTION, [name], ...values));
const globals = Object.entries(SHARED).map(([name, values]) => inGlobals("Function", name, ...values));

export const FUNCTIONS: Group = {
  name: "Function",
  base: least,
  features: [...own, ...shared, ...attributes, ...events, references, layers, second],
};

/** Every global with every property that it may meet, and two functions under it. */
export const GLOBALS: Group = {
  name: "Globals of Function",
  base: (sketch) => {
    least(sketch);
    leastFunction(sketch, "Second");
  },
  features: [
    ...globals,
    ...Object.entries(SHARED)
      .filter(([name]) =>
        ["Environment", "Tags", "Layers", "VpcConfig", "CodeUri", "EventInvokeConfig", "Tracing"].includes(name),
      )
      .map(([name, values]) => property(FUNCTION, [name], ...values)),
    attribute(FUNCTION, "IgnoreGlobals", "*", ["Handler"]),
    property(FUNCTION, ["Events", "Route"], EVENTS.Route ?? {}),
    references,
  ],
};

export const IMAGES: Group = {
  name: "Function of an image",
  base: (sketch) => {
    sketch.Resources[FUNCTION] = {
      Type: "AWS::Serverless::Function",
      Properties: { PackageType: "Image", ImageUri: "111111111111.dkr.ecr.eu-west-1.amazonaws.com/orders:1" },
    };
  },
  features: ["AutoPublishAlias", "Tracing", "Environment"]
    .map((name) => property(FUNCTION, [name], ...(SHARED[name] ?? [])))
    .concat(property(FUNCTION, ["ImageConfig"], { Command: ["a"] })),
};
