import { isObject, type Json, type JsonObject } from "../json.ts";
import { isNothing, isTruthy, noValue, onlyIf, ref } from "./values.ts";

export const ANY_METHOD = "x-amazon-apigateway-any-method";
export const DEFAULT_PATH = "$default";
const INTEGRATION = "x-amazon-apigateway-integration";

/** An OpenAPI document that can't be edited as asked; the message ends SAM's sentence. */
export class DocumentError extends Error {}

/** The document of an API whose routes all come from events. */
export function emptyDocument(): JsonObject {
  return { openapi: "3.0.1", info: { version: "1.0", title: ref("AWS::StackName") }, paths: {} };
}

export function isDocument(value: Json | undefined): value is JsonObject & { paths: JsonObject } {
  if (!isObject(value) || !isObject(value.paths) || !isTruthy(value.openapi)) return false;
  return /^3(\.\d)(\.\d)?$/.test(String(value.openapi));
}

export function requireDocument(value: Json | undefined): JsonObject & { paths: JsonObject } {
  if (isDocument(value)) return value;
  throw new DocumentError(
    "Structure of the SAM template is invalid. Invalid OpenApi document. Invalid values or missing keys for 'openapi' or 'paths' in 'DefinitionBody'.",
  );
}

/** Any method is one name in OpenAPI, whatever case an event wrote it in. */
export function methodName(method: string): string {
  const lower = method.toLowerCase();
  return lower === "any" ? ANY_METHOD : lower;
}

/** What a value is in each case: itself, or both sides of an `Fn::If` that holds something. */
function alternatives(value: Json | undefined): Json[] {
  if (!isObject(value)) return value === undefined ? [] : [value];
  const parts = value["Fn::If"];
  if (parts === undefined) return [value];
  if (!Array.isArray(parts)) throw new DocumentError("Value of Fn::If must be a list.");
  return parts.slice(1).filter((part) => !isNothing(part));
}

export function pathItems(paths: JsonObject, path: string): JsonObject[] {
  return alternatives(paths[path]).map((item) => {
    if (isObject(item)) return item;
    throw new DocumentError(`Value of '${path}' path must be a dictionary according to Swagger spec.`);
  });
}

/** The operations of a path's method that have an integration. */
export function operations(paths: JsonObject, path: string, method: string): JsonObject[] {
  return pathItems(paths, path).flatMap((item) => integrated(item[methodName(method)], path, method));
}

/** Of what stands under a method, what has an integration. */
export function integrated(method: Json | undefined, path: string, name: string): JsonObject[] {
  return alternatives(method).flatMap((operation) => {
    if (!isObject(operation)) {
      throw new DocumentError(`Definition of method '${name}' for path '${path}' should be a map.`);
    }
    return isTruthy(operation[INTEGRATION]) ? [operation] : [];
  });
}

export function hasIntegration(paths: JsonObject, path: string, method: string): boolean {
  if (!Object.hasOwn(paths, path)) return false;
  return pathItems(paths, path).every((item) => {
    const operation = item[methodName(method)];
    return isObject(operation) && integrated(operation, path, method).length > 0;
  });
}

export function addPath(paths: JsonObject, path: string, method: string): void {
  paths[path] ??= {};
  for (const item of pathItems(paths, path)) item[methodName(method)] ??= {};
}

/** Sends a path's method to a function; under a condition, only while that holds. */
export function addIntegration(
  paths: JsonObject,
  given: { path: string; method: string; uri: JsonObject; condition: string | undefined },
): void {
  const { path, condition } = given;
  const method = methodName(given.method);
  if (hasIntegration(paths, path, method)) return;
  addPath(paths, path, method);
  for (const item of pathItems(paths, path)) {
    const existing = item[method];
    const operation: JsonObject = isObject(existing) ? existing : {};
    operation[INTEGRATION] = {
      type: "aws_proxy",
      httpMethod: "POST",
      payloadFormatVersion: "2.0",
      uri: condition === undefined ? given.uri : onlyIf(condition, given.uri),
    };
    if (path === DEFAULT_PATH && method === ANY_METHOD) operation.isDefaultRoute = true;
    operation.responses ??= {};
    item[method] = condition === undefined ? operation : onlyIf(condition, operation);
  }
}

export function setOnIntegrations(paths: JsonObject, path: string, method: string, name: string, value: Json): void {
  for (const operation of operations(paths, path, method)) {
    const integration = operation[INTEGRATION];
    if (isObject(integration)) integration[name] = value;
  }
}

/** Says of each `{name}` in a path that it is a parameter. */
export function addPathParameters(paths: JsonObject, path: string, method: string): void {
  const names = new Set<string>();
  for (let close = -1, open = path.indexOf("{"); open >= 0; open = path.indexOf("{", close)) {
    close = path.indexOf("}", open);
    if (close < 0) break;
    names.add(path.slice(open + 1, close));
  }
  for (const operation of names.size > 0 ? operations(paths, path, method) : []) {
    operation.parameters ??= [];
    const { parameters } = operation;
    if (!Array.isArray(parameters)) throw new DocumentError(`Parameters of path ${path} must be a list.`);
    const known = byName(parameters);
    for (const name of names) {
      const parameter = known.get(name);
      if (parameter) Object.assign(parameter, { in: "path", required: true });
      else parameters.push({ name, in: "path", required: true });
    }
  }
}

/** The first of each name in a list of parameters or tags. */
function byName(list: readonly Json[]): Map<Json | undefined, JsonObject> {
  return new Map(
    list
      .filter((item) => isObject(item))
      .toReversed()
      .map((item) => [item.name, item]),
  );
}

/** Whether a path's method is sent to the function that `logicalId` names, and to no other. */
export function isSentTo(paths: JsonObject, path: string, method: string, logicalId: string): boolean {
  if (!hasIntegration(paths, path, method)) return false;
  return operations(paths, path, method).every((operation) => {
    const integration = operation[INTEGRATION];
    if (!isObject(integration) || !isObject(integration.uri)) return false;
    return alternatives(integration.uri).every((uri) => {
      const arn = isObject(uri) ? uri["Fn::Sub"] : undefined;
      return typeof arn === "string" && functionIn(arn) === logicalId;
    });
  });
}

/** The first name before `.Arn`. */
function functionIn(text: string): string | undefined {
  for (let at = text.indexOf(".Arn"); at >= 0; at = text.indexOf(".Arn", at + 1)) {
    let from = at;
    while (from > 0 && /[A-Za-z0-9]/.test(text.charAt(from - 1))) from--;
    if (from < at) return text.slice(from, at);
  }
  return undefined;
}

export function addTags(document: JsonObject, tags: JsonObject): void {
  document.tags = isTruthy(document.tags) ? document.tags : [];
  const { tags: list } = document;
  if (!Array.isArray(list)) throw new DocumentError("Tags in OpenApi DefinitionBody needs to be a list.");
  const known = byName(list);
  for (const [name, value] of Object.entries(tags)) {
    const tag = known.get(name);
    if (tag) tag["x-amazon-apigateway-tag-value"] = value;
    else list.push({ name, "x-amazon-apigateway-tag-value": value });
  }
}

/** The OpenAPI form of an ARN's place where API Gateway invokes a function. */
export function invocationUri(functionArn: string): JsonObject {
  return {
    "Fn::Sub": `arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${${functionArn}}/invocations`,
  };
}

/** A whole path that is there only while a condition holds. */
export function makeConditional(paths: JsonObject, path: string, condition: string): void {
  paths[path] = onlyIf(condition, paths[path] ?? {}, noValue());
}
