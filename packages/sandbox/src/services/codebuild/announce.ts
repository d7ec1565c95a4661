import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { Context, ServiceRuntime } from "../../core/context.ts";

/** Events on their way, one after the other, by service: EventBridge gets them in the order in which they happened. */
const onTheirWay = new WeakMap<ServiceRuntime, Promise<void>>();

/**
 * Puts an event of a service on the account's default bus, in the background: what happened doesn't wait for who
 * listens, and an event that can't be delivered is logged and lost, as it may be on AWS.
 */
export function announce(
  context: Context,
  event: { source: string; type: string; resource: string; detail: object },
): void {
  const Time = context.clock.now();
  const entry = {
    Source: event.source,
    DetailType: event.type,
    Detail: JSON.stringify(event.detail),
    Resources: [event.resource],
    Time,
  };
  const send = async () => {
    try {
      await context.send(new PutEventsCommand({ Entries: [entry] }));
    } catch (error) {
      context.log("event.lost", { type: event.type, resource: event.resource, error: String(error) });
    }
  };
  const before = onTheirWay.get(context.runtime) ?? Promise.resolve();
  onTheirWay.set(context.runtime, before.then(send));
}

/** Resolves when all that was announced so far is out. */
export const announced = (runtime: ServiceRuntime) => onTheirWay.get(runtime) ?? Promise.resolve();
