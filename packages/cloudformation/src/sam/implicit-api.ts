import { isObject, type Json, type JsonObject } from "../json.ts";
import { type Attributes, NO_ATTRIBUTES, type Source } from "./context.ts";
import { ANY_METHOD, addPath, DEFAULT_PATH, emptyDocument, isDocument, makeConditional } from "./openapi.ts";
import { isFunction, isTruthy, onlyIf, ref } from "./values.ts";

export const HTTP_API = "AWS::Serverless::HttpApi";
/** The API of events that name none. */
export const IMPLICIT_API = "ServerlessHttpApi";
const MAX_OPERANDS = 10;

/** What the conditions of the functions behind an API's methods are: by path, then method. */
type MethodConditions = Map<string, Map<string, string | undefined>>;

export interface ImplicitApi {
  /** Made where events need it; it replaces a resource of that name. */
  readonly api: Source | undefined;
  /** APIs whose document is written here. */
  readonly managed: ReadonlySet<string>;
}

/**
 * Gives each API that has no document of its own an empty one, makes the API of events that name none, and enters the
 * paths of all events, with the conditions of their functions. The first of SAM's steps: globals come after it.
 */
export function prepareHttpApis(
  sources: ReadonlyMap<string, Source>,
  globals: JsonObject | undefined,
  conditions: Map<string, Json>,
  refuse: (source: Source, event: string, message: string) => void,
): ImplicitApi {
  const all = new Map(sources);
  const managed = new Set<string>();
  for (const [id, source] of sources) {
    const { DefinitionBody: body, DefinitionUri: uri } = source.properties;
    if (source.type !== HTTP_API || isTruthy(body) || isTruthy(uri)) continue;
    source.properties.DefinitionBody = emptyDocument();
    managed.add(id);
  }
  const properties: JsonObject = { DefinitionBody: emptyDocument() };
  const implicit: Source = {
    id: IMPLICIT_API,
    type: HTTP_API,
    properties,
    attributes: NO_ATTRIBUTES,
    dependsOn: [],
    path: ["Resources", IMPLICIT_API, "Properties"],
  };
  const wasManaged = managed.has(IMPLICIT_API);
  all.set(IMPLICIT_API, implicit);
  managed.add(IMPLICIT_API);

  const byApi = new Map<string, MethodConditions>();
  const users: Attributes[] = [];
  for (const source of sources.values()) {
    for (const [name, event] of httpApiEvents(source)) {
      const entered = enterEvent({ source, all, managed, byApi, globals, implicit }, event);
      if (typeof entered === "string") refuse(source, name, entered);
      else if (entered.apiId === IMPLICIT_API) users.push(source.attributes);
    }
  }
  for (const [apiId, methods] of byApi) {
    const body = all.get(apiId)?.properties.DefinitionBody;
    if (!managed.has(apiId) || !isDocument(body)) continue;
    for (const [path, ofMethods] of methods) {
      const name = `${apiId}${path.replaceAll("/", "SLASH").replaceAll("{", "OB").replaceAll("}", "CB")}PathCondition`;
      const condition = commonCondition([...ofMethods.values()], name, conditions);
      if (condition !== undefined) makeConditional(body.paths, path, condition);
    }
  }
  const methods = byApi.get(IMPLICIT_API);
  if (!methods) {
    if (!wasManaged) managed.delete(IMPLICIT_API);
    return { api: undefined, managed };
  }
  const ofAll = [...methods.values()].flatMap((ofMethods) => [...ofMethods.values()]);
  const attributes: Attributes = {
    ...NO_ATTRIBUTES,
    condition: commonCondition(ofAll, `${IMPLICIT_API}Condition`, conditions),
    deletionPolicy: strongest(users, "deletionPolicy", ["Retain", "Delete"]),
    updateReplacePolicy: strongest(users, "updateReplacePolicy", ["Retain", "Snapshot", "Delete"]),
  };
  return { api: { ...implicit, attributes }, managed };
}

function httpApiEvents(source: Source): [string, JsonObject][] {
  const { Events: events } = source.properties;
  if (source.type !== "AWS::Serverless::Function" || !isObject(events)) return [];
  return Object.entries(events).filter(
    (entry): entry is [string, JsonObject] => isObject(entry[1]) && entry[1].Type === "HttpApi",
  );
}

/** Completes the event and enters it at its API; what is wrong with it, when something is. */
function enterEvent(
  given: {
    source: Source;
    all: ReadonlyMap<string, Source>;
    managed: ReadonlySet<string>;
    byApi: Map<string, MethodConditions>;
    globals: JsonObject | undefined;
    implicit: Source;
  },
  event: JsonObject,
): { apiId: string } | string {
  const { source, implicit } = given;
  event.Properties ??= {};
  const { Properties: properties } = event;
  if (!isObject(properties)) return "Properties should be a map.";
  if (properties.ApiId === undefined) {
    passTags(source, given.globals, implicit);
    properties.ApiId = ref(IMPLICIT_API);
  }
  if (!isTruthy(properties.Path) && !isTruthy(properties.Method)) {
    properties.Path = DEFAULT_PATH;
    properties.Method = ANY_METHOD;
  }
  const { ApiId: api, Path: path, Method: method } = properties;
  const apiId = isObject(api) && api.Ref !== undefined ? api.Ref : api;
  if (path === undefined) return "Property 'Path' is required.";
  if (method === undefined) return "Property 'Method' is required.";
  if (typeof apiId !== "string") return "Property 'ApiId' should be a string.";
  if (typeof path !== "string") return "Property 'Path' should be a string.";
  if (typeof method !== "string") return "Property 'Method' should be a string.";

  const methods: MethodConditions = given.byApi.get(apiId) ?? new Map();
  given.byApi.set(apiId, methods);
  const { condition } = source.attributes;
  methods.set(path, (methods.get(path) ?? new Map<string, string | undefined>()).set(method, condition));
  const resource = given.all.get(apiId);
  if (!resource) return `ApiId must be a valid reference to an '${HTTP_API}' resource in same template.`;
  const { DefinitionBody: body } = resource.properties;
  if (given.managed.has(apiId) && isDocument(body)) addPath(body.paths, path, method);
  if (properties.RouteSettings === undefined) return { apiId };

  const route = method === ANY_METHOD ? path : `${method.toUpperCase()} ${path}`;
  resource.properties.RouteSettings ??= {};
  const { RouteSettings: settings } = resource.properties;
  if (!isObject(settings)) return "Property 'RouteSettings' of the API should be a map.";
  const own = condition === undefined ? properties.RouteSettings : onlyIf(condition, properties.RouteSettings);
  if (!isObject(own)) return "Property 'RouteSettings' should be a map.";
  const known = settings[route];
  settings[route] = { ...(isObject(known) ? known : {}), ...own };
  return { apiId };
}

/** A function that propagates its tags gives them to the API that is made for it. */
function passTags(source: Source, globals: JsonObject | undefined, implicit: Source): void {
  const inherited = isObject(globals?.Function) ? globals.Function : {};
  const pick = (name: string) => (isTruthy(source.properties[name]) ? source.properties[name] : inherited[name]);
  const tags = pick("Tags");
  if (!isTruthy(pick("PropagateTags")) || !isObject(tags) || !isTruthy(tags)) return;
  const { Tags: known } = implicit.properties;
  implicit.properties.Tags = { ...(isObject(known) && !isFunction(known) ? known : {}), ...tags };
  implicit.properties.PropagateTags = true;
}

/** The condition under which any of several holds; undefined when one of them has none. */
function commonCondition(
  given: readonly (string | undefined)[],
  name: string,
  conditions: Map<string, Json>,
): string | undefined {
  const distinct = [...new Set(given)];
  if (distinct.includes(undefined) || distinct.length === 0) return undefined;
  const names = distinct.filter((condition) => condition !== undefined).sort();
  return names.length === 1 ? names[0] : combineConditions(names, name, conditions);
}

/** Adds a condition that holds when any of `names` does. `Fn::Or` takes ten at most, so longer lists become a chain. */
export function combineConditions(names: readonly string[], name: string, conditions: Map<string, Json>): string {
  let left = [...names];
  let counter = Math.floor((left.length - 2) / (MAX_OPERANDS - 1));
  while (left.length > 1) {
    const made = counter > 0 ? `${name}${counter--}` : name;
    conditions.set(made, { "Fn::Or": left.slice(0, MAX_OPERANDS).map((Condition) => ({ Condition })) });
    left = [...left.slice(MAX_OPERANDS), made];
  }
  return name;
}

function strongest<Name extends "deletionPolicy" | "updateReplacePolicy">(
  users: readonly Attributes[],
  name: Name,
  order: readonly NonNullable<Attributes[Name]>[],
): Attributes[Name] | undefined {
  return order.find((policy) => users.some((attributes) => attributes[name] === policy));
}
