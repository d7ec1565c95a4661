import { isEqual, isObject, type Json, type JsonObject } from "../json.ts";
import { addAuth, authorizerPermissions } from "./authorizers.ts";
import { codeLocation } from "./code.ts";
import { type Draft, draft, type Expanded, passedOn, refusal, type Source, type Transform } from "./context.ts";
import { addCors } from "./cors.ts";
import { hashSuffix } from "./logical-id.ts";
import { addTags, DEFAULT_PATH, isDocument, requireDocument } from "./openapi.ts";
import { checkProperties, propertyRules } from "./properties.ts";
import { isTruthy, ref, resolveParameters } from "./values.ts";

const RULES = propertyRules({
  any: "Name",
  text: "Description",
  textOrMap: "StageName DefinitionUri",
  map: "Tags DefinitionBody StageVariables AccessLogSettings DefaultRouteSettings Auth RouteSettings",
  flag: "PropagateTags FailOnWarnings DisableExecuteApiEndpoint",
  flagOrMap: "CorsConfiguration",
  unsupported: "Domain",
});

/**
 * `AWS::Serverless::HttpApi` → API and stage. Routes of events are in its document already. Custom domains (`Domain`)
 * aren't supported. https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-httpapi.html
 */
export function expandHttpApi(transform: Transform, source: Source): Expanded {
  const { properties, attributes } = source;
  checkProperties(transform.findings, source, properties, RULES);
  const { DefinitionBody: body, DefinitionUri: uri } = properties;
  if (isTruthy(body) && isTruthy(uri)) {
    throw refusal(source, "Specify either 'DefinitionUri' or 'DefinitionBody' property and not both.");
  }
  if (properties.CorsConfiguration !== undefined) {
    properties.CorsConfiguration = resolveParameters(properties.CorsConfiguration, transform.parameters);
  }
  const tags = completeDocument(transform, source);
  const location = isTruthy(uri) ? bodyLocation(source, uri) : undefined;
  if (!location && !isTruthy(body)) {
    throw refusal(
      source,
      "'DefinitionUri' or 'DefinitionBody' are required properties of an 'AWS::Serverless::HttpApi'. Add a value for one of these properties or add a 'HttpApi' event to an 'AWS::Serverless::Function'.",
    );
  }
  const drafts: Draft[] = [
    draft(
      source.id,
      "AWS::ApiGatewayV2::Api",
      attributes,
      {
        Body: location ? undefined : body,
        BodyS3Location: location,
        FailOnWarnings: isTruthy(properties.FailOnWarnings) ? properties.FailOnWarnings : undefined,
      },
      source.dependsOn,
    ),
    ...authorizerPermissions(source),
    stage(source, tags),
  ];
  return { drafts, referable: { Stage: "AWS::ApiGatewayV2::Stage" } };
}

function stage(source: Source, tags: JsonObject | undefined): Draft {
  const { properties } = source;
  const name = isTruthy(properties.StageName) ? properties.StageName : "$default";
  return draft(stageId(source.id, name), "AWS::ApiGatewayV2::Stage", passedOn(source.attributes), {
    ApiId: ref(source.id),
    StageName: name,
    StageVariables: properties.StageVariables,
    AccessLogSettings: properties.AccessLogSettings,
    DefaultRouteSettings: properties.DefaultRouteSettings,
    RouteSettings: properties.RouteSettings,
    Tags: tags,
    AutoDeploy: true,
  });
}

function stageId(apiId: string, name: Json): string {
  if (name === "$default") return `${apiId}ApiGatewayDefaultStage`;
  if (typeof name !== "string") return `${apiId}Stage`;
  return /^[\p{L}\p{N}]+$/u.test(name) ? `${apiId}${name}Stage` : `${apiId}Stage${hashSuffix(name)}`;
}

/** Writes what the properties say into the OpenAPI document; the tags of the stage. */
function completeDocument(transform: Transform, source: Source): JsonObject | undefined {
  const { properties } = source;
  const { DefinitionBody: body } = properties;
  const inDocument = (name: string): JsonObject & { paths: JsonObject } => {
    if (!isTruthy(body)) {
      throw refusal(source, `${name} works only with inline OpenApi specified in 'DefinitionBody' property.`, name);
    }
    if (isDocument(body)) return body;
    const message = `Unable to add ${name} because 'DefinitionBody' does not contain a valid OpenApi definition.`;
    throw refusal(source, message, name);
  };
  if (isTruthy(properties.CorsConfiguration)) addCors(source, inDocument("CorsConfiguration"));
  if (isTruthy(properties.Auth)) addAuth(transform, source, inDocument("Auth"));

  let tags: JsonObject | undefined;
  if (isTruthy(properties.Tags)) {
    const document = inDocument("Tags");
    // In place: tags that come from Globals are shared by APIs.
    tags = properties.Tags as JsonObject;
    tags["httpapi:createdBy"] = "SAM";
    addTags(document, tags);
  } else if (isDocument(body)) {
    tags = { "httpapi:createdBy": "SAM" };
    addTags(body, tags);
  }
  if (properties.DisableExecuteApiEndpoint !== undefined) {
    const document = inDocument("DisableExecuteApiEndpoint");
    setEndpoint(source, document, properties.DisableExecuteApiEndpoint);
  }
  if (isTruthy(properties.Name)) setInfo(source, "Name", "title", ref("AWS::StackName"));
  if (isTruthy(properties.Description)) setInfo(source, "Description", "description", undefined);
  // With FailOnWarnings, API Gateway refuses a path that doesn't begin with a slash.
  if (isTruthy(properties.FailOnWarnings) && isObject(body) && isObject(body.paths)) {
    const { [DEFAULT_PATH]: fallback, ...others } = body.paths;
    if (fallback !== undefined) body.paths = { ...others, [`/${DEFAULT_PATH}`]: fallback };
  }
  return tags;
}

/** Sets a member of the document's `info`, which may hold nothing but `untouched` there. */
function setInfo(source: Source, property: string, member: string, untouched: Json | undefined): void {
  const { DefinitionBody: body } = source.properties;
  if (!isTruthy(body)) {
    throw refusal(
      source,
      `${property} works only with inline OpenApi specified in the 'DefinitionBody' property.`,
      property,
    );
  }
  const info = isObject(body) ? body.info : undefined;
  if (info !== undefined && !isObject(info)) {
    throw refusal(source, "Invalid 'DefinitionBody': The value of 'info' should be a map.", "DefinitionBody");
  }
  const known = info?.[member];
  if (untouched === undefined ? isTruthy(known) : !isEqual(known, untouched)) {
    const message = `Unable to set ${property} because it is already defined within inline OpenAPI specified in the 'DefinitionBody' property.`;
    throw refusal(source, message, property);
  }
  const document = requireDocument(body);
  document.info = { ...info, [member]: source.properties[property] ?? null };
}

function setEndpoint(source: Source, document: JsonObject, disable: Json): void {
  const servers: Json = document.servers ?? [{}];
  if (!Array.isArray(servers) || !servers.every((server) => isObject(server))) {
    throw refusal(source, "Value of 'servers' item must be a dictionary according to Swagger spec.", "DefinitionBody");
  }
  const key = "x-amazon-apigateway-endpoint-configuration";
  for (const server of servers) {
    const known = server[key];
    server[key] = { ...(isObject(known) ? known : {}), disableExecuteApiEndpoint: disable };
  }
  document.servers = servers;
}

function bodyLocation(source: Source, uri: Json): JsonObject {
  const { S3Bucket: Bucket = null, S3Key: Key = null, S3ObjectVersion } = codeLocation(source, "DefinitionUri", uri);
  return { Bucket, Key, ...(S3ObjectVersion === undefined ? {} : { Version: S3ObjectVersion }) };
}
