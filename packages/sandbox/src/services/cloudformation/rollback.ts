import { everything, removeAll } from "./delete.ts";
import { resolveReferences } from "./dynamic-references.ts";
import { type OperationRecord, type ResourceRecord, resourcesOfStack, type StackRecord } from "./records.ts";
import { callFor, failureReason, providerFor } from "./resource.ts";
import { runGraph } from "./schedule.ts";
import type { Work } from "./work.ts";

/** Takes back what a failed operation did: a creation is deleted, an update is undone. */
export async function rollBack(work: Work, stack: StackRecord, operation: OperationRecord): Promise<void> {
  if (operation.kind === "create") return rollBackCreation(work, stack, operation);
  return rollBackUpdate(work, stack, operation);
}

async function rollBackCreation(work: Work, started: StackRecord, operation: OperationRecord): Promise<void> {
  const roleArn = operation.definition.roleArn ?? operation.actsAs;
  const failed = await removeAll(work, started, everything(work, started, [], "creation"), roleArn);
  if (failed === "stopped") return;
  const stack = work.journal.stack(started.id) ?? started;
  if (stack.operation?.onFailure === "DELETE") {
    // Somebody asked to delete the stack meanwhile.
    const next: OperationRecord = { ...stack.operation, phase: "delete" };
    work.journal.putStack(stack, { status: "DELETE_IN_PROGRESS", statusReason: "User Initiated", operation: next });
    return;
  }
  if (failed.length === 0) {
    work.journal.putStack(stack, { status: "ROLLBACK_COMPLETE", statusReason: undefined, operation: undefined });
    return;
  }
  const statusReason = `The following resource(s) failed to delete: [${failed.join(", ")}]. `;
  work.journal.putStack(stack, { status: "ROLLBACK_FAILED", statusReason, operation: undefined });
}

/**
 * First everything that was there is as it was: a changed resource is changed back, and in a replaced one's place comes
 * the old one, which still exists. Then `rollback-cleanup` deletes what the update had made.
 */
async function rollBackUpdate(work: Work, started: StackRecord, operation: OperationRecord): Promise<void> {
  const { journal } = work;
  let stack = started;
  const records = resourcesOfStack(work.context.store, stack.id).filter(
    (record) => record.operationId === operation.id && record.previous !== undefined,
  );
  const graph = new Map(records.map((record) => [record.logicalId, new Set(record.previous?.dependsOn)]));
  const byId = new Map(records.map((record) => [record.logicalId, record]));
  const failed: string[] = [];
  const result = await runGraph(graph, async (logicalId) => {
    if (work.isStopping()) return "stopped";
    const record = byId.get(logicalId);
    if (!record) return "done";
    if (operation.skipped?.includes(logicalId)) {
      journal.putResource(stack, record, {
        status: "UPDATE_COMPLETE",
        reason: SKIPPED,
        previous: undefined,
        step: "none",
      });
      return "done";
    }
    if (!(await restore(work, stack, operation, record))) failed.push(logicalId);
    return "done";
  });
  if (result === "stopped") return;
  stack = journal.stack(started.id) ?? started;
  if (failed.length > 0) {
    const statusReason = `The following resource(s) failed to update: [${failed.join(", ")}]. `;
    const end = { operation: undefined, failedOperation: operation };
    journal.putStack(stack, { status: "UPDATE_ROLLBACK_FAILED", statusReason, ...end });
    return;
  }
  for (const record of resourcesOfStack(work.context.store, stack.id)) {
    // What the stack's policy or a missing value kept from being touched is as it was.
    const isUntouched =
      record.operationId === operation.id && record.step === "none" && record.status === "UPDATE_FAILED";
    if (isUntouched) journal.putResource(stack, record, { status: "UPDATE_COMPLETE", reason: undefined });
  }
  const next: OperationRecord = { ...operation, phase: "rollback-cleanup" };
  journal.putStack(stack, {
    status: "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    statusReason: undefined,
    operation: next,
  });
}

async function restore(
  work: Work,
  stack: StackRecord,
  operation: OperationRecord,
  record: ResourceRecord,
): Promise<boolean> {
  const { journal } = work;
  const { previous } = record;
  if (!previous) return true;
  if (record.step === "replace") {
    const made = record.physicalId;
    // The roles are swapped: the old one is the resource again, the new one is what must be deleted.
    const swapped =
      made === undefined
        ? undefined
        : {
            physicalId: made,
            properties: record.properties,
            attributes: record.attributes,
            tags: record.tags,
            nameToken: record.nameToken,
            dependsOn: record.dependsOn,
            deletionPolicy: "Delete",
          };
    const restored: ResourceRecord = { ...record, ...previous, previous: swapped };
    // Already swapped before a restart: the physical id is the old one and nothing is left to do.
    if (record.status === "UPDATE_COMPLETE" && record.statusReason === RESTORED) return true;
    journal.putResource(stack, restored, { status: "UPDATE_COMPLETE", reason: RESTORED });
    return true;
  }
  if (record.step !== "update") return true;
  const provider = providerFor(record.type);
  const aims: ResourceRecord = { ...record, ...previous, previous };
  const underway = journal.putResource(stack, aims, { status: "UPDATE_IN_PROGRESS", reason: undefined });
  const call = callFor(work, stack, {
    record: underway,
    properties: previous.properties,
    tags: previous.tags,
    roleArn: operation.definition.roleArn ?? operation.actsAs,
    isRepeated: true,
  });
  try {
    const tried = { ...previous, properties: record.properties, tags: record.tags };
    const resolved = await resolveReferences(call.send, record.type, previous.properties);
    const made = provider.update ? await provider.update({ ...call, properties: resolved }, tried) : previous;
    const { physicalId, attributes } = made;
    const done = { previous: undefined, step: "none" as const, status: "UPDATE_COMPLETE" as const };
    journal.putResource(stack, underway, { physicalId, attributes, ...done, reason: undefined });
    return true;
  } catch (error) {
    if (work.isStopping() && work.signal.aborted) throw error;
    journal.putResource(stack, underway, { status: "UPDATE_FAILED", reason: failureReason(error, operation.id) });
    return false;
  }
}

const SKIPPED = "Resource was skipped in the rollback";

/** Marks a replacement that was undone. */
const RESTORED = "Replacement undone";
