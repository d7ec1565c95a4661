import { intrinsicOf } from "../intrinsics.ts";
import { isObject, type Json, type JsonObject, type Path } from "../json.ts";
import type { Resource } from "../template.ts";
import { type Expansion, makeResource, passedOn, refuseUnknown, resolveParameters } from "./context.ts";
import type { ExpandedFunction } from "./function.ts";
import { withGlobals } from "./globals.ts";
import { hashSuffix } from "./logical-id.ts";

const TYPE = "AWS::Serverless::HttpApi";
/** The API of events that name none. */
export const IMPLICIT_API = "ServerlessHttpApi";
const ANY = "x-amazon-apigateway-any-method";

const KNOWN = new Set(
  (
    "StageName Name Description Tags CorsConfiguration AccessLogSettings DefaultRouteSettings RouteSettings " +
    "StageVariables FailOnWarnings DisableExecuteApiEndpoint"
  ).split(" "),
);
const EVENT_KNOWN = new Set("Path Method ApiId TimeoutInMillis PayloadFormatVersion RouteSettings".split(" "));
const CORS: Record<string, string> = {
  AllowOrigins: "allowOrigins",
  AllowHeaders: "allowHeaders",
  AllowMethods: "allowMethods",
  ExposeHeaders: "exposeHeaders",
  MaxAge: "maxAge",
  AllowCredentials: "allowCredentials",
};

/** Routes that functions asked for, by the API's logical id. */
export interface Routes {
  readonly paths: JsonObject;
  readonly settings: JsonObject;
}

/** The permissions of a function's HttpApi events, and the routes they add to their APIs. */
export function expandHttpApiEvents(
  expansion: Expansion,
  expanded: ExpandedFunction,
  routesOf: (apiId: string) => Routes | undefined,
): void {
  const { logicalId, events, resource } = expanded;
  for (const [name, event] of Object.entries(events)) {
    const path: Path = ["Resources", logicalId, "Properties", "Events", name];
    if (!isObject(event) || event.Type !== "HttpApi") {
      const type = isObject(event) ? String(event.Type) : "?";
      expansion.findings.add(path, `Event ${name} of ${logicalId}: type '${type}' isn't supported (HttpApi is).`);
      continue;
    }
    if (resource.condition !== undefined) {
      expansion.findings.add(path, `Event ${name}: a Condition on a function with HttpApi events isn't supported.`);
    }
    const properties = isObject(event.Properties) ? event.Properties : {};
    refuseUnknown(
      properties,
      EVENT_KNOWN,
      `Event ${name} of ${logicalId}`,
      [...path, "Properties"],
      expansion.findings,
    );
    const route = readRoute(expansion, properties, path);
    if (!route) continue;
    const routes = routesOf(route.apiId);
    if (!routes) {
      const message = `Event ${name} of ${logicalId}: ApiId must refer to an ${TYPE} of this template.`;
      expansion.findings.add([...path, "Properties", "ApiId"], message);
      continue;
    }
    addRoute(expansion, expanded, { routes, route, properties, path });
    const permission = makeResource(
      "AWS::Lambda::Permission",
      {
        Action: "lambda:InvokeFunction",
        FunctionName: { Ref: expanded.target },
        Principal: "apigateway.amazonaws.com",
        SourceArn: { "Fn::Sub": [sourceArn(route), { __ApiId__: { Ref: route.apiId }, __Stage__: "*" }] },
      },
      passedOn(resource),
    );
    expansion.add(logicalId, `${logicalId}${name}Permission`, permission);
  }
}

interface Route {
  readonly apiId: string;
  readonly path: string;
  /** Lower case, or `x-amazon-apigateway-any-method`. */
  readonly method: string;
}

function readRoute(expansion: Expansion, properties: JsonObject, at: Path): Route | undefined {
  const { ApiId: api = { Ref: IMPLICIT_API }, Path: path, Method: method } = properties;
  const reference = intrinsicOf(api);
  const apiId = reference?.name === "Ref" ? String(reference.argument) : typeof api === "string" ? api : "";
  if (path === undefined && method === undefined) return { apiId, path: "$default", method: ANY };
  const isRight = typeof path === "string" && path.startsWith("/") && typeof method === "string";
  if (!isRight) {
    expansion.findings.add([...at, "Properties"], "An HttpApi event needs Path (from /) and Method, or neither.");
    return undefined;
  }
  const lower = method.toLowerCase();
  return { apiId, path, method: lower === "any" ? ANY : lower };
}

function sourceArn({ path, method }: Route): string {
  const clean = path === "$default" ? "" : path.replace(/^(.+)\/$/, "$1");
  const wild = clean.replaceAll(/\{([a-zA-Z0-9._-]+|proxy\+)\}/g, "*");
  const verb = method === ANY ? "*" : method.toUpperCase();
  return `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${__ApiId__}/\${__Stage__}/${verb}${wild}`;
}

function addRoute(
  expansion: Expansion,
  expanded: ExpandedFunction,
  given: { routes: Routes; route: Route; properties: JsonObject; path: Path },
): void {
  const { routes, route, properties } = given;
  const known = routes.paths[route.path];
  const item: JsonObject = isObject(known) ? known : {};
  routes.paths[route.path] = item;
  if (item[route.method] !== undefined) {
    const message = `API method '${route.method}' defined multiple times for path '${route.path}'.`;
    expansion.findings.add(given.path, message);
    return;
  }
  const uri = `arn:\${AWS::Partition}:apigateway:\${AWS::Region}:lambda:path/2015-03-31/functions/\${${expanded.invoked}}/invocations`;
  const integration: JsonObject = {
    type: "aws_proxy",
    httpMethod: "POST",
    payloadFormatVersion: properties.PayloadFormatVersion ?? "2.0",
    uri: { "Fn::Sub": uri },
  };
  if (properties.TimeoutInMillis !== undefined) integration.timeoutInMillis = properties.TimeoutInMillis;
  const operation: JsonObject = { "x-amazon-apigateway-integration": integration, responses: {} };
  if (route.path === "$default") operation.isDefaultRoute = true;
  const names = [...route.path.matchAll(/\{(.*?)\}/g)].map((match) => match[1] ?? "");
  if (names.length > 0) operation.parameters = names.map((name) => ({ name, in: "path", required: true }));
  item[route.method] = operation;
  if (properties.RouteSettings !== undefined) {
    const key = route.method === ANY ? route.path : `${route.method.toUpperCase()} ${route.path}`;
    routes.settings[key] = properties.RouteSettings;
  }
}

/** `AWS::Serverless::HttpApi` → API (its routes as an OpenAPI body) and stage. */
export function expandHttpApi(expansion: Expansion, logicalId: string, resource: Resource, routes: Routes): void {
  const { findings, template } = expansion;
  const path: Path = ["Resources", logicalId, "Properties"];
  const properties = withGlobals(template, "HttpApi", resource.properties, resource.extra.IgnoreGlobals ?? null);
  refuseUnknown(properties, KNOWN, `${TYPE} ${logicalId}`, path, findings);
  const info: JsonObject = { version: "1.0", title: properties.Name ?? { Ref: "AWS::StackName" } };
  if (properties.Description !== undefined) info.description = properties.Description;
  const tags: JsonObject = { ...(isObject(properties.Tags) ? properties.Tags : {}), "httpapi:createdBy": "SAM" };
  const body: JsonObject = {
    openapi: "3.0.1",
    info,
    paths: failSafePaths(routes.paths, properties),
    tags: Object.entries(tags).map(([name, value]) => ({ name, "x-amazon-apigateway-tag-value": value })),
  };
  const cors = readCors(expansion, properties, path);
  if (cors) body["x-amazon-apigateway-cors"] = cors;
  if (properties.DisableExecuteApiEndpoint !== undefined) {
    const setting = { disableExecuteApiEndpoint: properties.DisableExecuteApiEndpoint };
    body.servers = [{ "x-amazon-apigateway-endpoint-configuration": setting }];
  }
  const made = { ...passedOn(resource), dependsOn: resource.dependsOn, metadata: resource.metadata };
  const api = makeResource("AWS::ApiGatewayV2::Api", { Body: body, FailOnWarnings: properties.FailOnWarnings }, made);
  expansion.add(logicalId, logicalId, api);

  const stageName = properties.StageName ?? "$default";
  const own = isObject(properties.RouteSettings) ? properties.RouteSettings : {};
  const settings = { ...own, ...routes.settings };
  const stage = {
    ApiId: { Ref: logicalId },
    StageName: stageName,
    AutoDeploy: true,
    StageVariables: properties.StageVariables,
    AccessLogSettings: properties.AccessLogSettings,
    DefaultRouteSettings: properties.DefaultRouteSettings,
    RouteSettings: Object.keys(settings).length > 0 ? settings : undefined,
    Tags: tags,
  };
  const stageId = stageLogicalId(logicalId, stageName);
  expansion.add(logicalId, stageId, makeResource("AWS::ApiGatewayV2::Stage", stage, passedOn(resource)));
  expansion.alias(`${logicalId}.Stage`, stageId);
}

function stageLogicalId(apiId: string, stageName: Json): string {
  if (stageName === "$default") return `${apiId}ApiGatewayDefaultStage`;
  if (typeof stageName !== "string") return `${apiId}Stage`;
  return /^[\p{L}\p{N}]+$/u.test(stageName) ? `${apiId}${stageName}Stage` : `${apiId}Stage${hashSuffix(stageName)}`;
}

/** With FailOnWarnings, API Gateway refuses a path that doesn't begin with a slash; SAM writes the default route so. */
function failSafePaths(paths: JsonObject, properties: JsonObject): JsonObject {
  const { $default: fallback, ...others } = paths;
  if (!properties.FailOnWarnings || fallback === undefined) return paths;
  return { ...others, "/$default": fallback };
}

function readCors(expansion: Expansion, properties: JsonObject, path: Path): JsonObject | undefined {
  if (properties.CorsConfiguration === undefined) return undefined;
  const given = resolveParameters(properties.CorsConfiguration, expansion.parameters);
  if (given === false) return undefined;
  if (given === true) return { allowOrigins: ["*"] };
  if (!isObject(given) || intrinsicOf(given)) {
    expansion.findings.add([...path, "CorsConfiguration"], "CorsConfiguration must be true or a map.");
    return undefined;
  }
  const cors: JsonObject = {};
  for (const [name, value] of Object.entries(given)) {
    const key = Object.hasOwn(CORS, name) ? CORS[name] : undefined;
    if (key) cors[key] = value;
    else expansion.findings.add([...path, "CorsConfiguration", name], `Invalid key '${name}' for 'Cors' property.`);
  }
  return cors;
}
