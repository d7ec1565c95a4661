import type { ResourceStatus } from "@aws-sdk/client-cloudformation";
import { resolveReferences } from "./dynamic-references.ts";
import { exportConflict } from "./exports.ts";
import { isAbsent } from "./providers/values.ts";
import {
  isThere,
  namesOf,
  type OperationRecord,
  type PhysicalResource,
  type ResourceRecord,
  resourceKey,
  resourcesOf,
  resourcesOfStack,
  type StackRecord,
} from "./records.ts";
import { callFor, failureReason, providerFor } from "./resource.ts";
import { reversed, runGraph } from "./schedule.ts";
import type { Work } from "./work.ts";

/** Something to delete: a resource of the stack, or the one that another has replaced. */
export interface Doomed {
  readonly record: ResourceRecord;
  readonly physical: PhysicalResource;
  readonly isKept: boolean;
  /** What the record is once it is gone (undefined: there is no record left). */
  readonly afterwards: ResourceRecord | undefined | "as deleted";
}

/** Deletes what has to go, dependants first. Returns logical ids that couldn't be deleted; `stopped` at a stop. */
export async function removeAll(
  work: Work,
  stack: StackRecord,
  doomed: readonly Doomed[],
  roleArn: string | undefined,
  options: { isForced?: boolean | undefined } = {},
): Promise<string[] | "stopped"> {
  const failed: string[] = [];
  const byId = new Map(doomed.map((one) => [one.record.logicalId, one]));
  const needs = new Map(doomed.map((one) => [one.record.logicalId, new Set(one.physical.dependsOn)]));
  const result = await runGraph(reversed(needs), async (logicalId) => {
    const one = byId.get(logicalId);
    if (work.isStopping()) return "stopped";
    if (!one) return "done";
    const isGone = await remove(work, stack, one, roleArn, options.isForced ?? false);
    if (isGone === "stopped") return "stopped";
    if (!isGone) failed.push(logicalId);
    // What doesn't need the one that failed can still go; what it needs is kept from going by its own service.
    return "done";
  });
  return result === "stopped" ? "stopped" : failed;
}

async function remove(
  work: Work,
  stack: StackRecord,
  doomed: Doomed,
  roleArn: string | undefined,
  isForced: boolean,
): Promise<boolean | "stopped"> {
  const { journal, context } = work;
  const { physical, afterwards } = doomed;
  const shown: ResourceRecord = { ...doomed.record, physicalId: physical.physicalId };
  const tell = (status: ResourceStatus, reason?: string) => {
    if (afterwards === "as deleted") journal.putResource(stack, shown, { status, reason });
    else journal.tell(stack, shown, status, reason);
  };
  const finish = (status: ResourceStatus) =>
    context.store.transaction(() => {
      tell(status);
      const records = resourcesOf(context.store);
      const key = resourceKey(stack.id, shown.logicalId);
      if (afterwards === undefined) records.delete(key);
      else if (afterwards !== "as deleted") records.put(key, afterwards);
      return true;
    });
  if (doomed.isKept) return finish("DELETE_SKIPPED");
  tell("DELETE_IN_PROGRESS");
  const call = callFor(work, stack, {
    record: { logicalId: shown.logicalId, nameToken: physical.nameToken, type: shown.type },
    properties: physical.properties,
    tags: physical.tags,
    roleArn,
    isRepeated: false,
    wantsSnapshot: physical.deletionPolicy === "Snapshot",
  });
  try {
    const resolved = await resolveReferences(call.send, shown.type, physical.properties);
    await providerFor(shown.type).remove({ ...call, properties: resolved }, physical);
  } catch (error) {
    if (work.isStopping() && work.signal.aborted) return "stopped";
    if (!isAbsent(error) && isForced) return finish("DELETE_SKIPPED");
    if (!isAbsent(error)) {
      tell("DELETE_FAILED", failureReason(error, context.requestId));
      return false;
    }
  }
  return finish("DELETE_COMPLETE");
}

const physicalOf = (record: ResourceRecord & { physicalId: string }): PhysicalResource => record;

/** DeleteStack, and the end of a failed creation that is to leave nothing. */
export async function deleteAll(work: Work, stack: StackRecord, operation: OperationRecord): Promise<void> {
  const { journal, context } = work;
  const doomed = everything(work, stack, operation.retain);
  const roleArn = operation.definition.roleArn ?? stack.deployed?.roleArn ?? operation.actsAs;
  const conflict = exportConflict(context.store, stack, []);
  if (conflict !== undefined) {
    journal.putStack(stack, { status: "DELETE_FAILED", statusReason: conflict, operation: undefined });
    return;
  }
  const failed = await removeAll(work, stack, doomed, roleArn, { isForced: operation.isForced });
  if (failed === "stopped") return;
  if (failed.length > 0) {
    const statusReason = `The following resource(s) failed to delete: [${failed.join(", ")}]. `;
    journal.putStack(stack, { status: "DELETE_FAILED", statusReason, operation: undefined });
    return;
  }
  namesOf(context.store).delete(stack.name);
  const deletedAt = context.clock.now().toISOString();
  journal.putStack(stack, {
    status: "DELETE_COMPLETE",
    statusReason: undefined,
    deletedAt,
    outputs: [],
    operation: undefined,
  });
}

/**
 * Whether a policy keeps a resource. `RetainExceptOnCreate` keeps it but for the operation that made it; `Snapshot` deletes
 * it, and its service makes the snapshot.
 */
const keeps = (policy: string | undefined, undone: "creation" | "stack"): boolean =>
  policy === "Retain" || (policy === "RetainExceptOnCreate" && undone === "stack");

/** Every resource of a stack that exists, and those that its last, failed update replaced without deleting them. */
export function everything(
  work: Work,
  stack: StackRecord,
  retain: readonly string[],
  undone: "creation" | "stack" = "stack",
): Doomed[] {
  return resourcesOfStack(work.context.store, stack.id).flatMap((record) => {
    if (!isThere(record)) return [];
    const isKept = keeps(record.deletionPolicy, undone) || retain.includes(record.logicalId);
    return { record, physical: physicalOf(record), isKept, afterwards: "as deleted" as const };
  });
}

/** After an update, or after its rollback: deletes what isn't part of the stack any more. */
export async function cleanUp(work: Work, stack: StackRecord, operation: OperationRecord): Promise<void> {
  const isRollback = operation.phase === "rollback-cleanup";
  const doomed: Doomed[] = [];
  const records = resourcesOfStack(work.context.store, stack.id);
  for (const record of records) {
    const { previous, operationId, step } = record;
    const isOurs = operationId === operation.id;
    if (step === "replace" && isOurs && previous) {
      const kept: ResourceRecord = { ...record, previous: undefined, step: "none" };
      doomed.push({ record, physical: previous, isKept: keeps(previous.deletionPolicy, "stack"), afterwards: kept });
    } else if (!isRollback && !isOurs && isThere(record)) {
      // The operation looked at everything that its template has; this isn't there any more.
      const isKept = keeps(record.deletionPolicy, "stack");
      doomed.push({ record, physical: physicalOf(record), isKept, afterwards: undefined });
    } else if (isRollback && isOurs && step === "create") {
      if (isThere(record)) doomed.push({ record, physical: physicalOf(record), isKept: false, afterwards: undefined });
      else resourcesOf(work.context.store).delete(resourceKey(stack.id, record.logicalId));
    }
  }
  const result = await removeAll(work, stack, doomed, operation.definition.roleArn ?? operation.actsAs);
  if (result === "stopped") return;
  // What couldn't be deleted is left behind, as CloudFormation does; its event says so.
  for (const { record } of doomed.filter((one) => result.includes(one.record.logicalId))) {
    const key = resourceKey(stack.id, record.logicalId);
    if (record.step === "replace")
      resourcesOf(work.context.store).put(key, { ...record, previous: undefined, step: "none" });
    else resourcesOf(work.context.store).delete(key);
  }
  const status = isRollback ? "UPDATE_ROLLBACK_COMPLETE" : "UPDATE_COMPLETE";
  const latest = work.journal.stack(stack.id) ?? stack;
  work.journal.putStack(latest, { status, operation: undefined });
}
