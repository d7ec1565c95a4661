import { isObject, type Json, type JsonObject } from "../json.ts";
import { type Draft, draft, passedOn, refusal, type Source, type Transform } from "./context.ts";
import { integrated, methodName, pathItems } from "./openapi.ts";
import { refuseUnknownKeys } from "./properties.ts";
import { isNothing, isTruthy, sub } from "./values.ts";

const FOR_JWT = "AuthorizationScopes JwtConfiguration IdentitySource".split(" ");
const FOR_LAMBDA = (
  "FunctionArn FunctionInvokeRole Identity AuthorizerPayloadFormatVersion EnableSimpleResponses " +
  "EnableFunctionDefaultPermissions"
).split(" ");

/** Where in a request a Lambda authorizer's identity can come from. */
const IDENTITY: Record<string, string> = {
  Headers: "$request.header.",
  QueryStrings: "$request.querystring.",
  StageVariables: "$stageVariables.",
  Context: "$context.",
};

interface Authorizer {
  readonly scopes: Json | undefined;
  readonly scheme: JsonObject;
}

/** Writes `Auth` into the API's document: its authorizers, and the one that every route has. Raises `Refusal`. */
export function addAuth(transform: Transform, source: Source, document: JsonObject & { paths: JsonObject }): void {
  const { Auth: auth } = source.properties;
  const names = ["Authorizers", "DefaultAuthorizer", "EnableIamAuthorizer"];
  if (!isObject(auth) || !Object.keys(auth).every((name) => names.includes(name))) {
    throw refusal(source, "Invalid value for 'Auth' property", "Auth");
  }
  const authorizers = readAuthorizers(transform, source, auth);
  const components = isObject(document.components) ? document.components : {};
  const schemes: JsonObject = isObject(components.securitySchemes) ? components.securitySchemes : {};
  for (const [name, { scheme }] of authorizers) schemes[name] = scheme;
  if (Object.keys(schemes).length > 0) document.components = { ...components, securitySchemes: schemes };

  const { DefaultAuthorizer: fallback } = auth;
  if (!isTruthy(fallback) || isNothing(fallback)) return;
  if (typeof fallback !== "string") {
    throw refusal(source, "Property 'Auth.DefaultAuthorizer' should be a string.", "Auth");
  }
  const authorizer = authorizers.get(fallback);
  if (!authorizer) {
    const message = `Unable to set DefaultAuthorizer because '${fallback}' was not defined in 'Authorizers'.`;
    throw refusal(source, message, "Auth", "DefaultAuthorizer");
  }
  for (const path of Object.keys(document.paths)) {
    for (const item of pathItems(document.paths, path)) {
      for (const [method, operation] of Object.entries(item)) {
        if (["parameters", "options"].includes(method.toLowerCase())) continue;
        if (item[methodName(method)] === undefined) {
          const message = `Could not find ${methodName(method)} in ${path} within DefinitionBody.`;
          throw refusal(source, message, "DefinitionBody", "paths", path, method);
        }
        for (const found of integrated(operation, path, method)) {
          if (!isTruthy(found.security)) found.security = [{ [fallback]: authorizer.scopes ?? [] }];
        }
      }
    }
  }
}

/** The authorizers of an API's `Auth`, as OpenAPI security schemes. Raises `Refusal`. */
function readAuthorizers(transform: Transform, api: Source, auth: JsonObject): Map<string, Authorizer> {
  const authorizers = new Map<string, Authorizer>();
  if (auth.EnableIamAuthorizer === true) {
    const iam = { type: "apiKey", name: "Authorization", in: "header", "x-amazon-apigateway-authtype": "awsSigv4" };
    authorizers.set("AWS_IAM", { scopes: undefined, scheme: iam });
  }
  if (!isTruthy(auth.Authorizers)) return authorizers;
  if (!isObject(auth.Authorizers)) throw refusal(api, "Property 'Auth.Authorizers' should be a map.", "Auth");
  for (const [name, given] of Object.entries(auth.Authorizers)) {
    if (!isObject(given)) throw refusal(api, `Property 'Auth.Authorizers.${name}' should be a map.`, "Auth");
    const path = [...api.path, "Auth", "Authorizers", name];
    refuseUnknownKeys(transform.findings, path, `Authorizer ${name}`, given, [...FOR_JWT, ...FOR_LAMBDA].join(" "));
    authorizers.set(name, isTruthy(given.JwtConfiguration) ? jwt(api, name, given) : lambda(api, name, given));
  }
  return authorizers;
}

function jwt(api: Source, name: string, given: JsonObject): Authorizer {
  refuseOf(api, name, given, FOR_LAMBDA, "an OAuth2 Authorizer");
  const { AuthorizationScopes: scopes, JwtConfiguration: configuration, IdentitySource: source } = given;
  if (!isObject(configuration)) throw refusal(api, "Property 'JwtConfiguration' should be a map.", "Auth");
  if (scopes !== undefined && !Array.isArray(scopes)) {
    throw refusal(api, "AuthorizationScopes must be a list.", "Auth");
  }
  if (!isTruthy(source)) throw refusal(api, `${name} OAuth2 Authorizer must define 'IdentitySource'.`, "Auth");
  const jwtConfiguration = Object.fromEntries(
    Object.entries(configuration).map(([key, value]) => [key.toLowerCase(), value]),
  );
  const authorizer = { jwtConfiguration, identitySource: source, type: "jwt" };
  return { scopes, scheme: { type: "oauth2", "x-amazon-apigateway-authorizer": authorizer } };
}

function lambda(api: Source, name: string, given: JsonObject): Authorizer {
  refuseOf(api, name, given, FOR_JWT, "a Lambda Authorizer");
  const { FunctionArn: arn, FunctionInvokeRole: role, AuthorizerPayloadFormatVersion: version } = given;
  if (!isTruthy(arn)) throw refusal(api, `${name} Lambda Authorizer must define 'FunctionArn'.`, "Auth");
  if (!isTruthy(version)) {
    throw refusal(api, `${name} Lambda Authorizer must define 'AuthorizerPayloadFormatVersion'.`, "Auth");
  }
  const uri = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${__FunctionArn__}/invocations";
  const authorizer: JsonObject = { type: "request", authorizerUri: sub(uri, { __FunctionArn__: arn }) };
  if (isTruthy(role) && role !== "NONE") authorizer.authorizerCredentials = role;
  if (isTruthy(given.Identity)) {
    if (!isObject(given.Identity))
      throw refusal(api, `Property 'Auth.Authorizers.${name}.Identity' should be a map.`, "Auth");
    const { ReauthorizeEvery: ttl } = given.Identity;
    if (ttl !== undefined) authorizer.authorizerResultTtlInSeconds = ttl;
    authorizer.identitySource = identitySource(api, name, given.Identity);
  }
  authorizer.authorizerPayloadFormatVersion = version;
  if (isTruthy(given.EnableSimpleResponses)) authorizer.enableSimpleResponses = given.EnableSimpleResponses;
  const { EnableFunctionDefaultPermissions: permissions } = given;
  if (permissions !== undefined && typeof permissions !== "boolean") {
    const property = `Authorizers.${name}.EnableFunctionDefaultPermissions`;
    throw refusal(api, `Property '${property}' should be a boolean.`, "Auth");
  }
  const scheme = { type: "apiKey", name: "Unused", in: "header", "x-amazon-apigateway-authorizer": authorizer };
  return { scopes: undefined, scheme };
}

function identitySource(api: Source, name: string, identity: JsonObject): string[] {
  return Object.entries(IDENTITY).flatMap(([key, prefix]) => {
    const values = identity[key];
    if (!isTruthy(values)) return [];
    if (Array.isArray(values) && values.every((value) => typeof value === "string")) {
      return values.map((value) => `${prefix}${value}`);
    }
    throw refusal(api, `Property 'Authorizers.${name}.Identity.${key}' should be a list of strings.`, "Auth");
  });
}

function refuseOf(api: Source, name: string, given: JsonObject, names: readonly string[], kind: string): void {
  const wrong = names.find((key) => given[key] !== undefined);
  if (wrong) throw refusal(api, `${wrong} is not supported for ${kind}.`, "Auth", "Authorizers", name, wrong);
}

/** Lambda authorizers with `EnableFunctionDefaultPermissions` may be invoked by the API without more being said. */
export function authorizerPermissions(api: Source): Draft[] {
  const { Auth: auth } = api.properties;
  const authorizers = isObject(auth) && isObject(auth.Authorizers) ? Object.entries(auth.Authorizers) : [];
  return authorizers.flatMap(([name, given]) => {
    if (!isObject(given) || given.EnableFunctionDefaultPermissions !== true) return [];
    const arn = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*";
    return draft(`${api.id}${name}AuthorizerPermission`, "AWS::Lambda::Permission", passedOn(api.attributes), {
      Action: "lambda:InvokeFunction",
      FunctionName: given.FunctionArn,
      Principal: "apigateway.amazonaws.com",
      SourceArn: sub(arn, { __ApiId__: { Ref: api.id } }),
    });
  });
}
