import type { PutEventsRequestEntry, PutEventsResultEntry } from "@aws-sdk/client-eventbridge";
import * as sdk from "@aws-sdk/client-eventbridge";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { matchesPattern, parsePattern } from "../../core/pattern.ts";
import { policyAllows } from "../../core/policy.ts";
import { defineService, type Operations } from "../../core/service.ts";
import { busOperations } from "./bus-operations.ts";
import { deliver, outboxOf } from "./deliver.ts";
import { type BusEvent, findBus, policyOf } from "./records.ts";
import { ruleOperations } from "./rule-operations.ts";
import { startSchedules } from "./schedules.ts";
import { tagOperations } from "./tags.ts";

/**
 * Amazon EventBridge: buses with policies, in all accounts and regions; rules by event pattern, and by rate or cron on the
 * sandbox's clock; targets that are queues, functions, topics, state machines, log groups, pipelines, builds or other buses,
 * with input paths and transformers, retry policies kept on disk and dead-letter queues. Services of the sandbox put their
 * `aws.*` events here in process; from outside such a source is refused, as on AWS. Every match is also told by the signal
 * `eventbridge.matched`.
 *
 * Gaps, answered with 501: archives and replays, API destinations and connections, pipes, schemas, global endpoints, partner
 * sources, other targets. Delivery is first tried before PutEvents answers, where AWS takes about half a second. A log
 * group's resource policy isn't asked.
 * https://docs.aws.amazon.com/eventbridge/latest/APIReference/
 */

const MOST_ENTRIES = 10;

const LARGEST_BYTES = 1_048_576;

function readEvent(context: Context, entry: PutEventsRequestEntry): BusEvent {
  const { Source: source, DetailType: detailType, Detail: detail } = entry;
  if (!source)
    throw new AwsError("InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument.");
  if (!detailType) {
    throw new AwsError(
      "InvalidArgument",
      "Parameter DetailType is not valid. Reason: DetailType is a required argument.",
    );
  }
  if (!detail) {
    throw new AwsError("InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument.");
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

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
function sizeOf({ Time, Source = "", DetailType = "", Detail = "", Resources = [] }: PutEventsRequestEntry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), Time === undefined ? 0 : 14);
}

/**
 * Where an entry's bus is; undefined when there is none, which PutEvents tells nobody. Raises `AccessDeniedException` for
 * a bus of another account whose policy doesn't let the caller in.
 */
function busOf(context: Context, given: string | undefined) {
  const [, , , region = context.region, account = context.account] = given?.startsWith("arn:") ? given.split(":") : [];
  const isHere = account === context.account && region === context.region;
  const home = isHere ? context : context.runtime.contextFor(account, region);
  const bus = findBus(home, given);
  if (!bus || account === context.account) return bus && { home, name: bus.name };
  const policy = policyOf(bus);
  const request = { action: "events:PutEvents", resource: bus.arn, caller: context.caller };
  if (policy !== undefined && policyAllows(policy, request)) return { home, name: bus.name };
  const message = `User: ${context.caller.arn} is not authorized to perform: events:PutEvents on resource: ${bus.arn} because no resource-based policy allows the events:PutEvents action`;
  throw new AwsError("AccessDeniedException", message, { status: 400 });
}

const operations: Operations<typeof sdk> = {
  async PutEvents(context, { Entries: entries = [] }) {
    if (entries.length > MOST_ENTRIES) {
      const message = `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to ${MOST_ENTRIES}`;
      throw new AwsError("ValidationException", message);
    }
    if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > LARGEST_BYTES) {
      throw new AwsError("ValidationException", "Total size of the entries in the request is over the limit.");
    }
    const buses = entries.map(({ EventBusName }) => busOf(context, EventBusName));
    const Entries: PutEventsResultEntry[] = [];
    for (const [index, entry] of entries.entries()) {
      try {
        const event = readEvent(context, entry);
        const bus = buses[index];
        if (bus) await deliver(bus.home, bus.name, event);
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
};

export const eventBridge = defineService({
  sdk,
  client: "EventBridgeClient",
  operations: { ...operations, ...busOperations, ...ruleOperations, ...tagOperations },
  policyOf(runtime, arn) {
    const [, , , region = "", account = ""] = arn.split(":");
    const bus = arn.includes(":event-bus/") ? findBus(runtime.contextFor(account, region), arn) : undefined;
    return bus && policyOf(bus);
  },
  start(runtime) {
    const outbox = outboxOf(runtime);
    outbox.resume();
    const schedules = startSchedules(runtime);
    return {
      async stop() {
        outbox.stop();
        await schedules.stop();
      },
    };
  },
});
