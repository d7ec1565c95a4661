import { isEqual, isObject, type Json, type JsonObject } from "../../json.ts";
import { type Draft, draft } from "../context.ts";
import { destinationPolicy } from "../policies.ts";
import { propertyRules } from "../properties.ts";
import { isFunction, isTruthy, ref } from "../values.ts";
import { type Event, eventRefusal } from "./event.ts";

/** Properties that go to the event source mapping as they are. */
const PASSED_ON = (
  "StartingPosition StartingPositionTimestamp BatchSize Enabled MaximumBatchingWindowInSeconds MaximumRetryAttempts " +
  "BisectBatchOnFunctionError MaximumRecordAgeInSeconds ParallelizationFactor TumblingWindowInSeconds " +
  "FunctionResponseTypes FilterCriteria KmsKeyArn ScalingConfig ProvisionedPollerConfig MetricsConfig LoggingConfig"
).split(" ");

const KINDS = {
  any: "StartingPosition StartingPositionTimestamp KmsKeyArn",
  flag: "Enabled BisectBatchOnFunctionError",
  integer:
    "BatchSize MaximumBatchingWindowInSeconds MaximumRetryAttempts MaximumRecordAgeInSeconds ParallelizationFactor " +
    "TumblingWindowInSeconds",
  map: "DestinationConfig FilterCriteria ScalingConfig ProvisionedPollerConfig MetricsConfig LoggingConfig",
  list: "FunctionResponseTypes",
  unsupported:
    "Topics Queues SourceAccessConfigurations SecretsManagerKmsKeyId KafkaBootstrapServers ConsumerGroupId " +
    "SchemaRegistryConfig",
};
export const SQS = propertyRules({ ...KINDS, any: `${KINDS.any} Queue`, required: "Queue" });
export const DYNAMODB = propertyRules({ ...KINDS, any: `${KINDS.any} Stream`, required: "Stream StartingPosition" });

const SERVICE_ROLES = "arn:aws:iam::aws:policy/service-role/";

/** `SQS`: messages of a queue, in batches. */
export function expandSqs(event: Event): Draft[] {
  return [sourceMapping(event, event.properties.Queue ?? null, `${SERVICE_ROLES}AWSLambdaSQSQueueExecutionRole`)];
}

/** `DynamoDB`: changes of a table, in batches. */
export function expandDynamodb(event: Event): Draft[] {
  return [sourceMapping(event, event.properties.Stream ?? null, `${SERVICE_ROLES}AWSLambdaDynamoDBExecutionRole`)];
}

/** The mapping of a source that Lambda polls, by the function's role. */
function sourceMapping(event: Event, source: Json, policyArn: string): Draft {
  const { properties } = event;
  const { FilterCriteria: filter, DestinationConfig: destination } = properties;
  if (isObject(filter) && isTruthy(filter) && !isFunction(filter) && !isEqual(Object.keys(filter), ["Filters"])) {
    throw eventRefusal(event, "FilterCriteria field has a wrong format", "FilterCriteria");
  }
  const own: { [name: string]: Json | undefined } = { FunctionName: ref(event.target.id), EventSourceArn: source };
  for (const name of PASSED_ON) own[name] = properties[name];
  const policy = isObject(destination) && isTruthy(destination) ? failurePolicy(event, destination) : undefined;
  if (isTruthy(destination)) own.DestinationConfig = destination;
  if (event.role) {
    addManagedPolicy(event.role, policyArn);
    if (policy) addPolicy(event.role, policy);
  }
  return draft(event.id, "AWS::Lambda::EventSourceMapping", event.attributes, own);
}

/** Takes SAM's `Type` out of the destination, and says what the role needs for it. */
function failurePolicy(event: Event, destination: JsonObject): JsonObject | undefined {
  const { OnFailure: failure } = destination;
  if (!isObject(failure)) {
    throw eventRefusal(event, "Property 'DestinationConfig.OnFailure' should be a map.", "DestinationConfig");
  }
  const { Type: type, Destination: arn = null } = failure;
  if (!isTruthy(type)) return undefined;
  delete failure.Type;
  if (type === "Kafka") throw eventRefusal(event, "Kafka isn't supported as a destination.", "DestinationConfig");
  if (type === "SQS" || type === "SNS" || type === "S3") return destinationPolicy(type, event.id, arn);
  throw eventRefusal(
    event,
    "The only valid values for 'Type' are 'SQS', 'SNS', 'S3', and 'Kafka'",
    "DestinationConfig",
  );
}

function addManagedPolicy(role: Draft, arn: string): void {
  const { ManagedPolicyArns: known } = role.properties;
  const list = Array.isArray(known) ? known : [];
  if (!list.includes(arn)) role.properties.ManagedPolicyArns = [...list, arn];
}

/** Unless the role has that very document under another name. */
function addPolicy(role: Draft, policy: JsonObject): void {
  const { Policies: known } = role.properties;
  const list = Array.isArray(known) ? known : [];
  const isThere = list.some((other) => isObject(other) && isEqual(other.PolicyDocument, policy.PolicyDocument));
  if (!isThere) role.properties.Policies = [...list, policy];
}

/** The mapping of a queue that stands between a topic and the function. */
export function queueMapping(event: Event, queueArn: Json, batchSize: Json): Draft {
  const properties: JsonObject = { BatchSize: batchSize, Enabled: true };
  return sourceMapping(
    { ...event, id: `${event.id}EventSourceMapping`, properties },
    queueArn,
    `${SERVICE_ROLES}AWSLambdaSQSQueueExecutionRole`,
  );
}
