import { intrinsicOf, isObject, type Json } from "@turnpike/cloudformation";
import { branchesOf, membersOf, textOf } from "../branches.ts";
import { type Fix, type Found, type Rule, verdictOf } from "../rule.ts";
import type { Item, Subject } from "../subject.ts";
import { invokedBy, resourceOf } from "../targets.ts";
import { placeOf, writtenEvent } from "../written-event.ts";

const BY_ITEM = "ReportBatchItemFailures";
/** AWS's advice: time for a batch, its retries while the function is throttled, and the batch window. */
const TIMES = 6;
const DEFAULT_TIMEOUT_S = 3;
const DEFAULT_VISIBILITY_S = 30;

/** A number that is written as such; `"unknown"` where something is put in on deployment. */
function numberOf(value: Json | undefined, fallback: number): number | "unknown" {
  if (value === undefined) return fallback;
  const number = intrinsicOf(value) || isObject(value) ? Number.NaN : Number(value);
  return Number.isFinite(number) ? number : "unknown";
}

function judgeReports(subject: Subject, item: Item, name: string): Found {
  const { properties, path } = item;
  const types = membersOf(properties.FunctionResponseTypes).map(({ value }) => textOf(value));
  const isOne = branchesOf(properties.BatchSize).every(({ value }) => textOf(value) === "1");
  if (types.includes(BY_ITEM) || isOne) return [];
  const place = writtenEvent(item)?.path ?? path;
  const edits = [{ path: [...place, "FunctionResponseTypes"], value: [BY_ITEM] }];
  const fix: Fix = { summary: "Let it say which items failed (its code must answer batchItemFailures)", edits };
  const message = `When ${name} fails at one item of a batch (${item.id}), it is given all of them again.`;
  return [{ resource: item.id, at: placeOf(subject, item, path), message, fix }];
}

function judgeVisibility(subject: Subject, item: Item, reader: Item): Found {
  const queue = resourceOf(subject, item.properties.EventSourceArn, "AWS::SQS::Queue");
  if (!queue) return [];
  const timeout = numberOf(reader.properties.Timeout, DEFAULT_TIMEOUT_S);
  const visibility = numberOf(queue.properties.VisibilityTimeout, DEFAULT_VISIBILITY_S);
  if (timeout === "unknown" || visibility === "unknown") {
    return [
      { look: `That the messages of ${queue.id} stay hidden ${TIMES} times as long as ${reader.source.id} may take.` },
    ];
  }
  if (visibility >= TIMES * timeout) return [];
  const edits = [{ path: [...queue.source.path, "VisibilityTimeout"], value: TIMES * timeout }];
  const fix = { summary: `Hide them ${TIMES * timeout} seconds`, edits };
  const message = `A message of ${queue.id} is hidden ${visibility} s while ${reader.source.id}, which may take ${timeout} s, works on it.`;
  return [{ resource: queue.id, at: queue.path, message, ...(queue.source.type === queue.type && { fix }) }];
}

function judge(subject: Subject, item: Item): Found {
  const reader = invokedBy(subject, item.properties.FunctionName)?.function;
  const reports = judgeReports(subject, item, reader?.source.id ?? item.id);
  return reader ? [...reports, ...judgeVisibility(subject, item, reader)] : reports;
}

/** Brokers (Amazon MQ) and DocumentDB hand over batches that can't be answered in part. */
const canReport = ({ properties }: Item) =>
  properties.Queues === undefined && properties.DocumentDBEventSourceConfig === undefined;

/**
 * That the code answers with the items that failed is seen in the code. Streams go on after a batch that was split or
 * reported; that they give up in time is REL-2's matter.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
 */
export const partialFailures: Rule = {
  id: "REL-5",
  pillar: "reliability",
  title: "Batches fail by item",
  reason:
    "One message that can't be processed makes the others of its batch come again, and their work is done twice. A function that names what failed gets only that again, if it is hidden long enough.",
  effect: "warn",
  check(subject) {
    const mappings = subject.items("AWS::Lambda::EventSourceMapping").filter(canReport);
    return verdictOf(mappings, (item) => judge(subject, item));
  },
};
