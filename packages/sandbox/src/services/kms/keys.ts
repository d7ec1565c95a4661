import { createCipheriv, createDecipheriv, generateKeyPairSync } from "node:crypto";
import type { KeyMetadata, KeyState, Tag } from "@aws-sdk/client-kms";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

export interface KeyRecord {
  readonly id: string;
  readonly arn: string;
  /** Left out: a symmetric key. */
  readonly spec?: "ECC_NIST_P256" | undefined;
  /** Base 64: the AES-256 key itself, or a private key (PKCS #8, DER). It never leaves the sandbox's state. */
  readonly material: string;
  /** Names the material; a rotation makes another. 64 hexadecimal digits. */
  readonly materialId?: string | undefined;
  /** Material of before a rotation, which still decrypts. */
  readonly earlier?: readonly string[] | undefined;
  /** When automatic rotation was switched on, and how often it comes, in days. */
  readonly rotationSince?: string | undefined;
  readonly rotationDays?: number | undefined;
  readonly state: KeyState;
  readonly description: string;
  readonly policy: string;
  readonly tags: readonly Tag[];
  readonly rotation: boolean;
  /** `AWS`: made by AWS for a service; nobody changes it. */
  readonly manager?: "AWS" | undefined;
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
 * The key of an id, an ARN, an alias (`alias/orders`) or an alias's ARN, for a caller who may: the key's policy decides,
 * and where it names the account's root, the caller's own policies. Services of the sandbox are trusted.
 * Raises `NotFoundException` and `AccessDeniedException`.
 */
export function openKey(
  context: Context,
  reference: string | undefined,
  action: string,
  encryptionContext: EncryptionContext = {},
): KeyRecord {
  const key = findKey(context, reference ?? "");
  if (!key) throw keyNotFound(context, reference ?? "");
  const isAlias = /(^|:)alias\//.test(reference ?? "");
  const entries = Object.entries(encryptionContext);
  const conditions = {
    ...(isAlias ? { "kms:requestalias": reference?.replace(/^.*:/, "") } : {}),
    ...Object.fromEntries(entries.map(([name, value]) => [`kms:encryptioncontext:${name.toLowerCase()}`, value])),
    ...(entries.length > 0 ? { "kms:encryptioncontextkeys": entries.map(([name]) => name) } : {}),
  };
  context.authorize({ action, resource: key.arn, policy: key.policy, policyDecides: true, conditions });
  return key;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function keyNotFound({ region, account }: Context, reference: string): AwsError {
  const [, elsewhere, , name = reference] = /^arn:aws:kms:([^:]+):(\d{12}):(.+)$/.exec(reference) ?? [];
  const refuse = (message: string) => new AwsError("NotFoundException", message);
  if (elsewhere !== undefined && elsewhere !== region) return refuse(`Invalid arn ${elsewhere}`);
  const arn = (local: string) =>
    reference.startsWith("arn:") ? reference : `arn:aws:kms:${region}:${account}:${local}`;
  if (name.startsWith("alias/")) return refuse(`Alias ${arn(name)} is not found.`);
  const id = name.replace(/^key\//, "");
  return refuse(
    UUID.test(id) || /^mrk-[0-9a-f]{32}$/.test(id)
      ? `Key '${arn(`key/${id}`)}' does not exist`
      : `Invalid keyId '${id}'`,
  );
}

function findKey(context: Context, reference: string): KeyRecord | undefined {
  const [, region, account, name] = /^arn:aws:kms:([^:]+):(\d{12}):(.+)$/.exec(reference) ?? [];
  if (region !== undefined && region !== context.region) return undefined;
  const local = name ?? reference;
  const alias = local.startsWith("alias/") ? aliasesOf(context, account, region).get(local) : undefined;
  if (!alias && local.startsWith("alias/aws/") && (account ?? context.account) === context.account) {
    return awsManagedKey(context, local);
  }
  return keysOf(context, account, region).get(alias?.keyId ?? local.replace(/^key\//, ""));
}

/**
 * The key of an account that AWS makes for a service when it is first used (`alias/aws/ssm`). Everyone of the account may
 * use it who may use the service. https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
 */
function awsManagedKey(context: Context, name: string): KeyRecord {
  const key = newKey(context, {
    description: `Default key that protects my ${name.split("/").at(-1)} resources when no other key is defined`,
    policy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: "*" },
          Action: [
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncrypt*",
            "kms:GenerateDataKey*",
            "kms:CreateGrant",
            "kms:DescribeKey",
          ],
          Resource: "*",
          Condition: { StringEquals: { "aws:PrincipalAccount": context.account } },
        },
        {
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${context.account}:root` },
          Action: ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
          Resource: "*",
        },
      ],
    }),
    tags: [],
    manager: "AWS",
  });
  const { createdAt } = key;
  context.store.transaction(() => {
    keysOf(context).put(key.id, key);
    aliasesOf(context).put(name, { name, keyId: key.id, createdAt, updatedAt: createdAt });
  });
  return key;
}

export const newMaterial = (context: Context) => ({
  material: Buffer.from(context.random.hex(64), "hex").toString("base64"),
  materialId: context.random.hex(64),
});

function privateKey(): string {
  const { privateKey: key } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return key.export({ type: "pkcs8", format: "der" }).toString("base64");
}

/** A new key, not yet stored. */
export function newKey(
  context: Context,
  given: Pick<KeyRecord, "description" | "policy" | "tags" | "manager" | "spec">,
): KeyRecord {
  const id = context.random.uuid();
  return {
    id,
    arn: `arn:aws:kms:${context.region}:${context.account}:key/${id}`,
    ...(given.spec ? { material: privateKey() } : newMaterial(context)),
    state: "Enabled",
    rotation: false,
    createdAt: context.clock.now().toISOString(),
    ...given,
  };
}

/** Raises `DisabledException` or `KMSInvalidStateException` unless the key can be used. */
export function requireUsable(key: KeyRecord): void {
  if (key.state === "Enabled") return;
  if (key.state === "Disabled") throw new AwsError("DisabledException", `${key.arn} is disabled.`);
  throw new AwsError("KMSInvalidStateException", `${key.arn} is pending deletion.`);
}

export type Usage = "ENCRYPT_DECRYPT" | "SIGN_VERIFY";

export const usageOf = ({ spec }: KeyRecord): Usage => (spec ? "SIGN_VERIFY" : "ENCRYPT_DECRYPT");

/** Raises `InvalidKeyUsageException` for a key that is for something else. */
export function requireUsage(key: KeyRecord, usage: Usage, operation: string): void {
  if (usageOf(key) === usage) return;
  throw new AwsError(
    "InvalidKeyUsageException",
    `${key.arn} key usage is ${usageOf(key)} which is not valid for ${operation}.`,
  );
}

export const SIGNING_ALGORITHM = "ECDSA_SHA_256";

export function showKey(key: KeyRecord): KeyMetadata {
  return {
    AWSAccountId: key.arn.split(":")[4],
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: new Date(key.createdAt),
    Enabled: key.state === "Enabled",
    Description: key.description,
    KeyUsage: usageOf(key),
    KeyState: key.state,
    ...(key.deletionAt ? { DeletionDate: new Date(key.deletionAt) } : {}),
    CurrentKeyMaterialId: key.materialId,
    Origin: "AWS_KMS",
    KeyManager: key.manager ?? "CUSTOMER",
    KeySpec: key.spec ?? "SYMMETRIC_DEFAULT",
    CustomerMasterKeySpec: key.spec ?? "SYMMETRIC_DEFAULT",
    ...(key.spec ? { SigningAlgorithms: [SIGNING_ALGORITHM] } : { EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"] }),
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
  for (const material of [key.material, ...(key.earlier ?? [])]) {
    const decipher = createDecipheriv(CIPHER, Buffer.from(material, "base64"), iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(authenticated(given)).setAuthTag(tag);
    try {
      return Buffer.concat([decipher.update(blob.subarray(start + IV_BYTES + TAG_BYTES)), decipher.final()]);
    } catch {
      // Encrypted before a rotation, perhaps: the next material may be the one.
    }
  }
  throw invalidCiphertext();
}

/** The encryption context doesn't travel in the blob, but the same one must be given again. */
function authenticated(given: EncryptionContext): Buffer {
  return Buffer.from(JSON.stringify(Object.entries(given ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function invalidCiphertext(): AwsError {
  // AWS says no more, so that nobody learns why.
  return new AwsError("InvalidCiphertextException", "");
}
