import type { DestinationConfig } from "@aws-sdk/client-lambda";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { propagating, type Replaced } from "../../core/propagation.ts";
import type { Collection } from "../../core/store.ts";

/** `$LATEST` as it is now, or a published version as it was then. */
export interface FunctionConfig {
  readonly name: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly description: string;
  /** Of a version: what `$LATEST` was described as when it was published. */
  readonly latestDescription?: string;
  readonly runtime: string;
  readonly handler: string;
  readonly role: string;
  readonly timeoutS: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly architecture: string;
  readonly tracing: "Active" | "PassThrough";
  readonly logging: Logging;
  readonly ephemeralStorageMb: number;
  readonly deadLetterArn: string | undefined;
  readonly vpc: { readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] } | undefined;
  /** On record: variables are as safe here as this folder is. */
  readonly kmsKeyArn: string | undefined;
  /** Left out: none. */
  readonly layers?: readonly LayerUse[] | undefined;
  /** base64, of the zip as it came. */
  readonly codeSha256: string;
  readonly codeSizeBytes: number;
  /** Changes with every change of code or configuration. */
  readonly revisionId: string;
  readonly lastModified: string;
}

/** A layer as a function has it, whatever becomes of the layer. */
export interface LayerUse {
  readonly arn: string;
  readonly codeSha256: string;
  readonly codeSizeBytes: number;
}

export interface LayerVersion {
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly codeSha256: string;
  readonly codeSizeBytes: number;
  readonly runtimes: readonly string[];
  readonly architectures: readonly string[];
  readonly license: string | undefined;
  readonly createdAt: string;
}

export interface Logging {
  readonly format: "Text" | "JSON";
  readonly group: string;
  readonly applicationLevel: string;
  readonly systemLevel: string;
}

export interface FunctionRecord {
  readonly latest: FunctionConfig;
  readonly nextVersion: number;
  readonly tags: Readonly<Record<string, string>>;
  /** Undefined: shares the account's. */
  readonly reservedConcurrency: number | undefined;
}

export interface AliasRecord {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Share of invocations, 0 to 1, that go to another version. */
  readonly weights: Readonly<Record<string, number>>;
  readonly revisionId: string;
}

export interface Policy {
  readonly statements: Readonly<Record<string, unknown>>;
  readonly revisionId: string;
}

/** Environments that are started before they are needed, for an alias or a version. */
export interface ProvisionedConfig {
  readonly qualifier: string;
  readonly requested: number;
  readonly modifiedAt: string;
}

/** How asynchronous invocations are retried, and who is told of their end. */
export interface EventInvokeConfig {
  readonly qualifier: string;
  readonly retries: number | undefined;
  readonly longestAgeS: number | undefined;
  readonly destinations: DestinationConfig | undefined;
  readonly modifiedAt: string;
}

/** An asynchronous invocation that was accepted and isn't finished. */
export interface PendingEvent {
  readonly id: string;
  readonly name: string;
  readonly qualifier: string | undefined;
  /** base64 */
  readonly payload: string;
  readonly traceHeader: string | undefined;
  readonly acceptedAt: string;
  readonly attempts: number;
  /** How often it found no concurrency since the last attempt. */
  readonly throttles?: number;
  readonly dueAt: string;
}

type Stored = Pick<Context, "collection">;
export const functions = (from: Stored): Collection<FunctionRecord> => from.collection("functions");
/** Published versions, by `<function>/<version, 10 digits>`. */
export const versions = (from: Stored): Collection<FunctionConfig> => from.collection("versions");
export const aliases = (from: Stored): Collection<AliasRecord> => from.collection("aliases");
/**
 * In realistic mode so long until an alias that was moved, or weighted otherwise, takes its invocations there. Real enough
 * to be waited for, but no page of AWS's gives a figure.
 */
const ALIAS_PROPAGATION_MS = 2000;
/** Aliases whose invocations follow a while after a change. A new one is put into `aliases`: it is there at once. */
export const followedAliases = (from: Stored & Pick<Context, "clock">) =>
  propagating(aliases(from), from.collection<readonly Replaced<AliasRecord>[]>("replaced aliases"), {
    clock: from.clock,
    delayMs: ALIAS_PROPAGATION_MS,
  });
/** By `<function>/<qualifier or nothing>`. */
export const policies = (from: Stored): Collection<Policy> => from.collection("policies");
export const eventInvokeConfigs = (from: Stored): Collection<EventInvokeConfig> =>
  from.collection("event-invoke-configs");

/** By `<function>/<qualifier>`. */
export const provisionedConfigs = (from: Stored): Collection<ProvisionedConfig> =>
  from.collection("provisioned-configs");

/** By `versionKey` of layer and version. */
export const layers = (from: Stored): Collection<LayerVersion> => from.collection("layers");
/** The newest version that a layer ever had: numbers aren't given twice. */
export const layerCounters = (from: Stored): Collection<number> => from.collection("layer-counters");

export const versionKey = (name: string, version: string) => `${name}/${version.padStart(10, "0")}`;

/** What a `FunctionName` (with or without `Qualifier`) means. */
export interface Reference {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly qualifier: string | undefined;
}

const NAME =
  /^(?:arn:aws:lambda:([a-z0-9-]+):(\d{12}):function:|(\d{12}):(?:function:)?)?([\w-]{1,140})(?::(\$LATEST|[\w-]+))?$/;

/** Reads a name, a partial ARN or an ARN, each with or without `:qualifier`. Raises `ValidationException`. */
export function readReference(
  here: { account: string; region: string },
  functionName = "",
  qualifier?: string | undefined,
): Reference {
  const match = NAME.exec(functionName);
  if (!match)
    throw new AwsError(
      "ValidationException",
      `Value '${functionName}' at 'functionName' isn't a function's name or ARN.`,
    );
  const [, region = here.region, fullAccount, partialAccount, name = "", inName] = match;
  if (inName !== undefined && qualifier !== undefined && inName !== qualifier) {
    throw new AwsError(
      "InvalidParameterValueException",
      "The derived qualifier from the function name does not match the specified qualifier.",
    );
  }
  return { account: fullAccount ?? partialAccount ?? here.account, region, name, qualifier: qualifier ?? inName };
}

/** `arn:aws:lambda:eu-west-1:222222222222:function:orders:live` */
export function functionArn(
  { account, region }: { account: string; region: string },
  name: string,
  qualifier?: string,
) {
  return `arn:aws:lambda:${region}:${account}:function:${name}${qualifier === undefined ? "" : `:${qualifier}`}`;
}

export function notFound(here: { account: string; region: string }, name: string, qualifier?: string): AwsError {
  const message = `Function not found: ${functionArn(here, name, qualifier)}`;
  return new AwsError("ResourceNotFoundException", message, { members: { Type: "User" } });
}

/**
 * The function that a request names, in the caller's own account. Another account's is refused here: only invoking it
 * may be allowed by its policy.
 */
export function getFunction(
  context: Context,
  functionName: string | undefined,
  qualifier?: string | undefined,
): { reference: Reference; record: FunctionRecord } {
  const reference = readReference(context, functionName, qualifier);
  if (reference.account !== context.account || reference.region !== context.region) {
    const message = `User: ${context.caller.arn} is not authorized to perform this action on ${functionName}: it belongs to another account or region.`;
    throw new AwsError("AccessDeniedException", message, { status: 403 });
  }
  const record = functions(context).get(reference.name);
  if (!record) throw notFound(context, reference.name, reference.qualifier);
  return { reference, record };
}

/** What runs under a qualifier; an alias with weights may answer differently each time. */
export function resolveQualifier(
  from: Pick<Context, "account" | "region" | "collection" | "clock">,
  record: FunctionRecord,
  qualifier: string | undefined,
  draw: () => number,
): { config: FunctionConfig; alias: string | undefined } {
  const { name } = record.latest;
  if (qualifier === undefined || qualifier === "$LATEST") return { config: record.latest, alias: undefined };
  if (/^\d+$/.test(qualifier)) {
    const config = versions(from).get(versionKey(name, qualifier));
    if (!config) throw notFound(from, name, qualifier);
    return { config, alias: undefined };
  }
  const alias = aliases(from).get(`${name}/${qualifier}`);
  if (!alias) throw notFound(from, name, qualifier);
  const followed = followedAliases(from).inForce(`${name}/${qualifier}`) ?? alias;
  const { config } = resolveQualifier(from, record, drawVersion(followed, draw()), draw);
  return { config, alias: qualifier };
}

function drawVersion(alias: AliasRecord, drawn: number): string {
  let below = 0;
  for (const [version, weight] of Object.entries(alias.weights)) {
    below += weight;
    if (drawn < below) return version;
  }
  return alias.version;
}

/** 0 to 1, from the sandbox's own randomness. */
export const drawFrom =
  ({ random }: Pick<ServiceRuntime, "random">) =>
  () =>
    Number.parseInt(random.hex(8), 16) / 2 ** 32;

export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterValueException", message, { members: { Type: "User" } });
}

export function unsupported(what: string): AwsError {
  return new AwsError("NotImplemented", `sandbox: Lambda ${what} is not implemented`, { status: 501 });
}
