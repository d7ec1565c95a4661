import {
  CreateApiCommand,
  CreateAuthorizerCommand,
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  DeleteApiCommand,
  DeleteAuthorizerCommand,
  DeleteCorsConfigurationCommand,
  DeleteIntegrationCommand,
  DeleteRouteCommand,
  DeleteStageCommand,
  GetApiCommand,
  GetApisCommand,
  GetAuthorizersCommand,
  GetIntegrationsCommand,
  GetRoutesCommand,
  ImportApiCommand,
  ReimportApiCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateApiCommand,
  UpdateAuthorizerCommand,
  UpdateIntegrationCommand,
  UpdateRouteCommand,
  UpdateStageCommand,
} from "@aws-sdk/client-apigatewayv2";
import { isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, flag, goneTags, number, object, present, tagMap, text, texts } from "./values.ts";

const api = defineProvider({
  type: "AWS::ApiGatewayV2::Api",
  properties: [
    "Body",
    "CorsConfiguration",
    "Description",
    "DisableExecuteApiEndpoint",
    "FailOnWarnings",
    "Name",
    "ProtocolType",
    "RouteSelectionExpression",
    "Tags",
    "Version",
  ],
  required: [],
  takesTags: true,
  async create(call) {
    const known = call.existing ?? (call.isRepeated ? await findApi(call) : undefined);
    if (known) return api.update ? api.update(call, { ...nothing, physicalId: known }) : madeApi(call, known);
    const { properties } = call;
    if (properties.Body !== undefined) {
      const input = { Body: JSON.stringify(properties.Body), FailOnWarnings: flag(properties.FailOnWarnings) };
      const { ApiId: id = "" } = await call.send(new ImportApiCommand(input));
      call.initiated(id);
      await call.send(new TagResourceCommand({ ResourceArn: arnOf(call, id), Tags: tagMap(call) }));
      return madeApi(call, id);
    }
    const { ApiId: id = "" } = await call.send(
      new CreateApiCommand({
        ...settings(call),
        ProtocolType: text(properties.ProtocolType) as "HTTP",
        Tags: tagMap(call),
      } as never),
    );
    return madeApi(call, id);
  },
  async update(call, { physicalId: ApiId, properties: before, tags }) {
    const { properties, send } = call;
    if (properties.Body !== undefined) {
      const input = { Body: JSON.stringify(properties.Body), FailOnWarnings: flag(properties.FailOnWarnings) };
      await send(new ReimportApiCommand({ ApiId, ...input }));
    } else {
      await send(new UpdateApiCommand({ ...settings(call), ApiId } as never));
      const isGone = before.CorsConfiguration !== undefined && properties.CorsConfiguration === undefined;
      if (isGone) await send(new DeleteCorsConfigurationCommand({ ApiId }));
    }
    await putTags(call, arnOf(call, ApiId), tags);
    return madeApi(call, ApiId);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteApiCommand({ ApiId: physicalId }));
  },
});

const nothing = { properties: {}, attributes: {}, tags: {}, nameToken: "", dependsOn: [], deletionPolicy: undefined };

function settings(call: ProviderCall): object {
  const { properties } = call;
  return present({
    Name: text(properties.Name) ?? call.name(128),
    Description: text(properties.Description),
    CorsConfiguration: isObject(properties.CorsConfiguration) ? properties.CorsConfiguration : undefined,
    DisableExecuteApiEndpoint: flag(properties.DisableExecuteApiEndpoint),
    RouteSelectionExpression: text(properties.RouteSelectionExpression),
    Version: text(properties.Version),
  });
}

const arnOf = (call: ProviderCall, apiId: string) => `arn:aws:apigateway:${call.region}::/apis/${apiId}`;

async function putTags(call: ProviderCall, ResourceArn: string, before: Readonly<Record<string, string>>) {
  await call.send(new TagResourceCommand({ ResourceArn, Tags: tagMap(call) }));
  const TagKeys = goneTags(call, before);
  if (TagKeys.length > 0) await call.send(new UntagResourceCommand({ ResourceArn, TagKeys }));
}

async function findApi(call: ProviderCall): Promise<string | undefined> {
  const { Items: items = [] } = await call.send(new GetApisCommand({}));
  const names = ["aws:cloudformation:stack-id", "aws:cloudformation:logical-id"];
  return items.find(({ Tags: tags = {} }) => names.every((name) => tags[name] === call.tags[name]))?.ApiId;
}

async function madeApi(call: ProviderCall, ApiId: string): Promise<Made> {
  const { ApiEndpoint: endpoint = "" } = await call.send(new GetApiCommand({ ApiId }));
  return { physicalId: ApiId, attributes: { ApiId, ApiEndpoint: endpoint } };
}

const stage = defineProvider({
  type: "AWS::ApiGatewayV2::Stage",
  properties: [
    "AccessLogSettings",
    "ApiId",
    "AutoDeploy",
    "DefaultRouteSettings",
    "DeploymentId",
    "Description",
    "RouteSettings",
    "StageName",
    "StageVariables",
    "Tags",
  ],
  required: ["ApiId", "StageName"],
  takesTags: true,
  async create(call) {
    const input = stageInput(call);
    await createOnce(call, () => call.send(new CreateStageCommand({ ...input, Tags: tagMap(call) } as never)));
    return { physicalId: text(call.properties.StageName) ?? "", attributes: {} };
  },
  async update(call, { physicalId, tags }) {
    await call.send(new UpdateStageCommand(stageInput(call) as never));
    const resource = `${arnOf(call, text(call.properties.ApiId) ?? "")}/stages/${physicalId}`;
    await putTags(call, resource, tags);
    return { physicalId, attributes: {} };
  },
  async remove(call, { physicalId, properties }) {
    await call.send(new DeleteStageCommand({ ApiId: text(properties.ApiId), StageName: physicalId }));
  },
});

function stageInput(call: ProviderCall): object {
  const { properties } = call;
  const routes = Object.entries(object(properties.RouteSettings)).map(([key, value]) => [key, routeSettings(value)]);
  const variables = Object.entries(object(properties.StageVariables)).map(([key, value]) => [key, text(value) ?? ""]);
  return present({
    ApiId: text(properties.ApiId),
    StageName: text(properties.StageName),
    AutoDeploy: flag(properties.AutoDeploy),
    DeploymentId: text(properties.DeploymentId),
    Description: text(properties.Description),
    AccessLogSettings: isObject(properties.AccessLogSettings) ? properties.AccessLogSettings : undefined,
    DefaultRouteSettings: routeSettings(properties.DefaultRouteSettings),
    RouteSettings: routes.length > 0 ? Object.fromEntries(routes) : undefined,
    StageVariables: variables.length > 0 ? Object.fromEntries(variables) : undefined,
  });
}

function routeSettings(given: Json | undefined): object | undefined {
  if (!isObject(given)) return undefined;
  return present({
    DetailedMetricsEnabled: flag(given.DetailedMetricsEnabled),
    ThrottlingBurstLimit: number(given.ThrottlingBurstLimit),
    ThrottlingRateLimit: number(given.ThrottlingRateLimit),
  });
}

const integration = defineProvider({
  type: "AWS::ApiGatewayV2::Integration",
  properties: [
    "ApiId",
    "ConnectionType",
    "Description",
    "IntegrationMethod",
    "IntegrationType",
    "IntegrationUri",
    "PayloadFormatVersion",
    "RequestParameters",
    "TimeoutInMillis",
  ],
  required: ["ApiId", "IntegrationType"],
  takesTags: false,
  async create(call) {
    const ApiId = text(call.properties.ApiId);
    if (call.existing) return { physicalId: call.existing, attributes: { IntegrationId: call.existing } };
    const known = call.isRepeated
      ? (await call.send(new GetIntegrationsCommand({ ApiId }))).Items?.find(
          ({ IntegrationUri }) => IntegrationUri === text(call.properties.IntegrationUri),
        )
      : undefined;
    const made = known ?? (await call.send(new CreateIntegrationCommand(integrationInput(call) as never)));
    const id = made.IntegrationId ?? "";
    return { physicalId: id, attributes: { IntegrationId: id } };
  },
  async update(call, { physicalId }) {
    await call.send(new UpdateIntegrationCommand({ ...integrationInput(call), IntegrationId: physicalId } as never));
    return { physicalId, attributes: { IntegrationId: physicalId } };
  },
  async remove(call, { physicalId, properties }) {
    await call.send(new DeleteIntegrationCommand({ ApiId: text(properties.ApiId), IntegrationId: physicalId }));
  },
});

function integrationInput(call: ProviderCall): object {
  const { TimeoutInMillis: timeout, ...rest } = call.properties as JsonObject;
  return present({ ...rest, TimeoutInMillis: number(timeout) });
}

const route = defineProvider({
  type: "AWS::ApiGatewayV2::Route",
  properties: [
    "ApiId",
    "AuthorizationScopes",
    "AuthorizationType",
    "AuthorizerId",
    "OperationName",
    "RouteKey",
    "Target",
  ],
  required: ["ApiId", "RouteKey"],
  takesTags: false,
  async create(call) {
    const ApiId = text(call.properties.ApiId);
    const known = call.isRepeated
      ? (await call.send(new GetRoutesCommand({ ApiId }))).Items?.find(
          ({ RouteKey }) => RouteKey === text(call.properties.RouteKey),
        )
      : undefined;
    const made = known ?? (await call.send(new CreateRouteCommand(routeInput(call) as never)));
    const id = made.RouteId ?? "";
    return { physicalId: id, attributes: { RouteId: id } };
  },
  async update(call, { physicalId }) {
    await call.send(new UpdateRouteCommand({ ...routeInput(call), RouteId: physicalId } as never));
    return { physicalId, attributes: { RouteId: physicalId } };
  },
  async remove(call, { physicalId, properties }) {
    await call.send(new DeleteRouteCommand({ ApiId: text(properties.ApiId), RouteId: physicalId }));
  },
});

function routeInput(call: ProviderCall): object {
  const { AuthorizationScopes: scopes, ...rest } = call.properties as JsonObject;
  return present({ ...rest, AuthorizationScopes: scopes === undefined ? undefined : texts(scopes) });
}

const authorizer = defineProvider({
  type: "AWS::ApiGatewayV2::Authorizer",
  properties: ["ApiId", "AuthorizerType", "IdentitySource", "JwtConfiguration", "Name"],
  required: ["ApiId", "AuthorizerType", "Name"],
  takesTags: false,
  async create(call) {
    const ApiId = text(call.properties.ApiId);
    const known = call.isRepeated
      ? (await call.send(new GetAuthorizersCommand({ ApiId }))).Items?.find(
          ({ Name }) => Name === text(call.properties.Name),
        )
      : undefined;
    const made = known ?? (await call.send(new CreateAuthorizerCommand(authorizerInput(call) as never)));
    const id = made.AuthorizerId ?? "";
    return { physicalId: id, attributes: { AuthorizerId: id } };
  },
  async update(call, { physicalId }) {
    await call.send(new UpdateAuthorizerCommand({ ...authorizerInput(call), AuthorizerId: physicalId } as never));
    return { physicalId, attributes: { AuthorizerId: physicalId } };
  },
  async remove(call, { physicalId, properties }) {
    await call.send(new DeleteAuthorizerCommand({ ApiId: text(properties.ApiId), AuthorizerId: physicalId }));
  },
});

function authorizerInput(call: ProviderCall): object {
  const { IdentitySource: source, ...rest } = call.properties as JsonObject;
  return present({ ...rest, IdentitySource: source === undefined ? undefined : texts(source) });
}

export const apiProviders = [api, stage, integration, route, authorizer];
