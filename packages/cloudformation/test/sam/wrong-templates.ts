import type { Json, JsonObject } from "../../src/index.ts";
import { leastMachine } from "./event-cases.ts";
import { leastFunction } from "./function-cases.ts";
import { caseOf, type Sketch, within } from "./generate.ts";
import type { Case } from "./oracle.ts";

const route = (Properties: JsonObject): JsonObject => ({ Type: "HttpApi", Properties });

/** A function with properties, and an API named `Api` with others. */
function written(functionHas: JsonObject, apiHas?: JsonObject): (sketch: Sketch) => void {
  return (sketch) => {
    leastFunction(sketch);
    Object.assign(within(sketch.Resources.Function ?? {}, "Properties"), structuredClone(functionHas));
    if (apiHas) sketch.Resources.Api = { Type: "AWS::Serverless::HttpApi", Properties: structuredClone(apiHas) };
  };
}

const machine = (has: JsonObject) => (sketch: Sketch) => {
  leastMachine(sketch);
  Object.assign(within(sketch.Resources.Machine ?? {}, "Properties"), structuredClone(has));
};

const events = (given: JsonObject): JsonObject => ({ Events: given });
const jwt: Json = { IdentitySource: "a", JwtConfiguration: { issuer: "i" } };

/** Templates that AWS's translator refuses, by what is wrong with them. */
const WRONG: Record<string, (sketch: Sketch) => void> = {
  "a folder as code": written({ CodeUri: "./src" }),
  "an URL that isn't S3's as code": written({ CodeUri: "https://code/a.zip" }),
  "code without a key": written({ CodeUri: { Bucket: "b" } }),
  "code from a dynamic reference": written({ CodeUri: "s3://b/{{resolve:ssm:/a/b}}" }),
  "no runtime": written({ Runtime: "" }),
  "an unknown package type": written({ PackageType: "Jar" }),
  "an image without its address": written({ PackageType: "Image" }),
  "an image with a handler": written({ PackageType: "Image", ImageUri: "i" }),
  "an alias of digits": written({ AutoPublishAlias: "7" }),
  "an alias with a space": written({ AutoPublishAlias: "a b" }),
  "an alias that a resource names": written({ AutoPublishAlias: { Ref: "Queue" } }),
  "an empty alias in a version's hash": written({ AutoPublishAlias: "live", AutoPublishCodeSha256: "a+/b" }),
  "provisioned concurrency without an alias": written({
    ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 },
  }),
  "a deployment preference without an alias": written({ DeploymentPreference: { Type: "AllAtOnce" } }),
  "a deployment preference without a type": written({
    AutoPublishAlias: "live",
    DeploymentPreference: { Enabled: true },
  }),
  "hooks that aren't a map": written({
    AutoPublishAlias: "live",
    DeploymentPreference: { Type: "AllAtOnce", Hooks: ["a"] },
  }),
  "alarms that aren't a list": written({
    AutoPublishAlias: "live",
    DeploymentPreference: { Type: "AllAtOnce", Alarms: "a" },
  }),
  "a condition to pass that isn't a flag": written({
    AutoPublishAlias: "live",
    DeploymentPreference: { Type: "AllAtOnce", PassthroughCondition: "perhaps" },
  }),
  "a reserved tag": written({ Tags: { "lambda:createdBy": "me" } }),
  "a dead letter queue without a type": written({ DeadLetterQueue: { TargetArn: "a" } }),
  "a dead letter queue of an unknown type": written({ DeadLetterQueue: { Type: "S3", TargetArn: "a" } }),
  "a destination without a type": written({
    EventInvokeConfig: { DestinationConfig: { OnFailure: { Destination: "a" } } },
  }),
  "a destination of an unknown type": written({
    EventInvokeConfig: { DestinationConfig: { OnFailure: { Type: "Kinesis" } } },
  }),
  "an event bus that isn't named": written({
    EventInvokeConfig: { DestinationConfig: { OnFailure: { Type: "EventBridge" } } },
  }),
  "a policy template without its parameter": written({ Policies: [{ SQSPollerPolicy: {} }] }),
  "a policy template without parameters": written({ Policies: [{ SQSPollerPolicy: "q" }] }),
  "a policy template that nobody knows": written({ Policies: [{ QueuePolicy: { QueueName: "q" } }] }),
  "a policy that isn't one": written({ Policies: [{ Effect: "Allow", Action: "s3:*" }] }),
  "different policies in one function": written({ Policies: [{ "Fn::If": ["Yes", "arn:a", { Statement: [] }] }] }),
  "a function URL without authentication said": written({ FunctionUrlConfig: { InvokeMode: "BUFFERED" } }),
  "a function URL with an unknown CORS key": written({
    FunctionUrlConfig: { AuthType: "NONE", Cors: { Origins: [] } },
  }),
  "a function URL with a wrong CORS value": written({ FunctionUrlConfig: { AuthType: "NONE", Cors: { MaxAge: "5" } } }),
  "a version's policy without an alias": written({ VersionDeletionPolicy: "Delete" }),
  "an event without a type": written(events({ Event: { Properties: {} } })),
  "an event of an unknown type": written(events({ Event: { Type: "Fax" } })),
  "an event with an id that isn't alphanumeric": written(
    events({ "My-Event": { Type: "SQS", Properties: { Queue: "q" } } }),
  ),
  "a queue's event without the queue": written(events({ Event: { Type: "SQS" } })),
  "a table's event without a position": written(events({ Event: { Type: "DynamoDB", Properties: { Stream: "s" } } })),
  "a filter of an unknown form": written(
    events({ Event: { Type: "SQS", Properties: { Queue: "q", FilterCriteria: { Patterns: [] } } } }),
  ),
  "a failure's destination of an unknown type": written(
    events({ Event: { Type: "SQS", Properties: { Queue: "q", DestinationConfig: { OnFailure: { Type: "Fax" } } } } }),
  ),
  "a destination without OnFailure": written(
    events({ Event: { Type: "SQS", Properties: { Queue: "q", DestinationConfig: { OnSuccess: {} } } } }),
  ),
  "a subscription without its queue's URL": written(
    events({ Event: { Type: "SNS", Properties: { Topic: "t", SqsSubscription: { QueueArn: "q" } } } }),
  ),
  "a schedule with State and Enabled": written(
    events({ Event: { Type: "Schedule", Properties: { Schedule: "rate(1 day)", State: "ENABLED", Enabled: true } } }),
  ),
  "a schedule without its expression": written(events({ Event: { Type: "Schedule", Properties: {} } })),
  "a dead letter queue with ARN and type": written(
    events({ Event: { Type: "Schedule", Properties: { Schedule: "r", DeadLetterConfig: { Arn: "a", Type: "SQS" } } } }),
  ),
  "a dead letter queue with neither": written(
    events({ Event: { Type: "Schedule", Properties: { Schedule: "r", DeadLetterConfig: {} } } }),
  ),
  "a dead letter topic": written(
    events({ Event: { Type: "EventBridgeRule", Properties: { DeadLetterConfig: { Type: "SNS" } } } }),
  ),
  "a schedule with a name and without": written(
    events({ Event: { Type: "ScheduleV2", Properties: { ScheduleExpression: "r", Name: "n", OmitName: true } } }),
  ),
  "a route without a method": written(events({ Event: route({ Path: "/a" }) })),
  "a route without a path": written(events({ Event: route({ Method: "get" }) })),
  "a route of an API that isn't there": written(
    events({ Event: route({ Path: "/a", Method: "get", ApiId: { Ref: "Nothing" } }) }),
  ),
  "a route of an imported API": written(
    events({ Event: route({ Path: "/a", Method: "get", ApiId: { "Fn::Select": [0, ["a"]] } }) }),
  ),
  "a route that is there twice": written(
    events({ A: route({ Path: "/a", Method: "get" }), B: route({ Path: "/a", Method: "GET" }) }),
  ),
  "a route with an authorizer that isn't there": written(
    events({ Event: route({ Path: "/a", Method: "get", ApiId: { Ref: "Api" }, Auth: { Authorizer: "Jwt" } }) }),
    { Auth: { Authorizers: { Other: jwt } } },
  ),
  "a route with scopes that aren't a list": written(
    events({
      Event: route({
        Path: "/a",
        Method: "get",
        ApiId: { Ref: "Api" },
        Auth: { Authorizer: "Jwt", AuthorizationScopes: "a" },
      }),
    }),
    { Auth: { Authorizers: { Jwt: jwt } } },
  ),
  "a route without the default that it has not": written(
    events({ Event: route({ Path: "/a", Method: "get", ApiId: { Ref: "Api" }, Auth: { Authorizer: "NONE" } }) }),
    { Auth: { Authorizers: { Jwt: jwt } } },
  ),
  "an API with both definitions": written(
    {},
    { DefinitionUri: "s3://a/b", DefinitionBody: { openapi: "3.0.1", paths: {} } },
  ),
  "an API with a document of Swagger": written(
    events({ Event: route({ Path: "/a", Method: "get", ApiId: { Ref: "Api" } }) }),
    {
      DefinitionBody: { swagger: "2.0", paths: {} },
    },
  ),
  "an API in S3 with CORS": written({}, { DefinitionUri: "s3://a/b", CorsConfiguration: true }),
  "an API in S3 with tags": written({}, { DefinitionUri: "s3://a/b", Tags: { a: "b" } }),
  "an API in S3 with a name": written({}, { DefinitionUri: "s3://a/b", Name: "n" }),
  "an API in S3 with authorizers": written({}, { DefinitionUri: "s3://a/b", Auth: { EnableIamAuthorizer: true } }),
  "an API in S3 with its endpoint closed": written({}, { DefinitionUri: "s3://a/b", DisableExecuteApiEndpoint: true }),
  "an API with a title and a name": written(
    {},
    { Name: "n", DefinitionBody: { openapi: "3.0.1", info: { title: "t" }, paths: {} } },
  ),
  "an API with a description and a description": written(
    {},
    { Description: "n", DefinitionBody: { openapi: "3.0.1", info: { description: "t" }, paths: {} } },
  ),
  "CORS with an unknown key": written({}, { CorsConfiguration: { Origins: ["*"], MaxAge: 5 } }),
  "CORS with credentials from everywhere": written(
    {},
    { CorsConfiguration: { AllowOrigins: ["*"], AllowCredentials: true } },
  ),
  "CORS that is a text": written({}, { CorsConfiguration: { Ref: "On" } }),
  "Auth with an unknown key": written({}, { Auth: { Authorisers: {}, DefaultAuthorizer: "a" } }),
  "a default authorizer that isn't there": written({}, { Auth: { DefaultAuthorizer: "Jwt" } }),
  "a JWT authorizer without a source": written(
    {},
    { Auth: { Authorizers: { Jwt: { JwtConfiguration: { issuer: "i" } } } } },
  ),
  "a JWT authorizer with a function": written(
    {},
    { Auth: { Authorizers: { Jwt: { ...(jwt as JsonObject), FunctionArn: "f" } } } },
  ),
  "a Lambda authorizer without a version": written({}, { Auth: { Authorizers: { Own: { FunctionArn: "f" } } } }),
  "a Lambda authorizer without a function": written(
    {},
    { Auth: { Authorizers: { Own: { AuthorizerPayloadFormatVersion: "2.0" } } } },
  ),
  "a Lambda authorizer with scopes": written(
    {},
    {
      Auth: {
        Authorizers: { Own: { FunctionArn: "f", AuthorizerPayloadFormatVersion: "2.0", AuthorizationScopes: [] } },
      },
    },
  ),
  OpenIdConnectUrl: written({}, { Auth: { Authorizers: { Jwt: { ...(jwt as JsonObject), OpenIdConnectUrl: "u" } } } }),
  "Globals that nobody knows": (sketch) => {
    leastFunction(sketch);
    sketch.Globals.Functions = { Timeout: 3 };
  },
  "a global that may not be one": (sketch) => {
    leastFunction(sketch);
    sketch.Globals.Function = { Policies: [] };
  },
  "globals ignored that aren't there": (sketch) => {
    leastFunction(sketch);
    sketch.Globals.Function = { Timeout: 3 };
    Object.assign(sketch.Resources.Function ?? {}, { IgnoreGlobals: ["MemorySize"] });
  },
  "globals ignored by a map": (sketch) => {
    leastFunction(sketch);
    sketch.Globals.Function = { Timeout: 3 };
    Object.assign(sketch.Resources.Function ?? {}, { IgnoreGlobals: { a: "b" } });
  },
  "a resource where the role would be": (sketch) => {
    leastFunction(sketch);
    sketch.Resources.FunctionRole = { Type: "AWS::SQS::Queue" };
  },
  "a key without a type": (sketch) => {
    sketch.Resources.Table = {
      Type: "AWS::Serverless::SimpleTable",
      Properties: { PrimaryKey: { Name: "id", A: "b" } },
    };
  },
  "a key of an unknown type": (sketch) => {
    sketch.Resources.Table = {
      Type: "AWS::Serverless::SimpleTable",
      Properties: { PrimaryKey: { Name: "id", Type: "Text" } },
    };
  },
  "a layer without content": (sketch) => {
    sketch.Resources.Layer = { Type: "AWS::Serverless::LayerVersion", Properties: { LayerName: "l" } };
  },
  "a layer for an unknown architecture": (sketch) => {
    const Properties = { ContentUri: "s3://a/b", CompatibleArchitectures: ["riscv"] };
    sketch.Resources.Layer = { Type: "AWS::Serverless::LayerVersion", Properties };
  },
  "a layer with an unknown retention": (sketch) => {
    sketch.Resources.Layer = {
      Type: "AWS::Serverless::LayerVersion",
      Properties: { ContentUri: "s3://a/b", RetentionPolicy: "Keep" },
    };
  },
  "a state machine without a definition": machine({ Definition: {} }),
  "a state machine with two definitions": machine({ DefinitionUri: "s3://a/b" }),
  "a state machine with a role and policies": machine({ Role: "arn:r", Policies: ["arn:p"] }),
  "a state machine's deployment without an alias": machine({ DeploymentPreference: { Type: "CANARY" } }),
  "a state machine's event at an alias that it has not": machine({ UseAliasAsEventTarget: true }),
  "a state machine's event of a function's type": machine(
    events({ Event: { Type: "SQS", Properties: { Queue: "q" } } }),
  ),
  "a schedule's role that is a function": machine(
    events({ Event: { Type: "Schedule", Properties: { Schedule: "r", RoleArn: { Ref: "Role" } } } }),
  ),
};

export function wrongTemplates(): Case[] {
  return Object.entries(WRONG).map(([name, write]) => caseOf(name, [write]));
}
