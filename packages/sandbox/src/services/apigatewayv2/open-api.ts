import type { Cors } from "@aws-sdk/client-apigatewayv2";
import { parse } from "yaml";
import type { Context } from "../../core/context.ts";
import {
  badRequest,
  functionOf,
  type IntegrationRecord,
  newId,
  type RouteRecord,
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
}

type Json = Record<string, unknown>;

const ANY = "x-amazon-apigateway-any-method";
const INTEGRATION = "x-amazon-apigateway-integration";
const METHODS = new Set(["get", "post", "put", "patch", "delete", "head", "options"]);
const BESIDE_METHODS = new Set(["summary", "description", "parameters", "servers"]);

/**
 * Reads an OpenAPI 3 document, JSON or YAML, with API Gateway's extensions: what SAM makes of an `HttpApi` and its events.
 * Authorisers and integrations that aren't Lambda proxies are refused by name. Raises `BadRequestException`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
 */
export function readOpenApi(context: Context, body: string): Definition {
  const document = readDocument(body);
  if (!/^3\./.test(String(document.openapi ?? ""))) throw badRequest("The body must be an OpenAPI 3 document.");
  const info = object(document.info ?? {}, "info");
  if (typeof info.title !== "string" || info.title === "")
    throw badRequest("The OpenAPI document's info.title is missing.");
  const { securitySchemes } = object(document.components ?? {}, "components");
  if (hasKeys(securitySchemes)) throw unsupported("with authorizers (components.securitySchemes)");
  const routes: RouteRecord[] = [];
  const integrations: IntegrationRecord[] = [];
  for (const [path, item] of Object.entries(object(document.paths ?? {}, "paths"))) {
    for (const [method, value] of Object.entries(object(item, path))) {
      if (BESIDE_METHODS.has(method)) continue;
      if (method !== ANY && !METHODS.has(method)) throw badRequest(`${path}: "${method}" isn't a method.`);
      const operation = object(value, `${path} ${method}`);
      if (operation.security !== undefined && (operation.security as unknown[]).length > 0)
        throw unsupported("with authorizers (security)");
      const integration = readIntegration(context, operation[INTEGRATION], `${path} ${method}`);
      if (integration) integrations.push(integration);
      const isDefault = path === "$default" || path === "/$default";
      routes.push({
        id: newId(context),
        key: requireRouteKey(isDefault ? "$default" : `${method === ANY ? "ANY" : method.toUpperCase()} ${path}`),
        integrationId: integration?.id,
        operationName: typeof operation.operationId === "string" ? operation.operationId : undefined,
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
  if (version !== "2.0" && version !== 2) throw unsupported(`payload format version ${version}`);
  if (typeof integration.uri !== "string") throw badRequest(`${where}: the integration's uri is missing.`);
  return {
    id: newId(context),
    functionArn: functionOf(integration.uri),
    uri: integration.uri,
    description: undefined,
    timeoutMs: requireTimeout(integration.timeoutInMillis as number | undefined),
  };
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

const hasKeys = (value: unknown) => typeof value === "object" && value !== null && Object.keys(value).length > 0;
