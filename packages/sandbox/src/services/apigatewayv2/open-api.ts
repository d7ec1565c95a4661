import type { Cors } from "@aws-sdk/client-apigatewayv2";
import { parse } from "yaml";
import type { Context } from "../../core/context.ts";
import { readJwt } from "./authorizers.ts";
import {
  type AuthorizerRecord,
  badRequest,
  functionOf,
  type IntegrationRecord,
  newId,
  type RouteRecord,
  requirePayloadFormat,
  requireRouteKey,
  requireTimeout,
  unsupported,
} from "./records.ts";

/** An HTTP API as an OpenAPI 3 document describes it. */
export interface Definition {
  readonly name: string;
  readonly description: string | undefined;
  readonly version: string | undefined;
  readonly cors: Cors | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly routes: readonly RouteRecord[];
  readonly integrations: readonly IntegrationRecord[];
  readonly authorizers: readonly AuthorizerRecord[];
}

type Json = Record<string, unknown>;

const ANY = "x-amazon-apigateway-any-method";
const INTEGRATION = "x-amazon-apigateway-integration";
const METHODS = new Set(["get", "post", "put", "patch", "delete", "head", "options"]);
const BESIDE_METHODS = new Set(["summary", "description", "parameters", "servers"]);

/**
 * Reads an OpenAPI 3 document, JSON or YAML, with API Gateway's extensions: what SAM makes of an `HttpApi` and its events.
 * Authorizers that aren't JWT's and integrations that aren't Lambda proxies are refused by name. Raises `BadRequestException`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
 */
export function readOpenApi(context: Context, body: string): Definition {
  const document = readDocument(body);
  if (!/^3\./.test(String(document.openapi ?? ""))) throw badRequest("The body must be an OpenAPI 3 document.");
  const info = object(document.info ?? {}, "info");
  if (typeof info.title !== "string" || info.title === "")
    throw badRequest("The OpenAPI document's info.title is missing.");
  const { securitySchemes } = object(document.components ?? {}, "components");
  const authorizers = readAuthorizers(context, securitySchemes);
  const routes: RouteRecord[] = [];
  const integrations: IntegrationRecord[] = [];
  for (const [path, item] of Object.entries(object(document.paths ?? {}, "paths"))) {
    for (const [method, value] of Object.entries(object(item, path))) {
      if (BESIDE_METHODS.has(method)) continue;
      if (method !== ANY && !METHODS.has(method)) throw badRequest(`${path}: "${method}" isn't a method.`);
      const operation = object(value, `${path} ${method}`);
      const integration = readIntegration(context, operation[INTEGRATION], `${path} ${method}`);
      if (integration) integrations.push(integration);
      const isDefault = path === "$default" || path === "/$default";
      routes.push({
        id: newId(context),
        key: requireRouteKey(isDefault ? "$default" : `${method === ANY ? "ANY" : method.toUpperCase()} ${path}`),
        integrationId: integration?.id,
        operationName: typeof operation.operationId === "string" ? operation.operationId : undefined,
        ...readSecurity(operation.security ?? document.security, authorizers, `${path} ${method}`),
      });
    }
  }
  const keys = routes.map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice) throw badRequest(`The route ${twice} is there twice.`);
  return {
    name: info.title,
    description: typeof info.description === "string" ? info.description : undefined,
    version: typeof info.version === "string" ? info.version : undefined,
    cors: readCors(document["x-amazon-apigateway-cors"]),
    tags: readTags(document.tags),
    routes,
    integrations,
    authorizers: [...authorizers.values()],
  };
}

function readDocument(body: string): Json {
  try {
    return object(parse(body, { maxAliasCount: 100 }), "the document");
  } catch (error) {
    throw badRequest(`Unable to parse the API definition: ${(error as Error).message}`);
  }
}

function readIntegration(context: Context, given: unknown, where: string): IntegrationRecord | undefined {
  if (given === undefined) return undefined;
  const integration = object(given, `${where} ${INTEGRATION}`);
  if (String(integration.type).toLowerCase() !== "aws_proxy") throw unsupported(`integration type ${integration.type}`);
  const version = integration.payloadFormatVersion ?? "2.0";
  if (typeof integration.uri !== "string") throw badRequest(`${where}: the integration's uri is missing.`);
  return {
    id: newId(context),
    functionArn: functionOf(integration.uri),
    uri: integration.uri,
    description: undefined,
    timeoutMs: requireTimeout(integration.timeoutInMillis as number | undefined),
    payloadFormat: requirePayloadFormat(typeof version === "number" ? version.toFixed(1) : String(version)),
  };
}

const AUTHORIZER = "x-amazon-apigateway-authorizer";

/** `components.securitySchemes`: JWT authorizers by name; any other is refused by name. */
function readAuthorizers(context: Context, given: unknown): Map<string, AuthorizerRecord> {
  const schemes = given === undefined || given === null ? {} : object(given, "components.securitySchemes");
  return new Map(
    Object.entries(schemes).map(([name, scheme]): [string, AuthorizerRecord] => {
      const { [AUTHORIZER]: extension } = object(scheme, name);
      const authorizer = object(extension ?? {}, `${name} ${AUTHORIZER}`);
      if (authorizer.type !== "jwt") throw unsupported(`authorizer ${name} of type ${authorizer.type ?? "unknown"}`);
      const { issuer, audience } = object(authorizer.jwtConfiguration ?? {}, `${name} jwtConfiguration`);
      const source =
        authorizer.identitySource === undefined ? undefined : [authorizer.identitySource].flat().map(String);
      const Audience = [audience ?? []].flat().map(String);
      return [name, { id: newId(context), ...readJwt(name, source, { Issuer: String(issuer), Audience }) }];
    }),
  );
}

/** `security: [{ name: [scopes] }]`; an empty list opens the route to anybody. */
function readSecurity(
  given: unknown,
  authorizers: ReadonlyMap<string, AuthorizerRecord>,
  where: string,
): Pick<RouteRecord, "authorizerId" | "authorizationScopes"> {
  const wanted = Array.isArray(given) ? given.flatMap((one: unknown) => Object.entries(object(one, where))) : [];
  const [first, ...others] = wanted;
  if (!first || first[0] === "NONE") return {};
  if (others.length > 0) throw unsupported(`several authorizers of ${where}`);
  const [name, scopes] = first;
  const authorizer = authorizers.get(name);
  if (!authorizer) throw badRequest(`${where}: the authorizer ${name} isn't in components.securitySchemes.`);
  const authorizationScopes = Array.isArray(scopes) ? scopes.map(String) : [];
  return { authorizerId: authorizer.id, ...(authorizationScopes.length > 0 ? { authorizationScopes } : {}) };
}

function readCors(given: unknown): Cors | undefined {
  if (given === undefined) return undefined;
  const cors = object(given, "x-amazon-apigateway-cors");
  const list = (value: unknown) => (value === undefined ? undefined : [value].flat().map(String));
  return {
    AllowOrigins: list(cors.allowOrigins),
    AllowMethods: list(cors.allowMethods),
    AllowHeaders: list(cors.allowHeaders),
    ExposeHeaders: list(cors.exposeHeaders),
    MaxAge: cors.maxAge === undefined ? undefined : Number(cors.maxAge),
    AllowCredentials: cors.allowCredentials === undefined ? undefined : cors.allowCredentials === true,
  };
}

/** `tags: [{ name, x-amazon-apigateway-tag-value }]` */
function readTags(given: unknown): Record<string, string> {
  if (!Array.isArray(given)) return {};
  return Object.fromEntries(
    (given as Json[]).flatMap((tag) => {
      const value = tag["x-amazon-apigateway-tag-value"];
      return typeof tag.name === "string" && value !== undefined ? [[tag.name, String(value)]] : [];
    }),
  );
}

function object(value: unknown, where: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw badRequest(`The OpenAPI document is wrong: ${where} must be an object.`);
}
