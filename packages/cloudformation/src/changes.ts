import { isCreateOnly } from "./create-only.ts";
import { type Evaluator, KNOWN_AFTER_APPLY, type ResourceValues } from "./evaluate.ts";
import { dependencyGraph, inOrder } from "./graph.ts";
import { intrinsicOf, referencesIn, visitIntrinsics } from "./intrinsics.ts";
import { isEqual, isObject, type Json, type JsonObject } from "./json.ts";
import type { Resource, Template } from "./template.ts";

export type ChangeScope =
  | "Properties"
  | "Tags"
  | "DeletionPolicy"
  | "UpdatePolicy"
  | "UpdateReplacePolicy"
  | "Metadata";

/** One reason for a change, as DescribeChangeSet gives it. */
export interface ChangeDetail {
  readonly attribute: ChangeScope;
  /** Name of the property; left out for other attributes. */
  readonly name: string | undefined;
  readonly requiresRecreation: "Always" | "Conditionally" | "Never";
  /** Dynamic: only the deployment will tell whether it really changes. */
  readonly evaluation: "Static" | "Dynamic";
  readonly source: "DirectModification" | "ParameterReference" | "ResourceReference" | "ResourceAttribute";
  /** The parameter, the resource or its attribute (`Function.Arn`) because of which it changes. */
  readonly causingEntity: string | undefined;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
}

export interface ResourceChange {
  readonly action: "Add" | "Modify" | "Remove";
  readonly logicalId: string;
  readonly physicalId: string | undefined;
  readonly type: string;
  /** Conditional: depends on a value that only the deployment will tell. Only for Modify. */
  readonly replacement: "True" | "False" | "Conditional" | undefined;
  readonly policyAction: "Delete" | "Retain" | "ReplaceAndDelete" | "ReplaceAndRetain" | undefined;
  readonly scope: readonly ChangeScope[];
  readonly details: readonly ChangeDetail[];
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
}

/** A resource as it was deployed last. */
export interface DeployedResource {
  readonly type: string;
  readonly physicalId: string;
  /** With every function worked out. */
  readonly properties: JsonObject;
}

export interface StackState {
  /** Expanded. */
  readonly template: Template;
  readonly evaluator: Evaluator;
  readonly tags: ReadonlyMap<string, string>;
}

export interface DeployedStack extends StackState {
  readonly resources: ReadonlyMap<string, DeployedResource>;
  /** Physical ids and attributes of what is deployed. */
  readonly values: ResourceValues;
}

/**
 * What would change if `after` were deployed over `before` (undefined: nothing is deployed), ordered by logical id.
 *
 * With `precise` a resource is listed only if one of its values changes, or can't be known; without, as
 * DescribeChangeSet does without `IncludePropertyValues`, also what uses an attribute of a changed resource. That such
 * an attribute stays the same can't be told in advance, so it is reported as dynamic.
 *
 * Physical names that the deployment would make up, and attributes of new resources, are `KNOWN_AFTER_APPLY`.
 */
export function changesBetween(
  before: DeployedStack | undefined,
  after: StackState,
  options: { precise: boolean; takesStackTags: (type: string) => boolean },
): ResourceChange[] {
  const changes = new Map<string, ResourceChange>();
  /** Resources that will have another physical id, or may. */
  const renewed = new Map<string, "Static" | "Dynamic">();
  const { evaluator, template } = after;
  const graph = dependencyGraph(template, evaluator.isActive);
  const values: ResourceValues = {
    reference: (id) =>
      before?.resources.has(id) && !renewed.has(id) ? before.values.reference(id) : KNOWN_AFTER_APPLY,
    attribute: (id, name) =>
      before?.resources.has(id) && !renewed.has(id) ? before.values.attribute(id, name) : KNOWN_AFTER_APPLY,
  };
  for (const id of inOrder(graph)) {
    const resource = template.resources.get(id);
    if (!resource) continue;
    const properties = evaluator.properties(id, values);
    const deployed = before?.resources.get(id);
    if (!before || !deployed) {
      renewed.set(id, "Static");
      changes.set(id, added(id, resource, properties));
      continue;
    }
    const change = modified(id, { before, after, deployed, properties, renewed, changes, options });
    if (!change) continue;
    if (change.replacement === "True") renewed.set(id, "Static");
    if (change.replacement === "Conditional") renewed.set(id, "Dynamic");
    changes.set(id, change);
  }
  for (const [id, deployed] of before?.resources ?? []) {
    if (!template.resources.has(id) || !evaluator.isActive(id)) changes.set(id, removed(id, deployed, before));
  }
  return [...changes.values()].sort((a, b) => (a.logicalId < b.logicalId ? -1 : 1));
}

function added(logicalId: string, resource: Resource, after: JsonObject): ResourceChange {
  const nothing = { physicalId: undefined, replacement: undefined, policyAction: undefined, before: undefined };
  return { action: "Add", logicalId, type: resource.type, scope: [], details: [], after, ...nothing };
}

function removed(logicalId: string, deployed: DeployedResource, before: DeployedStack | undefined): ResourceChange {
  const policy = before?.template.resources.get(logicalId)?.deletionPolicy;
  return {
    action: "Remove",
    logicalId,
    physicalId: deployed.physicalId,
    type: deployed.type,
    replacement: undefined,
    policyAction: policy === "Retain" ? "Retain" : "Delete",
    scope: [],
    details: [],
    before: deployed.properties,
    after: undefined,
  };
}

interface Comparison {
  readonly before: DeployedStack;
  readonly after: StackState;
  readonly deployed: DeployedResource;
  readonly properties: JsonObject;
  readonly renewed: ReadonlyMap<string, "Static" | "Dynamic">;
  readonly changes: ReadonlyMap<string, ResourceChange>;
  readonly options: { precise: boolean; takesStackTags: (type: string) => boolean };
}

function modified(logicalId: string, comparison: Comparison): ResourceChange | undefined {
  const { before, after, deployed, properties, options } = comparison;
  const resource = after.template.resources.get(logicalId);
  const was = before.template.resources.get(logicalId);
  if (!resource || !was) return undefined;
  const names = new Set([...Object.keys(deployed.properties), ...Object.keys(properties)]);
  const details: ChangeDetail[] = [];
  for (const name of [...names].sort()) details.push(...propertyDetails(resource, was, name, comparison));

  const attribute = (scope: ChangeScope): ChangeDetail => ({
    attribute: scope,
    name: undefined,
    requiresRecreation: "Never",
    evaluation: "Static",
    source: "DirectModification",
    causingEntity: undefined,
    before: undefined,
    after: undefined,
  });
  if (!isEqual(was.metadata, resource.metadata)) details.push(attribute("Metadata"));
  if (!isEqual(was.updatePolicy, resource.updatePolicy)) details.push(attribute("UpdatePolicy"));
  if (was.deletionPolicy !== resource.deletionPolicy) details.push(attribute("DeletionPolicy"));
  if (was.updateReplacePolicy !== resource.updateReplacePolicy) details.push(attribute("UpdateReplacePolicy"));
  const tagsChanged = !isEqual(Object.fromEntries(before.tags), Object.fromEntries(after.tags));
  if (tagsChanged && options.takesStackTags(resource.type)) details.push(attribute("Tags"));
  if (details.length === 0) return undefined;

  const replacing = details.filter((detail) => detail.requiresRecreation === "Always");
  const isSure = replacing.some((detail) => detail.evaluation === "Static");
  const replacement = replacing.length === 0 ? "False" : isSure ? "True" : "Conditional";
  const kept = resource.updateReplacePolicy === "Retain";
  return {
    action: "Modify",
    logicalId,
    physicalId: deployed.physicalId,
    type: resource.type,
    replacement,
    policyAction: replacement === "False" ? undefined : kept ? "ReplaceAndRetain" : "ReplaceAndDelete",
    scope: [...new Set(details.map((detail) => detail.attribute))],
    details,
    before: deployed.properties,
    after: properties,
  };
}

function propertyDetails(resource: Resource, was: Resource, name: string, comparison: Comparison): ChangeDetail[] {
  const { before, after, deployed, properties, renewed, changes, options } = comparison;
  const [old, now] = [deployed.properties[name], properties[name]];
  const [wrote, writes] = [was.properties[name], resource.properties[name]];
  const differs = !isEqual(old, now);
  const base = {
    attribute: name === "Tags" ? ("Tags" as const) : ("Properties" as const),
    name: name === "Tags" ? undefined : name,
    requiresRecreation: isCreateOnly(resource.type, name) ? ("Always" as const) : ("Never" as const),
    before: old,
    after: now,
  };
  const details: ChangeDetail[] = [];
  const detail = (source: ChangeDetail["source"], evaluation: ChangeDetail["evaluation"], causingEntity?: string) =>
    details.push({ ...base, source, evaluation, causingEntity });

  let isIndirect = false;
  for (const reference of writes === undefined ? [] : referencesIn(writes)) {
    const { name: target } = reference;
    if (reference.kind === "ref" && after.template.parameters.has(target)) {
      const isChanged = before.evaluator.parameters.get(target) !== after.evaluator.parameters.get(target);
      if (!isChanged || !differs) continue;
      detail("ParameterReference", "Static", target);
      isIndirect = true;
    } else if (after.template.resources.has(target)) {
      const isAttribute = reference.kind === "attribute";
      const source = isAttribute ? "ResourceAttribute" : "ResourceReference";
      const entity = isAttribute ? `${target}.${reference.attribute}` : target;
      const renewal = renewed.get(target);
      if (renewal && differs) detail(source, renewal, entity);
      else if (isAttribute && changes.has(target) && !options.precise) detail(source, "Dynamic", entity);
    }
  }
  if (!differs) return details;
  if (!isEqual(wrote, writes)) detail("DirectModification", hasFunctions(writes) ? "Dynamic" : "Static");
  else if (isIndirect || details.length === 0) detail("DirectModification", "Dynamic");
  return isStatic(base.requiresRecreation, details, now);
}

/** A create-only property whose new value is known, and another one, does replace, whatever led to it. */
function isStatic(recreation: string, details: ChangeDetail[], now: Json | undefined): ChangeDetail[] {
  const isKnown = !JSON.stringify(now ?? null).includes(KNOWN_AFTER_APPLY);
  if (recreation !== "Always" || !isKnown || details.some((detail) => detail.evaluation === "Static")) return details;
  return details.map((detail) => ({ ...detail, evaluation: "Static" }));
}

function hasFunctions(value: Json | undefined): boolean {
  if (value === undefined || (!isObject(value) && !Array.isArray(value))) return false;
  let found = intrinsicOf(value) !== undefined;
  visitIntrinsics(value, [], () => {
    found = true;
  });
  return found;
}
