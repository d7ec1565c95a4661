import { isEqual, type Path } from "@turnpike/cloudformation";
import { isGivenIn, memberOf, membersOf, textOf } from "../branches.ts";
import { deadLettersIn } from "../dead-letters.ts";
import { type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { type Invoked, invokedBy, resourceOf } from "../targets.ts";
import { deadLetterFix } from "./dead-letter-fixes.ts";
import { judgeMapping } from "./event-source-mappings.ts";
import { judgeRule, judgeSchedule, judgeSubscription, judgeTopic } from "./failed-deliveries.ts";

/** Services that hand an event over and don't wait for what becomes of it. */
const ASYNCHRONOUS = /^(s3|sns|events|ses|config|logs|codecommit)\./;

/** Function and alias that are invoked without anyone waiting, each once. */
function invokedAsynchronously(subject: Subject): (Invoked & { readonly by: string })[] {
  const found = new Map<string, Invoked & { by: string }>();
  const add = (invoked: Invoked | undefined, by: string) => {
    if (invoked) found.set(`${invoked.function.id} ${invoked.qualified?.id ?? ""}`, { ...invoked, by });
  };
  for (const { properties } of subject.items("AWS::Lambda::Permission")) {
    const principal = textOf(properties.Principal) ?? "";
    if (ASYNCHRONOUS.test(principal)) add(invokedBy(subject, properties.FunctionName), principal);
  }
  for (const { properties } of subject.items("AWS::Scheduler::Schedule")) {
    add(invokedBy(subject, memberOf(properties.Target, "Arn")), "scheduler.amazonaws.com");
  }
  // IoT also waits for some functions, its authorizers.
  for (const { properties } of subject.items("AWS::IoT::TopicRule")) {
    for (const { value } of membersOf(memberOf(properties.TopicRulePayload, "Actions"))) {
      add(invokedBy(subject, memberOf(memberOf(value, "Lambda"), "FunctionArn")), "iot.amazonaws.com");
    }
  }
  return [...found.values()];
}

/** The function's settings for asynchronous invocations of what is invoked. Text that isn't known is taken for right. */
function invokeConfigOf(subject: Subject, { function: item, qualified }: Invoked): Item | undefined {
  return subject.items("AWS::Lambda::EventInvokeConfig").find(({ properties }) => {
    if (invokedBy(subject, properties.FunctionName)?.function.id !== item.id) return false;
    const { Qualifier: qualifier } = properties;
    if (textOf(qualifier) === undefined) return true;
    return isEqual(qualifier, qualified ? qualified.properties.Name : "$LATEST");
  });
}

function judgeFunction(subject: Subject, invoked: Invoked & { readonly by: string }): Found {
  const { function: item, qualified, by } = invoked;
  const config = invokeConfigOf(subject, invoked);
  if (item.properties.DeadLetterConfig !== undefined && isGivenIn(item.properties.DeadLetterConfig, "TargetArn"))
    return [];
  if (config && isGivenIn(memberOf(config.properties.DestinationConfig, "OnFailure"), "Destination")) return [];
  const { source } = item;
  const isServerless = source.type === "AWS::Serverless::Function";
  const madeRole = resourceOf(subject, item.properties.Role, "AWS::IAM::Role")?.source.id === source.id;
  const onFailure: Path = ["DestinationConfig", "OnFailure"];
  const fix = deadLetterFix(subject, {
    item,
    summary: "Keep the events that fail in a queue",
    sender: isServerless && madeRole ? { kind: "allowed" } : { kind: "role", arn: item.properties.Role },
    edits(arn) {
      const place = [...source.path, "EventInvokeConfig", ...onFailure];
      if (isServerless) return [{ path: place, value: { Type: "SQS", Destination: arn } }];
      if (config) return [{ path: [...config.path, ...onFailure], value: { Destination: arn } }];
      const qualifier = qualified ? (qualified.properties.Name ?? "$LATEST") : "$LATEST";
      const Properties = {
        FunctionName: { Ref: item.id },
        Qualifier: qualifier,
        DestinationConfig: { OnFailure: { Destination: arn } },
      };
      const value = { Type: "AWS::Lambda::EventInvokeConfig", Properties };
      return [{ path: ["Resources", `${item.id}Failures`], value }];
    },
  });
  const message = `An event of ${by} that ${item.id} fails at is lost when its tries are over.`;
  return [{ resource: item.id, at: item.path, message, ...(fix && { fix }) }];
}

function judgeQueue(subject: Subject, item: Item): Found {
  const { RedrivePolicy: redrive, RedriveAllowPolicy: allows, FifoQueue: fifo } = item.properties;
  if (redrive !== undefined && (textOf(redrive) !== undefined || isGivenIn(redrive, "deadLetterTargetArn"))) return [];
  const isForDeadLetters = deadLettersIn(subject).some(({ queue }) => queue?.id === item.id);
  if (isForDeadLetters || allows !== undefined) return [];
  const fix =
    item.source.type === item.type
      ? deadLetterFix(subject, {
          item,
          summary: "Set aside what failed five times",
          sender: { kind: "allowed" },
          fifo: fifo === true,
          edits: (arn) => [
            { path: [...item.path, "RedrivePolicy"], value: { deadLetterTargetArn: arn, maxReceiveCount: 5 } },
          ],
        })
      : undefined;
  const message = `A message of ${item.id} that can't be processed is tried until it expires, and then lost.`;
  return [{ resource: item.id, at: item.path, message, ...(fix && { fix }) }];
}

/**
 * Lambda itself bounds the tries of an asynchronous event (two more, six hours), EventBridge and its Scheduler those of
 * a delivery (a day), so that only streams must state them. Mail and text messages to people aren't meant. What invokes
 * a function asynchronously from its own code isn't seen here.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
 * https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
 */
export const failures: Rule = {
  id: "REL-2",
  pillar: "reliability",
  title: "Every asynchronous path ends somewhere",
  reason:
    "Nobody waits for the answer of an asynchronous call, so that what fails there disappears without a trace. A queue or a destination for failures keeps it until someone has looked.",
  effect: "block",
  check(subject) {
    const each = (type: string, judge: (subject: Subject, item: Item) => Found) =>
      subject.items(type).map((item) => () => judge(subject, item));
    const judges = [
      ...invokedAsynchronously(subject).map((invoked) => () => judgeFunction(subject, invoked)),
      ...each("AWS::Lambda::EventSourceMapping", judgeMapping),
      ...each("AWS::SQS::Queue", judgeQueue),
      ...each("AWS::Events::Rule", judgeRule),
      ...each("AWS::Scheduler::Schedule", judgeSchedule),
      ...each("AWS::SNS::Subscription", judgeSubscription),
      ...each("AWS::SNS::Topic", judgeTopic),
    ];
    return verdictOf(judges, (judge) => judge());
  },
};
