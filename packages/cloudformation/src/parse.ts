import { readDocument, type TemplateDocument } from "./document.ts";
import { TemplateError } from "./errors.ts";
import { checkFunction } from "./function-arguments.ts";
import { visitIntrinsics } from "./intrinsics.ts";
import { isObject, type Json, type JsonObject, type Path } from "./json.ts";
import { parseParameter } from "./parameters.ts";
import {
  type DeletionPolicy,
  type FindingList,
  findingsOf,
  type Output,
  type Parameter,
  type Resource,
  SERVERLESS_TRANSFORM,
  type Template,
} from "./template.ts";

const SECTIONS = new Set(
  "AWSTemplateFormatVersion Description Metadata Parameters Mappings Conditions Transform Globals Resources Outputs".split(
    " ",
  ),
);
const RESOURCE_ATTRIBUTES = new Set(
  "Type Properties DependsOn Condition DeletionPolicy UpdateReplacePolicy UpdatePolicy Metadata".split(" "),
);
const TRANSFORM_ATTRIBUTES = new Set(["IgnoreGlobals", "Connectors"]);
const POLICIES = new Set(["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"]);
/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const MAX_MEMBERS: Record<string, number> = { Resources: 500, Parameters: 200, Outputs: 200, Mappings: 200 };
const LOGICAL_ID = /^[a-zA-Z0-9]+$/;

/**
 * Parses a template (YAML or JSON) and checks its shape, in CloudFormation's own words where it has them. References
 * are checked by `expandTemplate`, because a transform may still make what they name.
 *
 * Raises `TemplateError` with every finding.
 */
export function parseTemplate(text: string, options: { file?: string } = {}): Template {
  const file = options.file ?? "template";
  const document = readDocument(text, file);
  const { root } = document;
  if (!isObject(root)) {
    const message = "Template format error: unsupported structure.";
    throw new TemplateError([{ file, line: 1, column: 1, message, path: [] }]);
  }
  const findings = findingsOf(document.positionOf);
  const { Resources: resources } = root;
  checkCount("Resources", isObject(resources) ? Object.keys(resources).length : 0, findings);
  findings.raise();
  const template = readSections(root, document, findings, { text, file });
  checkFunctions(template, findings);
  findings.raise();
  return template;
}

function readSections(
  root: JsonObject,
  document: TemplateDocument,
  findings: FindingList,
  source: { text: string; file: string },
): Template {
  for (const name of Object.keys(root)) {
    if (!SECTIONS.has(name)) findings.add([name], `Invalid template property or properties [${name}]`);
  }
  const transforms = readTransforms(root.Transform, findings);
  if (root.Globals !== undefined && !transforms.includes(SERVERLESS_TRANSFORM)) {
    findings.add(["Globals"], "Invalid template property or properties [Globals]");
  }
  const version = root.AWSTemplateFormatVersion;
  if (version !== undefined && version !== "2010-09-09") {
    findings.add(
      ["AWSTemplateFormatVersion"],
      `Template format error: unsupported value for AWSTemplateFormatVersion.`,
    );
  }
  const resources = new Map<string, Resource>();
  const section = sectionOf(root, "Resources", findings);
  if (Object.keys(section).length === 0) {
    findings.add(["Resources"], "Template format error: At least one Resources member must be defined.");
  }
  for (const [id, declared] of Object.entries(section)) {
    if (!LOGICAL_ID.test(id)) {
      findings.add(["Resources", id], `Template format error: Resource name ${id} is non alphanumeric.`);
    }
    const resource = readResource(id, declared, transforms, findings);
    if (resource) resources.set(id, resource);
  }
  const parameters = new Map<string, Parameter>();
  for (const [id, declared] of Object.entries(sectionOf(root, "Parameters", findings))) {
    if (!LOGICAL_ID.test(id)) {
      findings.add(["Parameters", id], `Template format error: Parameter name ${id} is non alphanumeric.`);
    }
    const parameter = parseParameter(id, declared, findings);
    if (parameter) parameters.set(id, parameter);
  }
  const outputs = new Map<string, Output>();
  for (const [id, declared] of Object.entries(sectionOf(root, "Outputs", findings))) {
    const output = readOutput(id, declared, findings);
    if (output) outputs.set(id, output);
  }
  const { Description: description } = root;
  if (description !== undefined && typeof description !== "string") {
    findings.add(["Description"], "Template format error: Description must be a string.");
  }
  return {
    ...source,
    description: typeof description === "string" ? description : undefined,
    transforms,
    metadata: isObject(root.Metadata) ? root.Metadata : undefined,
    globals: isObject(root.Globals) ? root.Globals : undefined,
    parameters,
    mappings: readMappings(sectionOf(root, "Mappings", findings), findings),
    conditions: new Map(Object.entries(sectionOf(root, "Conditions", findings))),
    resources,
    outputs,
    positionOf: document.positionOf,
    originOf: (id) => id,
  };
}

function sectionOf(root: JsonObject, name: string, findings: FindingList): JsonObject {
  const section = root[name];
  if (section === undefined) return {};
  if (isObject(section)) {
    checkCount(name, Object.keys(section).length, findings);
    return section;
  }
  findings.add([name], `Template format error: ${name} section must be a map.`);
  return {};
}

/** Finds more members of a section than CloudFormation takes. Also asked of what a transform made. */
export function checkCount(section: string, count: number, findings: FindingList): void {
  const max = MAX_MEMBERS[section] ?? Number.POSITIVE_INFINITY;
  if (count <= max) return;
  const what = section.toLowerCase();
  findings.add(
    [section],
    `Template format error: Number of ${what}, ${count}, is greater than maximum allowed, ${max}`,
  );
}

function readTransforms(value: Json | undefined, findings: FindingList): string[] {
  if (value === undefined) return [];
  const names = Array.isArray(value) ? value : [value];
  return names.flatMap((name) => {
    if (name === SERVERLESS_TRANSFORM) return [name];
    const shown = typeof name === "string" ? name : JSON.stringify(name);
    findings.add(["Transform"], `Transform ${shown} isn't supported: only ${SERVERLESS_TRANSFORM} is.`);
    return [];
  });
}

function readResource(
  id: string,
  declared: Json,
  transforms: readonly string[],
  findings: FindingList,
): Resource | undefined {
  const path: Path = ["Resources", id];
  if (!isObject(declared)) {
    findings.add(path, "Template format error: Any Resources member must be an object.");
    return undefined;
  }
  const extra: JsonObject = {};
  for (const [name, value] of Object.entries(declared)) {
    if (RESOURCE_ATTRIBUTES.has(name)) continue;
    if (TRANSFORM_ATTRIBUTES.has(name) && transforms.length > 0) extra[name] = value;
    else findings.add([...path, name], `Invalid template resource property '${name}'`);
  }
  const { Type: type, Properties: properties = {}, Condition: condition, DependsOn: dependsOn = [] } = declared;
  if (typeof type !== "string") {
    findings.add(path, `Template format error: [/Resources/${id}] Every Resources object must contain a Type member.`);
    return undefined;
  }
  if (!isObject(properties)) findings.add([...path, "Properties"], "Template format error: Properties must be a map.");
  if (condition !== undefined && typeof condition !== "string") {
    findings.add([...path, "Condition"], `Template format error: Every Condition member must be a string.`);
  }
  const needed = Array.isArray(dependsOn) ? dependsOn : [dependsOn];
  if (needed.some((name) => typeof name !== "string")) {
    findings.add([...path, "DependsOn"], "Template format error: DependsOn must be a string or list of strings.");
  }
  // As it was written: SAM's hash of a layer tells a text from a list of one.
  if (typeof dependsOn === "string" && transforms.length > 0) extra.DependsOn = dependsOn;
  const { UpdatePolicy: updatePolicy } = declared;
  if (updatePolicy !== undefined && !isObject(updatePolicy)) {
    findings.add([...path, "UpdatePolicy"], "Template format error: UpdatePolicy must be a map.");
  }
  return {
    type,
    properties: isObject(properties) ? properties : {},
    dependsOn: needed.filter((name) => typeof name === "string"),
    condition: typeof condition === "string" ? condition : undefined,
    deletionPolicy: readPolicy(declared, "DeletionPolicy", path, findings),
    updateReplacePolicy: readPolicy(declared, "UpdateReplacePolicy", path, findings),
    updatePolicy: isObject(updatePolicy) ? updatePolicy : undefined,
    metadata: isObject(declared.Metadata) ? declared.Metadata : undefined,
    extra,
  };
}

function readPolicy(
  declared: JsonObject,
  name: "DeletionPolicy" | "UpdateReplacePolicy",
  path: Path,
  findings: FindingList,
): DeletionPolicy | undefined {
  const value = declared[name];
  if (value === undefined) return undefined;
  if (typeof value === "string" && POLICIES.has(value)) return value as DeletionPolicy;
  findings.add([...path, name], `Template error: Unrecognized ${name} ${JSON.stringify(value)}`);
  return undefined;
}

function readOutput(id: string, declared: Json, findings: FindingList): Output | undefined {
  const path: Path = ["Outputs", id];
  if (!isObject(declared) || declared.Value === undefined) {
    findings.add(path, "Template format error: Every Outputs member must contain a Value object");
    return undefined;
  }
  const { Value: value, Description: description, Condition: condition, Export: exported } = declared;
  return {
    value,
    description: typeof description === "string" ? description : undefined,
    condition: typeof condition === "string" ? condition : undefined,
    exportName: isObject(exported) ? exported.Name : undefined,
  };
}

function readMappings(mappings: JsonObject, findings: FindingList): JsonObject {
  for (const [name, mapping] of Object.entries(mappings)) {
    if (!isObject(mapping)) {
      findings.add(["Mappings", name], `Template format error: Every Mappings member ${name} must be a map`);
      continue;
    }
    for (const [key, attributes] of Object.entries(mapping)) {
      if (isObject(attributes)) continue;
      findings.add(["Mappings", name, key], `Template format error: Every Mappings attribute must be a map.`);
    }
  }
  return mappings;
}

/** Refuses unknown functions and malformed arguments, so that evaluation only meets what it knows. */
function checkFunctions(template: Template, findings: FindingList): void {
  const check = (value: Json, path: Path, within: "value" | "condition" = "value") =>
    visitIntrinsics(value, path, ({ name, argument }, at) => checkFunction(name, argument, at, findings), within);
  for (const [id, resource] of template.resources) {
    check(resource.properties, ["Resources", id, "Properties"]);
    if (resource.updatePolicy) check(resource.updatePolicy, ["Resources", id, "UpdatePolicy"]);
  }
  for (const [id, condition] of template.conditions) check(condition, ["Conditions", id], "condition");
  for (const [id, output] of template.outputs) {
    check(output.value, ["Outputs", id, "Value"]);
    if (output.exportName !== undefined) check(output.exportName, ["Outputs", id, "Export", "Name"]);
  }
  if (template.globals) check(template.globals, ["Globals"]);
}
