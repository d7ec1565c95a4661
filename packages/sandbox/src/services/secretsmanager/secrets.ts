import type { RotationRulesType, Tag } from "@aws-sdk/client-secrets-manager";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { policyAllows } from "../../core/policy.ts";
import type { Collection } from "../../core/store.ts";

export interface RotationRecord {
  readonly enabled: boolean;
  readonly lambdaArn?: string | undefined;
  readonly rules: RotationRulesType;
  /** Since when the rules hold: what a `rate` counts from. */
  readonly rulesSinceMs: number;
  readonly lastRotatedAtMs?: number | undefined;
  readonly nextAtMs?: number | undefined;
  /** The version that a rotation under way is making. */
  readonly pending?: string | undefined;
}

export interface SecretRecord {
  readonly name: string;
  readonly arn: string;
  readonly description?: string | undefined;
  /** As it was given; undefined where none was. */
  readonly keyId?: string | undefined;
  /** Undefined where there never was one. */
  readonly tags?: readonly Tag[] | undefined;
  readonly policy?: string | undefined;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  readonly accessedAtMs?: number | undefined;
  /** When DeleteSecret was called, and when the secret goes for good. */
  readonly deletedAtMs?: number | undefined;
  readonly goneAtMs?: number | undefined;
  readonly rotation?: RotationRecord | undefined;
}

export interface VersionRecord {
  readonly id: string;
  readonly stages: readonly string[];
  /** Ciphertext, base 64. */
  readonly sealed: string;
  readonly isBinary: boolean;
  readonly keyId: string;
  readonly createdAtMs: number;
  readonly accessedAtMs?: number | undefined;
}

export const CURRENT = "AWSCURRENT";
const PREVIOUS = "AWSPREVIOUS";
export const PENDING = "AWSPENDING";
export const DEFAULT_KEY = "alias/aws/secretsmanager";

export const invalidRequest = (message: string) => new AwsError("InvalidRequestException", message);
export const invalidParameter = (message: string) => new AwsError("InvalidParameterException", message);
export const validation = (message: string) => new AwsError("ValidationException", message);

export function notFound(what = "."): AwsError {
  return new AwsError("ResourceNotFoundException", `Secrets Manager can't find the specified secret${what}`);
}

/** Where a secret's rows are: its own account and region. */
export type Home = Pick<Context, "collection">;

export const secretsOf = (home: Home): Collection<SecretRecord> => home.collection("secrets");
/** By the secret's ARN: a secret that is made again under its name has another. */
const versionsOf = (home: Home, arn: string): Collection<VersionRecord> => home.collection(`versions ${arn}`);

export const listVersions = (home: Home, arn: string): VersionRecord[] =>
  versionsOf(home, arn)
    .list()
    .map(({ value }) => value)
    .sort((a, b) => a.createdAtMs - b.createdAtMs);

export const getVersion = (home: Home, arn: string, id: string) => versionsOf(home, arn).get(id);
export const putVersion = (home: Home, arn: string, version: VersionRecord) =>
  versionsOf(home, arn).put(version.id, version);

/** Takes a secret away for good. */
export function forget(home: Home & Pick<Context, "store">, secret: SecretRecord): void {
  home.store.transaction(() => {
    for (const { id } of listVersions(home, secret.arn)) versionsOf(home, secret.arn).delete(id);
    secretsOf(home).delete(secret.name);
  });
}

const NAME = /^[\w/+=.@!-]{1,512}$/;

export function checkName(name: string): void {
  if (NAME.test(name)) return;
  throw validation(
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
  );
}

interface OpenSecret {
  readonly secret: SecretRecord;
  /** Acts in the secret's own account and region. */
  readonly home: Context;
}

/**
 * The secret of a name or an ARN (with or without its last six characters), for a caller who may: its own account may
 * what identity policies say, another what the secret's policy says. Raises `ResourceNotFoundException`,
 * `AccessDeniedException`, and `InvalidRequestException` where the secret waits for its end and `evenDeleted` isn't set.
 */
export function openSecret(
  context: Context,
  id: string | undefined,
  action: string,
  { evenDeleted = false }: { evenDeleted?: boolean } = {},
): OpenSecret {
  const given = id ?? "";
  if (!given.startsWith("arn:")) checkName(given);
  const [, , , region = context.region, account = context.account, , ...rest] = given.startsWith("arn:")
    ? given.split(":")
    : [];
  const isElsewhere = account !== context.account || region !== context.region;
  const home = isElsewhere ? context.runtime.contextFor(account, region) : context;
  const name = given.startsWith("arn:") ? rest.join(":") : given;
  const secret = secretsOf(home).get(name) ?? secretsOf(home).get(name.replace(/-[A-Za-z0-9]{6}$/, ""));
  const isSame = secret && (secret.name === name || secret.arn.endsWith(`:${name}`));
  const { caller } = context;
  const foreign = caller.service === undefined && caller.account !== account;
  const request = { action, resource: secret?.arn ?? given, caller };
  if (foreign && !(secret?.policy !== undefined && policyAllows(secret.policy, request))) {
    const message = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${given} because no resource-based policy allows the ${action} action`;
    throw new AwsError("AccessDeniedException", message, { status: 400 });
  }
  if (!secret || !isSame) throw notFound();
  if (secret.deletedAtMs !== undefined && !evenDeleted) throw markedForDeletion();
  return { secret, home };
}

export function markedForDeletion(): AwsError {
  return invalidRequest("You can't perform this operation on the secret because it was marked for deletion.");
}

/** Days are all that Secrets Manager tells of an access. */
export const accessDay = (atMs: number) => new Date(Math.floor(atMs / 86_400_000) * 86_400_000);

/** `{ version: stages }` of the versions that have any. */
export function stagesOf(home: Home, arn: string): Record<string, string[]> | undefined {
  const staged = listVersions(home, arn).filter(({ stages }) => stages.length > 0);
  return staged.length > 0 ? Object.fromEntries(staged.map(({ id, stages }) => [id, [...stages]])) : undefined;
}

/**
 * Puts stages on a version and takes them from those that had them. What was current becomes previous, and is no longer
 * pending. To be called in a transaction.
 */
export function moveStages(home: Home, arn: string, stages: readonly string[], to: string | undefined): void {
  const versions = listVersions(home, arn);
  const current = stages.includes(CURRENT) ? versions.find((version) => version.stages.includes(CURRENT)) : undefined;
  const replaced = current?.id === to ? undefined : current;
  for (const version of versions) {
    const wasCurrent = version === replaced;
    const others = version.stages.filter((stage) => {
      if (version.id !== to && stages.includes(stage)) return false;
      // Another version becomes the previous one.
      if (stage === PREVIOUS && replaced) return false;
      return !(wasCurrent && stage === PENDING);
    });
    const added = version.id === to ? stages : wasCurrent ? [PREVIOUS] : [];
    const next = [...new Set([...others, ...added])].sort();
    if (next.join() !== version.stages.join()) putVersion(home, arn, { ...version, stages: next });
  }
}
