import type * as sdk from "@aws-sdk/client-apigatewayv2";
import type { Integration, Route } from "@aws-sdk/client-apigatewayv2";
import type { Context } from "../../core/context.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { getAuthorizer } from "./authorizers.ts";
import {
  badRequest,
  conflict,
  functionOf,
  getApi,
  type IntegrationRecord,
  integrations,
  newId,
  notFound,
  ofApi,
  type RouteRecord,
  requirePayloadFormat,
  requireRouteKey,
  requireTimeout,
  routes,
  unsupported,
} from "./records.ts";

export const routeOperations: Operations<typeof sdk> = {
  CreateRoute(context, input) {
    const api = getApi(context, input.ApiId);
    const key = requireRouteKey(input.RouteKey ?? "");
    requireFree(context, api.id, key, undefined);
    const route: RouteRecord = {
      id: newId(context),
      key,
      integrationId: readTarget(context, api.id, input.Target),
      operationName: input.OperationName,
      ...readAuthorization(context, input, {}),
    };
    routes(context).put(`${api.id}/${route.id}`, route);
    return showRoute(route);
  },

  GetRoute: (context, { ApiId, RouteId }) => showRoute(getRoute(context, ApiId, RouteId)),

  GetRoutes(context, { ApiId, NextToken, MaxResults }) {
    const api = getApi(context, ApiId);
    const size = Number(MaxResults ?? 100);
    const { items, nextToken } = page(ofApi(routes(context), api.id), ({ id }) => id, { token: NextToken, size });
    return { Items: items.map(showRoute), NextToken: nextToken };
  },

  UpdateRoute(context, input) {
    const before = getRoute(context, input.ApiId, input.RouteId);
    const key = input.RouteKey === undefined ? before.key : requireRouteKey(input.RouteKey);
    requireFree(context, input.ApiId ?? "", key, before.id);
    const integrationId =
      input.Target === undefined ? before.integrationId : readTarget(context, input.ApiId ?? "", input.Target);
    const { authorizerId: _, authorizationScopes: __, ...rest } = before;
    const operationName = input.OperationName ?? before.operationName;
    const route = { ...rest, key, integrationId, operationName, ...readAuthorization(context, input, before) };
    routes(context).put(`${input.ApiId}/${route.id}`, route);
    return showRoute(route);
  },

  DeleteRoute(context, { ApiId, RouteId }) {
    const route = getRoute(context, ApiId, RouteId);
    routes(context).delete(`${ApiId}/${route.id}`);
    return {};
  },

  CreateIntegration(context, input) {
    const api = getApi(context, input.ApiId);
    if (input.IntegrationType !== "AWS_PROXY" || input.IntegrationSubtype) {
      throw unsupported(`integration ${input.IntegrationSubtype ?? input.IntegrationType}`);
    }
    const uri = input.IntegrationUri ?? "";
    const integration: IntegrationRecord = {
      id: newId(context),
      functionArn: functionOf(uri),
      uri,
      description: input.Description,
      timeoutMs: requireTimeout(input.TimeoutInMillis),
      payloadFormat: requirePayloadFormat(input.PayloadFormatVersion ?? "1.0"),
    };
    integrations(context).put(`${api.id}/${integration.id}`, integration);
    return showIntegration(integration);
  },

  GetIntegration: (context, { ApiId, IntegrationId }) => showIntegration(getIntegration(context, ApiId, IntegrationId)),

  GetIntegrations(context, { ApiId, NextToken, MaxResults }) {
    const api = getApi(context, ApiId);
    const size = Number(MaxResults ?? 100);
    const { items, nextToken } = page(ofApi(integrations(context), api.id), ({ id }) => id, { token: NextToken, size });
    return { Items: items.map(showIntegration), NextToken: nextToken };
  },

  UpdateIntegration(context, input) {
    const before = getIntegration(context, input.ApiId, input.IntegrationId);
    const uri = input.IntegrationUri ?? before.uri;
    const integration: IntegrationRecord = {
      ...before,
      uri,
      functionArn: functionOf(uri),
      description: input.Description ?? before.description,
      timeoutMs: requireTimeout(input.TimeoutInMillis ?? before.timeoutMs),
      payloadFormat: requirePayloadFormat(input.PayloadFormatVersion ?? before.payloadFormat ?? "2.0"),
    };
    integrations(context).put(`${input.ApiId}/${integration.id}`, integration);
    return showIntegration(integration);
  },

  DeleteIntegration(context, { ApiId, IntegrationId }) {
    const { id } = getIntegration(context, ApiId, IntegrationId);
    const user = ofApi(routes(context), ApiId ?? "").find(({ integrationId }) => integrationId === id);
    if (user) throw conflict(`Cannot delete Integration ${id} due to Route ${user.key} referencing it.`);
    integrations(context).delete(`${ApiId}/${id}`);
    return {};
  },
};

function getRoute(context: Context, apiId: string | undefined, routeId: string | undefined): RouteRecord {
  const route = routes(context).get(`${getApi(context, apiId).id}/${routeId}`);
  if (route) return route;
  throw notFound(`Invalid Route identifier specified ${routeId}`);
}

function getIntegration(context: Context, apiId: string | undefined, id: string | undefined): IntegrationRecord {
  const integration = integrations(context).get(`${getApi(context, apiId).id}/${id}`);
  if (integration) return integration;
  throw notFound(`Invalid Integration identifier specified ${id}`);
}

function requireFree(context: Context, apiId: string, key: string, except: string | undefined): void {
  const taken = ofApi(routes(context), apiId).some((route) => route.key === key && route.id !== except);
  if (taken) throw conflict(`Route with key ${key} already exists for this API`);
}

/** `integrations/<id>` */
function readTarget(context: Context, apiId: string, target: string | undefined): string | undefined {
  if (target === undefined) return undefined;
  const id = /^integrations\/(.+)$/.exec(target)?.[1];
  if (!id) throw badRequest(`The target "${target}" must be integrations/<id>.`);
  return getIntegration(context, apiId, id).id;
}

interface AuthorizationInput {
  readonly ApiId: string | undefined;
  readonly AuthorizationType?: string | undefined;
  readonly AuthorizerId?: string | undefined;
  readonly AuthorizationScopes?: readonly string[] | undefined;
}

/** Who may call a route: anybody, or who has a token of an authorizer. Others are refused by name. */
function readAuthorization(
  context: Context,
  input: AuthorizationInput,
  before: Pick<RouteRecord, "authorizerId" | "authorizationScopes">,
): Pick<RouteRecord, "authorizerId" | "authorizationScopes"> {
  const type = input.AuthorizationType ?? (before.authorizerId === undefined ? "NONE" : "JWT");
  if (type === "NONE") return {};
  if (type !== "JWT") throw unsupported(`authorization ${type}`);
  const id = input.AuthorizerId ?? before.authorizerId;
  if (id === undefined) throw badRequest("AuthorizerId is required for authorization type JWT.");
  const authorizationScopes = input.AuthorizationScopes ?? before.authorizationScopes;
  return {
    authorizerId: getAuthorizer(context, input.ApiId, id).id,
    ...(authorizationScopes?.length ? { authorizationScopes: [...authorizationScopes] } : {}),
  };
}

const showRoute = (route: RouteRecord): Route & { RouteKey: string } => ({
  RouteId: route.id,
  RouteKey: route.key,
  ApiKeyRequired: false,
  AuthorizationType: route.authorizerId === undefined ? "NONE" : "JWT",
  ...(route.authorizerId === undefined ? {} : { AuthorizerId: route.authorizerId }),
  ...(route.authorizationScopes ? { AuthorizationScopes: [...route.authorizationScopes] } : {}),
  OperationName: route.operationName,
  ...(route.integrationId ? { Target: `integrations/${route.integrationId}` } : {}),
});

const showIntegration = (integration: IntegrationRecord): Integration => ({
  IntegrationId: integration.id,
  IntegrationType: "AWS_PROXY",
  IntegrationMethod: "POST",
  IntegrationUri: integration.uri,
  ConnectionType: "INTERNET",
  Description: integration.description,
  PayloadFormatVersion: integration.payloadFormat ?? "2.0",
  TimeoutInMillis: integration.timeoutMs,
});
