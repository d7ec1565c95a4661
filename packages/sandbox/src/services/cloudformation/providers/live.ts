import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeLogGroupsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetRoleCommand, ListAttachedRolePoliciesCommand } from "@aws-sdk/client-iam";
import { DescribeKeyCommand, GetKeyRotationStatusCommand } from "@aws-sdk/client-kms";
import { GetFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { GetBucketVersioningCommand, GetPublicAccessBlockCommand, HeadBucketCommand } from "@aws-sdk/client-s3";
import { GetTopicAttributesCommand } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import { isObject, type Json } from "@turnpike/cloudformation";
import type { Provider } from "../provider.ts";
import { ifThere, stated, text } from "./values.ts";

/*
 * What resources really are, for drift detection: the properties of their types, read from their services. A property that
 * isn't told here isn't compared. Types whose file isn't listed here (or has no `read` of its own) show `NOT_CHECKED`.
 */

type Reader = NonNullable<Provider["read"]>;

const QUEUE_ATTRIBUTES: Readonly<Record<string, string>> = {
  DelaySeconds: "DelaySeconds",
  MaximumMessageSize: "MaximumMessageSize",
  MessageRetentionPeriod: "MessageRetentionPeriod",
  ReceiveMessageWaitTimeSeconds: "ReceiveMessageWaitTimeSeconds",
  VisibilityTimeout: "VisibilityTimeout",
};

const queue: Reader = async (call, { physicalId }) => {
  const { Attributes: found = {} } = await call.send(
    new GetQueueAttributesCommand({ QueueUrl: physicalId, AttributeNames: ["All"] }),
  );
  const values: Record<string, Json | undefined> = {};
  for (const [property, name] of Object.entries(QUEUE_ATTRIBUTES)) values[property] = found[name as "DelaySeconds"];
  values.QueueName = physicalId.split("/").at(-1);
  const redrive = found.RedrivePolicy;
  if (redrive) values.RedrivePolicy = JSON.parse(redrive) as Json;
  return stated(call, values);
};

const lambdaFunction: Reader = async (call, { physicalId }) => {
  const found = await call.send(new GetFunctionConfigurationCommand({ FunctionName: physicalId }));
  return stated(call, {
    FunctionName: found.FunctionName,
    Description: found.Description ?? "",
    Handler: found.Handler,
    MemorySize: found.MemorySize,
    Role: found.Role,
    Runtime: found.Runtime,
    Timeout: found.Timeout,
    ...(found.Environment?.Variables ? { Environment: { Variables: found.Environment.Variables } } : {}),
    ...(found.TracingConfig?.Mode ? { TracingConfig: { Mode: found.TracingConfig.Mode } } : {}),
    ...(found.Architectures ? { Architectures: [...found.Architectures] } : {}),
  });
};

const role: Reader = async (call, { physicalId: RoleName }) => {
  const { Role: found } = await call.send(new GetRoleCommand({ RoleName }));
  const { AttachedPolicies: attached = [] } = await call.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  const { ManagedPolicyArns: wanted } = call.properties;
  const arns = attached.map(({ PolicyArn = "" }) => PolicyArn);
  // The order of a set says nothing: the template's is kept.
  const order = Array.isArray(wanted) ? wanted.map((arn) => text(arn) ?? "") : [];
  arns.sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return stated(call, {
    AssumeRolePolicyDocument: JSON.parse(decodeURIComponent(found?.AssumeRolePolicyDocument ?? "{}")) as Json,
    Description: found?.Description,
    ManagedPolicyArns: arns,
    MaxSessionDuration: found?.MaxSessionDuration,
    Path: found?.Path,
    PermissionsBoundary: found?.PermissionsBoundary?.PermissionsBoundaryArn,
    RoleName: found?.RoleName,
  });
};

const bucket: Reader = async (call, { physicalId: Bucket }) => {
  await call.send(new HeadBucketCommand({ Bucket }));
  const { Status } = await call.send(new GetBucketVersioningCommand({ Bucket }));
  const access = await ifThere(call.send(new GetPublicAccessBlockCommand({ Bucket })));
  const { PublicAccessBlockConfiguration: wanted } = call.properties;
  const found = { ...access?.PublicAccessBlockConfiguration } as Record<string, boolean | undefined>;
  const blocks = Object.keys(isObject(wanted) ? wanted : {}).map((name) => [name, found[name] ?? false] as const);
  return stated(call, {
    BucketName: Bucket,
    VersioningConfiguration: { Status: Status ?? "Suspended" },
    PublicAccessBlockConfiguration: Object.fromEntries(blocks),
  });
};

const key: Reader = async (call, { physicalId: KeyId }) => {
  const { KeyMetadata: found } = await call.send(new DescribeKeyCommand({ KeyId }));
  if (found?.KeyState === "PendingDeletion") return undefined;
  const { KeyRotationEnabled } = await call.send(new GetKeyRotationStatusCommand({ KeyId }));
  return stated(call, {
    Description: found?.Description,
    Enabled: found?.Enabled,
    EnableKeyRotation: KeyRotationEnabled,
  });
};

const logGroup: Reader = async (call, { physicalId }) => {
  const { logGroups = [] } = await call.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: physicalId }));
  const found = logGroups.find(({ logGroupName }) => logGroupName === physicalId);
  if (!found) return undefined;
  return stated(call, { LogGroupName: physicalId, RetentionInDays: found.retentionInDays ?? "never" });
};

const topic: Reader = async (call, { physicalId: TopicArn }) => {
  const { Attributes: found = {} } = await call.send(new GetTopicAttributesCommand({ TopicArn }));
  return stated(call, { DisplayName: found.DisplayName ?? "", TopicName: TopicArn.split(":").at(-1) });
};

const parameter: Reader = async (call, { physicalId: Name }) => {
  const { Parameter: found } = await call.send(new GetParameterCommand({ Name }));
  return stated(call, { Name: found?.Name, Type: found?.Type, Value: found?.Value });
};

const alarm: Reader = async (call, { physicalId }) => {
  const { MetricAlarms: [found] = [] } = await call.send(new DescribeAlarmsCommand({ AlarmNames: [physicalId] }));
  if (!found) return undefined;
  const names = [
    "Namespace",
    "MetricName",
    "Statistic",
    "Period",
    "Threshold",
    "EvaluationPeriods",
    "AlarmDescription",
  ] as const;
  const values = names.map((name) => [name, found[name]] as const);
  const rest = { ComparisonOperator: found.ComparisonOperator, TreatMissingData: found.TreatMissingData };
  return stated(call, { AlarmName: physicalId, ...Object.fromEntries(values), ...rest });
};

export const readers: Readonly<Record<string, Reader>> = {
  "AWS::CloudWatch::Alarm": alarm,
  "AWS::IAM::Role": role,
  "AWS::KMS::Key": key,
  "AWS::Lambda::Function": lambdaFunction,
  "AWS::Logs::LogGroup": logGroup,
  "AWS::S3::Bucket": bucket,
  "AWS::SNS::Topic": topic,
  "AWS::SQS::Queue": queue,
  "AWS::SSM::Parameter": parameter,
};
