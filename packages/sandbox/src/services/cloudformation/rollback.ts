import { everything, removeAll } from "./delete.ts";
import { type OperationRecord, type ResourceRecord, resourcesOfStack, type StackRecord } from "./records.ts";
import { callFor, failureReason, providerFor } from "./resource.ts";
import { runGraph } from "./schedule.ts";
import type { Work } from "./work.ts";

/** Takes back what a failed operation did: a creation is deleted, an update is undone. */
export async function rollBack(work: Work, stack: StackRecord, operation: OperationRecord): Promise<void> {
  if (operation.kind === "create") return rollBackCreation(work, stack, operation);
  return rollBackUpdate(work, stack, operation);
}

async function rollBackCreation(work: Work, stack: StackRecord, operation: OperationRecord): Promise<void> {
  const failed = await removeAll(work, stack, everything(work, stack, []), operation.definition.roleArn);
  if (failed === "stopped") return;
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
async function rollBackUpdate(work: Work, stack: StackRecord, operation: OperationRecord): Promise<void> {
  const { journal } = work;
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
    if (!(await restore(work, stack, operation, record))) failed.push(logicalId);
    return "done";
  });
  if (result === "stopped") return;
  if (failed.length > 0) {
    const statusReason = `The following resource(s) failed to update: [${failed.join(", ")}]. `;
    journal.putStack(stack, { status: "UPDATE_ROLLBACK_FAILED", statusReason, operation: undefined });
    return;
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
    roleArn: operation.definition.roleArn,
    isRepeated: true,
  });
  try {
    const tried = { ...previous, properties: record.properties, tags: record.tags };
    const made = provider.update ? await provider.update(call, tried) : previous;
    const { physicalId, attributes } = made;
    journal.putResource(stack, underway, { physicalId, attributes, status: "UPDATE_COMPLETE", reason: undefined });
    return true;
  } catch (error) {
    journal.putResource(stack, underway, { status: "UPDATE_FAILED", reason: failureReason(error, operation.id) });
    return false;
  }
}

/** Marks a replacement that was undone. */
const RESTORED = "Replacement undone";
