import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { expandTemplate, type JsonObject, parameterSection, parseTemplate, templateBody } from "../src/index.ts";

/** AWS's own translator, where Python has it; it decides what this expansion must make. */
const isThere = spawnSync("python3", ["-c", "import samtranslator"], { stdio: "ignore" }).status === 0;
const reason = isThere ? "" : " (skipped: python3 has no aws-sam-translator)";

const httpApi = readFileSync(new URL("./templates/http-api.yaml", import.meta.url), "utf8");
const withoutAllProperties = httpApi.replace(
  "AutoPublishAliasAllProperties: true",
  "AutoPublishAliasAllProperties: false",
);

const template = (resources: string, globals = "") => `
Transform: AWS::Serverless-2016-10-31
Parameters: { Stage: { Type: String, Default: v1 }, Tracing: { Type: String, Default: Disabled }, Alias: { Type: String, Default: live } }
${globals}
Resources:
${resources}`;

const variants: Record<string, string> = {
  "the http-api template": httpApi,
  "the http-api template without AutoPublishAliasAllProperties": withoutAllProperties,
  "events without an API": template(`
  Function:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://bucket/some/key?versionId=7
      Handler: index.handler
      Runtime: nodejs22.x
      Tracing: !Ref Tracing
      AutoPublishAlias: !Ref Alias
      Events:
        Proxy: { Type: HttpApi, Properties: { Path: "/{proxy+}", Method: ANY } }
        Slow: { Type: HttpApi, Properties: { Path: /slow, Method: get, TimeoutInMillis: 5000, PayloadFormatVersion: "1.0" } }
        Fast: { Type: HttpApi, Properties: { Path: /fast, Method: get, RouteSettings: { ThrottlingBurstLimit: 3 } } }`),
  "a default route, CORS, a named stage and a named API": template(`
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Name: shop
      StageName: v1
      CorsConfiguration: { AllowOrigins: ["https://example.com"], AllowHeaders: [authorization], MaxAge: 600 }
      DisableExecuteApiEndpoint: false
      StageVariables: { a: b }
  Other:
    Type: AWS::Serverless::HttpApi
    Properties: { StageName: !Ref Stage, CorsConfiguration: true, FailOnWarnings: true }
  Third: { Type: AWS::Serverless::HttpApi, Properties: { StageName: v-1 } }
  Function:
    Type: AWS::Serverless::Function
    DependsOn: Queue
    Metadata: { about: this }
    Properties:
      InlineCode: "exports.handler = async () => 'ü'"
      Handler: index.handler
      Runtime: nodejs22.x
      Events:
        All: { Type: HttpApi, Properties: { ApiId: !Ref Api } }
        Other: { Type: HttpApi, Properties: { ApiId: !Ref Other } }
        Third: { Type: HttpApi, Properties: { ApiId: !Ref Third, Path: /x, Method: get } }
  Queue: { Type: AWS::SQS::Queue }`),
  "policies, destinations, conditions and attributes": template(
    `
  Function:
    Type: AWS::Serverless::Function
    Condition: IsWanted
    DeletionPolicy: Retain
    Properties:
      CodeUri: { Bucket: b, Key: k, Version: "3" }
      Policies:
        - AWSXrayWriteOnlyAccess
        - arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
        - !Sub "arn:aws:iam::\${AWS::AccountId}:policy/own"
        - Version: "2012-10-17"
          Statement: { Effect: Allow, Action: "s3:GetObject", Resource: "*" }
      VersionDescription: second
      ReservedConcurrentExecutions: 5
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 }
      EphemeralStorage: { Size: 1024 }
      RolePath: /service/
      DeadLetterQueue: { Type: SQS, TargetArn: !GetAtt Queue.Arn }
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        MaximumEventAgeInSeconds: 60
        DestinationConfig: { OnFailure: { Type: SQS, Destination: !GetAtt Queue.Arn } }
  Second:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://b/k
      Role: !GetAtt Role.Arn
      EventInvokeConfig: { MaximumRetryAttempts: 0 }
      Environment: { Variables: { A: "2" } }
      IgnoreMe: !Ref AWS::NoValue
  Queue: { Type: AWS::SQS::Queue }
  Role: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: {} } }
Conditions: { IsWanted: !Equals [a, a] }`.replace("      IgnoreMe: !Ref AWS::NoValue\n", ""),
    "Globals: { Function: { Handler: i.h, Runtime: nodejs22.x, AutoPublishAlias: blue-green_1, Environment: { Variables: { A: 1, B: !Ref Stage } } } }",
  ),
};

const parameters = {
  Environment: "dev",
  CodeBucket: "artifacts",
  CodeKey: "orders/function/7.zip",
  PermissionsBoundaryArn: "arn:aws:iam::222222222222:policy/turnpike-service-boundary",
};

describe.skipIf(!isThere)(`the SAM expansion equals that of AWS's translator${reason}`, () => {
  const names = Object.keys(variants);
  const given = (name: string): Record<string, string> => (name.includes("http-api") ? parameters : {});
  const lines = names.map((name) => JSON.stringify({ template: variants[name], parameters: given(name) }));
  const script = fileURLToPath(new URL("./translate.py", import.meta.url));
  const run = isThere
    ? spawnSync("python3", [script], { input: `${lines.join("\n")}\n`, encoding: "utf8" })
    : undefined;
  const answers = (run?.stdout ?? "").trim().split("\n");

  it.each(names.map((name, index) => [name, index] as const))("for %s", (name, index) => {
    expect(run?.status, run?.stderr).toBe(0);
    const expected = JSON.parse(answers[index] ?? "null") as JsonObject;
    const parsed = parseTemplate(variants[name] ?? "", { file: "template.yaml" });
    const values = new Map(Object.entries(given(name)));
    const mine = templateBody(expandTemplate(parsed, values, { region: "eu-west-1" }), parameterSection(parsed));
    expect(comparable(mine)).toEqual(comparable(expected));
  });
});

/** What means the same is made the same: a list of one, an empty map, the order of tags. */
function comparable(template: JsonObject): unknown {
  const { Resources, Outputs = {} } = template;
  return JSON.parse(
    JSON.stringify({ Resources, Outputs }, (key, value) => {
      if (key === "DependsOn" && typeof value === "string") return [value];
      if (key === "tags" && Array.isArray(value)) return [...value].sort((a, b) => (a.name < b.name ? -1 : 1));
      return value;
    }),
  );
}
