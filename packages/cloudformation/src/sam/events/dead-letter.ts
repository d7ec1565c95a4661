import { isObject, type Json } from "../../json.ts";
import { type Draft, draft } from "../context.ts";
import { refuseUnknownKeys } from "../properties.ts";
import { getAtt, ref } from "../values.ts";
import { type Event, eventRefusal } from "./event.ts";

/**
 * `DeadLetterConfig`: the queue that is named, or a queue that is made. `ruleArn` is the rule that may write to a made
 * queue; a schedule writes by its own role instead.
 */
export function deadLetterQueue(event: Event, config: Json, ruleArn: Json | undefined): { arn: Json; drafts: Draft[] } {
  if (!isObject(config)) throw eventRefusal(event, "DeadLetterConfig must be a map.", "DeadLetterConfig");
  const where = [...event.path, "DeadLetterConfig"];
  refuseUnknownKeys(event.transform.findings, where, "DeadLetterConfig", config, "Arn Type QueueLogicalId");
  const { Arn: arn, Type: type, QueueLogicalId: queueId } = config;
  if (arn !== undefined && type !== undefined) {
    throw eventRefusal(
      event,
      "You can either define 'Arn' or 'Type' property of DeadLetterConfig.",
      "DeadLetterConfig",
    );
  }
  if (type !== undefined && type !== "SQS") {
    const message = "The only valid value for 'Type' property of DeadLetterConfig is 'SQS'.";
    throw eventRefusal(event, message, "DeadLetterConfig");
  }
  if (arn !== undefined) return { arn, drafts: [] };
  if (type === undefined) {
    throw eventRefusal(event, "No 'Arn' or 'Type' property provided for DeadLetterConfig.", "DeadLetterConfig");
  }
  if (queueId !== undefined && typeof queueId !== "string") {
    throw eventRefusal(event, "QueueLogicalId must be a string", "DeadLetterConfig");
  }
  const queue = draft(queueId || `${event.id}Queue`, "AWS::SQS::Queue", event.attributes, {});
  const queueArn = getAtt(queue.id, "Arn");
  if (ruleArn === undefined) return { arn: queueArn, drafts: [queue] };
  const statement = {
    Action: "sqs:SendMessage",
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Resource: queueArn,
    Condition: { ArnEquals: { "aws:SourceArn": ruleArn } },
  };
  const policy = draft(`${event.id}QueuePolicy`, "AWS::SQS::QueuePolicy", event.attributes, {
    PolicyDocument: { Version: "2012-10-17", Statement: [statement] },
    Queues: [ref(queue.id)],
  });
  return { arn: queueArn, drafts: [queue, policy] };
}
