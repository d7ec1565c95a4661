import { createHash } from "node:crypto";
import type * as sdk from "@aws-sdk/client-lambda";
import type { AliasConfiguration, FunctionConfiguration } from "@aws-sdk/client-lambda";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { showConfiguration } from "./configuration.ts";
import { hostOf } from "./host/host.ts";
import {
  type AliasRecord,
  aliases,
  type FunctionConfig,
  followedAliases,
  functionArn,
  functions,
  getFunction,
  invalid,
  notFound,
  policies,
  provisionedConfigs,
  versionKey,
  versions,
} from "./records.ts";

/**
 * Publishes `$LATEST`, or returns the newest version when nothing changed since it was published, as AWS does.
 * https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html
 */
export function publish(context: Context, name: string, description: string | undefined): FunctionConfig {
  const record = functions(context).get(name);
  if (!record) throw notFound(context, name);
  const newest = versions(context).list(`${name}/`).at(-1)?.value;
  const isSame =
    newest &&
    contentDigest(newest) === contentDigest(record.latest) &&
    (newest.latestDescription ?? newest.description) === record.latest.description;
  if (isSame) return newest;
  const version: FunctionConfig = {
    ...record.latest,
    version: String(record.nextVersion),
    description: description ?? record.latest.description,
    latestDescription: record.latest.description,
    revisionId: context.random.uuid(),
  };
  context.store.transaction(() => {
    versions(context).put(versionKey(name, version.version), version);
    functions(context).put(name, { ...record, nextVersion: record.nextVersion + 1 });
  });
  return version;
}

export const versionOperations: Operations<typeof sdk> = {
  PublishVersion(context, { FunctionName, CodeSha256, Description, RevisionId }) {
    const { record } = getFunction(context, FunctionName);
    const { latest } = record;
    if (CodeSha256 && CodeSha256 !== latest.codeSha256) {
      throw invalid(
        `CodeSHA256 (${CodeSha256}) is different from current CodeSHA256 in $LATEST (${latest.codeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
      );
    }
    if (RevisionId && RevisionId !== latest.revisionId) {
      throw new AwsError(
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id.",
        { status: 412 },
      );
    }
    return showConfiguration(context, publish(context, latest.name, Description));
  },

  ListVersionsByFunction(context, { FunctionName, Marker, MaxItems }) {
    const { record } = getFunction(context, FunctionName);
    const published = versions(context)
      .list(`${record.latest.name}/`)
      .map(({ value }) => value);
    const keyOf = (config: FunctionConfig) => (config.version === "$LATEST" ? "" : versionKey("", config.version));
    const { items, nextToken } = page([record.latest, ...published], keyOf, { token: Marker, size: MaxItems ?? 50 });
    return {
      Versions: items.map((config) => withoutState(showConfiguration(context, config, { qualifier: config.version }))),
      NextMarker: nextToken,
    };
  },

  CreateAlias(context, { FunctionName, Name: alias = "", FunctionVersion: version = "", Description, RoutingConfig }) {
    const { record } = getFunction(context, FunctionName);
    const { name } = record.latest;
    if (!/^(?!\d+$)[\w-]{1,128}$/.test(alias)) throw invalid(`"${alias}" can't be the name of an alias.`);
    if (aliases(context).get(`${name}/${alias}`)) {
      const message = `Alias already exists: ${functionArn(context, name, alias)}`;
      throw new AwsError("ResourceConflictException", message, { status: 409, members: { Type: "User" } });
    }
    const weights = RoutingConfig?.AdditionalVersionWeights ?? {};
    return write(context, name, { name: alias, version, description: Description ?? "", weights, revisionId: "" });
  },

  UpdateAlias(context, { FunctionName, Name: alias = "", FunctionVersion, Description, RoutingConfig, RevisionId }) {
    const { record } = getFunction(context, FunctionName);
    const before = aliases(context).get(`${record.latest.name}/${alias}`);
    if (!before) {
      const message = `Alias not found: ${functionArn(context, record.latest.name, alias)}`;
      throw new AwsError("ResourceNotFoundException", message, { status: 404, members: { Type: "User" } });
    }
    if (RevisionId && RevisionId !== before.revisionId) {
      throw new AwsError(
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id.",
        { status: 412 },
      );
    }
    return write(context, record.latest.name, {
      ...before,
      version: FunctionVersion ?? before.version,
      description: Description ?? before.description,
      weights: RoutingConfig ? (RoutingConfig.AdditionalVersionWeights ?? {}) : before.weights,
    });
  },

  GetAlias(context, { FunctionName, Name: alias = "" }) {
    const { record } = getFunction(context, FunctionName);
    return show(context, record.latest.name, getAlias(context, record.latest.name, alias));
  },

  DeleteAlias(context, { FunctionName, Name: alias = "" }) {
    const { record } = getFunction(context, FunctionName);
    aliases(context).delete(`${record.latest.name}/${alias}`);
    const key = `${record.latest.name}/${alias}`;
    policies(context).delete(key);
    if (provisionedConfigs(context).delete(key))
      hostOf(context.runtime).provisioner.reconcile(context, record.latest.name);
    return {};
  },

  ListAliases(context, { FunctionName, FunctionVersion, Marker, MaxItems }) {
    const { record } = getFunction(context, FunctionName);
    const { name } = record.latest;
    const all = aliases(context)
      .list(`${name}/`)
      .map(({ value }) => value)
      .filter((alias) => FunctionVersion === undefined || alias.version === FunctionVersion);
    const { items, nextToken } = page(all, (alias) => alias.name, { token: Marker, size: MaxItems ?? 50 });
    return { Aliases: items.map((alias) => show(context, name, alias)), NextMarker: nextToken };
  },
};

function getAlias(context: Context, name: string, alias: string): AliasRecord {
  const found = aliases(context).get(`${name}/${alias}`);
  if (found) return found;
  const message = `Cannot find alias arn: ${functionArn(context, name, alias)}`;
  throw new AwsError("ResourceNotFoundException", message, { members: { Type: "User" } });
}

function write(context: Context, name: string, given: AliasRecord): AliasConfiguration {
  for (const version of [given.version, ...Object.keys(given.weights)]) {
    const known = version === "$LATEST" || versions(context).get(versionKey(name, version)) !== undefined;
    if (!known) throw notFound(context, name, version);
  }
  const weights = Object.entries(given.weights);
  if (weights.length > 1) throw invalid("Number of items in AdditionalVersionWeights cannot be greater than 1");
  for (const [version, weight] of weights) {
    if (version === "$LATEST" || given.version === "$LATEST")
      throw invalid("$LATEST is not supported for an alias pointing to more than 1 version");
    if (version === given.version)
      throw invalid(
        `Invalid function version ${version}. Function version ${version} is already included in routing configuration.`,
      );
    if (!(weight >= 0 && weight <= 1)) throw invalid(`The weight ${weight} must be from 0 to 1.`);
  }
  const alias = { ...given, revisionId: context.random.uuid() };
  const key = `${name}/${alias.name}`;
  const rows = aliases(context).get(key) ? followedAliases(context) : aliases(context);
  rows.put(key, alias);
  hostOf(context.runtime).provisioner.reconcile(context, name);
  return show(context, name, alias);
}

function show(context: Context, name: string, alias: AliasRecord): AliasConfiguration {
  return {
    AliasArn: functionArn(context, name, alias.name),
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    ...(Object.keys(alias.weights).length > 0
      ? { RoutingConfig: { AdditionalVersionWeights: { ...alias.weights } } }
      : {}),
    RevisionId: alias.revisionId,
  };
}

/** Digest of everything a published version keeps: AWS publishes none when nothing changed since the last. */
/** Lists say nothing of a function's state, nor of its runtime's version. */
function withoutState(configuration: FunctionConfiguration): FunctionConfiguration {
  const { State: _, LastUpdateStatus: __, RuntimeVersionConfig: ___, ...listed } = configuration;
  return listed;
}

function contentDigest(config: FunctionConfig): string {
  const {
    version: _,
    revisionId: __,
    lastModified: ___,
    description: ____,
    latestDescription: _____,
    ...content
  } = config;
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}
