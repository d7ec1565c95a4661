/*
 * AWS's own policies that templates, AWS SAM and the platform's services attach, as AWS publishes them. Any other can't be
 * attached here and is refused by name: a policy whose document isn't known can't be evaluated.
 * https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
 */

interface ManagedStatement {
  readonly Effect: "Allow";
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

const allow = (Action: readonly string[], Resource: string | readonly string[] = "*"): ManagedStatement => ({
  Effect: "Allow",
  Action,
  Resource,
});

const LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
const XRAY = [
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
  "xray:GetSamplingRules",
  "xray:GetSamplingTargets",
  "xray:GetSamplingStatisticSummaries",
];
const INTERFACES = [
  "ec2:CreateNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:DeleteNetworkInterface",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];
const CODE_DEPLOY = [
  "cloudwatch:DescribeAlarms",
  "lambda:UpdateAlias",
  "lambda:GetAlias",
  "lambda:GetProvisionedConcurrencyConfig",
];
const OBJECTS = ["s3:GetObject", "s3:GetObjectVersion"];
const CODE_DEPLOY_FILES: readonly ManagedStatement[] = [
  allow(OBJECTS, "arn:aws:s3:::*/CodeDeploy/*"),
  { ...allow(OBJECTS), Condition: { StringEquals: { "s3:ExistingObjectTag/UseWithCodeDeploy": "true" } } },
  allow(["lambda:InvokeFunction"], "arn:aws:lambda:*:*:function:CodeDeployHook_*"),
];

const STATEMENTS: Readonly<Record<string, readonly ManagedStatement[]>> = {
  AdministratorAccess: [allow(["*"])],
  AmazonS3FullAccess: [allow(["s3:*", "s3-object-lambda:*"])],
  AmazonS3ReadOnlyAccess: [
    allow(["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"]),
  ],
  AmazonSQSFullAccess: [allow(["sqs:*"])],
  AWSXRayDaemonWriteAccess: [allow(XRAY)],
  AWSXrayWriteOnlyAccess: [allow(XRAY)],
  AWSLambdaExecute: [
    allow(["logs:*"], "arn:aws:logs:*:*:*"),
    allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::*"),
  ],
  CloudWatchLambdaApplicationSignalsExecutionRolePolicy: [
    allow(["xray:PutTraceSegments"]),
    allow(LOGS, "arn:aws:logs:*:*:log-group:/aws/application-signals/data:*"),
  ],
  "service-role/AmazonAPIGatewayPushToCloudWatchLogs": [
    allow([
      "logs:CreateLogGroup",
      "logs:CreateLogStream",
      "logs:DescribeLogGroups",
      "logs:DescribeLogStreams",
      "logs:PutLogEvents",
      "logs:GetLogEvents",
      "logs:FilterLogEvents",
    ]),
  ],
  "service-role/AWSCodeDeployRoleForLambda": [allow([...CODE_DEPLOY, "sns:Publish"]), ...CODE_DEPLOY_FILES],
  "service-role/AWSCodeDeployRoleForLambdaLimited": [allow(CODE_DEPLOY), ...CODE_DEPLOY_FILES],
  "service-role/AWSLambdaBasicExecutionRole": [allow(LOGS)],
  "service-role/AWSLambdaDynamoDBExecutionRole": [
    allow([
      "dynamodb:DescribeStream",
      "dynamodb:GetRecords",
      "dynamodb:GetShardIterator",
      "dynamodb:ListStreams",
      ...LOGS,
    ]),
  ],
  "service-role/AWSLambdaRole": [allow(["lambda:InvokeFunction"])],
  "service-role/AWSLambdaSQSQueueExecutionRole": [
    allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", ...LOGS]),
  ],
  "service-role/AWSLambdaVPCAccessExecutionRole": [allow([...LOGS, ...INTERFACES])],
};

const PREFIX = "arn:aws:iam::aws:policy/";

export const isAwsManaged = (arn: string) => arn.startsWith(PREFIX);

/** Every one that is known here. */
export const awsManagedArns = (): string[] => Object.keys(STATEMENTS).map((name) => PREFIX + name);

/** Document of one of AWS's own policies; undefined when it isn't known here. */
export function awsManagedDocument(arn: string): string | undefined {
  const name = arn.slice(PREFIX.length);
  const Statement = isAwsManaged(arn) && Object.hasOwn(STATEMENTS, name) ? STATEMENTS[name] : undefined;
  return Statement && JSON.stringify({ Version: "2012-10-17", Statement });
}
