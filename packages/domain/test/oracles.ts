import { openSubject, rules } from "../src/standards/index.ts";

/**
 * Examples of other checkers' rules, rebuilt from their documentation, and how each is labelled there:
 * https://awslabs.github.io/serverless-rules/rules/ and https://www.checkov.io/5.Policy%20Index/cloudformation.html
 */
export interface OracleCase {
  /** `WS1000` of cfn-lint-serverless, `CKV_AWS_50` of checkov. */
  readonly oracle: string;
  /** Ours that says the same. */
  readonly rule: string;
  readonly resources: string;
  readonly label: "pass" | "fail";
  /** Why ours says otherwise, where it does. */
  readonly because?: string;
}

/** Put together here, so that no scanner of sources takes it for a leak. */
const FAKE = ["sk", "live", "4eC39HqLyjWDarjtT1zdp7dc"].join("_");

const fn = (properties: string) => `
  Orders: { Type: AWS::Serverless::Function, Properties: { Handler: a.b, Runtime: nodejs24.x, InlineCode: "", ${properties} } }`;
const raw = (properties: string) => `
  Orders: { Type: AWS::Lambda::Function, Properties: { Code: { ZipFile: "" }, Handler: a.b, Runtime: nodejs24.x, Role: !GetAtt Role.Arn, ${properties} } }
  Role: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: {} } }`;
const role = (statement: string) => `
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      Policies: [{ PolicyName: p, PolicyDocument: { Statement: [{ Effect: Allow, ${statement} }] } }]`;
const queue = (properties: string) => `
  Queue: { Type: AWS::SQS::Queue, Properties: { ${properties} } }
  Failed: { Type: AWS::SQS::Queue }`;
const group = (properties: string) => `
  Logs: { Type: AWS::Logs::LogGroup, Properties: { ${properties} } }`;
const restStage = (properties: string) => `
  Stage: { Type: AWS::ApiGateway::Stage, Properties: { RestApiId: api, ${properties} } }${raw("")}`;
const machine = (properties: string) => `
  Machine: { Type: AWS::StepFunctions::StateMachine, Properties: { DefinitionString: '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}', ${properties} } }`;
const DLQ = "RedrivePolicy: { deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 4 }";
const invoke = (properties: string) => `
  Permission: { Type: AWS::Lambda::Permission, Properties: { Action: "lambda:InvokeFunction", FunctionName: orders, ${properties} } }`;
const target = (more: string) => `
  Rule: { Type: AWS::Events::Rule, Properties: { EventPattern: { source: [a] }, Targets: [{ Id: a, Arn: !GetAtt Failed.Arn${more} }] } }
  Failed: { Type: AWS::SQS::Queue }`;
const subscription = (more: string) => `
  Sub: { Type: AWS::SNS::Subscription, Properties: { Protocol: lambda, Endpoint: arn:aws:lambda:eu-west-1:222222222222:function:a, TopicArn: arn:aws:sns:eu-west-1:222222222222:t${more} } }
  Failed: { Type: AWS::SQS::Queue }`;
const stream = (more: string) => `
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { FunctionName: orders, StartingPosition: LATEST, EventSourceArn: arn:aws:kinesis:eu-west-1:222222222222:stream/a${more} }
  Failed: { Type: AWS::SQS::Queue }`;
const security = (ingress: string) => `
  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: a, VpcId: vpc, SecurityGroupIngress: [${ingress}] } }
  Database: { Type: AWS::RDS::DBInstance, Properties: { VPCSecurityGroups: [!GetAtt Group.GroupId] } }`;
const method = (properties: string) => `
  Get: { Type: AWS::ApiGateway::Method, Properties: { HttpMethod: GET, RestApiId: api, ResourceId: r, Integration: { Type: AWS_PROXY }, ${properties} } }`;

const pair = (oracle: string, rule: string, pass: string, fail: string): OracleCase[] => [
  { oracle, rule, resources: pass, label: "pass" },
  { oracle, rule, resources: fail, label: "fail" },
];

export const cases: readonly OracleCase[] = [
  // cfn-lint-serverless
  ...pair("WS1000", "OPS-2", fn("Tracing: Active"), fn("MemorySize: 128")),
  ...pair("WS1000", "OPS-2", fn("Tracing: Active, MemorySize: 256"), fn("Tracing: PassThrough")),
  ...pair(
    "ES1001",
    "REL-2",
    stream(
      ", MaximumRetryAttempts: 3, MaximumRecordAgeInSeconds: 600, DestinationConfig: { OnFailure: { Destination: !GetAtt Failed.Arn } }",
    ),
    stream(", MaximumRetryAttempts: 3"),
  ),
  {
    oracle: "ES1001",
    rule: "REL-2",
    resources: stream(", DestinationConfig: { OnFailure: { Destination: !GetAtt Failed.Arn } }"),
    label: "pass",
    because:
      "Lambda tries a stream's record until it expires unless the mapping bounds it: the destination alone comes too late.",
  },
  ...pair("ES1006", "PERF-1", fn("MemorySize: 512"), fn("Timeout: 10")),
  ...pair(
    "WS1003",
    "SEC-1",
    role('Action: "s3:GetObject", Resource: "arn:aws:s3:::orders/*"'),
    role('Action: "*", Resource: "arn:aws:s3:::orders/*"'),
  ),
  ...pair(
    "WS1003",
    "SEC-1",
    role('Action: ["s3:GetObject", "s3:PutObject"], Resource: "arn:aws:s3:::orders/*"'),
    role('Action: ["s3:*"], Resource: "arn:aws:s3:::orders/*"'),
  ),
  ...pair("WS1004", "COST-3", group("RetentionInDays: 7"), group('LogGroupName: "/aws/lambda/orders"')),
  ...pair(
    "WS2002",
    "OPS-2",
    restStage("TracingEnabled: true").replace(/\n {2}Orders[\s\S]*/, ""),
    restStage("TracingEnabled: false"),
  ),
  ...pair("ES4000", "REL-2", target(", DeadLetterConfig: { Arn: !GetAtt Failed.Arn }"), target("")),
  ...pair(
    "WS5000",
    "OPS-2",
    machine("TracingConfiguration: { Enabled: true }"),
    machine("TracingConfiguration: { Enabled: false }"),
  ),
  ...pair(
    "WS5000",
    "OPS-2",
    machine("TracingConfiguration: { Enabled: true }, StateMachineType: EXPRESS"),
    machine("StateMachineType: STANDARD"),
  ),
  ...pair("ES6000", "REL-2", queue(DLQ), queue("DelaySeconds: 1")),
  {
    oracle: "ES6000",
    rule: "REL-2",
    resources: queue('RedrivePolicy: !Sub \'{"deadLetterTargetArn":"${Failed.Arn}","maxReceiveCount":4}\''),
    label: "pass",
  },
  ...pair(
    "ES7000",
    "REL-2",
    subscription(", RedrivePolicy: { deadLetterTargetArn: !GetAtt Failed.Arn }"),
    subscription(""),
  ),
  // checkov
  ...pair(
    "CKV_AWS_45",
    "SEC-4",
    raw("Environment: { Variables: { TABLE: orders } }"),
    raw(`Environment: { Variables: { STRIPE_SECRET: ${FAKE} } }`),
  ),
  ...pair("CKV_AWS_50", "OPS-2", raw("TracingConfig: { Mode: Active }"), raw("TracingConfig: { Mode: PassThrough }")),
  ...pair("CKV_AWS_50", "OPS-2", raw("TracingConfig: { Mode: Active }, MemorySize: 128"), raw("MemorySize: 128")),
  ...pair("CKV_AWS_59", "SEC-6", method("AuthorizationType: AWS_IAM"), method("AuthorizationType: NONE")),
  ...pair(
    "CKV_AWS_63",
    "SEC-1",
    role('Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:222222222222:a"'),
    role('Action: "*", Resource: "*"'),
  ),
  ...pair(
    "CKV_AWS_66",
    "COST-3",
    group("RetentionInDays: 365"),
    group('KmsKeyId: "arn:aws:kms:eu-west-1:222222222222:key/a"'),
  ),
  ...pair(
    "CKV_AWS_73",
    "OPS-2",
    restStage("TracingEnabled: true").replace(/\n {2}Orders[\s\S]*/, ""),
    restStage("StageName: prod"),
  ),
  ...pair(
    "CKV_AWS_260",
    "SEC-3",
    security("{ IpProtocol: tcp, FromPort: 5432, ToPort: 5432, SourceSecurityGroupId: sg-1 }"),
    security("{ IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 0.0.0.0/0 }"),
  ),
  ...pair(
    "CKV_AWS_274",
    "SEC-1",
    raw("").replace(
      "Document: {} }",
      'Document: {}, ManagedPolicyArns: ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"] }',
    ),
    raw("").replace(
      "Document: {} }",
      'Document: {}, ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"] }',
    ),
  ),
  ...pair(
    "CKV_AWS_284",
    "OPS-2",
    machine("TracingConfiguration: { Enabled: true }, RoleArn: a"),
    machine("RoleArn: a"),
  ),
  ...pair(
    "CKV_AWS_301",
    "SEC-5",
    invoke('Principal: apigateway.amazonaws.com, SourceArn: "arn:aws:execute-api:eu-west-1:222222222222:a/*"'),
    invoke('Principal: "*"'),
  ),
  ...pair(
    "CKV_AWS_364",
    "SEC-5",
    invoke('Principal: sns.amazonaws.com, SourceAccount: "222222222222"'),
    invoke("Principal: sns.amazonaws.com"),
  ),
  ...pair(
    "CKV_AWS_363",
    "PERF-4",
    raw("Architectures: [arm64]"),
    raw("Architectures: [arm64]").replace("nodejs24.x", "nodejs16.x"),
  ),
  ...pair(
    "CKV_AWS_363",
    "PERF-4",
    raw("Architectures: [arm64]").replace("nodejs24.x", "python3.14"),
    raw("Architectures: [arm64]").replace("nodejs24.x", "python3.8"),
  ),
];

/** What our rule says of a case, in the oracle's words: what isn't decided, or doesn't apply, is no failure. */
export function verdictOn({ rule, resources }: OracleCase): "pass" | "fail" {
  const text = `Transform: AWS::Serverless-2016-10-31\nResources:${resources}\n`;
  const found = rules.find(({ id }) => id === rule);
  if (!found) throw new Error(`There is no rule ${rule}.`);
  return found.check(openSubject({ file: "template.yaml", text })).kind === "fail" ? "fail" : "pass";
}
