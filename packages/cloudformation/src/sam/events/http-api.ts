import { isObject, type Json, type JsonObject } from "../../json.ts";
import type { Draft } from "../context.ts";
import {
  ANY_METHOD,
  addIntegration,
  addPathParameters,
  DEFAULT_PATH,
  DocumentError,
  hasIntegration,
  invocationUri,
  isSentTo,
  operations,
  requireDocument,
  setOnIntegrations,
} from "../openapi.ts";
import { propertyRules, refuseUnknownKeys } from "../properties.ts";
import { isTruthy, sub } from "../values.ts";
import { type Event, eventRefusal } from "./event.ts";
import { permission } from "./permission.ts";

export const HTTP_API_EVENT = propertyRules({
  text: "Path Method ApiId PayloadFormatVersion",
  map: "Auth RouteSettings",
  integer: "TimeoutInMillis",
  unsupported: "Stage",
});

/** A route of an HTTP API: a permission, and the integration in the API's document. Its defaults are there already. */
export function expandHttpApiEvent(event: Event): Draft[] {
  const { ApiId: api, Path: path, Method: method } = event.properties;
  const apiId = isObject(api) ? api.Ref : api;
  const source = typeof apiId === "string" ? event.transform.sources.get(apiId) : undefined;
  if (!source || typeof path !== "string" || typeof method !== "string") {
    throw eventRefusal(event, "ApiId, Path and Method must be given.");
  }
  const route: Route = { apiId: source.id, path, method: method.toLowerCase(), api: source.properties };
  const { DefinitionBody: body } = source.properties;
  try {
    const drafts =
      isTruthy(body) && isDefaultsOwn(event, requireDocument(body).paths, route)
        ? []
        : [permitted(event, route, api ?? null)];
    if (body !== undefined) integrate(event, requireDocument(body).paths, route);
    return drafts;
  } catch (error) {
    if (error instanceof DocumentError) throw eventRefusal(event, error.message);
    throw error;
  }
}

interface Route {
  readonly apiId: string;
  readonly path: string;
  /** Lower case. */
  readonly method: string;
  /** The API's properties. */
  readonly api: JsonObject;
}

/** Whether the API's default route invokes this function, which makes a permission of its own for others needless. */
function isDefaultsOwn(event: Event, paths: JsonObject, { path }: Route): boolean {
  return path !== DEFAULT_PATH && isSentTo(paths, DEFAULT_PATH, ANY_METHOD, event.target.id);
}

function permitted(event: Event, { path, method }: Route, api: Json): Draft {
  const place = path === DEFAULT_PATH ? "" : path.replace(/^(.+)\/$/, "$1");
  const wild = place.replaceAll(/\{([a-zA-Z0-9._-]+|proxy\+)\}/g, "*");
  const verb = method === "any" || method === ANY_METHOD ? "*" : method.toUpperCase();
  const route = method === "any" && wild === `/${DEFAULT_PATH}` ? wild : `/${verb}${wild}`;
  const arn = `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${__ApiId__}/\${__Stage__}${route}`;
  return permission(event, "apigateway.amazonaws.com", sub(arn, { __ApiId__: structuredClone(api), __Stage__: "*" }));
}

function integrate(event: Event, paths: JsonObject, route: Route): void {
  const { path, method } = route;
  const { properties, transform, source, target } = event;
  if (transform.managedApis.has(route.apiId) && hasIntegration(paths, path, method)) {
    throw eventRefusal(event, `API method '${method}' defined multiple times for path '${path}'.`);
  }
  const arn = target.id === source.id ? `${target.id}.Arn` : target.id;
  addIntegration(paths, { path, method, uri: invocationUri(arn), condition: source.attributes.condition });
  if (isTruthy(properties.Auth)) authorize(event, paths, route);
  if (isTruthy(properties.TimeoutInMillis)) {
    setOnIntegrations(paths, path, method, "timeoutInMillis", properties.TimeoutInMillis);
  }
  addPathParameters(paths, path, method);
  if (isTruthy(properties.PayloadFormatVersion)) {
    setOnIntegrations(paths, path, method, "payloadFormatVersion", properties.PayloadFormatVersion);
  }
}

function authorize(event: Event, paths: JsonObject, { api, path, method }: Route): void {
  const { Auth: auth } = event.properties;
  const { Auth: ofApi = {} } = api;
  if (!isObject(auth) || !isObject(ofApi)) throw eventRefusal(event, "Property 'Auth' should be a map.", "Auth");
  const where = [...event.path, "Auth"];
  refuseUnknownKeys(
    event.transform.findings,
    where,
    `Event ${event.name}: Auth`,
    auth,
    "Authorizer AuthorizationScopes",
  );
  const name = isTruthy(auth.Authorizer) ? auth.Authorizer : ofApi.DefaultAuthorizer;
  const { AuthorizationScopes: scopes } = auth;
  const because = (reason: string, shown = `[${String(name)}] `) =>
    eventRefusal(
      event,
      `Unable to set Authorizer ${shown}on API method [${method}] for path [${path}] ${reason}`,
      "Auth",
    );
  if (!isTruthy(name)) {
    const message =
      "'Auth' section requires either an explicit 'Authorizer' set or a 'DefaultAuthorizer' configured on the HttpApi.";
    throw eventRefusal(event, message, "Auth");
  }
  const isIam = name === "AWS_IAM" && ofApi.EnableIamAuthorizer === true;
  const authorizers = isObject(ofApi.Authorizers) ? ofApi.Authorizers : {};
  const authorizer = typeof name === "string" && Object.hasOwn(authorizers, name) ? authorizers[name] : undefined;
  if (typeof name !== "string") throw because("because the method authorizer must be a string.");
  if (name === "NONE") {
    if (!isTruthy(ofApi.DefaultAuthorizer)) {
      throw because("because 'NONE' is only a valid value when a DefaultAuthorizer on the API is specified.");
    }
  } else if (!isIam) {
    if (!isTruthy(ofApi.Authorizers)) throw because("because the related API does not define any Authorizers.");
    if (!isTruthy(authorizer)) throw because("because it wasn't defined in the API's Authorizers.");
    if (!isObject(authorizer)) throw because("because the authorizer isn't a map.");
  }
  if (isTruthy(scopes) && !Array.isArray(scopes)) {
    throw because("because 'AuthorizationScopes' must be a list of strings.", "");
  }
  const inherited =
    isObject(authorizer) && isTruthy(authorizer.AuthorizationScopes) ? authorizer.AuthorizationScopes : [];
  const needed = name === "NONE" || name === "AWS_IAM" ? [] : isTruthy(scopes) ? scopes : inherited;
  for (const operation of operations(paths, path, method)) {
    const { security = [] } = operation;
    if (!Array.isArray(security)) {
      throw new DocumentError(`Type of security for path ${path} method ${method} must be a list`);
    }
    operation.security = [...security, { [name]: structuredClone(needed) }];
  }
}
