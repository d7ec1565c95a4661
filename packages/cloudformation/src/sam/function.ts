import { isObject, type Json, type JsonObject } from "../json.ts";
import { codeLocation } from "./code.ts";
import {
  type Draft,
  draft,
  type Expanded,
  type Invoked,
  passedOn,
  propagateTags,
  refusal,
  type Source,
  type Transform,
} from "./context.ts";
import { addDeploymentPreference } from "./deployment.ts";
import { type Destinations, expandEventInvokeConfig } from "./event-invoke.ts";
import { expandFunctionEvents } from "./events/index.ts";
import { expandFunctionUrl } from "./function-url.ts";
import { assumedBy, replacePolicyTemplates, roleOf } from "./policies.ts";
import { checkProperties, propertyRules, refuseUnknownKeys } from "./properties.ts";
import { getAtt, ifParts, isIf, isNothing, isTruthy, onlyIf, resolveParameters, tagList } from "./values.ts";
import { expandVersion } from "./version.ts";

/** Properties that go to `AWS::Lambda::Function` as they are. */
const PASSED_ON = (
  "Handler Runtime Description MemorySize Timeout VpcConfig Role Environment KmsKeyArn ReservedConcurrentExecutions " +
  "Layers FileSystemConfigs ImageConfig PackageType Architectures SnapStart EphemeralStorage CodeSigningConfigArn " +
  "RuntimeManagementConfig LoggingConfig RecursiveLoop"
).split(" ");

const RULES = propertyRules({
  any:
    "Handler Runtime CodeUri ImageUri PackageType InlineCode Description MemorySize Timeout VpcConfig RolePath KmsKeyArn " +
    "ReservedConcurrentExecutions EphemeralStorage VersionDescription ProvisionedConcurrencyConfig FileSystemConfigs " +
    "ImageConfig CodeSigningConfigArn Architectures RuntimeManagementConfig LoggingConfig RecursiveLoop SourceKMSKeyArn",
  text: "Role PermissionsBoundary AutoPublishAlias AutoPublishCodeSha256 VersionDeletionPolicy",
  textOrMap: "FunctionName Tracing",
  map: "DeadLetterQueue AssumeRolePolicyDocument Tags DeploymentPreference EventInvokeConfig SnapStart FunctionUrlConfig",
  mapOfMaps: "Environment Events",
  policies: "Policies",
  flag: "PropagateTags AutoPublishAliasAllProperties",
  textsOrMaps: "Layers",
  literal: "AutoPublishAliasAllProperties VersionDeletionPolicy",
  unsupported: "CapacityProviderConfig FunctionScalingConfig PublishToLatestPublished TenancyConfig DurableConfig",
});

const RESERVED_TAGS = ["lambda:createdBy", "serverlessrepo:applicationId", "serverlessrepo:semanticVersion"];

/**
 * `AWS::Serverless::Function` → function, role, version, alias and what its events need; logical ids and properties as
 * the SAM translator makes them. Capacity providers, durable functions and tenancy aren't supported.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-function.html
 */
export function expandFunction(transform: Transform, source: Source): Expanded {
  const { properties, id } = source;
  replacePolicyTemplates(source);
  checkProperties(transform.findings, source, properties, RULES);
  checkDeadLetterQueue(transform, source);
  const tags = readTags(source);
  const function_ = lambdaFunction(transform, source, tags);
  const drafts: Draft[] = [function_];
  if (isTruthy(properties.ProvisionedConcurrencyConfig) && !isTruthy(properties.AutoPublishAlias)) {
    const message = "To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function";
    throw refusal(source, message, "ProvisionedConcurrencyConfig");
  }
  if (properties.VersionDeletionPolicy !== undefined && properties.AutoPublishAlias === undefined) {
    throw refusal(source, "'VersionDeletionPolicy' requires 'AutoPublishAlias'.", "VersionDeletionPolicy");
  }
  const published = isTruthy(properties.AutoPublishAlias) ? expandVersion(transform, source, function_) : undefined;
  if (published) drafts.push(published.version, published.alias);
  const invoked: Invoked = published
    ? { id: published.alias.id, arn: { Ref: published.alias.id } }
    : { id, arn: getAtt(id, "Arn") };
  if (isTruthy(properties.FunctionUrlConfig)) drafts.push(...expandFunctionUrl(transform, source, invoked, published));
  addDeploymentPreference(transform, source, published?.alias);

  let destinations: Destinations = { drafts: [], policies: [] };
  if (isTruthy(properties.EventInvokeConfig)) {
    destinations = expandEventInvokeConfig(transform, source, published);
    drafts.push(...destinations.drafts);
  }
  const role = executionRole(transform, source, tags, destinations.policies);
  if (addRole(transform, source, function_, role)) drafts.push(role);
  drafts.push(...expandFunctionEvents({ transform, source, target: invoked, role }));
  if (isTruthy(properties.PropagateTags) && isTruthy(properties.Tags)) propagateTags(drafts, tagList(properties.Tags));
  return {
    drafts,
    referable: {
      Alias: "AWS::Lambda::Alias",
      Version: "AWS::Lambda::Version",
      DestinationTopic: "AWS::SNS::Topic",
      DestinationQueue: "AWS::SQS::Queue",
    },
  };
}

function lambdaFunction(transform: Transform, source: Source, tags: Json[]): Draft {
  const { properties } = source;
  const own: { [name: string]: Json | undefined } = {};
  for (const name of PASSED_ON) own[name] = properties[name];
  own.FunctionName = isTruthy(properties.FunctionName) ? properties.FunctionName : undefined;
  own.Code = readCode(source);
  own.Tags = tags;
  if (isTraced(transform, source)) own.TracingConfig = { Mode: properties.Tracing ?? null };
  const deadLetter = properties.DeadLetterQueue;
  if (isObject(deadLetter) && isTruthy(deadLetter)) own.DeadLetterConfig = { TargetArn: deadLetter.TargetArn ?? null };
  const isImage = properties.PackageType === "Image";
  const forbidden = (isImage ? ["Handler", "Runtime", "Layers"] : ["ImageConfig"]).find((name) => isTruthy(own[name]));
  if (forbidden) {
    const message = `${forbidden} cannot be present when PackageType is of type \`${isImage ? "Image" : "Zip"}\``;
    throw refusal(source, message, forbidden);
  }
  if (!isImage && !(isTruthy(own.Runtime) && isTruthy(own.Handler))) {
    throw refusal(source, "Runtime and Handler needs to be present when PackageType is of type `Zip`");
  }
  return draft(source.id, "AWS::Lambda::Function", source.attributes, own, source.dependsOn);
}

function readCode(source: Source): JsonObject {
  const { CodeUri: uri, InlineCode: inline, ImageUri: image, SourceKMSKeyArn: key } = source.properties;
  const packaging = isTruthy(source.properties.PackageType) ? source.properties.PackageType : "Zip";
  if (packaging === "Image") {
    if (!isTruthy(image)) throw refusal(source, "'ImageUri' must be set.");
    return { ImageUri: image };
  }
  if (packaging !== "Zip") {
    throw refusal(source, `invalid 'PackageType' : ${JSON.stringify(packaging)}`, "PackageType");
  }
  const code = inline !== undefined ? { ZipFile: inline } : uri !== undefined && codeLocation(source, "CodeUri", uri);
  if (!code) throw refusal(source, "Only one of 'InlineCode' or 'CodeUri' can be set.");
  return isTruthy(key) ? { ...code, SourceKMSKeyArn: key } : code;
}

/** Tracing that a parameter switches off is no tracing. */
function isTraced(transform: Transform, source: Source): boolean {
  const { Tracing: tracing } = source.properties;
  return isTruthy(tracing) && resolveParameters(tracing, transform.parameters) !== "Disabled";
}

function readTags(source: Source): Json[] {
  const { Tags: tags } = source.properties;
  const reserved = isObject(tags) ? RESERVED_TAGS.find((name) => Object.hasOwn(tags, name)) : undefined;
  if (reserved) {
    const message = `${reserved} is a reserved Tag key name and cannot be set on your resource. Please change the tag key in the input.`;
    throw refusal(source, message, "Tags", reserved);
  }
  return [{ Key: "lambda:createdBy", Value: "SAM" }, ...tagList(tags)];
}

function checkDeadLetterQueue(transform: Transform, source: Source): void {
  const { DeadLetterQueue: queue } = source.properties;
  if (!isObject(queue) || !isTruthy(queue)) return;
  refuseUnknownKeys(
    transform.findings,
    [...source.path, "DeadLetterQueue"],
    "DeadLetterQueue",
    queue,
    "Type TargetArn",
  );
  if (!isTruthy(queue.Type) || !isTruthy(queue.TargetArn)) {
    const message = "'DeadLetterQueue' requires Type and TargetArn properties to be specified.";
    throw refusal(source, message, "DeadLetterQueue");
  }
  if (queue.Type !== "SQS" && queue.Type !== "SNS") {
    throw refusal(source, "'DeadLetterQueue' requires Type of ['SQS', 'SNS']", "DeadLetterQueue", "Type");
  }
}

/** The role for a function that names none. */
function executionRole(transform: Transform, source: Source, tags: Json[], policies: readonly Json[]): Draft {
  const { DeadLetterQueue: queue, AssumeRolePolicyDocument: trust } = source.properties;
  const aws = "arn:aws:iam::aws:policy/";
  const managedPolicyArns = [`${aws}service-role/AWSLambdaBasicExecutionRole`];
  if (isTraced(transform, source)) managedPolicyArns.push(`${aws}AWSXrayWriteOnlyAccess`);
  if (isTruthy(source.properties.VpcConfig)) {
    managedPolicyArns.push(`${aws}service-role/AWSLambdaVPCAccessExecutionRole`);
  }
  const own: Json[] = [];
  if (isObject(queue) && isTruthy(queue)) {
    const action = queue.Type === "SNS" ? "sns:Publish" : "sqs:SendMessage";
    const Statement = [{ Action: action, Resource: queue.TargetArn ?? null, Effect: "Allow" }];
    own.push({ PolicyName: "DeadLetterQueuePolicy", PolicyDocument: { Version: "2012-10-17", Statement } });
  }
  return roleOf(source, {
    attributes: passedOn(source.attributes),
    assumeRolePolicyDocument: trust ?? assumedBy("lambda.amazonaws.com"),
    managedPolicyArns,
    policies: [...own, ...policies],
    tags: structuredClone(tags),
  });
}

/**
 * Gives the function its role where it names none, or names one under a condition only. Returns whether the made role
 * is needed.
 */
function addRole(transform: Transform, source: Source, function_: Draft, role: Draft): boolean {
  const arn = getAtt(role.id, "Arn");
  const { Role: named } = function_.properties;
  if (named === undefined) {
    function_.properties.Role = arn;
    return true;
  }
  if (!isIf(named)) return false;
  const parts = ifParts(resolveParameters(named, transform.parameters) as JsonObject);
  if (!parts) throw refusal(source, "Malformed 'Role' property: Fn::If requires 3 arguments.", "Role");
  const [condition, whenTrue, whenFalse] = parts;
  if (isNothing(whenTrue) && isNothing(whenFalse)) {
    function_.properties.Role = arn;
  } else if (isNothing(whenTrue)) {
    function_.properties.Role = onlyIf(condition, arn, whenFalse);
    role.attributes = { ...role.attributes, condition };
  } else if (isNothing(whenFalse)) {
    function_.properties.Role = onlyIf(condition, whenTrue, arn);
    role.attributes = { ...role.attributes, condition: `NOT${condition}` };
    transform.conditions.set(`NOT${condition}`, { "Fn::Not": [{ Condition: condition }] });
  } else {
    return false;
  }
  return true;
}
