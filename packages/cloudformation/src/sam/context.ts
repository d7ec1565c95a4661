import { intrinsicOf, substitute } from "../intrinsics.ts";
import type { Json, JsonObject, Path } from "../json.ts";
import { isObject } from "../json.ts";
import type { DeletionPolicy, FindingList, Resource, Template } from "../template.ts";

/** What the expansion of one resource is given, and where it puts what it makes. */
export interface Expansion {
  readonly template: Template;
  readonly parameters: ReadonlyMap<string, string>;
  readonly findings: FindingList;
  /** Adds a resource that comes from the SAM resource `origin`. */
  add(origin: string, logicalId: string, resource: Resource): void;
  /** Makes `Ref: <from>` (and the same in `Fn::Sub` and `Fn::GetAtt`) mean `to`: `Function.Alias` → `FunctionAliaslive`. */
  alias(from: string, to: string): void;
}

/** Attributes that a made resource takes over from the one it comes from. */
export interface PassedOn {
  readonly condition: string | undefined;
  readonly deletionPolicy: DeletionPolicy | undefined;
  readonly updateReplacePolicy: DeletionPolicy | undefined;
}

export function passedOn(resource: Resource): PassedOn {
  const { condition, deletionPolicy, updateReplacePolicy } = resource;
  return { condition, deletionPolicy, updateReplacePolicy };
}

export function makeResource(
  type: string,
  properties: { [name: string]: Json | undefined },
  attributes: PassedOn & { dependsOn?: readonly string[]; metadata?: JsonObject | undefined },
): Resource {
  const present = Object.entries(properties).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  return {
    type,
    properties: Object.fromEntries(present),
    condition: attributes.condition,
    deletionPolicy: attributes.deletionPolicy,
    updateReplacePolicy: attributes.updateReplacePolicy,
    dependsOn: attributes.dependsOn ?? [],
    metadata: attributes.metadata,
    extra: {},
  };
}

/** Puts parameter values (and the region) in the place of references to them, and leaves every other function as it is. */
export function resolveParameters(value: Json, parameters: ReadonlyMap<string, string>): Json {
  const intrinsic = intrinsicOf(value);
  if (intrinsic?.name === "Ref") return parameters.get(String(intrinsic.argument)) ?? value;
  if (intrinsic?.name === "Fn::Sub" && typeof intrinsic.argument === "string") {
    const text = substitute(
      intrinsic.argument.replaceAll("${!", "${!!"),
      (name) => parameters.get(name) ?? `\${${name}}`,
    );
    return { "Fn::Sub": text };
  }
  if (Array.isArray(value)) return value.map((item) => resolveParameters(item, parameters));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, resolveParameters(member, parameters)]));
}

/** SAM's `{ team: payments }` as CloudFormation's list, after the tag that SAM adds. */
export function tagList(tags: Json | undefined): Json[] {
  const own = isObject(tags) ? Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) : [];
  return [{ Key: "lambda:createdBy", Value: "SAM" }, ...own];
}

/** Reports each property that this expansion doesn't know, by name and place. */
export function refuseUnknown(
  properties: JsonObject,
  known: ReadonlySet<string>,
  what: string,
  path: Path,
  findings: FindingList,
): void {
  for (const name of Object.keys(properties)) {
    if (!known.has(name)) findings.add([...path, name], `${what}: property '${name}' isn't supported.`);
  }
}
