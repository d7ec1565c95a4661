import { isObject, type Json, type JsonObject } from "../json.ts";
import { type Draft, draft, passedOn, refusal, type Source, type Transform } from "./context.ts";
import { hashSuffix } from "./logical-id.ts";
import { getAtt, isTruthy, ref, referredId, resolveParameters } from "./values.ts";

export interface Published {
  readonly version: Draft;
  readonly alias: Draft;
  readonly aliasName: string;
}

/**
 * What `AutoPublishAlias` makes: a version whose logical id changes with what it publishes, and the alias that follows
 * it. A changed id makes CloudFormation publish anew, and `Retain` keeps the old version. Raises `Refusal`.
 */
export function expandVersion(transform: Transform, source: Source, function_: Draft): Published {
  const { properties, id } = source;
  const aliasName = readAlias(transform, source);
  const sha256 = readSha256(transform, source, function_);
  // SAM writes parameter values into the code's place here; without them a new key would never make a new version.
  function_.properties.Code = resolveParameters(function_.properties.Code ?? {}, transform.parameters);

  const { VersionDeletionPolicy: policy = "Retain" } = properties;
  if (policy !== "Delete" && policy !== "Retain") {
    const message = "Property 'VersionDeletionPolicy' should be a one of the strings: 'Delete' or 'Retain'.";
    throw refusal(source, message, "VersionDeletionPolicy");
  }
  const attributes = passedOn(source.attributes);
  const suffix = sha256 ?? hashSuffix(versionData(transform, source, function_));
  const version = draft(
    `${id}Version${suffix}`,
    "AWS::Lambda::Version",
    { ...attributes, deletionPolicy: attributes.deletionPolicy ?? policy },
    { FunctionName: ref(id), Description: properties.VersionDescription },
  );
  const aliasId = `${id}Alias${aliasName.replaceAll("-", "D").replaceAll("_", "U")}`;
  const { ProvisionedConcurrencyConfig: concurrency } = properties;
  const alias = draft(aliasId, "AWS::Lambda::Alias", attributes, {
    Name: aliasName,
    FunctionName: ref(id),
    FunctionVersion: getAtt(version.id, "Version"),
    ProvisionedConcurrencyConfig: isTruthy(concurrency) ? concurrency : undefined,
  });
  return { version, alias, aliasName };
}

function readAlias(transform: Transform, source: Source): string {
  const name = resolveParameters(source.properties.AutoPublishAlias ?? null, transform.parameters);
  if (typeof name !== "string") {
    const message = "'AutoPublishAlias' must be a string or a Ref to a template parameter";
    throw refusal(source, message, "AutoPublishAlias");
  }
  if (name === "") throw refusal(source, "Alias name is required to create an alias", "AutoPublishAlias");
  if (!/^(?!\d+$)[a-zA-Z0-9_-]+$/.test(name)) {
    const message = `AutoPublishAlias name ('${name}') must contain only alphanumeric characters, hyphens, or underscores matching (?!^[0-9]+$)([a-zA-Z0-9-_]+) pattern.`;
    throw refusal(source, message, "AutoPublishAlias");
  }
  return name;
}

/**
 * A hash of the code by which versions are told apart, instead of the code's place. It also goes into the function's
 * description: Lambda publishes nothing when neither code nor configuration changed.
 */
function readSha256(transform: Transform, source: Source, function_: Draft): string | undefined {
  const { AutoPublishCodeSha256: given, Description: description } = source.properties;
  if (!isTruthy(given)) return undefined;
  const sha256 = resolveParameters(given, transform.parameters);
  if (typeof sha256 !== "string") {
    throw refusal(source, "AutoPublishCodeSha256 must be a string", "AutoPublishCodeSha256");
  }
  const resolved = description === undefined ? "" : resolveParameters(description, transform.parameters);
  if (!isTruthy(resolved)) function_.properties.Description = sha256;
  else if (typeof resolved === "string") function_.properties.Description = `${resolved} ${sha256}`;
  else function_.properties.Description = { "Fn::Join": [" ", [resolved, sha256]] };
  return sha256 === "" ? undefined : sha256.slice(0, 10);
}

/**
 * What a version's logical id stands for: with AutoPublishAliasAllProperties the whole function, and its layers that
 * ask for it; else its code, environment and memory.
 */
function versionData(transform: Transform, source: Source, function_: Draft): JsonObject {
  const own = Object.entries(function_.properties).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  if (source.properties.AutoPublishAliasAllProperties === true) {
    const data = Object.fromEntries(own);
    const { Layers: layers } = function_.properties;
    for (const layer of Array.isArray(layers) ? layers : []) {
      const id = referredId(layer);
      const known = id === undefined ? undefined : transform.sources.get(id)?.properties;
      if (id !== undefined && known && isTruthy(known.PublishLambdaVersion)) data[id] = known;
    }
    return data;
  }
  const { Code: code, Environment: environment, MemorySize: memory, SnapStart: snapStart } = function_.properties;
  const data: JsonObject = { ...(isObject(code) ? code : {}), ...(isObject(environment) ? environment : {}) };
  if (isTruthy(memory)) data.MemorySize = memory;
  if (isObject(snapStart) && (snapStart.ApplyOn ?? "None") !== "None") data.SnapStart = snapStart;
  return data;
}
