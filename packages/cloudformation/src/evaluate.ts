import { subnetsOf } from "./cidr.ts";
import { splitAttribute } from "./document.ts";
import { TemplateError } from "./errors.ts";
import { attributeTarget, intrinsicOf, subArguments, substitute } from "./intrinsics.ts";
import { isEqual, isObject, type Json, type JsonObject, type Path } from "./json.ts";
import { parameterValues, referenceValue } from "./parameters.ts";
import type { Template } from "./template.ts";

/** `AWS::AccountId` and its like. `AWS::Partition` and `AWS::URLSuffix` are those of the commercial partition. */
export interface PseudoParameters {
  readonly accountId: string;
  readonly region: string;
  readonly stackName: string;
  readonly stackId: string;
  readonly notificationArns?: readonly string[];
  /** What another stack exports under a name; undefined when none does. Left out: nothing can be imported. */
  imported?(name: string): string | undefined;
}

/** What deployed resources answer. Either may raise; the message should name the resource. */
export interface ResourceValues {
  /** What `Ref` gives: the physical id, for most types. */
  reference(logicalId: string): Json;
  attribute(logicalId: string, name: string): Json;
}

export interface OutputValue {
  readonly key: string;
  readonly value: string;
  readonly description: string | undefined;
  readonly exportName: string | undefined;
}

/** A template with its parameters: what it says once every function in it is worked out. */
export interface Evaluator {
  readonly parameters: ReadonlyMap<string, string>;
  /** False for a resource whose condition is false: it isn't part of the stack. */
  isActive(logicalId: string): boolean;
  /** Logical ids of all active resources, in the template's order. */
  activeResources(): string[];
  properties(logicalId: string, resources: ResourceValues): JsonObject;
  /** How the resource is updated, if the template says so. */
  updatePolicy(logicalId: string, resources: ResourceValues): JsonObject | undefined;
  outputs(resources: ResourceValues): OutputValue[];
}

/** What a value shows as that only the deployment will tell; AWS's own words. What is made of it isn't known either. */
export const KNOWN_AFTER_APPLY = "{{changeSet:KNOWN_AFTER_APPLY}}";

/** What a value becomes that must be left out: `AWS::NoValue`. */
const NOTHING = Symbol("AWS::NoValue");
type Evaluated = Json | typeof NOTHING;

/**
 * Evaluates `template` (after `expandTemplate`) for parameter values as given, defaults added. Raises `TemplateError`
 * for values that don't fit, and, when asked for a value, for what can't be worked out.
 */
export function createEvaluator(
  template: Template,
  given: ReadonlyMap<string, string>,
  pseudo: PseudoParameters,
): Evaluator {
  const parameters = parameterValues(template, given);
  const known = new Map<string, boolean>();
  const underway = new Set<string>();

  const fail = (path: Path, message: string): never => {
    throw new TemplateError([{ ...template.positionOf(path), message, path }]);
  };

  const pseudoValue = (name: string): Evaluated | undefined => {
    switch (name) {
      case "AWS::AccountId":
        return pseudo.accountId;
      case "AWS::Region":
        return pseudo.region;
      case "AWS::StackName":
        return pseudo.stackName;
      case "AWS::StackId":
        return pseudo.stackId;
      case "AWS::Partition":
        return "aws";
      case "AWS::URLSuffix":
        return "amazonaws.com";
      case "AWS::NotificationARNs":
        return [...(pseudo.notificationArns ?? [])];
      case "AWS::NoValue":
        return NOTHING;
      default:
        return undefined;
    }
  };

  const reference = (name: string, resources: ResourceValues, path: Path): Evaluated => {
    const fixed = pseudoValue(name);
    if (fixed !== undefined) return fixed;
    const parameter = template.parameters.get(name);
    if (parameter) return referenceValue(parameter, parameters.get(name) ?? "");
    requireActive(name, path);
    return resources.reference(name);
  };

  const requireActive = (name: string, path: Path) => {
    if (template.resources.has(name) && isActive(name)) return;
    const block = String(path[0] ?? "Resources");
    fail(
      path,
      `Template format error: Unresolved resource dependencies [${name}] in the ${block} block of the template`,
    );
  };

  const condition = (name: string, path: Path): boolean => {
    const cached = known.get(name);
    if (cached !== undefined) return cached;
    const expression = template.conditions.get(name);
    if (expression === undefined) {
      return fail(path, `Template error: unresolved condition dependency ${name} in Fn::If`);
    }
    if (underway.has(name)) fail(path, `Template error: Found circular condition dependency at ${name}`);
    underway.add(name);
    const result = test(expression, ["Conditions", name]);
    underway.delete(name);
    known.set(name, result);
    return result;
  };

  const test = (expression: Json, path: Path): boolean => {
    const intrinsic = intrinsicOf(expression, "condition");
    if (!intrinsic) return fail(path, "Template format error: Every Conditions member must be a condition function.");
    const { name, argument } = intrinsic;
    const list = Array.isArray(argument) ? argument : [];
    switch (name) {
      case "Condition":
        if (typeof argument !== "string") {
          return fail(path, "Template format error: Every Condition member must be a string.");
        }
        return condition(argument, path);
      case "Fn::And":
        return list.every((item, index) => test(item, [...path, name, index]));
      case "Fn::Or":
        return list.some((item, index) => test(item, [...path, name, index]));
      case "Fn::Not":
        return !test(list[0] ?? null, [...path, name, 0]);
      case "Fn::Equals": {
        const [left, right] = list.map((item, index) => value(item, noResources(fail, path), [...path, name, index]));
        if (left === NOTHING || right === NOTHING) return left === right;
        return isEqual(scalarText(left), scalarText(right));
      }
      default:
        return fail(path, `Template error: ${name} isn't a condition function.`);
    }
  };

  const value = (given: Json, resources: ResourceValues, path: Path): Evaluated => {
    const intrinsic = intrinsicOf(given);
    if (intrinsic) return call(intrinsic.name, intrinsic.argument, resources, [...path, intrinsic.name]);
    if (Array.isArray(given)) {
      return given.map((item, index) => value(item, resources, [...path, index])).filter((item) => item !== NOTHING);
    }
    if (!isObject(given)) return given;
    const result: JsonObject = {};
    for (const [key, member] of Object.entries(given)) {
      const evaluated = value(member, resources, [...path, key]);
      if (evaluated !== NOTHING) result[key] = evaluated;
    }
    return result;
  };

  const text = (given: Json, resources: ResourceValues, path: Path): string => {
    const evaluated = value(given, resources, path);
    if (evaluated === NOTHING || typeof evaluated === "object") {
      return fail(path, `Template error: ${String(path.at(-2) ?? "the function")} needs text here.`);
    }
    return String(evaluated);
  };

  const list = (given: Json, resources: ResourceValues, path: Path): Json[] => {
    const evaluated = value(given, resources, path);
    if (evaluated === KNOWN_AFTER_APPLY) return [evaluated];
    return Array.isArray(evaluated) ? evaluated : fail(path, "Template error: a list is needed here.");
  };

  const call = (name: string, argument: Json, resources: ResourceValues, path: Path): Evaluated => {
    const items = Array.isArray(argument) ? argument : [];
    const [first = null, second = null, third = null] = items;
    switch (name) {
      case "Ref":
        return reference(String(argument), resources, path);
      case "Fn::GetAtt": {
        const [resource, attribute] = attributeTarget(argument) ?? ["", ""];
        requireActive(resource, path);
        return resources.attribute(resource, attribute);
      }
      case "Fn::Sub": {
        const [format, variables] = subArguments(argument);
        return substitute(format, (variable) => {
          const own = isObject(variables) && Object.hasOwn(variables, variable) ? variables[variable] : undefined;
          if (own !== undefined) return text(own, resources, [...path, 1, variable]);
          const [resource, attribute] = splitAttribute(variable);
          if (attribute !== "") {
            requireActive(resource, path);
            return String(scalarText(resources.attribute(resource, attribute)));
          }
          const evaluated = reference(resource, resources, path);
          if (evaluated === NOTHING) return "";
          return Array.isArray(evaluated) ? evaluated.join(",") : String(evaluated);
        });
      }
      case "Fn::Join":
        return list(second, resources, [...path, 1])
          .map((item) => String(scalarText(item)))
          .join(text(first, resources, [...path, 0]));
      case "Fn::Split": {
        const whole = text(second, resources, [...path, 1]);
        // Not cut: its own name has a colon.
        if (whole.includes(KNOWN_AFTER_APPLY)) return [KNOWN_AFTER_APPLY];
        return whole.split(text(first, resources, [...path, 0]));
      }
      case "Fn::Select": {
        const index = Number(text(first, resources, [...path, 0]));
        const choices = list(second, resources, [...path, 1]);
        const chosen = choices[index];
        if (chosen !== undefined) return chosen;
        // Of how many parts it will be isn't known.
        if (choices.includes(KNOWN_AFTER_APPLY)) return KNOWN_AFTER_APPLY;
        return fail(path, `Template error: Fn::Select  cannot select nonexistent value at index ${index}`);
      }
      case "Fn::If":
        return condition(String(first), path)
          ? value(second, resources, [...path, 1])
          : value(third, resources, [...path, 2]);
      case "Fn::FindInMap": {
        const [map, key, attribute] = items.map((item, index) => text(item, resources, [...path, index]));
        const found = memberOf(memberOf(template.mappings[map ?? ""], key), attribute);
        return found ?? fail(path, `Template error: Unable to get mapping for ${map}::${key}::${attribute}`);
      }
      case "Fn::ImportValue": {
        const exported = text(argument, resources, path);
        return pseudo.imported?.(exported) ?? fail(path, `No export named ${exported} found.`);
      }
      case "Fn::Base64":
        return Buffer.from(text(argument, resources, path), "utf8").toString("base64");
      case "Fn::Cidr": {
        const [block = "", count, bits] = items.map((item, index) => text(item, resources, [...path, index]));
        if (block.includes(KNOWN_AFTER_APPLY)) return [KNOWN_AFTER_APPLY];
        const blocks = subnetsOf(block, Number(count), Number(bits));
        return blocks ?? fail(path, `Template error: Fn::Cidr can't make ${count} blocks of ${bits} bits of ${block}.`);
      }
      case "Fn::GetAZs": {
        const region = text(argument, resources, path) || pseudo.region;
        return ["a", "b", "c"].map((zone) => `${region}${zone}`);
      }
      default:
        return fail(path, `${name} isn't supported here.`);
    }
  };

  const isActive = (logicalId: string): boolean => {
    const resource = template.resources.get(logicalId);
    if (!resource) return false;
    return resource.condition === undefined || condition(resource.condition, ["Resources", logicalId, "Condition"]);
  };

  return {
    parameters,
    isActive,
    activeResources: () => [...template.resources.keys()].filter(isActive),
    properties(logicalId, resources) {
      const declared = template.resources.get(logicalId)?.properties ?? {};
      const evaluated = value(declared, resources, ["Resources", logicalId, "Properties"]);
      return isObject(evaluated as Json) ? (evaluated as JsonObject) : {};
    },
    updatePolicy(logicalId, resources) {
      const declared = template.resources.get(logicalId)?.updatePolicy;
      if (!declared) return undefined;
      const evaluated = value(declared, resources, ["Resources", logicalId, "UpdatePolicy"]);
      return isObject(evaluated as Json) ? (evaluated as JsonObject) : undefined;
    },
    outputs(resources) {
      return [...template.outputs].flatMap(([key, output]) => {
        const path: Path = ["Outputs", key];
        if (output.condition !== undefined && !condition(output.condition, [...path, "Condition"])) return [];
        const name = output.exportName;
        return {
          key,
          value: text(output.value, resources, [...path, "Value"]),
          description: output.description,
          exportName: name === undefined ? undefined : text(name, resources, [...path, "Export", "Name"]),
        };
      });
    },
  };
}

/** Conditions are decided before any resource exists. */
function noResources(fail: (path: Path, message: string) => never, path: Path): ResourceValues {
  const refuse = (logicalId: string) =>
    fail(path, `Template error: conditions can't use resources, but one uses ${logicalId}.`);
  return { reference: refuse, attribute: refuse };
}

function memberOf(value: Json | undefined, key: string | undefined): Json | undefined {
  return isObject(value) && key !== undefined && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** `1` and `"1"`, `true` and `"true"` are the same to CloudFormation. */
function scalarText(value: Json | undefined): Json {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : (value ?? null);
}
