import { dependencyGraph, isCreateOnly, isEqual, type JsonObject, TemplateError } from "@turnpike/cloudformation";
import { AwsError } from "../../core/errors.ts";
import { prepare } from "./prepare.ts";
import {
  isThere,
  type OperationRecord,
  type PhysicalResource,
  type ResourceRecord,
  resourceKey,
  resourcesOf,
  resourcesOfStack,
  type StackOutput,
  type StackRecord,
  stacksOf,
} from "./records.ts";
import { callFor, failureReason, providerFor, tagsOf, valuesOf } from "./resource.ts";
import { runGraph, type StepResult } from "./schedule.ts";
import type { Work } from "./work.ts";

const NAME_TOKEN_LENGTH = 12;

/** Makes the stack's resources what its operation's definition says, in the order of their needs. */
export async function deploy(work: Work, stack: StackRecord, operation: OperationRecord): Promise<void> {
  const { definition } = operation;
  const { account, region } = work.context;
  const { template, evaluator } = prepare({ id: stack.id, name: stack.name, account, region }, definition);
  const graph = dependencyGraph(template, evaluator.isActive);
  const values = valuesOf(work, stack.id);

  const result = await runGraph(graph, async (logicalId) => {
    if (work.isStopping()) return "stopped";
    const declared = template.resources.get(logicalId);
    if (!declared) return "done";
    const wanted: Wanted = {
      logicalId,
      type: declared.type,
      dependsOn: [...(graph.get(logicalId) ?? [])],
      deletionPolicy: declared.deletionPolicy,
      replacePolicy: declared.updateReplacePolicy,
      properties: () => evaluator.properties(logicalId, values),
    };
    return deployResource(work, stack, operation, wanted);
  });
  if (result === "stopped") return;
  if (result === "failed") return fail(work, stack, operation, failedResources(work, stack, operation));

  try {
    const outputs = evaluator.outputs(values);
    refuseTakenExports(work, stack, outputs);
    succeed(work, stack, operation, outputs);
  } catch (error) {
    if (!(error instanceof AwsError) && !(error instanceof TemplateError)) throw error;
    fail(work, stack, operation, `${error.message}. `);
  }
}

interface Wanted {
  readonly logicalId: string;
  readonly type: string;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: string | undefined;
  readonly replacePolicy: string | undefined;
  properties(): JsonObject;
}

async function deployResource(
  work: Work,
  stack: StackRecord,
  operation: OperationRecord,
  wanted: Wanted,
): Promise<StepResult> {
  const { journal } = work;
  const known = resourcesOf(work.context.store).get(resourceKey(stack.id, wanted.logicalId));
  const isOurs = known?.operationId === operation.id;
  if (known && isOurs && known.status.endsWith("_FAILED")) return "failed";
  if (known && isOurs && known.status.endsWith("_COMPLETE")) return "done";
  const isRepeated = known !== undefined && isOurs;
  const provider = providerFor(wanted.type);

  let properties: JsonObject;
  try {
    properties = wanted.properties();
  } catch (error) {
    const reason = failureReason(error, operation.id);
    const record = known ?? freshRecord(work, operation, wanted, {}, {});
    const status = known ? "UPDATE_FAILED" : "CREATE_FAILED";
    journal.putResource(stack, record, { status, reason, operationId: operation.id });
    return "failed";
  }
  const tags = tagsOf(stack, operation.definition, wanted.logicalId, properties);
  const { dependsOn, deletionPolicy } = wanted;
  const aims = { properties, tags, dependsOn, deletionPolicy, operationId: operation.id };

  if (!known || !isThere(known)) {
    const record = { ...(isRepeated ? known : freshRecord(work, operation, wanted, properties, tags)), ...aims };
    return change(work, stack, operation, record, { isRepeated, verb: "create" });
  }
  if (isRepeated) {
    const verb = known.step === "create" || known.step === "replace" ? "create" : "update";
    return change(work, stack, operation, known, { isRepeated, verb });
  }
  const changed = Object.keys({ ...known.properties, ...properties }).filter(
    (name) => !isEqual(known.properties[name], properties[name]),
  );
  const tagsChanged = provider.takesTags && !isEqual({ ...known.tags }, tags);
  const isDamaged = known.status.endsWith("_FAILED");
  if (changed.length === 0 && !tagsChanged && !isDamaged) {
    journal.putResource(stack, known, {
      dependsOn,
      deletionPolicy,
      operationId: operation.id,
      step: "none",
      reason: known.statusReason,
      previous: undefined,
    });
    return "done";
  }
  const previous: PhysicalResource = {
    physicalId: known.physicalId,
    properties: known.properties,
    attributes: known.attributes,
    tags: known.tags,
    nameToken: known.nameToken,
    dependsOn: known.dependsOn,
    deletionPolicy: wanted.replacePolicy ?? "Delete",
  };
  if (changed.some((name) => isCreateOnly(wanted.type, name))) {
    const nameToken = work.context.random.token(NAME_TOKEN_LENGTH);
    const record: ResourceRecord = { ...known, ...aims, previous, nameToken, step: "replace", physicalId: undefined };
    const reason = "Requested update requires the creation of a new physical resource; hence creating one.";
    const shown = { ...record, physicalId: previous.physicalId };
    journal.putResource(stack, shown, { status: "UPDATE_IN_PROGRESS", reason });
    return change(work, stack, operation, record, { isRepeated: false, verb: "create" });
  }
  const record: ResourceRecord = { ...known, ...aims, previous, step: "update" };
  return change(work, stack, operation, record, { isRepeated: false, verb: "update" });
}

function freshRecord(
  work: Work,
  operation: OperationRecord,
  wanted: Wanted,
  properties: JsonObject,
  tags: Record<string, string>,
): ResourceRecord {
  return {
    logicalId: wanted.logicalId,
    type: wanted.type,
    physicalId: undefined,
    status: "CREATE_IN_PROGRESS",
    statusReason: undefined,
    at: work.context.clock.now().toISOString(),
    operationId: operation.id,
    step: "create",
    previous: undefined,
    properties,
    attributes: {},
    tags,
    nameToken: work.context.random.token(NAME_TOKEN_LENGTH),
    dependsOn: wanted.dependsOn,
    deletionPolicy: wanted.deletionPolicy,
  };
}

/** Lets the provider create or update, and writes down what became of it. */
async function change(
  work: Work,
  stack: StackRecord,
  operation: OperationRecord,
  given: ResourceRecord,
  options: { isRepeated: boolean; verb: "create" | "update" },
): Promise<StepResult> {
  const { journal } = work;
  const { isRepeated, verb } = options;
  const provider = providerFor(given.type);
  const word = given.step === "create" ? "CREATE" : "UPDATE";
  // A replacement has told of its begin already.
  let record =
    given.step === "replace"
      ? journal.putResource(stack, given, { reason: given.statusReason })
      : journal.putResource(stack, given, { status: `${word}_IN_PROGRESS`, reason: undefined });
  const initiated = (physicalId: string) => {
    if (record.physicalId === physicalId) return;
    record = journal.putResource(stack, record, {
      physicalId,
      status: `${word}_IN_PROGRESS`,
      reason: "Resource creation Initiated",
    });
  };
  const call = callFor(work, stack, {
    record,
    properties: record.properties,
    tags: record.tags,
    roleArn: operation.definition.roleArn,
    isRepeated,
    existing: isRepeated ? record.physicalId : undefined,
    initiated,
  });
  try {
    const made =
      verb === "update" && provider.update && record.previous
        ? await provider.update(call, record.previous)
        : verb === "update"
          ? { physicalId: record.physicalId ?? "", attributes: record.attributes }
          : await provider.create(call);
    if (verb === "create") initiated(made.physicalId);
    journal.putResource(stack, record, { ...made, status: `${word}_COMPLETE`, reason: undefined });
    return "done";
  } catch (error) {
    const reason = failureReason(error, operation.id);
    journal.putResource(stack, record, { status: `${word}_FAILED`, reason });
    return "failed";
  }
}

function failedResources(work: Work, stack: StackRecord, operation: OperationRecord): string {
  const records = resourcesOfStack(work.context.store, stack.id).filter((one) => one.operationId === operation.id);
  const failed = (status: string) => records.filter((one) => one.status === status).map((one) => one.logicalId);
  const sentence = (verb: string, ids: string[]) =>
    ids.length === 0 ? "" : `The following resource(s) failed to ${verb}: [${ids.join(", ")}]. `;
  return sentence("create", failed("CREATE_FAILED")) + sentence("update", failed("UPDATE_FAILED"));
}

/** What comes after a failure is written down together with it. */
function fail(work: Work, stack: StackRecord, operation: OperationRecord, reason: string): void {
  const { journal } = work;
  const isCreate = operation.kind === "create";
  if (operation.onFailure === "DO_NOTHING") {
    const status = isCreate ? "CREATE_FAILED" : "UPDATE_FAILED";
    journal.putStack(stack, { status, statusReason: reason, operation: undefined });
  } else if (isCreate && operation.onFailure === "DELETE") {
    const statusReason = `${reason}Delete requested by user.`;
    const next: OperationRecord = { ...operation, phase: "delete" };
    journal.putStack(stack, { status: "DELETE_IN_PROGRESS", statusReason, operation: next });
  } else {
    const status = isCreate ? "ROLLBACK_IN_PROGRESS" : "UPDATE_ROLLBACK_IN_PROGRESS";
    const statusReason = isCreate ? `${reason}Rollback requested by user.` : reason;
    journal.putStack(stack, { status, statusReason, operation: { ...operation, phase: "rollback" } });
  }
}

function succeed(work: Work, stack: StackRecord, operation: OperationRecord, outputs: StackOutput[]): void {
  const { definition } = operation;
  const common = { deployed: definition, definition, outputs, statusReason: undefined };
  const changeSet = operation.changeSetId ? { changeSetId: operation.changeSetId } : {};
  if (operation.kind === "create") {
    work.journal.putStack(stack, { ...common, ...changeSet, status: "CREATE_COMPLETE", operation: undefined });
    return;
  }
  const next: OperationRecord = { ...operation, phase: "cleanup" };
  const status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS";
  work.journal.putStack(stack, { ...common, ...changeSet, status, operation: next });
}

function refuseTakenExports(work: Work, stack: StackRecord, outputs: readonly StackOutput[]): void {
  const others = stacksOf(work.context.store)
    .list()
    .filter(({ value }) => value.id !== stack.id && value.status !== "DELETE_COMPLETE");
  for (const { exportName } of outputs) {
    const owner = others.find(({ value }) => value.outputs.some((one) => exportName && one.exportName === exportName));
    if (!owner) continue;
    const message = `Export with name ${exportName} is already exported by stack ${owner.value.name}. Rollback requested by user`;
    throw new AwsError("ValidationError", message);
  }
}
