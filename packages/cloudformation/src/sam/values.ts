import { isObject, type Json, type JsonObject } from "../json.ts";

/**
 * Whether a value counts as given. SAM's translator asks for Python's truth: an empty text, list or map and a zero are
 * treated as if they weren't there, and a template that relies on it must come out the same here.
 */
export function isTruthy(value: Json | undefined): value is Exclude<Json, null> {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

export const ref = (logicalId: string): JsonObject => ({ Ref: logicalId });
export const getAtt = (logicalId: string, attribute: string): JsonObject => ({ "Fn::GetAtt": [logicalId, attribute] });
export const noValue = (): JsonObject => ref("AWS::NoValue");

export function sub(text: string, variables?: JsonObject): JsonObject {
  return { "Fn::Sub": variables ? [text, variables] : text };
}

/** `whenTrue` if the condition holds, else nothing. */
export function onlyIf(condition: string, whenTrue: Json, otherwise: Json = noValue()): JsonObject {
  return { "Fn::If": [condition, whenTrue, otherwise] };
}

/** The only member's name, for a map with one member. SAM takes such a map for a function wherever it expects text. */
export function onlyKey(value: Json | undefined): string | undefined {
  if (!isObject(value)) return undefined;
  const [key, ...others] = Object.keys(value);
  return others.length === 0 ? key : undefined;
}

/** What SAM takes for an intrinsic function: also `Condition`, which is one only in the template's conditions. */
export function isFunction(value: Json | undefined): boolean {
  const key = onlyKey(value);
  return key === "Ref" || key === "Condition" || (key?.startsWith("Fn::") ?? false);
}

export function isIf(value: Json | undefined): value is JsonObject {
  return onlyKey(value) === "Fn::If";
}

export function isNothing(value: Json | undefined): boolean {
  return isObject(value) && onlyKey(value) === "Ref" && value.Ref === "AWS::NoValue";
}

/** The three parts of an `Fn::If`, or undefined when it doesn't have three. */
export function ifParts(value: JsonObject): [string, Json, Json] | undefined {
  const parts = value["Fn::If"];
  if (!Array.isArray(parts) || parts.length !== 3) return undefined;
  const [condition, whenTrue = null, whenFalse = null] = parts;
  return typeof condition === "string" ? [condition, whenTrue, whenFalse] : undefined;
}

/** The resource that a `Ref` or `Fn::GetAtt` names. */
export function referredId(value: Json | undefined): string | undefined {
  if (!isObject(value) || !isFunction(value)) return undefined;
  const { Ref: reference, "Fn::GetAtt": attribute } = value;
  if (typeof reference === "string") return reference;
  if (Array.isArray(attribute) && attribute.length === 2 && typeof attribute[0] === "string") return attribute[0];
  return undefined;
}

/** SAM's `{ team: payments }` as CloudFormation's list. */
export function tagList(tags: Json | undefined): Json[] {
  return isObject(tags) ? Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) : [];
}

/** What SAM looks for in an `Fn::Sub`: names without spaces. `${!Literal}` isn't one. */
const VARIABLE = /\$\{([A-Za-z0-9.]+|AWS::[A-Z][A-Za-z]*)\}/g;

/** Replaces variables in the text of an `Fn::Sub`, in place; what `replace` leaves undefined stays. */
export function replaceVariables(value: JsonObject, replace: (name: string) => string | undefined): void {
  const argument = value["Fn::Sub"];
  const replaced = (text: string) => text.replaceAll(VARIABLE, (whole, name: string) => replace(name) ?? whole);
  if (typeof argument === "string") value["Fn::Sub"] = replaced(argument);
  else if (Array.isArray(argument) && typeof argument[0] === "string") argument[0] = replaced(argument[0]);
}

/**
 * Puts parameter values (and the region) in the place of references to them. Every other function stays. The value is
 * changed in place, as SAM does it: what comes from `Globals` is shared by resources, and a version's hash and the
 * function's code show it.
 */
export function resolveParameters(value: Json, parameters: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) value[index] = resolveParameters(item, parameters);
  } else if (isObject(value)) {
    const key = onlyKey(value);
    const name = value.Ref;
    if (key === "Ref" && typeof name === "string") return parameters.get(name) ?? value;
    if (key === "Fn::Sub") replaceVariables(value, (variable) => parameters.get(variable));
    for (const [member, inner] of Object.entries(value)) value[member] = resolveParameters(inner, parameters);
  }
  return value;
}

/** Looks up each `Fn::FindInMap` whose keys are known, inner ones first. In place, as `resolveParameters`. */
export function resolveMappings(value: Json, mappings: JsonObject): Json {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) value[index] = resolveMappings(item, mappings);
  } else if (isObject(value)) {
    for (const [member, inner] of Object.entries(value)) value[member] = resolveMappings(inner, mappings);
    const keys = value["Fn::FindInMap"];
    if (onlyKey(value) === "Fn::FindInMap" && Array.isArray(keys)) {
      let found: Json | undefined = mappings;
      for (const key of keys) {
        found = isObject(found) && typeof key === "string" && Object.hasOwn(found, key) ? found[key] : undefined;
      }
      return found ?? value;
    }
  }
  return value;
}
