import type { Json, JsonObject } from "../../src/index.ts";
import { leastFunction } from "./function-cases.ts";
import {
  attribute,
  type Feature,
  type Group,
  inGlobals,
  property,
  ref,
  resource,
  type Sketch,
  when,
  within,
} from "./generate.ts";

const JWT = {
  IdentitySource: "$request.header.Authorization",
  JwtConfiguration: { issuer: "https://id", audience: ["a"] },
};
const LAMBDA = { FunctionArn: "arn:f", AuthorizerPayloadFormatVersion: "2.0" };

const SHARED: Record<string, Json[]> = {
  Auth: [
    { Authorizers: { Jwt: JWT } },
    { Authorizers: { Jwt: { ...JWT, AuthorizationScopes: ["read"] } }, DefaultAuthorizer: "Jwt" },
    { Authorizers: { Jwt: JWT, Own: LAMBDA }, DefaultAuthorizer: "Own" },
    {
      Authorizers: {
        Jwt: JWT,
        Own: {
          ...LAMBDA,
          FunctionInvokeRole: "arn:r",
          EnableSimpleResponses: true,
          EnableFunctionDefaultPermissions: true,
          Identity: {
            Headers: ["Authorization"],
            QueryStrings: ["q"],
            StageVariables: ["s"],
            Context: ["c"],
            ReauthorizeEvery: 5,
          },
        },
      },
    },
    { EnableIamAuthorizer: true, DefaultAuthorizer: "AWS_IAM" },
    { EnableIamAuthorizer: true, Authorizers: { Jwt: JWT } },
  ],
  AccessLogSettings: [{ DestinationArn: "arn:l", Format: "$context.requestId" }],
  StageVariables: [{ a: "b" }],
  Tags: [{ team: "payments" }, { team: ref("Stage") }],
  CorsConfiguration: [
    true,
    false,
    { AllowOrigins: [ref("Origin")], AllowHeaders: ["authorization"], MaxAge: 600, AllowCredentials: true },
    { AllowOrigins: ref("Origin"), AllowMethods: ["GET"], ExposeHeaders: ["x-a"], MaxAge: 0, AllowCredentials: false },
    when("Yes", { AllowOrigins: ["a"], MaxAge: 3 }, { AllowOrigins: ["b"], AllowMethods: [] }),
  ],
  DefaultRouteSettings: [{ ThrottlingBurstLimit: 200 }],
  RouteSettings: [{ "GET /orders": { ThrottlingBurstLimit: 3 } }],
  FailOnWarnings: [true, false],
  PropagateTags: [true],
};

const OWN: Record<string, Json[]> = {
  Name: ["shop", { "Fn::Sub": "${Stage}-shop" }],
  Description: ["Orders"],
  StageName: ["v1", "v-1", "$default", ref("Stage")],
  DisableExecuteApiEndpoint: [true, false],
};

const ROUTES: Record<string, JsonObject> = {
  Root: { Path: "/", Method: "GET" },
  Slash: { Path: "/orders/", Method: "post" },
  Any: { Path: "/{proxy+}", Method: "ANY" },
  Parameters: { Path: "/orders/{order-id}/items/{item_id}", Method: "DELETE", TimeoutInMillis: 5000 },
  Default: {},
  Slow: { Path: "/slow", Method: "get", PayloadFormatVersion: "1.0", RouteSettings: { ThrottlingBurstLimit: 3 } },
  AnySettings: { Path: "/any", Method: "any", RouteSettings: { ThrottlingRateLimit: 3 } },
  Scoped: { Path: "/scoped", Method: "get", Auth: { Authorizer: "Jwt", AuthorizationScopes: ["write"] } },
  Secured: { Path: "/secured", Method: "get", Auth: { Authorizer: "Jwt" } },
  Open: { Path: "/open", Method: "get", Auth: { Authorizer: "NONE" } },
  Iam: { Path: "/iam", Method: "get", Auth: { Authorizer: "AWS_IAM" } },
  ByDefault: { Path: "/default", Method: "get", Auth: { AuthorizationScopes: ["a"] } },
};

function routes(target: string, api: Json | undefined): Feature[] {
  return Object.entries(ROUTES).map(([name, given]) => {
    const Properties: JsonObject = api === undefined ? { ...given } : { ...given, ApiId: api };
    return property(target, ["Events", name], { Type: "HttpApi", Properties });
  });
}

/** A document of one's own, which events complete. */
function ownDocument(paths: JsonObject): (sketch: Sketch) => void {
  return (sketch) => {
    within(resource(sketch, "Api"), "Properties").DefinitionBody = {
      openapi: "3.0.1",
      info: { title: ref("AWS::StackName"), version: "2" },
      paths: structuredClone(paths),
    };
  };
}

const integration = { type: "http_proxy", uri: "https://example.com", httpMethod: "GET", payloadFormatVersion: "1.0" };

const documents: Feature = {
  name: "DefinitionBody",
  variants: [
    ownDocument({}),
    ownDocument({ "/orders": { get: { "x-amazon-apigateway-integration": integration, security: [{ Jwt: [] }] } } }),
    ownDocument({
      "/slow": { get: { "x-amazon-apigateway-integration": integration } },
      "/": { get: {}, options: {} },
    }),
    ownDocument({
      "/open": when("Yes", { get: { "x-amazon-apigateway-integration": integration } }, { Ref: "AWS::NoValue" }),
    }),
  ],
};

const attributes = (id: string) => [
  attribute(id, "Condition", "Yes"),
  attribute(id, "DeletionPolicy", "Retain", "Delete"),
  attribute(id, "UpdateReplacePolicy", "Retain", "Snapshot"),
  attribute(id, "DependsOn", "Queue"),
  attribute(id, "Metadata", { about: "this" }),
];

const apiProperties = Object.entries({ ...SHARED, ...OWN }).map(([name, values]) => property("Api", [name], ...values));

/** A second function that uses the same API, under another condition and with another policy. */
const second = (api: Json | undefined): Feature => ({
  name: "a second function",
  variants: [undefined, "No", "Yes"].map((condition) => (sketch) => {
    leastFunction(sketch, "Second");
    const own = resource(sketch, "Second");
    if (condition !== undefined) Object.assign(own, { Condition: condition, DeletionPolicy: "Delete" });
    const Properties: JsonObject = { Path: "/orders", Method: "put", ...(api === undefined ? {} : { ApiId: api }) };
    within(own, "Properties", "Events").Route = { Type: "HttpApi", Properties };
    within(own, "Properties", "Events").Same = {
      Type: "HttpApi",
      Properties: { ...Properties, Path: "/{proxy+}", Method: "patch" },
    };
  }),
});

const stage: Feature = {
  name: "a reference to the stage",
  variants: [
    (sketch) => {
      sketch.Outputs.Stage = { Value: { "Fn::Sub": "${Api.Stage} ${Api.ApiEndpoint}" } };
      sketch.Outputs.Stage2 = { Value: ref("Api.Stage") };
    },
  ],
};

const alias = property("Function", ["AutoPublishAlias"], "live");

export const API_GROUPS: readonly Group[] = [
  {
    name: "HttpApi",
    base: (sketch) => {
      sketch.Resources.Api = { Type: "AWS::Serverless::HttpApi" };
      leastFunction(sketch);
      const Properties = { ApiId: ref("Api"), Path: "/orders", Method: "get" };
      within(resource(sketch, "Function"), "Properties", "Events").Event = { Type: "HttpApi", Properties };
    },
    features: [
      ...apiProperties,
      ...routes("Function", ref("Api")),
      ...attributes("Api"),
      attribute("Function", "Condition", "Yes"),
      documents,
      alias,
      second(ref("Api")),
      stage,
    ],
  },
  {
    name: "HttpApi with authorizers",
    base: (sketch) => {
      const Auth = { EnableIamAuthorizer: true, DefaultAuthorizer: "Jwt", Authorizers: { Jwt: JWT, Own: LAMBDA } };
      const Properties = { Auth: structuredClone(Auth) };
      sketch.Resources.Api = { Type: "AWS::Serverless::HttpApi", Properties };
      leastFunction(sketch);
    },
    features: [
      ...routes("Function", ref("Api")),
      property("Api", ["Auth", "DefaultAuthorizer"], "Own", "AWS_IAM", { Ref: "AWS::NoValue" }),
      property("Api", ["Auth", "Authorizers", "Jwt", "AuthorizationScopes"], ["read"], []),
      property("Api", ["Auth", "Authorizers", "Own", "EnableFunctionDefaultPermissions"], true, false),
      property("Api", ["CorsConfiguration"], true),
      property("Api", ["FailOnWarnings"], true),
      attribute("Function", "Condition", "Yes"),
      documents,
      alias,
      second(ref("Api")),
    ],
  },
  {
    name: "HttpApi in S3",
    base: (sketch) => {
      sketch.Resources.Api = { Type: "AWS::Serverless::HttpApi", Properties: { DefinitionUri: "s3://b/openapi.yaml" } };
    },
    features: [
      property("Api", ["DefinitionUri"], "s3://b/k?versionId=1", { Bucket: ref("Bucket"), Key: "k", Version: "2" }),
      property("Api", ["StageName"], "v1"),
      property("Api", ["FailOnWarnings"], true),
      property("Api", ["StageVariables"], { a: "b" }),
      ...attributes("Api"),
    ],
  },
  {
    name: "implicit HttpApi",
    base: (sketch) => {
      leastFunction(sketch);
      within(resource(sketch, "Function"), "Properties", "Events").Event = {
        Type: "HttpApi",
        Properties: { Path: "/orders", Method: "get" },
      };
    },
    features: [
      ...routes("Function", undefined),
      ...Object.entries(SHARED).map(([name, values]) => inGlobals("HttpApi", name, ...values)),
      ...attributes("Function"),
      alias,
      second(undefined),
      property("Function", ["Tags"], { team: "payments" }),
      property("Function", ["PropagateTags"], true),
      inGlobals("Function", "Tags", { unit: "shop" }),
      inGlobals("Function", "PropagateTags", true),
    ],
  },
];
