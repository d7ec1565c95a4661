import { isObject, type Json, type JsonObject } from "../json.ts";
import type { Output, Resource, Template } from "../template.ts";
import { onlyKey, replaceVariables } from "./values.ts";

/** What references mean after the expansion: `Function.Alias` → `FunctionAliaslive`, and ids that changed. */
export interface Renames {
  readonly attributes: ReadonlyMap<string, string>;
  readonly ids: ReadonlyMap<string, string>;
}

/** The template with every `Ref`, `Fn::GetAtt` and `Fn::Sub` to what the expansion renamed put right. */
export function withRenames(template: Template, renames: Renames): Template {
  if (renames.attributes.size === 0 && renames.ids.size === 0) return template;
  const put = (value: Json) => renamed(value, renames);
  const putObject = (value: JsonObject | undefined) => value && (put(value) as JsonObject);
  const resources = new Map<string, Resource>();
  for (const [id, resource] of template.resources) {
    resources.set(id, {
      ...resource,
      properties: put(resource.properties) as JsonObject,
      metadata: putObject(resource.metadata),
      updatePolicy: putObject(resource.updatePolicy),
      dependsOn: resource.dependsOn.map((name) => renames.ids.get(name) ?? name),
    });
  }
  const outputs = new Map<string, Output>();
  for (const [id, output] of template.outputs) {
    const { value, exportName } = output;
    outputs.set(id, { ...output, value: put(value), exportName: exportName && put(exportName) });
  }
  return { ...template, resources, outputs };
}

function renamed(value: Json, renames: Renames): Json {
  if (Array.isArray(value)) return value.map((item) => renamed(item, renames));
  if (!isObject(value)) return value;
  switch (onlyKey(value)) {
    case "Ref": {
      const { Ref: name } = value;
      if (typeof name !== "string") break;
      return { Ref: renames.attributes.get(name) ?? renames.ids.get(name) ?? name };
    }
    case "Fn::GetAtt": {
      const { "Fn::GetAtt": path } = value;
      if (!Array.isArray(path) || !path.every((part) => typeof part === "string")) break;
      const [id = "", attribute = "", ...rest] = path.join(".").split(".");
      const target = renames.attributes.get(`${id}.${attribute}`);
      if (target !== undefined) return { "Fn::GetAtt": [target, ...rest] };
      const now = renames.ids.get(id);
      return now === undefined ? value : { "Fn::GetAtt": [now, attribute, ...rest] };
    }
    case "Fn::Sub": {
      const { "Fn::Sub": argument = null } = value;
      const copy: JsonObject = {
        "Fn::Sub": Array.isArray(argument) ? argument.map((part) => renamed(part, renames)) : argument,
      };
      replaceVariables(copy, (name) => variable(name, renames));
      return copy;
    }
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, renamed(member, renames)]));
}

function variable(name: string, { attributes, ids }: Renames): string | undefined {
  const [id = "", attribute = "", ...rest] = name.split(".");
  const target = attributes.get(`${id}.${attribute}`);
  if (target !== undefined) return `\${${[target, ...rest].join(".")}}`;
  const now = ids.get(id);
  return now === undefined ? undefined : `\${${[now, ...name.split(".").slice(1)].join(".")}}`;
}
