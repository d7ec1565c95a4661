import {
  type DependencyGraph,
  dependencyGraph,
  isCreateOnly,
  isEqual,
  type JsonObject,
  referencesIn,
  type Template,
  TemplateError,
  visitIntrinsics,
} from "@turnpike/cloudformation";
import { AwsError } from "../../core/errors.ts";
import { resolveReferences } from "./dynamic-references.ts";
import { exportConflict, exportedValue } from "./exports.ts";
import { OwnReason } from "./own-reason.ts";
import { prepare } from "./prepare.ts";
import type { Made } from "./provider.ts";
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
} from "./records.ts";
import { callFor, failureReason, isCustom, providerFor, tagsOf, valuesOf } from "./resource.ts";
import { runGraph, type StepResult } from "./schedule.ts";
import { deniedByPolicy } from "./stack-policy.ts";
import type { Work } from "./work.ts";

const NAME_TOKEN_LENGTH = 12;

/** Makes the stack's resources what its operation's definition says, in the order of their needs. */
export async function deploy(work: Work, stack: StackRecord, operation: OperationRecord): Promise<void> {
  const { definition } = operation;
  const { account, region } = work.context;
  const imports = new Set<string>();
  const imported = (name: string) => {
    imports.add(name);
    return exportedValue(work.context.store, name);
  };
  const { template, evaluator } = prepare({ id: stack.id, name: stack.name, account, region, imported }, definition);
  const graph = dependencyGraph(template, evaluator.isActive);
  const values = valuesOf(work, stack.id);
  const refusal = missingExport(work, template, graph) ?? deniedRemoval(work, stack, operation, graph);
  if (refusal !== undefined) return fail(work, stack, operation, asSentence(refusal));
  // One resource's failure ends the waiting of its siblings.
  const siblings = new AbortController();
  const signal = AbortSignal.any([work.signal, siblings.signal]);

  const result = await runGraph(graph, async (logicalId) => {
    if (work.isStopping()) return "stopped";
    if (isCancelled(work, stack)) return "failed";
    const declared = template.resources.get(logicalId);
    if (!declared) return "done";
    const wanted: Wanted = {
      logicalId,
      type: declared.type,
      dependsOn: [...(graph.get(logicalId) ?? [])],
      deletionPolicy: declared.deletionPolicy,
      replacePolicy: declared.updateReplacePolicy,
      updatePolicy: evaluator.updatePolicy(logicalId, values),
      signal,
      properties: () => evaluator.properties(logicalId, values),
    };
    const step = await deployResource(work, stack, operation, wanted);
    if (step === "failed") siblings.abort();
    return step;
  });
  if (result === "stopped") return;
  if (isCancelled(work, stack)) return fail(work, stack, operation, "User Initiated");
  if (result === "failed") return fail(work, stack, operation, failedResources(work, stack, operation));

  try {
    // Once more, because after a restart only what was left to do was worked out.
    for (const logicalId of graph.keys()) evaluator.properties(logicalId, values);
    const wrong = unknownAttribute(work, stack, template);
    if (wrong !== undefined) return fail(work, stack, operation, asSentence(wrong));
    const outputs = evaluator.outputs(values);
    const conflict = exportConflict(work.context.store, stack, outputs);
    if (conflict !== undefined) return fail(work, stack, operation, asSentence(conflict));
    succeed(work, stack, operation, outputs, [...imports]);
  } catch (error) {
    if (!(error instanceof AwsError) && !(error instanceof TemplateError)) throw error;
    fail(work, stack, operation, asSentence(failureReason(error, operation.id)));
  }
}

/** An export that the template names outright and that isn't there: nothing is begun. */
function missingExport(work: Work, template: Template, graph: DependencyGraph): string | undefined {
  const missing: string[] = [];
  for (const [id, resource] of template.resources) {
    if (!graph.has(id)) continue;
    visitIntrinsics(resource.properties, [], ({ name, argument }) => {
      const isNamed = name === "Fn::ImportValue" && typeof argument === "string";
      if (isNamed && exportedValue(work.context.store, argument) === undefined) missing.push(argument);
    });
  }
  return missing[0] === undefined ? undefined : `No export named ${missing[0]} found`;
}

/** An output that asks a resource for an attribute that it hasn't got, as CloudFormation says it. */
function unknownAttribute(work: Work, stack: StackRecord, template: Template): string | undefined {
  const messages = [...template.outputs].flatMap(([key, { value }]) =>
    referencesIn(value, ["Outputs", key, "Value"]).flatMap((reference) => {
      if (reference.kind !== "attribute") return [];
      const record = resourcesOf(work.context.store).get(resourceKey(stack.id, reference.name));
      const { attribute, path } = reference;
      if (!record || isCustom(record.type) || Object.hasOwn(record.attributes, attribute)) return [];
      const place = `/${[...path, "Fn::GetAtt"].join("/")}`;
      return [`[Error] ${place}: Resource type ${record.type} does not support attribute {${attribute}}`];
    }),
  );
  return messages[0];
}

/** Resources that the update would take away although the stack's policy protects them. */
function deniedRemoval(
  work: Work,
  stack: StackRecord,
  operation: OperationRecord,
  graph: DependencyGraph,
): string | undefined {
  if (operation.kind !== "update") return undefined;
  const policy = operation.stackPolicy ?? stack.stackPolicy;
  const gone = resourcesOfStack(work.context.store, stack.id).filter(
    (one) => isThere(one) && !graph.has(one.logicalId),
  );
  return gone.map((record) => deniedByPolicy(policy, record, "Update:Delete")).find((reason) => reason !== undefined);
}

const asSentence = (reason: string) => `${reason.replace(/\.? *$/, "")}. `;

/** Whether somebody asked to end the operation since it began. */
function isCancelled(work: Work, stack: StackRecord): boolean {
  return work.journal.stack(stack.id)?.operation?.isCancelled === true;
}

interface Wanted {
  readonly logicalId: string;
  readonly type: string;
  readonly dependsOn: readonly string[];
  readonly deletionPolicy: string | undefined;
  readonly replacePolicy: string | undefined;
  readonly updatePolicy: JsonObject | undefined;
  readonly signal: AbortSignal;
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
    requireProperties(provider.required, properties);
  } catch (error) {
    const reason = failureReason(error, operation.id);
    const record = known ?? freshRecord(work, operation, wanted, failedProperties(wanted), {});
    const status = known ? "UPDATE_FAILED" : "CREATE_FAILED";
    journal.putResource(stack, record, { status, reason, operationId: operation.id });
    return "failed";
  }
  const tags = tagsOf(stack, operation.definition, wanted.logicalId, properties);
  const { dependsOn, deletionPolicy } = wanted;
  const aims = { properties, tags, dependsOn, deletionPolicy, operationId: operation.id };

  if (!known || !isThere(known)) {
    const record = { ...(isRepeated ? known : freshRecord(work, operation, wanted, properties, tags)), ...aims };
    return change(work, stack, operation, record, { ...wanted, isRepeated, verb: "create" });
  }
  if (isRepeated) {
    const verb = known.step === "create" || known.step === "replace" ? "create" : "update";
    return change(work, stack, operation, known, { ...wanted, isRepeated, verb });
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
  const isReplaced = changed.some((name) => isCreateOnly(wanted.type, name));
  const policy = operation.stackPolicy ?? stack.stackPolicy;
  const denied = deniedByPolicy(policy, known, isReplaced ? "Update:Replace" : "Update:Modify");
  if (denied !== undefined) {
    // Nothing was done to it, so there is nothing to take back.
    journal.putResource(stack, known, {
      status: "UPDATE_FAILED",
      reason: denied,
      operationId: operation.id,
      step: "none",
    });
    return "failed";
  }
  if (isReplaced) {
    const nameToken = work.context.random.token(NAME_TOKEN_LENGTH);
    const record: ResourceRecord = { ...known, ...aims, previous, nameToken, step: "replace", physicalId: undefined };
    const reason = "Requested update requires the creation of a new physical resource; hence creating one.";
    const shown = { ...record, physicalId: previous.physicalId };
    journal.putResource(stack, shown, { status: "UPDATE_IN_PROGRESS", reason });
    return change(work, stack, operation, record, { ...wanted, isRepeated: false, verb: "create" });
  }
  const record: ResourceRecord = { ...known, ...aims, previous, step: "update" };
  return change(work, stack, operation, record, { ...wanted, isRepeated: false, verb: "update" });
}

/** What a failed resource's event shows: its properties, as far as they could be worked out. */
function failedProperties(wanted: Wanted): JsonObject {
  try {
    return wanted.properties();
  } catch {
    return {};
  }
}

function requireProperties(required: readonly string[], properties: JsonObject): void {
  const missing = required.filter((name) => properties[name] === undefined);
  if (missing.length === 0) return;
  const complaints = missing.map((name) => `The property {/${name}} is required`);
  throw new OwnReason(`Property validation failure: [${complaints.join(", ")}]`);
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
  options: Pick<Wanted, "signal" | "updatePolicy"> & { isRepeated: boolean; verb: "create" | "update" },
): Promise<StepResult> {
  const { journal } = work;
  const { isRepeated, verb, signal, updatePolicy } = options;
  const provider = providerFor(given.type);
  const word = given.step === "create" ? "CREATE" : "UPDATE";
  // A replacement has told of its begin already.
  let record =
    given.step === "replace"
      ? journal.putResource(stack, given, { reason: given.statusReason })
      : journal.putResource(stack, given, { status: `${word}_IN_PROGRESS`, reason: undefined });
  const initiated = (physicalId: string) => {
    if (record.physicalId === physicalId) return;
    // A custom resource that is still being waited for has no id yet: the next start goes on waiting.
    if (work.isStopping() && isCustom(record.type)) return;
    record = journal.putResource(stack, record, {
      physicalId,
      status: `${word}_IN_PROGRESS`,
      reason: "Resource creation Initiated",
    });
  };
  const callWith = (properties: JsonObject) =>
    callFor(work, stack, {
      record,
      properties,
      tags: record.tags,
      roleArn: operation.definition.roleArn ?? operation.actsAs,
      isRepeated,
      signal,
      updatePolicy,
      existing: isRepeated ? record.physicalId : undefined,
      initiated,
    });
  try {
    // What the stack remembers is the reference; its value goes to the service alone.
    const { send } = callWith(record.properties);
    const call = callWith(await resolveReferences(send, record.type, record.properties));
    const made =
      verb === "update" && provider.update && record.previous
        ? await provider.update(call, record.previous)
        : verb === "update"
          ? { physicalId: record.physicalId ?? "", attributes: record.attributes }
          : await provider.create(call);
    if (verb === "create") initiated(made.physicalId);
    if (verb === "update" && record.physicalId !== undefined && made.physicalId !== record.physicalId) {
      return replacedByUpdate(work, stack, record, made);
    }
    journal.putResource(stack, record, { ...made, status: `${word}_COMPLETE`, reason: undefined });
    return "done";
  } catch (error) {
    if (work.isStopping() && signal.aborted) return "stopped";
    const isEnded = signal.aborted && error === signal.reason;
    const reason = isEnded
      ? `Resource ${verb === "create" ? "creation" : "update"} cancelled`
      : failureReason(error, operation.id);
    journal.putResource(stack, record, { status: `${word}_FAILED`, reason });
    return "failed";
  }
}

/** An update answered with another physical id (custom resources may): the old resource goes in the clean-up. */
function replacedByUpdate(work: Work, stack: StackRecord, record: ResourceRecord, made: Made): StepResult {
  const { journal } = work;
  const reason = "Requested update required the provider to create a new physical resource";
  const replaced: ResourceRecord = { ...record, ...made, step: "replace" };
  journal.putResource(stack, replaced, { status: "UPDATE_IN_PROGRESS", reason });
  journal.putResource(stack, replaced, { status: "UPDATE_COMPLETE", reason: undefined });
  return "done";
}

function failedResources(work: Work, stack: StackRecord, operation: OperationRecord): string {
  const records = resourcesOfStack(work.context.store, stack.id).filter((one) => one.operationId === operation.id);
  const failed = (status: string) => records.filter((one) => one.status === status).map((one) => one.logicalId);
  const sentence = (verb: string, ids: string[]) =>
    ids.length === 0 ? "" : `The following resource(s) failed to ${verb}: [${ids.join(", ")}]. `;
  return sentence("create", failed("CREATE_FAILED")) + sentence("update", failed("UPDATE_FAILED"));
}

/** What comes after a failure is written down together with it. */
function fail(work: Work, started: StackRecord, operation: OperationRecord, reason: string): void {
  const { journal } = work;
  const stack = journal.stack(started.id) ?? started;
  const isCreate = operation.kind === "create";
  const { onFailure = operation.onFailure } = stack.operation ?? {};
  if (reason === "User Initiated" && !isCreate) {
    const next: OperationRecord = { ...operation, phase: "rollback" };
    journal.putStack(stack, { status: "UPDATE_ROLLBACK_IN_PROGRESS", statusReason: reason, operation: next });
  } else if (onFailure === "DO_NOTHING") {
    const status = isCreate ? "CREATE_FAILED" : "UPDATE_FAILED";
    journal.putStack(stack, { status, statusReason: reason, operation: undefined, failedOperation: operation });
  } else if (isCreate && onFailure === "DELETE") {
    const statusReason = reason === "User Initiated" ? reason : `${reason}Delete requested by user.`;
    const next: OperationRecord = { ...operation, phase: "delete" };
    journal.putStack(stack, { status: "DELETE_IN_PROGRESS", statusReason, operation: next });
  } else {
    const status = isCreate ? "ROLLBACK_IN_PROGRESS" : "UPDATE_ROLLBACK_IN_PROGRESS";
    const statusReason = isCreate ? `${reason}Rollback requested by user.` : reason;
    // A creation that is taken back is a deletion, and has its time.
    const deletedAt = isCreate ? work.context.clock.now().toISOString() : stack.deletedAt;
    journal.putStack(stack, { status, statusReason, deletedAt, operation: { ...operation, phase: "rollback" } });
  }
}

function succeed(
  work: Work,
  started: StackRecord,
  operation: OperationRecord,
  outputs: StackOutput[],
  imports: string[],
): void {
  const { definition } = operation;
  const stack = work.journal.stack(started.id) ?? started;
  const failedOperation = undefined;
  const common = { deployed: definition, definition, outputs, imports, statusReason: undefined, failedOperation };
  const changeSet = operation.changeSetId ? { changeSetId: operation.changeSetId } : {};
  if (operation.kind === "create") {
    work.journal.putStack(stack, { ...common, ...changeSet, status: "CREATE_COMPLETE", operation: undefined });
    return;
  }
  const next: OperationRecord = { ...operation, phase: "cleanup" };
  const status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS";
  work.journal.putStack(stack, { ...common, ...changeSet, status, operation: next });
}
