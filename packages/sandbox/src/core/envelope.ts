import { createCipheriv, createDecipheriv } from "node:crypto";
import { DecryptCommand, GenerateDataKeyCommand } from "@aws-sdk/client-kms";
import type { CallScope, Context } from "./context.ts";

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const LENGTH_BYTES = 2;

/**
 * A role that reads its own account's secret must be allowed to use the key, too: KMS is asked as that role. Who else
 * asks is answered by the service, and KMS as the service itself.
 */
function scopeOf({ caller, account }: Context): CallScope {
  const isOwnRole = caller.service === undefined && caller.roleArn !== undefined && caller.account === account;
  return isOwnRole ? { roleArn: caller.roleArn } : {};
}

interface Seal {
  /** Id, ARN or alias of a KMS key. */
  readonly key: string;
  /** Must be given again to open it. */
  readonly encryptionContext: Readonly<Record<string, string>>;
}

/**
 * Encrypts under a KMS key as services do that keep more than KMS takes at once: a data key encrypts the text, KMS the
 * data key. Base 64 of the data key's length and blob, IV, tag and ciphertext. Raises KMS's own errors.
 */
export async function seal(
  context: Context,
  text: string | Uint8Array,
  { key, encryptionContext }: Seal,
): Promise<string> {
  const { Plaintext, CiphertextBlob } = await context.send(
    new GenerateDataKeyCommand({ KeyId: key, KeySpec: "AES_256", EncryptionContext: { ...encryptionContext } }),
    scopeOf(context),
  );
  const blob = Buffer.from(CiphertextBlob ?? []);
  const iv = Buffer.from(context.random.hex(2 * IV_BYTES), "hex");
  const cipher = createCipheriv(CIPHER, Buffer.from(Plaintext ?? []), iv);
  const sealed = Buffer.concat([cipher.update(text as string), cipher.final()]);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(blob.length);
  return Buffer.concat([length, blob, iv, cipher.getAuthTag(), sealed]).toString("base64");
}

/** Opens what `seal` made. KMS refuses where the key is disabled or gone. */
export async function unseal(
  context: Context,
  sealed: string,
  encryptionContext: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const bytes = Buffer.from(sealed, "base64");
  const ivAt = LENGTH_BYTES + bytes.readUInt16BE(0);
  const tagAt = ivAt + IV_BYTES;
  const { Plaintext } = await context.send(
    new DecryptCommand({
      CiphertextBlob: bytes.subarray(LENGTH_BYTES, ivAt),
      EncryptionContext: { ...encryptionContext },
    }),
    scopeOf(context),
  );
  const decipher = createDecipheriv(CIPHER, Buffer.from(Plaintext ?? []), bytes.subarray(ivAt, tagAt), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(tagAt, tagAt + TAG_BYTES));
  return Buffer.concat([decipher.update(bytes.subarray(tagAt + TAG_BYTES)), decipher.final()]);
}
