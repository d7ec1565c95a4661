import type { Changes } from "../live/index.ts";
import type { ExecutionStore, ObservedExecution, Pipelines } from "./ports.ts";
import { isTerminal } from "./status.ts";

export interface ObserveDeps {
  readonly pipelines: Pipelines;
  readonly executions: ExecutionStore;
  readonly changes: Changes;
}

/**
 * Brings the read model of one pipeline up to date: every execution that is new, was not final when last seen, or has
 * another status now. Idempotent; safe to run twice at once (the last write wins, and both wrote what AWS said).
 *
 * @returns the executions that are not final, for whoever acts on gates; `undefined` when there is no such pipeline
 */
export async function observePipeline(
  { pipelines, executions, changes }: ObserveDeps,
  service: string,
  pipeline: string,
): Promise<ObservedExecution[] | undefined> {
  const listed = await pipelines.list(pipeline);
  if (!listed) return undefined;
  const stored = new Map((await executions.list(service, 50)).map((execution) => [execution.id, execution]));
  const open: ObservedExecution[] = [];
  let changed = false;
  // Oldest first: a reader between two writes sees history in order.
  for (const { id, status } of listed.toReversed()) {
    const known = stored.get(id);
    if (known && isTerminal(known.status) && known.status === status) continue;
    const observed = await pipelines.observe(service, pipeline, id);
    if (!observed) continue;
    changed = (await executions.save(observed)) || changed;
    open.push(observed);
  }
  if (changed) {
    await changes.publish(`service:${service}`);
    await changes.publish("services");
  }
  return open;
}
