import { intrinsicOf } from "../intrinsics.ts";
import { isObject, type Json, type JsonObject, type Path } from "../json.ts";
import { isNoValue } from "../parse.ts";
import type { Resource } from "../template.ts";
import { type Expansion, makeResource, passedOn, refuseUnknown, resolveParameters, tagList } from "./context.ts";
import { expandEventInvokeConfig } from "./event-invoke.ts";
import { withGlobals } from "./globals.ts";
import { hashSuffix } from "./logical-id.ts";
import { expandRole } from "./role.ts";

const TYPE = "AWS::Serverless::Function";

/** Properties that go to `AWS::Lambda::Function` as they are. */
const PASSED_ON = (
  "FunctionName Description Handler Runtime MemorySize Timeout VpcConfig Environment Layers Architectures " +
  "EphemeralStorage KmsKeyArn ReservedConcurrentExecutions LoggingConfig PackageType"
).split(" ");

const KNOWN = new Set([
  ...PASSED_ON,
  ...(
    "CodeUri InlineCode Role Policies RolePath PermissionsBoundary AssumeRolePolicyDocument Tracing Tags Events " +
    "AutoPublishAlias AutoPublishAliasAllProperties VersionDescription EventInvokeConfig ProvisionedConcurrencyConfig " +
    "DeadLetterQueue"
  ).split(" "),
]);

/** What an event needs to know of the function that it invokes. */
export interface ExpandedFunction {
  readonly logicalId: string;
  /** What is invoked: the alias where there is one, else the function. */
  readonly target: string;
  /** Its ARN, as `Fn::Sub` has it; an alias's `Ref` is its ARN. */
  readonly invoked: string;
  readonly events: JsonObject;
  readonly resource: Resource;
}

/**
 * `AWS::Serverless::Function` → function, role, and, with `AutoPublishAlias`, version and alias; logical ids and
 * properties as the SAM translator makes them (https://github.com/aws/serverless-application-model, docs/internals).
 */
export function expandFunction(expansion: Expansion, logicalId: string, resource: Resource): ExpandedFunction {
  const { findings, template } = expansion;
  const path: Path = ["Resources", logicalId, "Properties"];
  const properties = withGlobals(template, "Function", resource.properties, resource.extra.IgnoreGlobals ?? null);
  refuseUnknown(properties, KNOWN, `${TYPE} ${logicalId}`, path, findings);
  const attributes = passedOn(resource);
  const tracing =
    properties.Tracing === undefined ? undefined : resolveParameters(properties.Tracing, expansion.parameters);
  const isTraced = tracing !== undefined && tracing !== "Disabled";
  const aliasName = readAlias(expansion, properties, path);

  const own: { [name: string]: Json | undefined } = {};
  const code = readCode(expansion, logicalId, properties, path);
  // SAM writes parameter values into the code's place when it publishes versions; without them a new key would never
  // make a new version.
  own.Code = aliasName === undefined ? code : resolveParameters(code, expansion.parameters);
  for (const name of PASSED_ON) own[name] = properties[name];
  own.Tags = tagList(properties.Tags);
  if (isTraced) own.TracingConfig = { Mode: properties.Tracing ?? "Active" };
  const deadLetter = properties.DeadLetterQueue;
  if (isObject(deadLetter)) own.DeadLetterConfig = { TargetArn: deadLetter.TargetArn ?? null };
  own.Role = properties.Role;

  const made = { ...attributes, dependsOn: resource.dependsOn, metadata: resource.metadata };
  let alias: string | undefined;
  if (aliasName !== undefined) {
    const version = `${logicalId}Version${hashSuffix(versionData(properties, own))}`;
    alias = `${logicalId}Alias${aliasName.replaceAll("-", "D").replaceAll("_", "U")}`;
    const versionResource = makeResource(
      "AWS::Lambda::Version",
      { FunctionName: { Ref: logicalId }, Description: properties.VersionDescription },
      { ...attributes, deletionPolicy: attributes.deletionPolicy ?? "Retain" },
    );
    expansion.add(logicalId, version, versionResource);
    const aliasProperties = {
      Name: aliasName,
      FunctionName: { Ref: logicalId },
      FunctionVersion: { "Fn::GetAtt": [version, "Version"] },
      ProvisionedConcurrencyConfig: properties.ProvisionedConcurrencyConfig,
    };
    expansion.add(logicalId, alias, makeResource("AWS::Lambda::Alias", aliasProperties, attributes));
    expansion.alias(`${logicalId}.Version`, version);
    expansion.alias(`${logicalId}.Alias`, alias);
  } else if (properties.ProvisionedConcurrencyConfig !== undefined) {
    findings.add([...path, "ProvisionedConcurrencyConfig"], "ProvisionedConcurrencyConfig needs AutoPublishAlias.");
  }

  const eventPolicies = expandEventInvokeConfig(expansion, logicalId, { properties, aliasName, alias, resource });
  if (own.Role === undefined || isNoValue(own.Role)) {
    own.Role = { "Fn::GetAtt": [`${logicalId}Role`, "Arn"] };
    expandRole(expansion, logicalId, { properties, resource, isTraced, policies: eventPolicies });
  }
  expansion.add(logicalId, logicalId, makeResource("AWS::Lambda::Function", own, made));
  const events = isObject(properties.Events) ? properties.Events : {};
  return { logicalId, target: alias ?? logicalId, invoked: alias ?? `${logicalId}.Arn`, events, resource };
}

function readAlias(expansion: Expansion, properties: JsonObject, path: Path): string | undefined {
  const { AutoPublishAlias: given } = properties;
  if (given === undefined) return undefined;
  const name = resolveParameters(given, expansion.parameters);
  if (typeof name === "string" && /^(?!\d+$)[a-zA-Z0-9_-]+$/.test(name)) return name;
  expansion.findings.add(
    [...path, "AutoPublishAlias"],
    "AutoPublishAlias must be an alias's name, or a parameter that is.",
  );
  return undefined;
}

function readCode(expansion: Expansion, logicalId: string, properties: JsonObject, path: Path): JsonObject {
  const { CodeUri: uri, InlineCode: inline } = properties;
  if (inline !== undefined) return { ZipFile: inline };
  if (isObject(uri) && !intrinsicOf(uri)) {
    if (uri.Bucket !== undefined && uri.Key !== undefined) {
      const code: JsonObject = { S3Bucket: uri.Bucket, S3Key: uri.Key };
      if (uri.Version !== undefined) code.S3ObjectVersion = uri.Version;
      return code;
    }
  }
  const match = typeof uri === "string" ? /^s3:\/\/([^/]+)\/([^?]+)(?:\?versionId=(.+))?$/.exec(uri) : null;
  if (match) {
    const code: JsonObject = { S3Bucket: match[1] ?? "", S3Key: match[2] ?? "" };
    if (match[3]) code.S3ObjectVersion = match[3];
    return code;
  }
  const message = `${TYPE} ${logicalId}: CodeUri must be s3://bucket/key or { Bucket, Key }: a folder must be packaged first.`;
  expansion.findings.add([...path, "CodeUri"], message);
  return {};
}

/** What a version's logical id stands for: with AutoPublishAliasAllProperties the whole function, else code and environment. */
function versionData(properties: JsonObject, own: { [name: string]: Json | undefined }): JsonObject {
  if (properties.AutoPublishAliasAllProperties === true) {
    return Object.fromEntries(Object.entries(own).filter((entry): entry is [string, Json] => entry[1] !== undefined));
  }
  const data: JsonObject = { ...(own.Code as JsonObject) };
  if (isObject(properties.Environment)) Object.assign(data, properties.Environment);
  if (properties.MemorySize !== undefined) data.MemorySize = properties.MemorySize;
  return data;
}
