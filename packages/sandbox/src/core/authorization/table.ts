/*
 * What AWS calls things in policies where that differs from "prefix of the service + name of the operation, on the resource
 * that its input names". https://docs.aws.amazon.com/service-authorization/latest/reference/
 */

type Input = Readonly<Record<string, unknown>>;

/** Prefix of a service's actions and ARNs, where it isn't the name in its signatures. */
export const PREFIXES: Readonly<Record<string, string>> = { monitoring: "cloudwatch" };

/** Services that ask by `Context.authorize` themselves. */
export const ASKS_ITSELF: ReadonlySet<string> = new Set(["s3", "kms", "sts"]);

/** Operations with an action of another name. */
const ACTIONS: Readonly<Record<string, string>> = {
  "dynamodb:BatchExecuteStatement": "PartiQLSelect",
  "dynamodb:ExecuteStatement": "PartiQLSelect",
  "dynamodb:ExecuteTransaction": "PartiQLSelect",
  "dynamodb:TransactGetItems": "GetItem",
  "lambda:Invoke": "InvokeFunction",
  "lambda:InvokeAsync": "InvokeFunction",
  "lambda:InvokeWithResponseStream": "InvokeFunction",
  "sns:PublishBatch": "Publish",
  "sqs:ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
  "sqs:DeleteMessageBatch": "DeleteMessage",
  "sqs:SendMessageBatch": "SendMessage",
  "xray:PutTelemetryRecords": "PutTelemetryRecords",
};

const WRITES = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem",
} as const;

export function actionsOf(service: string, operation: string, input: Input): string[] {
  if (service === "dynamodb" && operation === "TransactWriteItems") {
    const items = (input.TransactItems ?? []) as Input[];
    const kinds = Object.entries(WRITES).filter(([kind]) => items.some((item) => item[kind] !== undefined));
    return kinds.map(([, action]) => action);
  }
  return [ACTIONS[`${service}:${operation}`] ?? operation];
}

/** A member that names the resource; the first one that is given counts. */
export interface Field {
  readonly member: string;
  /** What follows the scope (`arn:aws:lambda:eu-west-1:111111111111:`), `{}` for the value; an ARN given is taken as it is. */
  readonly resource: string | ((value: string, input: Input, scope: string) => string | undefined);
  readonly only?: RegExp;
}

const field = (member: string, resource: Field["resource"], only?: RegExp): Field => ({
  member,
  resource,
  ...(only ? { only } : {}),
});

/** `orders`, `orders:live`, `111111111111:function:orders`, an ARN: a function's ARN, with its qualifier. */
export function functionArn(value: string, input: Input, scope: string): string {
  const name = value.startsWith("arn:") ? value : `${scope}function:${value.replace(/^(\d{12}:)?function:/, "")}`;
  const isQualified = name.split(":").length > 7;
  return typeof input.Qualifier === "string" && !isQualified ? `${name}:${input.Qualifier}` : name;
}

/** `http://…/111111111111/orders` */
function queueArn(value: string, _input: Input, scope: string): string {
  const [account = "", name = ""] = value.split("/").slice(-2);
  return `${scope.replace(/\d{12}:$/, `${account}:`)}${name}`;
}

function ruleArn(value: string, input: Input, scope: string): string {
  const bus = typeof input.EventBusName === "string" ? input.EventBusName.split("/").at(-1) : "default";
  return bus === "default" ? `${scope}rule/${value}` : `${scope}rule/${bus}/${value}`;
}

/** `/orders/url` and `orders` are `parameter/orders/url` and `parameter/orders`. */
const parameterArn = (value: string, _input: Input, scope: string) =>
  value.startsWith("arn:") ? value : `${scope}parameter/${value.split(":")[0]?.replace(/^\//, "")}`;

const stackArn = (value: string, _input: Input, scope: string) =>
  value.startsWith("arn:") ? value : `${scope}stack/${value}/*`;

const tableArn = (value: string, input: Input, scope: string) => {
  const table = value.startsWith("arn:") ? value : `${scope}table/${value}`;
  return typeof input.IndexName === "string" ? `${table}/index/${input.IndexName}` : table;
};

const pipelineArn = (value: string, input: Input, scope: string) =>
  [scope + value, input.stageName, input.actionName].filter(Boolean).join("/");

/** Name in `pipeline: { name }`, `Target`s and the like isn't looked for: what a service's inputs name at their top is. */
export const RESOURCES: Readonly<Record<string, readonly Field[]>> = {
  // A scalable target's ARN has an id that no input tells.
  "application-autoscaling": [field("ServiceNamespace", () => undefined)],
  cloudformation: [field("StackName", stackArn), field("ChangeSetName", () => undefined), field("StackId", stackArn)],
  codebuild: [
    field("projectName", "project/{}"),
    field("name", "project/{}"),
    field("reportArn", "{}"),
    field("reportGroupArn", "{}"),
  ],
  codepipeline: [field("resourceArn", "{}"), field("pipelineName", pipelineArn), field("name", pipelineArn)],
  "codestar-connections": [field("ConnectionArn", "{}"), field("ResourceArn", "{}"), field("HostArn", "{}")],
  codedeploy: [
    field(
      "deploymentGroupName",
      (value, input, scope) => `${scope}deploymentgroup:${String(input.applicationName)}/${value}`,
    ),
    field("applicationName", "application:{}"),
    // Judged on the deployment's group, which only its record tells.
    field("deploymentId", () => undefined),
    field("deploymentConfigName", "deploymentconfig:{}"),
  ],
  dynamodb: [field("TableName", tableArn), field("ResourceArn", "{}"), field("StreamArn", "{}")],
  events: [
    field("Rule", ruleArn),
    field("Name", ruleArn, /Rule$/),
    field("Name", "event-bus/{}", /EventBus$/),
    field("ResourceARN", "{}"),
    field("ArchiveName", "archive/{}"),
    field("EventBusName", "event-bus/{}", /Permission$/),
  ],
  lambda: [
    field("FunctionName", functionArn),
    field("UUID", "event-source-mapping:{}"),
    field("LayerName", "layer:{}"),
    field("Resource", "{}"),
  ],
  logs: [
    field(
      "logGroupName",
      (value, input, scope) =>
        `${scope}log-group:${value}${typeof input.logStreamName === "string" ? `:log-stream:${input.logStreamName}` : ":*"}`,
      /^(PutLogEvents|GetLogEvents|CreateLogStream|DeleteLogStream)$/,
    ),
    field("logGroupName", "log-group:{}:*"),
    field("logGroupIdentifier", (value, _input, scope) =>
      value.startsWith("arn:") ? `${value.replace(/:\*$/, "")}:*` : `${scope}log-group:${value}:*`,
    ),
    field("logGroupNamePrefix", (_value, _input, scope) => `${scope}log-group:*`),
    field("resourceArn", "{}"),
  ],
  monitoring: [
    field("AlarmName", "alarm:{}"),
    field("DashboardName", (value, _input, scope) => `arn:aws:cloudwatch::${scope.split(":")[4]}:dashboard/${value}`),
    field("ResourceARN", "{}"),
  ],
  rds: [
    field("DBClusterIdentifier", "cluster:{}"),
    field("DBInstanceIdentifier", "db:{}"),
    field("DBSubnetGroupName", "subgrp:{}"),
    field("DBClusterSnapshotIdentifier", "cluster-snapshot:{}"),
    field("ResourceName", "{}"),
    // A proxy's ARN has an id that its name doesn't tell.
    field("DBProxyName", () => undefined),
  ],
  scheduler: [
    field("ResourceArn", "{}"),
    field("Name", "schedule-group/{}", /Group$/),
    field(
      "Name",
      (value, input, scope) =>
        `${scope}schedule/${typeof input.GroupName === "string" ? input.GroupName : "default"}/${value}`,
    ),
  ],
  sns: [
    field("TopicArn", "{}"),
    field("TargetArn", "{}"),
    field("ResourceArn", "{}"),
    field("SubscriptionArn", (value) => value.split(":").slice(0, 6).join(":")),
    field("Name", "{}"),
  ],
  sqs: [field("QueueUrl", queueArn), field("QueueName", "{}")],
  ssm: [field("Name", parameterArn, /Parameter/), field("Path", parameterArn), field("ResourceId", parameterArn)],
  states: [
    field("stateMachineArn", (value) => value.split(":").slice(0, 7).join(":")),
    field("executionArn", "{}"),
    field("resourceArn", "{}"),
    field("activityArn", "{}"),
    field("name", "stateMachine:{}", /^CreateStateMachine$/),
    field("name", "activity:{}", /^CreateActivity$/),
  ],
  secretsmanager: [field("SecretId", secretArn), field("Name", "secret:{}-??????")],
};

/** A secret's ARN ends in six characters that its name doesn't tell; only a name that was given in full is sure. */
function secretArn(value: string, _input: Input, scope: string): string {
  return value.startsWith("arn:") ? value : `${scope}secret:${value}-??????`;
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

/** Operations on several resources at once. */
export const SEVERAL: Readonly<Record<string, (input: Input, scope: string) => (string | undefined)[]>> = {
  "ssm:GetParameters": (input, scope) => texts(input.Names).map((name) => parameterArn(name, input, scope)),
  "ssm:DeleteParameters": (input, scope) => texts(input.Names).map((name) => parameterArn(name, input, scope)),
  "events:PutEvents": (input, scope) => {
    const buses = ((input.Entries ?? []) as Input[]).map(({ EventBusName: name }) =>
      typeof name === "string" ? name : "default",
    );
    return [...new Set(buses)].map((name) => (name.startsWith("arn:") ? name : `${scope}event-bus/${name}`));
  },
  "dynamodb:BatchGetItem": (input, scope) =>
    Object.keys((input.RequestItems ?? {}) as object).map((name) => tableArn(name, {}, scope)),
  "dynamodb:BatchWriteItem": (input, scope) =>
    Object.keys((input.RequestItems ?? {}) as object).map((name) => tableArn(name, {}, scope)),
  "dynamodb:TransactGetItems": transactTables,
  "dynamodb:TransactWriteItems": transactTables,
  "monitoring:DeleteAlarms": (input, scope) => texts(input.AlarmNames).map((name) => `${scope}alarm:${name}`),
  "monitoring:EnableAlarmActions": (input, scope) => texts(input.AlarmNames).map((name) => `${scope}alarm:${name}`),
  "monitoring:DisableAlarmActions": (input, scope) => texts(input.AlarmNames).map((name) => `${scope}alarm:${name}`),
  "monitoring:DescribeAlarms": (input, scope) => {
    const names = texts(input.AlarmNames);
    return names.length > 0 ? names.map((name) => `${scope}alarm:${name}`) : [`${scope}alarm:*`];
  },
  "monitoring:DescribeAlarmHistory": (input, scope) => [
    `${scope}alarm:${typeof input.AlarmName === "string" ? input.AlarmName : "*"}`,
  ],
  "logs:DescribeLogGroups": (_input, scope) => [`${scope}log-group:*`],
  "logs:StartQuery": (input, scope) =>
    [...texts(input.logGroupNames), ...texts(input.logGroupIdentifiers), ...texts([input.logGroupName])].map(
      (name) => `${name.startsWith("arn:") ? name.replace(/:\*$/, "") : `${scope}log-group:${name}`}:*`,
    ),
  "cloudformation:DescribeStacks": (input, scope) => [
    typeof input.StackName === "string" ? stackArn(input.StackName, input, scope) : `${scope}stack/*`,
  ],
  "cloudformation:ValidateTemplate": () => ["*"],
  "codepipeline:CreatePipeline": (input, scope) => [`${scope}${String((input.pipeline as Input | undefined)?.name)}`],
  "codepipeline:UpdatePipeline": (input, scope) => [`${scope}${String((input.pipeline as Input | undefined)?.name)}`],
  "codebuild:BatchGetBuilds": (input, scope) => texts(input.ids).map((id) => `${scope}project/${id.split(":")[0]}`),
  "codebuild:BatchGetProjects": (input, scope) => texts(input.names).map((name) => `${scope}project/${name}`),
  "codebuild:BatchGetReports": (input) =>
    texts(input.reportArns).map((arn) => arn.replace(/:report\//, ":report-group/").replace(/:[^:/]*$/, "")),
  "codebuild:StopBuild": (input, scope) => texts([input.id]).map((id) => `${scope}project/${id.split(":")[0]}`),
  // A statement about any secret lets lists pass; what they show is names.
  "secretsmanager:BatchGetSecretValue": () => ["*"],
  // The mapping is what is made; the function is known to conditions alone.
  "lambda:CreateEventSourceMapping": () => ["*"],
  "lambda:ListEventSourceMappings": () => ["*"],
};

function transactTables(input: Input, scope: string): string[] {
  const items = (input.TransactItems ?? []) as Record<string, Input | undefined>[];
  const names = items.flatMap((item) => Object.values(item).map((one) => String(one?.TableName)));
  return [...new Set(names)].map((name) => tableArn(name, {}, scope));
}

interface Passing {
  readonly service: string;
  readonly roles: (input: Input) => string[];
}

const at =
  (...path: string[]) =>
  (input: Input): string[] => {
    let value: unknown = input;
    for (const step of path) value = (value as Input | undefined)?.[step];
    return typeof value === "string" && value !== "" ? [value] : [];
  };

const passing = (service: string, roles: Passing["roles"]): Passing => ({ service: `${service}.amazonaws.com`, roles });

/** Where a role is handed to a service. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html */
export const PASSED_ROLES: Readonly<Record<string, Passing>> = {
  "cloudformation:CreateStack": passing("cloudformation", at("RoleARN")),
  "cloudformation:UpdateStack": passing("cloudformation", at("RoleARN")),
  "cloudformation:DeleteStack": passing("cloudformation", at("RoleARN")),
  "cloudformation:CreateChangeSet": passing("cloudformation", at("RoleARN")),
  "codebuild:CreateProject": passing("codebuild", at("serviceRole")),
  "codebuild:UpdateProject": passing("codebuild", at("serviceRole")),
  "codedeploy:CreateDeploymentGroup": passing("codedeploy", at("serviceRoleArn")),
  "codedeploy:UpdateDeploymentGroup": passing("codedeploy", at("serviceRoleArn")),
  "codepipeline:CreatePipeline": passing("codepipeline", at("pipeline", "roleArn")),
  "codepipeline:UpdatePipeline": passing("codepipeline", at("pipeline", "roleArn")),
  "events:PutRule": passing("events", at("RoleArn")),
  "events:PutTargets": passing("events", (input) => [
    ...new Set(((input.Targets ?? []) as Input[]).flatMap(at("RoleArn"))),
  ]),
  "lambda:CreateFunction": passing("lambda", at("Role")),
  "lambda:UpdateFunctionConfiguration": passing("lambda", at("Role")),
  "scheduler:CreateSchedule": passing("scheduler", at("Target", "RoleArn")),
  "scheduler:UpdateSchedule": passing("scheduler", at("Target", "RoleArn")),
  "states:CreateStateMachine": passing("states", at("roleArn")),
  "states:UpdateStateMachine": passing("states", at("roleArn")),
};
