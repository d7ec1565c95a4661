import { splitAttribute } from "../document.ts";
import { attributeTarget, intrinsicOf, subArguments, substitute } from "../intrinsics.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { findingsOf, type Output, type Resource, type Template } from "../template.ts";
import type { Expansion } from "./context.ts";
import { makeResource } from "./context.ts";
import { type ExpandedFunction, expandFunction } from "./function.ts";
import { checkGlobals } from "./globals.ts";
import { expandHttpApi, expandHttpApiEvents, IMPLICIT_API, type Routes } from "./http-api.ts";

const PREFIX = "AWS::Serverless::";

/**
 * Applies the transform AWS::Serverless-2016-10-31: functions and HTTP APIs. Anything else that begins with
 * `AWS::Serverless::` is refused by name and place. `parameters` are values with defaults added; SAM needs them for the
 * logical id of a version, which changes with the code's place.
 *
 * Raises `TemplateError` with every finding.
 */
export function expandServerless(template: Template, parameters: ReadonlyMap<string, string>): Template {
  const findings = findingsOf(template.positionOf);
  const resources = new Map<string, Resource>();
  const origins = new Map<string, string>();
  const aliases = new Map<string, string>();
  const expansion: Expansion = {
    template,
    parameters,
    findings,
    add: (origin, logicalId, resource) => {
      if (logicalId !== origin && (template.resources.has(logicalId) || resources.has(logicalId))) {
        findings.add(
          ["Resources", origin],
          `${origin} makes a resource ${logicalId}, but the template has one already.`,
        );
      }
      resources.set(logicalId, resource);
      origins.set(logicalId, origin);
    },
    alias: (from, to) => aliases.set(from, to),
  };
  checkGlobals(template, findings);

  const routes = new Map<string, Routes>();
  const apis = new Map([...template.resources].filter(([, resource]) => resource.type === `${PREFIX}HttpApi`));
  for (const id of apis.keys()) routes.set(id, { paths: {}, settings: {} });
  let implicitOrigin: string | undefined;
  const routesFor = (expanded: ExpandedFunction) => (apiId: string) => {
    if (apiId !== IMPLICIT_API || routes.has(apiId)) return routes.get(apiId);
    implicitOrigin ??= expanded.logicalId;
    const made = { paths: {}, settings: {} };
    routes.set(apiId, made);
    return made;
  };

  for (const [logicalId, resource] of template.resources) {
    if (resource.type === `${PREFIX}Function`) {
      const expanded = expandFunction(expansion, logicalId, resource);
      expandHttpApiEvents(expansion, expanded, routesFor(expanded));
    } else if (!resource.type.startsWith(PREFIX)) {
      resources.set(logicalId, resource);
    } else if (resource.type !== `${PREFIX}HttpApi`) {
      findings.add(["Resources", logicalId], `${resource.type} (${logicalId}) isn't supported.`);
    }
  }
  for (const [id, given] of routes) {
    const declared = apis.get(id);
    const none = { condition: undefined, deletionPolicy: undefined, updateReplacePolicy: undefined };
    expandHttpApi(expansion, id, declared ?? makeResource(`${PREFIX}HttpApi`, {}, none), given);
    if (!declared && implicitOrigin)
      for (const [made, origin] of origins) if (origin === id) origins.set(made, implicitOrigin);
  }
  findings.raise();
  return withAliases({ ...template, transforms: [], globals: undefined, resources }, aliases, (path) => {
    const [section, id] = path;
    const origin = section === "Resources" && typeof id === "string" ? origins.get(id) : undefined;
    return template.positionOf(origin === undefined || origin === id ? path : ["Resources", origin]);
  });
}

/** Replaces `Function.Alias` and its like wherever something is referred to. */
function withAliases(
  template: Template,
  aliases: ReadonlyMap<string, string>,
  positionOf: Template["positionOf"],
): Template {
  const rename = (value: Json): Json => {
    const intrinsic = intrinsicOf(value);
    if (intrinsic?.name === "Ref") return { Ref: aliases.get(String(intrinsic.argument)) ?? intrinsic.argument };
    if (intrinsic?.name === "Fn::GetAtt") {
      const [resource, attribute] = attributeTarget(intrinsic.argument) ?? ["", ""];
      const [first, rest] = splitAttribute(attribute);
      const target = aliases.get(`${resource}.${first}`);
      if (target !== undefined && rest !== "") return { "Fn::GetAtt": [target, rest] };
    }
    if (intrinsic?.name === "Fn::Sub") {
      const [format, variables] = subArguments(intrinsic.argument);
      const text = substitute(format.replaceAll("${!", "${!!"), (name) => `\${${renamed(name, aliases)}}`);
      return { "Fn::Sub": Array.isArray(intrinsic.argument) ? [text, rename(variables ?? {})] : text };
    }
    if (Array.isArray(value)) return value.map(rename);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, rename(member)]));
  };
  const resources = new Map<string, Resource>();
  for (const [id, resource] of template.resources) {
    const dependsOn = resource.dependsOn.map((name) => aliases.get(name) ?? name);
    resources.set(id, { ...resource, dependsOn, properties: rename(resource.properties) as JsonObject });
  }
  const outputs = new Map<string, Output>();
  for (const [id, output] of template.outputs) outputs.set(id, { ...output, value: rename(output.value) });
  return { ...template, resources, outputs, positionOf };
}

function renamed(name: string, aliases: ReadonlyMap<string, string>): string {
  const [resource, attribute] = splitAttribute(name);
  const [first, rest] = splitAttribute(attribute);
  const target = aliases.get(`${resource}.${first}`);
  if (target === undefined) return name;
  return rest === "" ? target : `${target}.${rest}`;
}
