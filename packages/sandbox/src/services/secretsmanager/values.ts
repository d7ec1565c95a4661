import type * as sdk from "@aws-sdk/client-secrets-manager";
import type { Context } from "../../core/context.ts";
import { seal, unseal } from "../../core/envelope.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import {
  accessDay,
  CURRENT,
  checkName,
  DEFAULT_KEY,
  getVersion,
  invalidParameter,
  invalidRequest,
  listVersions,
  moveStages,
  notFound,
  openSecret,
  putVersion,
  type SecretRecord,
  secretsOf,
  type VersionRecord,
  validation,
} from "./secrets.ts";

const LARGEST_BYTES = 65_536;
const MOST_STAGES = 20;
const SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

interface Value {
  readonly SecretString?: string | undefined;
  readonly SecretBinary?: Uint8Array | undefined;
}

/** The bytes of a value; undefined where none is given. */
function bytesOf({ SecretString, SecretBinary }: Value): Buffer | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  }
  const bytes = SecretString === undefined ? SecretBinary : Buffer.from(SecretString);
  if (bytes === undefined) return undefined;
  if (bytes.length > LARGEST_BYTES) {
    throw validation(
      `1 validation error detected: Value at 'secretString' failed to satisfy constraint: Member must have length less than or equal to ${LARGEST_BYTES}`,
    );
  }
  return Buffer.from(bytes);
}

const encryptionContext = (arn: string, version: string) => ({ SecretARN: arn, SecretVersionId: version });

/** What KMS has against a key or a caller, as Secrets Manager says it. */
function keyError(error: unknown, code: string): unknown {
  if (!(error instanceof AwsError) || error.status === 501) return error;
  const isDenied = /AccessDenied/.test(error.code);
  return isDenied
    ? new AwsError("AccessDeniedException", "Access to KMS is not allowed", { status: 400 })
    : new AwsError(code, error.message);
}

async function sealFor(home: Context, secret: SecretRecord, version: string, bytes: Buffer): Promise<string> {
  const key = secret.keyId ?? DEFAULT_KEY;
  try {
    return await seal(home, bytes, { key, encryptionContext: encryptionContext(secret.arn, version) });
  } catch (error) {
    throw keyError(error, "EncryptionFailure");
  }
}

async function open(home: Context, secret: SecretRecord, version: VersionRecord): Promise<Buffer> {
  try {
    return await unseal(home, version.sealed, encryptionContext(secret.arn, version.id));
  } catch (error) {
    throw keyError(error, "DecryptionFailure");
  }
}

/**
 * Adds a version, or finds that the same call was answered before: its token is the version's id. Raises
 * `ResourceExistsException` where the token stands for another value.
 */
async function addVersion(
  home: Context,
  secret: SecretRecord,
  { id, bytes, isBinary, stages }: { id: string; bytes: Buffer; isBinary: boolean; stages: readonly string[] },
): Promise<void> {
  const known = getVersion(home, secret.arn, id);
  // A rotation's own version is there before its value.
  if (known && known.sealed !== "") {
    if ((await open(home, secret, known)).equals(bytes)) return;
    const message = `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${secret.arn}.`;
    throw new AwsError("ResourceExistsException", message);
  }
  const sealed = await sealFor(home, secret, id, bytes);
  const nowMs = home.clock.now().getTime();
  home.store.transaction(() => {
    const isFirst = listVersions(home, secret.arn).every(({ stages: held }) => !held.includes(CURRENT));
    const wanted = isFirst && !stages.includes(CURRENT) && !known ? [...stages, CURRENT] : stages;
    const keyId = secret.keyId ?? "DefaultEncryptionKey";
    putVersion(home, secret.arn, { id, stages: [], sealed, isBinary, keyId, createdAtMs: nowMs });
    moveStages(home, secret.arn, wanted, id);
    const current = secretsOf(home).get(secret.name) ?? secret;
    secretsOf(home).put(secret.name, { ...current, changedAtMs: nowMs });
  });
}

function versionWanted(home: Context, secret: SecretRecord, id: string | undefined, stage: string | undefined) {
  if (id !== undefined) {
    const version = getVersion(home, secret.arn, id);
    if (!version || version.sealed === "") throw notFound(` value for VersionId: ${id}`);
    if (stage === undefined || version.stages.includes(stage)) return version;
    throw invalidRequest("You provided a VersionStage that is not associated to the provided VersionId.");
  }
  const label = stage ?? CURRENT;
  const version = listVersions(home, secret.arn).find(({ stages }) => stages.includes(label));
  if (version && version.sealed !== "") return version;
  throw notFound(` value for staging label: ${label}`);
}

/** Reads a value and notes that it was read. */
export async function readValue(
  home: Context,
  secret: SecretRecord,
  { id, stage }: { id?: string | undefined; stage?: string | undefined } = {},
) {
  const version = versionWanted(home, secret, id, stage);
  const bytes = await open(home, secret, version);
  const accessedAtMs = accessDay(home.clock.now().getTime()).getTime();
  if (version.accessedAtMs !== accessedAtMs || secret.accessedAtMs !== accessedAtMs) {
    home.store.transaction(() => {
      const latest = getVersion(home, secret.arn, version.id);
      if (latest) putVersion(home, secret.arn, { ...latest, accessedAtMs });
      const current = secretsOf(home).get(secret.name);
      if (current) secretsOf(home).put(secret.name, { ...current, accessedAtMs });
    });
  }
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: version.id,
    ...(version.isBinary ? { SecretBinary: new Uint8Array(bytes) } : { SecretString: bytes.toString() }),
    VersionStages: [...version.stages],
    CreatedDate: new Date(version.createdAtMs),
  };
}

function suffix(context: Context): string {
  const digits = context.random.hex(12);
  return Array.from({ length: 6 }, (_, at) => SUFFIX[Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16) % 62]).join(
    "",
  );
}

export const valueOperations: Operations<typeof sdk> = {
  async CreateSecret(context, input) {
    const { Name: name = "", ClientRequestToken: token = "", Tags } = input;
    checkName(name);
    if (input.AddReplicaRegions?.length) {
      throw new AwsError("NotImplemented", "sandbox: Secrets Manager replicas are not implemented", { status: 501 });
    }
    const bytes = bytesOf(input);
    const isBinary = input.SecretBinary !== undefined;
    const existing = secretsOf(context).get(name);
    if (existing?.deletedAtMs !== undefined) {
      throw invalidRequest(
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    }
    if (existing) {
      // The same call again, whose answer was lost.
      const made = getVersion(context, existing.arn, token);
      if (made && bytes && (await open(context, existing, made)).equals(bytes)) {
        return { ARN: existing.arn, Name: name, VersionId: token };
      }
      const message = `The operation failed because the secret ${name} already exists.`;
      throw new AwsError("ResourceExistsException", message);
    }
    const nowMs = context.clock.now().getTime();
    const secret: SecretRecord = {
      name,
      arn: `arn:aws:secretsmanager:${context.region}:${context.account}:secret:${name}-${suffix(context)}`,
      description: input.Description,
      keyId: input.KmsKeyId,
      tags: Tags,
      createdAtMs: nowMs,
      changedAtMs: nowMs,
    };
    const sealed = bytes && (await sealFor(context, secret, token, bytes));
    context.store.transaction(() => {
      if (secretsOf(context).get(name)) {
        const message = `The operation failed because the secret ${name} already exists.`;
        throw new AwsError("ResourceExistsException", message);
      }
      secretsOf(context).put(name, secret);
      if (sealed === undefined) return;
      const keyId = secret.keyId ?? "DefaultEncryptionKey";
      putVersion(context, secret.arn, { id: token, stages: [CURRENT], sealed, isBinary, keyId, createdAtMs: nowMs });
    });
    return { ARN: secret.arn, Name: name, ...(bytes ? { VersionId: token } : {}) };
  },

  async GetSecretValue(context, { SecretId, VersionId, VersionStage }) {
    const { secret, home } = openSecret(context, SecretId, "secretsmanager:GetSecretValue");
    return readValue(home, secret, { id: VersionId, stage: VersionStage });
  },

  async PutSecretValue(context, input) {
    const { secret, home } = openSecret(context, input.SecretId, "secretsmanager:PutSecretValue");
    const bytes = bytesOf(input);
    if (!bytes) throw invalidRequest("You must provide either SecretString or SecretBinary.");
    const stages = input.VersionStages ?? [CURRENT];
    if (stages.length > MOST_STAGES) throw invalidParameter("A version can have at most 20 staging labels.");
    const id = input.ClientRequestToken ?? "";
    await addVersion(home, secret, { id, bytes, isBinary: input.SecretBinary !== undefined, stages });
    const VersionStages = [...(getVersion(home, secret.arn, id)?.stages ?? [])];
    return { ARN: secret.arn, Name: secret.name, VersionId: id, VersionStages };
  },

  async UpdateSecret(context, input) {
    const { secret, home } = openSecret(context, input.SecretId, "secretsmanager:UpdateSecret");
    const bytes = bytesOf(input);
    const changed: SecretRecord = {
      ...secret,
      description: input.Description ?? secret.description,
      keyId: input.KmsKeyId ?? secret.keyId,
      changedAtMs: context.clock.now().getTime(),
    };
    secretsOf(home).put(secret.name, changed);
    const answer = { ARN: secret.arn, Name: secret.name };
    if (!bytes) return answer;
    const id = input.ClientRequestToken ?? "";
    await addVersion(home, changed, { id, bytes, isBinary: input.SecretBinary !== undefined, stages: [CURRENT] });
    return { ...answer, VersionId: id };
  },

  UpdateSecretVersionStage(context, { SecretId, VersionStage: stage = "", RemoveFromVersionId, MoveToVersionId }) {
    const { secret, home } = openSecret(context, SecretId, "secretsmanager:UpdateSecretVersionStage");
    const holder = listVersions(home, secret.arn).find(({ stages }) => stages.includes(stage));
    if (MoveToVersionId !== undefined && !getVersion(home, secret.arn, MoveToVersionId)) {
      throw notFound(` value for VersionId: ${MoveToVersionId}`);
    }
    if (RemoveFromVersionId === undefined && holder && holder.id !== MoveToVersionId) {
      throw invalidParameter(
        `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
      );
    }
    if (RemoveFromVersionId !== undefined && holder?.id !== RemoveFromVersionId) {
      throw invalidParameter(
        `The parameter RemoveFromVersionId is not valid. Staging label ${stage} is currently attached to version ${holder?.id}.`,
      );
    }
    if (MoveToVersionId === undefined && stage === CURRENT) {
      throw invalidParameter(
        "You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed.",
      );
    }
    home.store.transaction(() => moveStages(home, secret.arn, [stage], MoveToVersionId));
    return { ARN: secret.arn, Name: secret.name };
  },

  ListSecretVersionIds(context, { SecretId, IncludeDeprecated }) {
    const { secret, home } = openSecret(context, SecretId, "secretsmanager:ListSecretVersionIds", {
      evenDeleted: true,
    });
    const Versions = listVersions(home, secret.arn)
      .filter(({ stages }) => IncludeDeprecated || stages.length > 0)
      .map((version) => ({
        VersionId: version.id,
        ...(version.stages.length > 0 ? { VersionStages: [...version.stages] } : {}),
        ...(version.accessedAtMs === undefined ? {} : { LastAccessedDate: new Date(version.accessedAtMs) }),
        CreatedDate: new Date(version.createdAtMs),
        KmsKeyIds: [version.keyId],
      }));
    return { Versions, ARN: secret.arn, Name: secret.name };
  },
};
