import { isObject, type Json } from "../../json.ts";
import { type Draft, draft } from "../context.ts";
import { propertyRules, refuseUnknownKeys } from "../properties.ts";
import { getAtt, isTruthy, ref, referredId, resolveParameters } from "../values.ts";
import { type Event, eventRefusal } from "./event.ts";
import { permission } from "./permission.ts";
import { queueMapping } from "./stream.ts";

export const SNS = propertyRules({
  text: "Topic Region",
  any: "FilterPolicy FilterPolicyScope",
  flagOrMap: "SqsSubscription",
  map: "RedrivePolicy",
  required: "Topic",
});

/** SAM's own size of a batch when none is given. */
const BATCH_SIZE = 10;

/** `SNS`: messages of a topic, straight to the function or by way of a queue. */
export function expandSns(event: Event): Draft[] {
  const { properties } = event;
  const { Topic: topic = null, SqsSubscription: queue } = properties;
  if (!isTruthy(queue)) {
    return [permission(event, "sns.amazonaws.com", topic), subscription(event, "lambda", event.target.arn)];
  }
  if (queue === true) {
    const made = draft(`${event.id}Queue`, "AWS::SQS::Queue", event.attributes, { FifoQueue: isFifo(event, topic) });
    const arn = getAtt(made.id, "Arn");
    return [
      queueMapping(event, arn, BATCH_SIZE),
      made,
      queuePolicy(event, `${event.id}QueuePolicy`, arn, ref(made.id)),
      subscription(event, "sqs", arn),
    ];
  }
  if (!isObject(queue)) throw eventRefusal(event, "Property 'SqsSubscription' should be a map.", "SqsSubscription");
  const where = [...event.path, "SqsSubscription"];
  const known = "BatchSize Enabled QueueArn QueuePolicyLogicalId QueueUrl";
  refuseUnknownKeys(event.transform.findings, where, "SqsSubscription", queue, known);
  const { QueueArn: arn, QueueUrl: url, QueuePolicyLogicalId: policyId, BatchSize: batchSize } = queue;
  if (!isTruthy(arn) || !isTruthy(url)) {
    throw eventRefusal(event, "No QueueARN or QueueURL provided.", "SqsSubscription");
  }
  const id = isTruthy(policyId) ? String(policyId) : `${event.id}QueuePolicy`;
  return [
    // Enabled whatever the subscription says: so is SAM.
    queueMapping(event, arn, isTruthy(batchSize) ? batchSize : BATCH_SIZE),
    queuePolicy(event, id, arn, url),
    subscription(event, "sqs", arn),
  ];
}

/** A queue between must be of the topic's kind. */
function isFifo(event: Event, topic: Json): Json | undefined {
  const id = referredId(topic);
  const properties = id === undefined ? undefined : event.transform.sources.get(id)?.properties;
  if (properties?.FifoTopic === undefined) return undefined;
  const fifo = resolveParameters(properties.FifoTopic, event.transform.parameters);
  return isTruthy(fifo) ? fifo : undefined;
}

function subscription(event: Event, protocol: "lambda" | "sqs", endpoint: Json): Draft {
  const { Topic, Region, FilterPolicy, FilterPolicyScope, RedrivePolicy } = event.properties;
  return draft(event.id, "AWS::SNS::Subscription", event.attributes, {
    Protocol: protocol,
    Endpoint: endpoint,
    TopicArn: Topic,
    Region,
    FilterPolicy,
    FilterPolicyScope,
    RedrivePolicy,
  });
}

function queuePolicy(event: Event, id: string, arn: Json, url: Json): Draft {
  const statement = {
    Action: "sqs:SendMessage",
    Effect: "Allow",
    Principal: "*",
    Resource: arn,
    Condition: { ArnEquals: { "aws:SourceArn": event.properties.Topic ?? null } },
  };
  return draft(id, "AWS::SQS::QueuePolicy", event.attributes, {
    PolicyDocument: { Version: "2012-10-17", Statement: [statement] },
    Queues: [url],
  });
}
