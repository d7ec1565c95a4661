import type { Finding, Position } from "./errors.ts";
import { TemplateError } from "./errors.ts";
import type { Json, JsonObject, Path } from "./json.ts";

export type DeletionPolicy = "Delete" | "Retain" | "RetainExceptOnCreate" | "Snapshot";

export interface Resource {
  readonly type: string;
  readonly properties: JsonObject;
  /** As written: references inside the properties aren't listed here. */
  readonly dependsOn: readonly string[];
  readonly condition: string | undefined;
  readonly deletionPolicy: DeletionPolicy | undefined;
  readonly updateReplacePolicy: DeletionPolicy | undefined;
  /** How CloudFormation updates it: with `CodeDeployLambdaAliasUpdate`, an alias's traffic moves by CodeDeploy. */
  readonly updatePolicy: JsonObject | undefined;
  readonly metadata: JsonObject | undefined;
  /** Attributes that only a transform reads: `IgnoreGlobals`, `Connectors`, `DependsOn` where it was written as text. */
  readonly extra: JsonObject;
}

export interface Parameter {
  readonly type: string;
  readonly defaultValue: string | undefined;
  readonly description: string | undefined;
  readonly allowedValues: readonly string[] | undefined;
  readonly allowedPattern: string | undefined;
  readonly constraintDescription: string | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly minValue: number | undefined;
  readonly maxValue: number | undefined;
  readonly noEcho: boolean;
}

export interface Output {
  readonly value: Json;
  readonly description: string | undefined;
  readonly condition: string | undefined;
  readonly exportName: Json | undefined;
}

/** A template whose shape is known to be right. Logical ids are keys of maps, because `constructor` is a legal one. */
export interface Template {
  readonly file: string;
  /** The text as it was given. */
  readonly text: string;
  readonly description: string | undefined;
  /** Names of the transforms that are still to be applied; `expandTemplate` leaves none. */
  readonly transforms: readonly string[];
  readonly metadata: JsonObject | undefined;
  readonly globals: JsonObject | undefined;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly mappings: JsonObject;
  readonly conditions: ReadonlyMap<string, Json>;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly outputs: ReadonlyMap<string, Output>;
  /**
   * Where the value at `path` was written, or the nearest thing around it. A resource that a transform made stands
   * where the resource was written that it came from.
   */
  positionOf(path: Path): Position;
  /** Logical id of the resource as written that a resource comes from: its own, unless a transform made it. */
  originOf(id: string): string;
}

export const SERVERLESS_TRANSFORM = "AWS::Serverless-2016-10-31";

/** Collects findings while a template is looked at, and raises them together. */
export interface FindingList {
  add(path: Path, message: string): void;
  /** Raises `TemplateError` when anything was found. */
  raise(): void;
}

export function findingsOf(positionOf: (path: Path) => Position): FindingList {
  const findings: Finding[] = [];
  return {
    add: (path, message) => findings.push({ ...positionOf(path), message, path }),
    raise: () => {
      if (findings.length > 0) throw new TemplateError(findings);
    },
  };
}

/** The template as CloudFormation's JSON, with sections in CloudFormation's order. `GetTemplate` answers it as processed. */
export function templateBody(template: Template, parameterSection?: JsonObject): JsonObject {
  const body: JsonObject = { AWSTemplateFormatVersion: "2010-09-09" };
  if (template.transforms.length > 0) body.Transform = [...template.transforms];
  if (template.description !== undefined) body.Description = template.description;
  if (template.metadata) body.Metadata = template.metadata;
  if (parameterSection && Object.keys(parameterSection).length > 0) body.Parameters = parameterSection;
  if (Object.keys(template.mappings).length > 0) body.Mappings = template.mappings;
  if (template.conditions.size > 0) body.Conditions = Object.fromEntries(template.conditions);
  body.Resources = Object.fromEntries([...template.resources].map(([id, resource]) => [id, resourceBody(resource)]));
  if (template.outputs.size > 0) {
    body.Outputs = Object.fromEntries([...template.outputs].map(([id, output]) => [id, outputBody(output)]));
  }
  return body;
}

function resourceBody(resource: Resource): JsonObject {
  const body: JsonObject = { Type: resource.type };
  if (resource.condition !== undefined) body.Condition = resource.condition;
  if (resource.dependsOn.length > 0) body.DependsOn = [...resource.dependsOn];
  if (resource.deletionPolicy) body.DeletionPolicy = resource.deletionPolicy;
  if (resource.updateReplacePolicy) body.UpdateReplacePolicy = resource.updateReplacePolicy;
  if (resource.updatePolicy) body.UpdatePolicy = resource.updatePolicy;
  if (resource.metadata) body.Metadata = resource.metadata;
  if (Object.keys(resource.properties).length > 0) body.Properties = resource.properties;
  return body;
}

function outputBody(output: Output): JsonObject {
  const body: JsonObject = { Value: output.value };
  if (output.description !== undefined) body.Description = output.description;
  if (output.condition !== undefined) body.Condition = output.condition;
  if (output.exportName !== undefined) body.Export = { Name: output.exportName };
  return body;
}
