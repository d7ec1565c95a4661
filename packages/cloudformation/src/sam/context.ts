import type { Json, JsonObject, Path } from "../json.ts";
import type { DeletionPolicy, FindingList, Template } from "../template.ts";

/** What stands beside a resource's properties. */
export interface Attributes {
  readonly condition: string | undefined;
  readonly deletionPolicy: DeletionPolicy | undefined;
  readonly updateReplacePolicy: DeletionPolicy | undefined;
  readonly updatePolicy: JsonObject | undefined;
  readonly metadata: JsonObject | undefined;
}

/** A resource of the template that is expanded. Its properties are a copy, with globals, and may be changed. */
export interface Source {
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
  readonly attributes: Attributes;
  readonly dependsOn: readonly string[];
  /** Of its properties, for findings. */
  readonly path: Path;
}

/** A resource that the expansion makes. Events still add to a role that was made before them. */
export interface Draft {
  readonly id: string;
  readonly type: string;
  readonly properties: { [name: string]: Json | undefined };
  attributes: Attributes;
  readonly dependsOn: readonly string[];
}

/** What runs when something invokes the function: its alias where it has one. */
export interface Invoked {
  readonly id: string;
  readonly arn: JsonObject;
}

/** How traffic moves to a new version of a function. */
export interface DeploymentPreference {
  readonly source: Source;
  readonly type: Json;
  readonly alarms: Json | undefined;
  readonly role: Json | undefined;
  readonly triggers: Json | undefined;
  /** Of the function, when it is passed on. */
  readonly condition: string | undefined;
  /** Of the function, when they are propagated. */
  readonly tags: JsonObject | undefined;
}

/** The expansion of one template. */
export interface Transform {
  readonly template: Template;
  /** Values with defaults added, and the pseudo parameters that SAM knows. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Every resource as it is before expansion, the implicit API included. */
  readonly sources: ReadonlyMap<string, Source>;
  /** APIs whose OpenAPI document is written here and not in the template. */
  readonly managedApis: ReadonlySet<string>;
  /** The template's conditions; more are added. */
  readonly conditions: Map<string, Json>;
  readonly deployments: Map<string, DeploymentPreference>;
  readonly findings: FindingList;
}

/** What `Function.Alias` and its like mean: the type that is looked for among what the resource made. */
export interface Expanded {
  readonly drafts: readonly Draft[];
  readonly referable: Readonly<Record<string, string>>;
  /** The id that the resource has now, when it isn't its own any more (a layer). */
  readonly renamedTo?: string;
}

/**
 * Ends the expansion of one resource. The others are still looked at, so that all is found in one go. Without a path, it
 * is about the resource as a whole.
 */
export class Refusal extends Error {
  readonly path: Path;

  constructor(path: Path, message: string) {
    super(message);
    this.path = path;
  }
}

/** A refusal in SAM's words for a resource. */
export function refusal(source: { id: string; path: Path }, message: string, ...at: (string | number)[]): Refusal {
  return new Refusal([...source.path, ...at], `Resource with id [${source.id}] is invalid. ${message}`);
}

export const NO_ATTRIBUTES: Attributes = {
  condition: undefined,
  deletionPolicy: undefined,
  updateReplacePolicy: undefined,
  updatePolicy: undefined,
  metadata: undefined,
};

/** Attributes that every made resource takes over from the one it comes from. */
export function passedOn({ condition, deletionPolicy, updateReplacePolicy }: Attributes): Attributes {
  return { ...NO_ATTRIBUTES, condition, deletionPolicy, updateReplacePolicy };
}

export function draft(
  id: string,
  type: string,
  attributes: Attributes,
  properties: { [name: string]: Json | undefined },
  dependsOn: readonly string[] = [],
): Draft {
  if (!/^[A-Za-z0-9]+$/.test(id)) {
    throw new Refusal([], `Resource with id [${id}] is invalid. Logical ids must be alphanumeric.`);
  }
  return { id, type, properties, attributes, dependsOn };
}

/** Types that `PropagateTags` gives the tags of the resource that they come from. */
const TAGGED = new Set([
  "AWS::Lambda::Function",
  "AWS::IAM::Role",
  "AWS::SNS::Topic",
  "AWS::SQS::Queue",
  "AWS::StepFunctions::StateMachine",
]);

/** SAM replaces the tags that were there, its own included. */
export function propagateTags(drafts: readonly Draft[], tags: Json[]): void {
  for (const made of drafts) if (TAGGED.has(made.type)) made.properties.Tags = tags;
}
