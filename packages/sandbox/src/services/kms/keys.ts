import { createCipheriv, createDecipheriv } from "node:crypto";
import type { KeyMetadata, KeyState, Tag } from "@aws-sdk/client-kms";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { policyAllows } from "../../core/policy.ts";
import type { Collection } from "../../core/store.ts";

export interface KeyRecord {
  readonly id: string;
  readonly arn: string;
  /** 32 bytes, base 64: the AES-256 key itself. It never leaves the sandbox's state. */
  readonly material: string;
  readonly state: KeyState;
  readonly description: string;
  readonly policy: string;
  readonly tags: readonly Tag[];
  readonly rotation: boolean;
  readonly createdAt: string;
  readonly deletionAt?: string | undefined;
}

export interface AliasRecord {
  readonly name: string;
  readonly keyId: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const keysOf = (context: Context, account = context.account, region = context.region): Collection<KeyRecord> =>
  context.runtime.storeOf(account, region).collection("keys");

export const aliasesOf = (
  context: Context,
  account = context.account,
  region = context.region,
): Collection<AliasRecord> => context.runtime.storeOf(account, region).collection("aliases");

/**
 * The key of an id, an ARN, an alias (`alias/orders`) or an alias's ARN, for a caller who may. Its own account may
 * everything, because identity policies aren't evaluated yet; another account may what the key's policy says; services
 * of the sandbox are trusted. Raises `NotFoundException` and `AccessDeniedException`.
 */
export function openKey(context: Context, reference: string | undefined, action: string): KeyRecord {
  const key = findKey(context, reference ?? "");
  if (!key) throw new AwsError("NotFoundException", `Key '${reference}' does not exist`);
  const { caller } = context;
  const foreign = caller.service === undefined && caller.account !== key.arn.split(":")[4];
  if (!foreign || policyAllows(key.policy, { action, resource: key.arn, caller })) return key;
  const message = `User: ${caller.arn} is not authorized to perform: ${action} on resource: ${key.arn}`;
  throw new AwsError("AccessDeniedException", message, { status: 400 });
}

function findKey(context: Context, reference: string): KeyRecord | undefined {
  const [, region, account, name] = /^arn:aws:kms:([^:]+):(\d{12}):(.+)$/.exec(reference) ?? [];
  const local = name ?? reference;
  const alias = local.startsWith("alias/") ? aliasesOf(context, account, region).get(local) : undefined;
  return keysOf(context, account, region).get(alias?.keyId ?? local.replace(/^key\//, ""));
}

/** Raises `DisabledException` or `KMSInvalidStateException` unless the key can be used. */
export function requireUsable(key: KeyRecord): void {
  if (key.state === "Enabled") return;
  if (key.state === "Disabled") throw new AwsError("DisabledException", `${key.arn} is disabled.`);
  throw new AwsError("KMSInvalidStateException", `${key.arn} is pending deletion.`);
}

export function showKey(key: KeyRecord): KeyMetadata {
  return {
    AWSAccountId: key.arn.split(":")[4],
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: new Date(key.createdAt),
    Enabled: key.state === "Enabled",
    Description: key.description,
    KeyUsage: "ENCRYPT_DECRYPT",
    KeyState: key.state,
    ...(key.deletionAt ? { DeletionDate: new Date(key.deletionAt) } : {}),
    Origin: "AWS_KMS",
    KeyManager: "CUSTOMER",
    KeySpec: "SYMMETRIC_DEFAULT",
    CustomerMasterKeySpec: "SYMMETRIC_DEFAULT",
    EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"],
    MultiRegion: false,
  };
}

type EncryptionContext = Readonly<Record<string, string>> | undefined;

const CIPHER = "aes-256-gcm";
const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** A blob says which key made it: version, length of the key's ARN, ARN, IV, authentication tag, ciphertext. */
export function encrypt(context: Context, key: KeyRecord, plaintext: Uint8Array, given: EncryptionContext): Buffer {
  const iv = Buffer.from(context.random.hex(2 * IV_BYTES), "hex");
  const cipher = createCipheriv(CIPHER, Buffer.from(key.material, "base64"), iv).setAAD(authenticated(given));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const arn = Buffer.from(key.arn);
  return Buffer.concat([Buffer.from([VERSION, arn.length]), arn, iv, cipher.getAuthTag(), ciphertext]);
}

/** The ARN of the key that made a blob; raises `InvalidCiphertextException`. */
export function keyArnOf(blob: Uint8Array): string {
  const [version, length = 0] = blob;
  if (version !== VERSION || blob.length < 2 + length + IV_BYTES + TAG_BYTES) throw invalidCiphertext();
  return Buffer.from(blob.subarray(2, 2 + length)).toString();
}

/** Raises `InvalidCiphertextException` when the blob or its encryption context was altered. */
export function decrypt(key: KeyRecord, blob: Uint8Array, given: EncryptionContext): Buffer {
  const start = 2 + (blob[1] ?? 0);
  const iv = blob.subarray(start, start + IV_BYTES);
  const tag = blob.subarray(start + IV_BYTES, start + IV_BYTES + TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, Buffer.from(key.material, "base64"), iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(authenticated(given)).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(blob.subarray(start + IV_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    throw invalidCiphertext();
  }
}

/** The encryption context doesn't travel in the blob, but the same one must be given again. */
function authenticated(given: EncryptionContext): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(given ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function invalidCiphertext(): AwsError {
  return new AwsError("InvalidCiphertextException", "The ciphertext is invalid, or the encryption context differs.");
}
