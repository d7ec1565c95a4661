import type { ServiceRuntime } from "../../../core/context.ts";
import type { Place } from "./call.ts";
import { pollQueue } from "./queue-poller.ts";
import { type MappingRecord, mappings } from "./records.ts";
import { pollStream } from "./stream-poller.ts";

/** Pollers by their mapping's id; one set for each sandbox. */
const pollers = new WeakMap<ServiceRuntime, Map<string, AbortController>>();

/** Starts, restarts or ends the mapping's poller, as its record now says. */
export function follow(runtime: ServiceRuntime, place: Place, mapping: MappingRecord): void {
  unfollow(runtime, mapping.uuid);
  if (!mapping.enabled) return;
  const stop = new AbortController();
  const known = pollers.get(runtime) ?? new Map<string, AbortController>();
  pollers.set(runtime, known.set(mapping.uuid, stop));
  const poll = mapping.stream
    ? pollStream(runtime, place, mapping, mapping.stream, stop.signal)
    : pollQueue(runtime, place, mapping, stop.signal);
  poll.catch((error: unknown) => runtime.log("event-source.ended", { mapping: mapping.uuid, error: String(error) }));
}

export function unfollow(runtime: ServiceRuntime, uuid: string): void {
  pollers.get(runtime)?.get(uuid)?.abort(new Error("The mapping was changed."));
  pollers.get(runtime)?.delete(uuid);
}

/** Follows every mapping that an earlier start of the sandbox left, until the sandbox stops. */
export function startEventSources(runtime: ServiceRuntime, ending: AbortSignal): void {
  for (const place of runtime.scopes()) {
    for (const { value } of mappings(runtime.storeOf(place.account, place.region)).list())
      follow(runtime, place, value);
  }
  ending.addEventListener("abort", () => {
    for (const uuid of [...(pollers.get(runtime)?.keys() ?? [])]) unfollow(runtime, uuid);
  });
}
