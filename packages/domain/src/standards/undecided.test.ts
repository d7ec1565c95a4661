import { describe, expect, test } from "vitest";
import { rules } from "./rules/index.ts";
import { openSubject } from "./subject.ts";

function check(id: string, text: string, files?: Record<string, string>) {
  const rule = rules.find((each) => each.id === id);
  if (!rule) throw new Error(`There is no rule ${id}.`);
  const known = files && { files: new Map(Object.entries({ ...files, "template.yaml": text })) };
  return rule.check(openSubject({ file: "template.yaml", text, ...known }));
}

const NAMED = "arn:aws:iam::111111111111:role/orders";

/** A function of raw CloudFormation, with a role that isn't in the template unless another is given. */
const fn = (properties = "", role = NAMED) => `
  Orders:
    Type: AWS::Lambda::Function
    Properties: { Code: { ZipFile: "" }, Runtime: nodejs24.x, Handler: a.b, Role: ${role}, ${properties} }`;

/** A role with one statement. */
const role = (statement: string, properties = "") => `
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      Policies: [{ PolicyName: p, PolicyDocument: { Statement: [{ Effect: Allow, ${statement} }] } }]
      ${properties}`;

const OWN = "!GetAtt Role.Arn";

describe.each([
  ["SEC-1", "a role that isn't in the template", fn(), "The role of Orders"],
  [
    "SEC-1",
    "a policy that isn't in the template",
    role("", 'ManagedPolicyArns: ["arn:aws:iam::1:policy/a"]'),
    "policy/a",
  ],
  [
    "SEC-1",
    "a policy of AWS's that isn't known",
    role("", 'ManagedPolicyArns: ["arn:aws:iam::aws:policy/New"]'),
    "AWS's New",
  ],
  ["SEC-1", "an action that a parameter names", role("Action: !Ref Name, Resource: a"), "Which actions"],
  ["SEC-1", "an action of an unknown service on everything", role('Action: "new:Do", Resource: "*"'), "new:Do"],
  ["SEC-1", "text messages or topics", role('Action: "sns:Publish", Resource: "*"'), "sns:Publish"],
  [
    "SEC-1",
    "a condition on everything",
    role('Action: "sqs:SendMessage", Resource: "*", Condition: { StringEquals: { a: b } }'),
    "narrows",
  ],
  [
    "SEC-3",
    "a VPC without private data",
    fn("VpcConfig: { SubnetIds: [a, b], SecurityGroupIds: [c] }"),
    "needs its VPC for",
  ],
  [
    "SEC-3",
    "groups and subnets from elsewhere",
    fn("VpcConfig: { SubnetIds: [a, b], SecurityGroupIds: [c] }", OWN) + role('Action: "rds-db:connect", Resource: a'),
    "security groups of Orders",
  ],
  ["SEC-3", "an address of a database outside of a VPC", fn("Environment: { Variables: { DB_HOST: a } }"), "in no VPC"],
  [
    "SEC-3",
    "a load balancer that everyone reaches",
    `
  Group: { Type: AWS::EC2::SecurityGroup, Properties: { SecurityGroupIngress: [{ CidrIp: 0.0.0.0/0 }] } }
  Balancer: { Type: AWS::ElasticLoadBalancingV2::LoadBalancer, Properties: { SecurityGroups: [!Ref Group] } }`,
    "load balancer Balancer",
  ],
  ["SEC-4", "a template without its repository", fn(), "configuration and source"],
  [
    "SEC-6",
    "a document that isn't in the template",
    "\n  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { BodyS3Location: { Bucket: a, Key: b } } }",
    "document",
  ],
  [
    "SEC-6",
    "security of the document as a whole",
    "\n  Api: { Type: AWS::ApiGatewayV2::Api, Properties: { Body: { security: [{ a: [] }], paths: { /: { get: {} } } } } }",
    "as a whole",
  ],
  [
    "REL-1",
    "subnets that a parameter names",
    fn("VpcConfig: { SubnetIds: !Ref Name, SecurityGroupIds: [c] }"),
    "in each environment",
  ],
  [
    "REL-1",
    "a second subnet under a condition",
    fn("VpcConfig: { SubnetIds: [a, !If [Sometimes, b, !Ref AWS::NoValue]], SecurityGroupIds: [c] }"),
    "whatever the conditions",
  ],
  [
    "REL-1",
    "own subnets without a zone",
    `${fn("VpcConfig: { SubnetIds: [!Ref A, !Ref B], SecurityGroupIds: [c] }")}
  A: { Type: AWS::EC2::Subnet, Properties: { VpcId: a } }
  B: { Type: AWS::EC2::Subnet, Properties: { VpcId: a, AvailabilityZone: b } }`,
    "leaves it to AWS",
  ],
  [
    "REL-2",
    "a queue from elsewhere",
    `${fn()}
  Reads: { Type: AWS::Lambda::EventSourceMapping, Properties: { FunctionName: !Ref Orders, EventSourceArn: !Ref Name } }`,
    "redrive policy of the queue",
  ],
  [
    "REL-3",
    "a dead-letter queue from elsewhere",
    fn("DeadLetterConfig: { TargetArn: !Ref Name }"),
    "isn't in the template",
  ],
  [
    "OPS-1",
    "an alarm whose action stands under a condition",
    `${fn()}
  Errors:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{ Name: FunctionName, Value: !Ref Orders }]
      AlarmActions: !If [Sometimes, [!Ref Name], !Ref AWS::NoValue]`,
    "somebody to tell",
  ],
  [
    "OPS-2",
    "tracing that a parameter switches",
    fn("TracingConfig: { Mode: !Ref Name }"),
    "traced in every environment",
  ],
  [
    "OPS-3",
    "a log group that isn't in the template",
    fn("LoggingConfig: { LogFormat: JSON, LogGroup: !Ref Name }"),
    "keeps its logs",
  ],
  [
    "REL-4",
    "a template alone",
    `${fn("Timeout: 10")}
  Ask:
    Type: AWS::Lambda::Permission
    Properties: { FunctionName: !Ref Orders, Principal: apigateway.amazonaws.com, Action: "lambda:InvokeFunction" }`,
    "only the template is known",
  ],
  [
    "REL-5",
    "a function whose time a parameter says",
    `${fn("Timeout: !Ref Name")}
  Work: { Type: AWS::SQS::Queue, Properties: {} }
  Reads:
    Type: AWS::Lambda::EventSourceMapping
    Properties: { FunctionName: !Ref Orders, EventSourceArn: !GetAtt Work.Arn, BatchSize: 1 }`,
    "6 times as long",
  ],
  [
    "REL-6",
    "a definition that stands in a file",
    `
  Order:
    Type: AWS::StepFunctions::StateMachine
    Properties: { DefinitionS3Location: { Bucket: a, Key: b }, LoggingConfiguration: { Level: ALL } }`,
    "definition isn't in the template",
  ],
  [
    "PERF-2",
    "provisioned concurrency of a function from elsewhere",
    `
  Live:
    Type: AWS::Lambda::Alias
    Properties: { FunctionName: !Ref Name, ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 } }`,
    "function isn't here",
  ],
  [
    "PERF-3",
    "a secret that is fetched by code that isn't known",
    fn("", OWN) + role('Action: "secretsmanager:GetSecretValue", Resource: a'),
    "keeps the parameters and secrets",
  ],
  ["PERF-4", "a runtime that a parameter names", fn().replace("nodejs24.x", "!Ref Name"), "a parameter names it"],
  ["COST-4", "a template alone", fn(), "only the template is known"],
  ["OPS-7", "a template alone", fn(), "only the template is known"],
  ["OPS-9", "a template alone", fn(), "only the template is known"],
] as const)("%s doesn't decide", (id, name, resources, look) => {
  test(`${name}, and says what to look at`, () => {
    const text = `Parameters: { Name: { Type: String } }
Conditions: { Sometimes: !Equals [!Ref Name, a] }
Resources:${resources.replaceAll(/(Type: )(AWS::[\w:]+),/g, '$1"$2",')}
`;
    expect(check(id, text)).toEqual({ kind: "not-decided", look: expect.stringContaining(look) });
  });
});

const QUEUE = `Resources:
  Work:
    Type: AWS::SQS::Queue
    Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 5 } }
  Failed: { Type: "AWS::SQS::Queue" }`;
const alarm = (metric: string, actions: string) => `
  ${metric}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/SQS
      MetricName: ${metric}
      Dimensions: [{ Name: QueueName, Value: !GetAtt Failed.QueueName }]
      AlarmActions: ${actions}`;
const alarms = (actions: string) =>
  ["ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"]
    .map((metric) => alarm(metric, actions))
    .join("");

test("alarms without a runbook to be seen are no dead letters that wake someone", () => {
  const text = `${QUEUE}${alarms('["arn:aws:sns:eu-west-1:1:a"]')}\n`;
  expect(check("REL-3", text)).toEqual({ kind: "not-decided", look: expect.stringContaining("runbook") });
  expect(check("REL-3", text, { "README.md": "# Failed\nRedrive it." })).toEqual({ kind: "pass" });
  expect(check("REL-3", text, { "README.md": "# Redrive\n# Failed" }).kind).toBe("fail");
});

test("an alarm whose action stands under a condition isn't taken for one that wakes someone", () => {
  const text = `Conditions: { HasTopic: !Equals [a, b] }
${QUEUE}${alarms("!If [HasTopic, [a], !Ref AWS::NoValue]")}\n`;
  const verdict = check("REL-3", text, { "README.md": "Redrive Failed." });
  expect(verdict).toEqual({ kind: "not-decided", look: expect.stringContaining("under a condition") });
});

test("subnets that one environment leaves to the pipeline aren't taken for two", () => {
  const text = `Parameters: { Name: { Type: String } }
Resources:${fn("VpcConfig: { SubnetIds: !Ref Name, SecurityGroupIds: [c] }")}\n`;
  const two = '{ "Parameters": { "Name": "a,b" } }';
  expect(check("REL-1", text, { "config/dev.json": two, "config/prod.json": two })).toEqual({ kind: "pass" });
  expect(check("REL-1", text, { "config/dev.json": two, "config/prod.json": "{}" }).kind).toBe("not-decided");
});

test("secrets of elsewhere aren't taken for rotated ones", () => {
  const text = `Resources:${fn("", OWN)}${role('Action: "secretsmanager:GetSecretValue", Resource: a')}\n`;
  const look = expect.stringContaining("are rotated");
  expect(check("SEC-4", text, { "README.md": "" })).toEqual({ kind: "not-decided", look });
});

test("how traffic moves isn't decided where a parameter says it, in the function or for all of them", () => {
  const preference = "DeploymentPreference: { Type: !Ref How, Alarms: [!Ref Errors], Hooks: { PreTraffic: !Ref Try } }";
  const template = (global: string, own: string) => `Transform: AWS::Serverless-2016-10-31
Parameters: { How: { Type: String, Default: Canary10Percent5Minutes } }
Globals: { Function: { AutoPublishAlias: live, Runtime: nodejs24.x, Handler: a.b${global} } }
Resources:
  Orders: { Type: "AWS::Serverless::Function", Properties: { InlineCode: x${own} } }
  Try: { Type: "AWS::Serverless::Function", Properties: { InlineCode: x, DeploymentPreference: { Enabled: false } } }
  Errors: { Type: "AWS::CloudWatch::Alarm" }
`;
  const open = { kind: "not-decided", look: expect.stringContaining("in each environment: a parameter says so") };
  expect(check("OPS-5", template("", `, ${preference}`))).toEqual(open);
  expect(check("OPS-5", template(`, ${preference}`, ""))).toEqual(open);
});

test("what is wrong is told before what isn't decided", () => {
  const text = `Resources:${fn()}${role('Action: "*", Resource: a')}\n`;
  expect(check("SEC-1", text)).toMatchObject({ kind: "fail", violations: [{ resource: "Role" }] });
});

test.each([
  ...["SEC-1", "SEC-2", "SEC-3", "SEC-4", "SEC-5", "SEC-6", "REL-1", "REL-2", "REL-3", "PERF-1"],
  ...["REL-4", "REL-5", "REL-6", "PERF-2", "PERF-3", "PERF-4", "COST-1", "COST-2", "COST-3"],
  ...["OPS-1", "OPS-2", "OPS-3", "OPS-5", "SUS-1"],
])("%s isn't about a template that has nothing of the kind", (id) => {
  const text = 'Resources:\n  Key: { Type: "AWS::KMS::Alias" }\n';
  expect(check(id, text)).toEqual({ kind: "not-applicable" });
});

test("a fix is left out where the text has no place for it", () => {
  const verdict = check(
    "REL-2",
    `Conditions: { Sometimes: !Equals [a, b] }
Resources:
  ByClock:
    Type: AWS::Events::Rule
    Properties: { ScheduleExpression: rate(1 day), Targets: !If [Sometimes, [{ Id: a, Arn: b }], []] }
`,
  );
  expect(verdict).toMatchObject({ kind: "fail", violations: [{ resource: "ByClock" }] });
  expect(verdict.kind === "fail" && verdict.violations[0]).not.toHaveProperty("fix");
});
