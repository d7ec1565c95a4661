import type { Json, JsonObject } from "../json.ts";
import { ref, sub } from "./values.ts";

/** One statement: `service`, its actions, and what they are allowed on. */
interface Statement {
  readonly service: string;
  /** Text stands for SAM's form without a list. */
  readonly actions: string | readonly string[];
  readonly on: Json;
  readonly condition?: JsonObject;
}

interface PolicyTemplate {
  readonly parameters: readonly string[];
  readonly statements: readonly Statement[];
}

const words = (text: string) => text.split(" ");
const ACCOUNT = "${AWS::Region}:${AWS::AccountId}";

/** The variable of a policy template's parameter: `TableName` is `${tableName}`. */
const variable = (parameter: string) => `${parameter.charAt(0).toLowerCase()}${parameter.slice(1)}`;

/** `arn("sqs", "${queueName}", "QueueName")`: an ARN in the stack's account, with parameters put in. */
function arn(service: string, resource: string, ...parameters: string[]): JsonObject {
  const where = service === "s3" ? ":" : ACCOUNT;
  const text = `arn:\${AWS::Partition}:${service}:${where}:${resource}`;
  if (parameters.length === 0) return sub(text);
  return sub(text, Object.fromEntries(parameters.map((name) => [variable(name), ref(name)])));
}

/** `Service` and actions in one text; `on` is every resource unless given. */
function allow(service: string, actions: string | readonly string[], on: Json = "*"): Statement {
  return { service, actions, on };
}

function template(parameters: string, ...statements: Statement[]): PolicyTemplate {
  return { parameters: parameters === "" ? [] : words(parameters), statements };
}

const TABLE = arn("dynamodb", "table/${tableName}", "TableName");
const INDEXES = arn("dynamodb", "table/${tableName}/index/*", "TableName");
const BACKUPS = arn("dynamodb", "table/${tableName}/backup/*", "TableName");
const BUCKET = arn("s3", "${bucketName}", "BucketName");
const OBJECTS = arn("s3", "${bucketName}/*", "BucketName");
const QUEUE = arn("sqs", "${queueName}", "QueueName");
const TOPIC = arn("sns", "${topicName}", "TopicName");
const KEY = arn("kms", "key/${keyId}", "KeyId");
const MACHINE = arn("states", "stateMachine:${stateMachineName}", "StateMachineName");
const BUS = arn("events", "event-bus/${eventBusName}", "EventBusName");
const SSM_READ = words("GetParameters GetParameter GetParametersByPath");

/**
 * SAM's policy templates for what this platform's services use; the others are refused by name.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html
 */
const TEMPLATES: Record<string, PolicyTemplate> = {
  AWSSecretsManagerGetSecretValuePolicy: template(
    "SecretArn",
    allow("secretsmanager", ["GetSecretValue"], sub("${secretArn}", { secretArn: ref("SecretArn") })),
  ),
  AWSSecretsManagerRotationPolicy: template(
    "FunctionName",
    {
      ...allow(
        "secretsmanager",
        words("DescribeSecret GetSecretValue PutSecretValue UpdateSecretVersionStage"),
        arn("secretsmanager", "secret:*"),
      ),
      condition: {
        StringEquals: {
          "secretsmanager:resource/AllowRotationLambdaArn": arn("lambda", "function:${functionName}", "FunctionName"),
        },
      },
    },
    allow("secretsmanager", ["GetRandomPassword"]),
  ),
  CloudFormationDescribeStacksPolicy: template(
    "",
    allow("cloudformation", ["DescribeStacks"], arn("cloudformation", "stack/*")),
  ),
  CloudWatchDashboardPolicy: template(
    "",
    allow("cloudwatch", words("GetDashboard ListDashboards PutDashboard ListMetrics")),
  ),
  CloudWatchDescribeAlarmHistoryPolicy: template("", allow("cloudwatch", ["DescribeAlarmHistory"])),
  CloudWatchPutMetricPolicy: template("", allow("cloudwatch", ["PutMetricData"])),
  CodePipelineLambdaExecutionPolicy: template(
    "",
    allow("codepipeline", words("PutJobSuccessResult PutJobFailureResult")),
  ),
  DynamoDBBackupFullAccessPolicy: template(
    "TableName",
    allow("dynamodb", words("CreateBackup DescribeContinuousBackups"), TABLE),
    allow("dynamodb", words("DeleteBackup DescribeBackup ListBackups"), BACKUPS),
  ),
  DynamoDBCrudPolicy: template(
    "TableName",
    allow(
      "dynamodb",
      words(
        "GetItem DeleteItem PutItem Scan Query UpdateItem BatchWriteItem BatchGetItem DescribeTable ConditionCheckItem",
      ),
      [TABLE, INDEXES],
    ),
  ),
  DynamoDBReadPolicy: template(
    "TableName",
    allow("dynamodb", words("GetItem Scan Query BatchGetItem DescribeTable"), [TABLE, INDEXES]),
  ),
  DynamoDBReconfigurePolicy: template("TableName", allow("dynamodb", ["UpdateTable"], TABLE)),
  DynamoDBRestoreFromBackupPolicy: template(
    "TableName",
    allow("dynamodb", ["RestoreTableFromBackup"], BACKUPS),
    allow("dynamodb", words("PutItem UpdateItem DeleteItem GetItem Query Scan BatchWriteItem"), TABLE),
  ),
  DynamoDBStreamReadPolicy: template(
    "StreamName TableName",
    allow(
      "dynamodb",
      words("DescribeStream GetRecords GetShardIterator"),
      arn("dynamodb", "table/${tableName}/stream/${streamName}", "StreamName", "TableName"),
    ),
    allow("dynamodb", ["ListStreams"], arn("dynamodb", "table/${tableName}/stream/*", "TableName")),
  ),
  DynamoDBWritePolicy: template(
    "TableName",
    allow("dynamodb", words("PutItem UpdateItem BatchWriteItem"), [TABLE, INDEXES]),
  ),
  EventBridgePutEventsPolicy: template("EventBusName", allow("events", "PutEvents", BUS)),
  FilterLogEventsPolicy: template(
    "LogGroupName",
    allow("logs", ["FilterLogEvents"], arn("logs", "log-group:${logGroupName}:log-stream:*", "LogGroupName")),
  ),
  KMSDecryptPolicy: template("KeyId", allow("kms", "Decrypt", KEY)),
  KMSEncryptPolicy: template("KeyId", allow("kms", "Encrypt", KEY)),
  KMSEncryptPolicy_v2: template(
    "KeyId",
    allow(
      "kms",
      words(
        "Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext",
      ),
      KEY,
    ),
  ),
  LambdaInvokePolicy: template(
    "FunctionName",
    allow("lambda", ["InvokeFunction"], arn("lambda", "function:${functionName}*", "FunctionName")),
  ),
  S3CrudPolicy: template(
    "BucketName",
    allow(
      "s3",
      words(
        "GetObject ListBucket GetBucketLocation GetObjectVersion PutObject PutObjectAcl GetLifecycleConfiguration PutLifecycleConfiguration DeleteObject",
      ),
      [BUCKET, OBJECTS],
    ),
  ),
  S3FullAccessPolicy: template(
    "BucketName",
    allow(
      "s3",
      words(
        "GetObject GetObjectAcl GetObjectVersion PutObject PutObjectAcl DeleteObject DeleteObjectTagging DeleteObjectVersionTagging GetObjectTagging GetObjectVersionTagging PutObjectTagging PutObjectVersionTagging",
      ),
      [OBJECTS],
    ),
    allow("s3", words("ListBucket GetBucketLocation GetLifecycleConfiguration PutLifecycleConfiguration"), [BUCKET]),
  ),
  S3ReadPolicy: template(
    "BucketName",
    allow("s3", words("GetObject ListBucket GetBucketLocation GetObjectVersion GetLifecycleConfiguration"), [
      BUCKET,
      OBJECTS,
    ]),
  ),
  S3WritePolicy: template(
    "BucketName",
    allow("s3", words("PutObject PutObjectAcl PutLifecycleConfiguration"), [BUCKET, OBJECTS]),
  ),
  SNSCrudPolicy: template(
    "TopicName",
    allow(
      "sns",
      words("ListSubscriptionsByTopic CreateTopic SetTopicAttributes Subscribe Publish"),
      arn("sns", "${topicName}*", "TopicName"),
    ),
  ),
  SNSPublishMessagePolicy: template("TopicName", allow("sns", ["Publish"], TOPIC)),
  SQSPollerPolicy: template(
    "QueueName",
    allow(
      "sqs",
      words(
        "ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch GetQueueAttributes ReceiveMessage",
      ),
      QUEUE,
    ),
  ),
  SQSSendMessagePolicy: template("QueueName", allow("sqs", ["SendMessage*"], QUEUE)),
  SSMParameterReadPolicy: template(
    "ParameterName",
    allow("ssm", ["DescribeParameters"]),
    allow("ssm", SSM_READ, arn("ssm", "parameter/${parameterName}", "ParameterName")),
  ),
  SSMParameterWithSlashPrefixReadPolicy: template(
    "ParameterName",
    allow("ssm", ["DescribeParameters"]),
    allow("ssm", SSM_READ, arn("ssm", "parameter${parameterName}", "ParameterName")),
  ),
  StepFunctionsCallbackPolicy: template(
    "StateMachineName",
    allow("states", words("SendTaskFailure SendTaskHeartbeat SendTaskSuccess"), MACHINE),
  ),
  StepFunctionsExecutionPolicy: template("StateMachineName", allow("states", ["StartExecution"], MACHINE)),
  StepFunctionsExecutionPolicy_v2: template(
    "StateMachineName",
    allow("states", words("StartExecution StartSyncExecution"), MACHINE),
  ),
  VPCAccessPolicy: template(
    "",
    allow(
      "ec2",
      words("CreateNetworkInterface DeleteNetworkInterface DescribeNetworkInterfaces DetachNetworkInterface"),
    ),
  ),
};

export const POLICY_TEMPLATES: readonly string[] = Object.keys(TEMPLATES);

/** Names of the parameters that a policy template must be given; undefined when there is no such template here. */
export function policyTemplateParameters(name: string): readonly string[] | undefined {
  return Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name]?.parameters : undefined;
}

/** The policy document of a template for the values of its parameters, which may be functions. */
export function policyFromTemplate(name: string, values: JsonObject): JsonObject {
  const put = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(put);
    if (typeof value !== "object" || value === null) return value;
    if (typeof value.Ref === "string") return values[value.Ref] ?? null;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, put(member)]));
  };
  const statements = (TEMPLATES[name]?.statements ?? []).map(({ service, actions, on, condition }): JsonObject => {
    const named = (action: string) => `${service}:${action}`;
    return {
      Effect: "Allow",
      Action: typeof actions === "string" ? named(actions) : actions.map(named),
      Resource: put(on),
      ...(condition ? { Condition: put(condition) } : {}),
    };
  });
  return { Statement: statements };
}
