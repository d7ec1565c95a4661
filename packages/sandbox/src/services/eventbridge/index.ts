import type { PutEventsRequestEntry, PutEventsResultEntry } from "@aws-sdk/client-eventbridge";
import * as sdk from "@aws-sdk/client-eventbridge";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { matchesPattern, parsePattern } from "../../core/pattern.ts";
import { defineService, type Operations } from "../../core/service.ts";
import { type BusEvent, deliver } from "./deliver.ts";
import { busArn, DEFAULT_BUS, requireBus } from "./records.ts";
import { ruleOperations } from "./rule-operations.ts";

/**
 * Amazon EventBridge: the default bus of each account and region, rules by event pattern, SQS queues as targets (under
 * the queue's own policy) with dead-letter queues. Services of the sandbox put their `aws.*` events here in process;
 * from outside such a source is refused, as on AWS. Every match is also told by the signal `eventbridge.matched`.
 *
 * Gaps: no other buses, no schedules, archives, API destinations or pipes; other targets and InputTransformer answer
 * 501; a target is tried once; delivery is over when PutEvents answers, where AWS takes about half a second.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/
 */

const MOST_ENTRIES = 10;

function readEvent(context: Context, entry: PutEventsRequestEntry): BusEvent {
  requireBus(context, entry.EventBusName);
  const { Source: source, DetailType: detailType, Detail: detail = "" } = entry;
  if (!source)
    throw new AwsError("InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument.");
  if (!detailType) {
    throw new AwsError(
      "InvalidArgument",
      "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
    );
  }
  if (/^aws\./.test(source) && !context.internal) {
    throw new AwsError("NotAuthorizedForSourceException", "Not authorized for the source.");
  }
  return {
    version: "0",
    id: context.random.uuid(),
    "detail-type": detailType,
    source,
    account: context.account,
    time: (entry.Time ?? context.clock.now()).toISOString().replace(/\.\d+Z$/, "Z"),
    region: context.region,
    resources: entry.Resources ?? [],
    detail: readDetail(detail),
  };
}

function readDetail(text: string): Record<string, unknown> {
  try {
    const detail: unknown = JSON.parse(text);
    if (typeof detail === "object" && detail !== null && !Array.isArray(detail))
      return detail as Record<string, unknown>;
  } catch {
    // Told below, like a detail that is JSON but no object.
  }
  throw new AwsError("MalformedDetail", "Detail is malformed.");
}

const operations: Operations<typeof sdk> = {
  async PutEvents(context, { Entries: entries = [] }) {
    if (entries.length > MOST_ENTRIES) {
      throw new AwsError("ValidationException", `Entries must have at most ${MOST_ENTRIES} members.`);
    }
    const Entries: PutEventsResultEntry[] = [];
    for (const entry of entries) {
      try {
        const event = readEvent(context, entry);
        await deliver(context, event);
        Entries.push({ EventId: event.id });
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        Entries.push({ ErrorCode: error.code, ErrorMessage: error.message });
      }
    }
    return { FailedEntryCount: Entries.filter(({ ErrorCode }) => ErrorCode).length, Entries };
  },

  TestEventPattern(_context, { EventPattern = "", Event = "" }) {
    const event = readDetail(Event);
    return { Result: matchesPattern(parsePattern(EventPattern), event as never) };
  },

  DescribeEventBus(context, { Name }) {
    requireBus(context, Name);
    return { Name: DEFAULT_BUS, Arn: busArn(context) };
  },

  ListEventBuses: (context) => ({ EventBuses: [{ Name: DEFAULT_BUS, Arn: busArn(context) }] }),
};

export const eventBridge = defineService({
  sdk,
  client: "EventBridgeClient",
  operations: { ...operations, ...ruleOperations },
});
