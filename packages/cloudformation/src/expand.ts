import { referencesIn, visitIntrinsics } from "./intrinsics.ts";
import { parameterValues } from "./parameters.ts";
import { checkCount } from "./parse.ts";
import { expandServerless } from "./sam/expand.ts";
import { type FindingList, findingsOf, SERVERLESS_TRANSFORM, type Template } from "./template.ts";

const PSEUDO = new Set(
  "AccountId NotificationARNs NoValue Partition Region StackId StackName URLSuffix"
    .split(" ")
    .map((name) => `AWS::${name}`),
);

/**
 * What CloudFormation makes of a template before it looks at resources: the serverless transform applied, every
 * reference checked. `parameters` are those given for the stack (defaults are added); `region` is what SAM knows of
 * where the stack is.
 *
 * Raises `TemplateError` with every finding of the step that failed.
 */
export function expandTemplate(
  template: Template,
  parameters: ReadonlyMap<string, string>,
  options: { region?: string } = {},
): Template {
  let expanded = template;
  if (template.transforms.includes(SERVERLESS_TRANSFORM)) {
    const values = parameterValues(template, parameters);
    values.set("AWS::Partition", "aws");
    if (options.region) values.set("AWS::Region", options.region);
    expanded = expandServerless(template, values);
  }
  const findings = findingsOf(expanded.positionOf);
  checkCount("Resources", expanded.resources.size, findings);
  findings.raise();
  checkReferences(expanded, findings);
  findings.raise();
  return expanded;
}

function checkReferences(template: Template, findings: FindingList): void {
  for (const [id, resource] of template.resources) {
    const path = ["Resources", id];
    if (resource.type.startsWith("AWS::Serverless::")) {
      findings.add([...path, "Type"], `${resource.type} (${id}) needs 'Transform: ${SERVERLESS_TRANSFORM}'.`);
    }
    for (const part of ["properties", "updatePolicy"] as const) {
      const at = [...path, part === "properties" ? "Properties" : "UpdatePolicy"];
      for (const reference of referencesIn(resource[part] ?? {}, at)) {
        const isKnown = isParameter(template, reference) || template.resources.has(reference.name);
        if (!isKnown) findings.add(reference.path, unresolved(reference.name, "Resources"));
      }
      checkConditionsOf(resource[part] ?? {}, at, template, findings);
    }
    for (const name of resource.dependsOn) {
      if (!template.resources.has(name)) findings.add([...path, "DependsOn"], unresolved(name, "Resources"));
    }
    if (resource.condition !== undefined && !template.conditions.has(resource.condition)) {
      const message = `Template format error: Unresolved condition dependency ${resource.condition} in the Resources block of the template`;
      findings.add([...path, "Condition"], message);
    }
  }
  for (const [id, output] of template.outputs) {
    for (const reference of referencesIn(output.value, ["Outputs", id, "Value"])) {
      const isKnown = isParameter(template, reference) || template.resources.has(reference.name);
      if (!isKnown) findings.add(reference.path, unresolved(reference.name, "Outputs"));
    }
    checkConditionsOf(output.value, ["Outputs", id, "Value"], template, findings);
  }
}

function isParameter(template: Template, reference: { kind: string; name: string }): boolean {
  return reference.kind === "ref" && (PSEUDO.has(reference.name) || template.parameters.has(reference.name));
}

function checkConditionsOf(
  value: Parameters<typeof visitIntrinsics>[0],
  path: Parameters<typeof visitIntrinsics>[1],
  template: Template,
  findings: FindingList,
): void {
  visitIntrinsics(value, path, ({ name, argument }, at) => {
    const condition = name === "Fn::If" && Array.isArray(argument) ? argument[0] : undefined;
    if (typeof condition === "string" && !template.conditions.has(condition)) {
      findings.add(at, `Template error: unresolved condition dependency ${condition} in Fn::If`);
    }
  });
}

function unresolved(name: string, block: "Resources" | "Outputs"): string {
  if (block === "Outputs") return `Unresolved resource dependencies [${name}] in the Outputs block of the template`;
  return `Template format error: Unresolved resource dependencies [${name}] in the Resources block of the template`;
}
