import { gzipSync } from "node:zlib";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { statement } from "../../core/statements.ts";
import { compilePattern } from "./filter-pattern.ts";
import { groupArn, type Line, type Stream } from "./records.ts";
import { type SubscriptionRecord, subscriptionsOf } from "./subscription-filters.ts";

/** Lines of one PutLogEvents that are still to be sent to a function: kept with the lines, so that a crash loses none. */
interface Delivery {
  readonly filter: SubscriptionRecord;
  readonly stream: string;
  readonly streamId: number;
  readonly first: number;
  readonly last: number;
}

const deliveries = (context: Context) => context.collection<Delivery>("deliveries");
const working = new WeakMap<ServiceRuntime, Promise<void>>();
/** Of one invocation, as of AWS's batches. */
const MOST_LINES = 1000;

/** Call it in the transaction that keeps the lines. */
export function noteDeliveries(context: Context, group: string, stream: Stream, lines: readonly Line[]): void {
  const [first, last] = [lines[0], lines.at(-1)];
  if (!first || !last) return;
  for (const filter of subscriptionsOf(context, group)) {
    const pattern = compilePattern(filter.pattern);
    if (!lines.some(({ message }) => pattern.matches(message))) continue;
    const key = `${String(first.ordinal).padStart(15, "0")} ${filter.name}`;
    const range = { first: first.ordinal, last: last.ordinal };
    deliveries(context).put(key, { filter, stream: stream.name, streamId: stream.id, ...range });
  }
}

/** In the background, in the order of the lines; a function that refuses is logged, and its lines are lost to it. */
export function startDelivering(context: Context): Promise<void> {
  const before = working.get(context.runtime) ?? Promise.resolve();
  const now = before.then(async () => {
    for (const { key, value } of deliveries(context).list()) {
      await deliver(context, value);
      deliveries(context).delete(key);
    }
  });
  working.set(context.runtime, now);
  return now;
}

export const delivered = (runtime: ServiceRuntime) => working.get(runtime) ?? Promise.resolve();

async function deliver(context: Context, { filter, stream, streamId, first, last }: Delivery): Promise<void> {
  const pattern = compilePattern(filter.pattern);
  const rows = statement(
    context.store.sql,
    "SELECT ordinal, at_ms, message FROM logs_lines WHERE ordinal >= ? AND ordinal <= ? AND stream = ? ORDER BY ordinal",
  ).all(first, last, streamId);
  const logEvents = rows
    .filter(({ message }) => pattern.matches(String(message)))
    .map((row) => ({ id: eventId(Number(row.ordinal)), timestamp: Number(row.at_ms), message: String(row.message) }));
  for (let from = 0; from < logEvents.length; from += MOST_LINES) {
    const document = {
      ...{ messageType: "DATA_MESSAGE", owner: context.account, logGroup: filter.group, logStream: stream },
      subscriptionFilters: [filter.name],
      logEvents: logEvents.slice(from, from + MOST_LINES),
    };
    const data = gzipSync(JSON.stringify(document)).toString("base64");
    const Payload = Buffer.from(JSON.stringify({ awslogs: { data } }));
    try {
      await context.send(new InvokeCommand({ FunctionName: filter.destinationArn, InvocationType: "Event", Payload }), {
        sourceArn: `${groupArn(context, filter.group)}:*`,
      });
    } catch (error) {
      context.log("subscription.lost", { group: filter.group, filter: filter.name, error: String(error) });
    }
  }
}

/** As long as AWS's. */
export const eventId = (ordinal: number) => String(ordinal).padStart(56, "0");
