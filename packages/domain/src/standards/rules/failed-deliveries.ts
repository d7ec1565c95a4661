import { isGivenIn, memberOf, membersOf, textOf } from "../branches.ts";
import type { Violation } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { resourceOf } from "../targets.ts";
import { placeOf, writtenEvent } from "../written-event.ts";
import { deadLetterFix } from "./dead-letter-fixes.ts";

// REL-2's part for what EventBridge, its Scheduler and SNS deliver.

type Found = readonly Violation[];

export function judgeRule(subject: Subject, item: Item): Found {
  const event = writtenEvent(item);
  return membersOf(item.properties.Targets, [...item.path, "Targets"]).flatMap(({ value: target, path }): Found => {
    if (isGivenIn(memberOf(target, "DeadLetterConfig"), "Arn")) return [];
    const fix = deadLetterFix(subject, {
      item,
      summary: "Keep the events that can't be delivered in a queue",
      sender: { kind: "service", name: "events.amazonaws.com", arn: { "Fn::GetAtt": [item.id, "Arn"] } },
      edits: (arn) => [{ path: [...(event?.path ?? path), "DeadLetterConfig"], value: { Arn: arn } }],
    });
    const message = `An event of ${item.id} that can't be delivered within a day is lost.`;
    return [{ resource: item.id, at: placeOf(subject, item, path), message, ...(fix && { fix }) }];
  });
}

export function judgeSchedule(subject: Subject, item: Item): Found {
  const { Target: target } = item.properties;
  if (isGivenIn(memberOf(target, "DeadLetterConfig"), "Arn")) return [];
  const event = writtenEvent(item);
  const role = memberOf(target, "RoleArn");
  const isMade = event !== undefined && resourceOf(subject, role)?.id === `${item.id}Role`;
  const fix = deadLetterFix(subject, {
    item,
    summary: "Keep the runs that can't be started in a queue",
    sender: isMade ? { kind: "allowed" } : { kind: "role", arn: role },
    edits: (arn) => [{ path: [...(event?.path ?? [...item.path, "Target"]), "DeadLetterConfig"], value: { Arn: arn } }],
  });
  const message = `A run of ${item.id} that can't be started within a day is lost.`;
  return [{ resource: item.id, at: placeOf(subject, item, [...item.path, "Target"]), message, ...(fix && { fix }) }];
}

const BY_MACHINES = ["lambda", "sqs", "firehose", "http", "https"];

export function judgeSubscription(subject: Subject, item: Item): Found {
  const { Protocol: protocol, RedrivePolicy: redrive, TopicArn: topic } = item.properties;
  if (!BY_MACHINES.includes(textOf(protocol) ?? "lambda")) return [];
  if (redrive !== undefined && (textOf(redrive) !== undefined || isGivenIn(redrive, "deadLetterTargetArn"))) return [];
  const event = writtenEvent(item);
  const fix = deadLetterFix(subject, {
    item,
    summary: "Keep the messages that can't be delivered in a queue",
    sender: { kind: "service", name: "sns.amazonaws.com", arn: topic ?? null },
    fifo: resourceOf(subject, topic, "AWS::SNS::Topic")?.properties.FifoTopic === true,
    edits: (arn) => [{ path: [...(event?.path ?? item.path), "RedrivePolicy"], value: { deadLetterTargetArn: arn } }],
  });
  const message = `A message to ${item.id} that can't be delivered is lost.`;
  return [{ resource: item.id, at: placeOf(subject, item, item.path), message, ...(fix && { fix }) }];
}

/** A subscription that stands in its topic can't say where undelivered messages go. */
export function judgeTopic(_subject: Subject, item: Item): Found {
  return membersOf(item.properties.Subscription, [...item.path, "Subscription"]).flatMap(({ value, path }): Found => {
    if (!BY_MACHINES.includes(textOf(memberOf(value, "Protocol")) ?? "lambda")) return [];
    const message = `A message of ${item.id} that can't be delivered is lost: a subscription within a topic has no redrive policy.`;
    return [{ resource: item.id, at: path, message }];
  });
}
