import type * as sdk from "@aws-sdk/client-apigatewayv2";
import type { Api, CreateApiCommandInput } from "@aws-sdk/client-apigatewayv2";
import type { Context } from "../../core/context.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { type Definition, readOpenApi } from "./open-api.ts";
import {
  type ApiRecord,
  apis,
  authorizers,
  badRequest,
  deployments,
  functionOf,
  getApi,
  homes,
  type IntegrationRecord,
  integrations,
  newId,
  type RouteRecord,
  requireRouteKey,
  routes,
  stages,
  unsupported,
} from "./records.ts";
import { newStage } from "./stages.ts";

export const apiOperations: Operations<typeof sdk> = {
  CreateApi(context, input) {
    if (input.ProtocolType !== "HTTP") throw unsupported(`protocol ${input.ProtocolType}`);
    if (input.CredentialsArn) throw unsupported("with credentials for an integration");
    const api = newApi(context, {
      ...{
        name: input.Name ?? "",
        description: input.Description,
        version: input.Version,
        cors: input.CorsConfiguration,
      },
      tags: input.Tags ?? {},
      disabled: input.DisableExecuteApiEndpoint ?? false,
    });
    context.store.transaction(() => {
      putApi(context, api);
      if (input.Target !== undefined) quickCreate(context, api.id, input);
    });
    return show(context, api);
  },

  ImportApi(context, { Body = "" }) {
    const definition = readOpenApi(context, Body);
    const api = newApi(context, { ...definition, disabled: false });
    context.store.transaction(() => {
      putApi(context, api);
      putDefinition(context, api.id, definition);
    });
    return show(context, api);
  },

  /** Everything that the document describes is replaced; stages and the API's id stay. */
  ReimportApi(context, { ApiId, Body = "" }) {
    const before = getApi(context, ApiId);
    const definition = readOpenApi(context, Body);
    const { name, description, version, cors } = definition;
    const api: ApiRecord = {
      ...before,
      name,
      description,
      version,
      cors,
      tags: { ...before.tags, ...definition.tags },
    };
    context.store.transaction(() => {
      apis(context).put(api.id, api);
      for (const rows of [routes(context), integrations(context), authorizers(context)]) {
        for (const { key } of (rows as ReturnType<typeof routes>).list(`${api.id}/`)) rows.delete(key);
      }
      putDefinition(context, api.id, definition);
    });
    return show(context, api);
  },

  GetApi: (context, { ApiId }) => show(context, getApi(context, ApiId)),

  GetApis(context, { NextToken, MaxResults }) {
    const all = apis(context)
      .list()
      .map(({ value }) => value);
    const { items, nextToken } = page(all, ({ id }) => id, { token: NextToken, size: Number(MaxResults ?? 100) });
    return { Items: items.map((api) => show(context, api)), NextToken: nextToken };
  },

  UpdateApi(context, input) {
    const before = getApi(context, input.ApiId);
    if (input.Target || input.RouteKey || input.CredentialsArn)
      throw unsupported("UpdateApi of a quick create's target");
    const api: ApiRecord = {
      ...before,
      name: input.Name ?? before.name,
      description: input.Description ?? before.description,
      version: input.Version ?? before.version,
      cors: input.CorsConfiguration ?? before.cors,
      disabled: input.DisableExecuteApiEndpoint ?? before.disabled,
    };
    apis(context).put(api.id, api);
    return show(context, api);
  },

  DeleteCorsConfiguration(context, { ApiId }) {
    const api = getApi(context, ApiId);
    apis(context).put(api.id, { ...api, cors: undefined });
    return {};
  },

  DeleteApi(context, { ApiId }) {
    const { id } = getApi(context, ApiId);
    context.store.transaction(() => {
      apis(context).delete(id);
      homes(context).delete(id);
      const all = [routes(context), integrations(context), authorizers(context), stages(context), deployments(context)];
      for (const rows of all) {
        for (const { key } of (rows as ReturnType<typeof routes>).list(`${id}/`)) rows.delete(key);
      }
    });
    return {};
  },
};

function newApi(context: Context, given: Omit<ApiRecord, "id" | "createdAt">): ApiRecord {
  if (given.name === "" || given.name.length > 128) throw badRequest("An API's name has from 1 to 128 characters.");
  const { name, description, version, cors, tags, disabled } = given;
  const createdAt = context.clock.now().toISOString();
  return { id: newId(context), name, description, version, cors, tags, disabled, createdAt };
}

function putApi(context: Context, api: ApiRecord): void {
  apis(context).put(api.id, api);
  homes(context).put(api.id, { account: context.account, region: context.region });
}

function putDefinition(context: Context, apiId: string, definition: Definition): void {
  const { routes: given, integrations: targets, authorizers: guards } = definition;
  for (const authorizer of guards) authorizers(context).put(`${apiId}/${authorizer.id}`, authorizer);
  for (const route of given) routes(context).put(`${apiId}/${route.id}`, route);
  for (const integration of targets) integrations(context).put(`${apiId}/${integration.id}`, integration);
}

/** `Target` makes a route, its integration and a stage that deploys by itself. */
function quickCreate(context: Context, apiId: string, { Target = "", RouteKey }: CreateApiCommandInput): void {
  const integration: IntegrationRecord = {
    ...{ id: newId(context), functionArn: functionOf(Target), uri: Target, description: undefined },
    timeoutMs: 30_000,
  };
  const key = requireRouteKey(RouteKey ?? "$default");
  const route: RouteRecord = { id: newId(context), key, integrationId: integration.id, operationName: undefined };
  integrations(context).put(`${apiId}/${integration.id}`, integration);
  routes(context).put(`${apiId}/${route.id}`, route);
  stages(context).put(`${apiId}/$default`, { ...newStage(context, "$default"), autoDeploy: true });
}

function show(
  context: Context,
  api: ApiRecord,
): Omit<Api, "Name" | "ProtocolType" | "RouteSelectionExpression"> & {
  Name: string;
  ProtocolType: "HTTP";
  RouteSelectionExpression: string;
} {
  return {
    ApiId: api.id,
    ApiEndpoint: `${context.surroundings.gatewayUrl}/${api.id}`,
    ApiKeySelectionExpression: "$request.header.x-api-key",
    Name: api.name,
    Description: api.description,
    Version: api.version,
    ProtocolType: "HTTP",
    RouteSelectionExpression: "$request.method $request.path",
    CreatedDate: new Date(api.createdAt),
    CorsConfiguration: api.cors,
    DisableExecuteApiEndpoint: api.disabled,
    IpAddressType: "ipv4",
    ...(Object.keys(api.tags).length > 0 ? { Tags: { ...api.tags } } : {}),
  };
}
