import { CreateKeyCommand, DescribeKeyCommand, EncryptCommand } from "@aws-sdk/client-kms";
import type { Context } from "./context.ts";
import { AwsError } from "./errors.ts";

/**
 * The key under which a service encrypts what names no key of its own (`alias/aws/ssm`). The sandbox's KMS keeps no AWS
 * managed keys, so the service makes one like any other when it first needs it and remembers it. When KMS does keep
 * them, its alias answers and nothing is made.
 * https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
 */
export async function managedKey(context: Context, alias: string): Promise<string> {
  try {
    const { KeyMetadata } = await context.send(new DescribeKeyCommand({ KeyId: alias }));
    if (KeyMetadata?.KeyId) return KeyMetadata.KeyId;
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "NotFoundException") throw error;
  }
  const known = context.collection<{ keyId: string }>("managed keys");
  const before = known.get(alias);
  if (before) return before.keyId;
  const Description = `Default key of ${alias}`;
  const { KeyMetadata } = await context.send(new CreateKeyCommand({ Description }));
  const keyId = KeyMetadata?.KeyId ?? "";
  // Two first uses at the same moment: the one that wrote first is used by both.
  const first = known.get(alias);
  if (first) return first.keyId;
  known.put(alias, { keyId });
  return keyId;
}

/** Encrypts text under a key of any form, or under `alias` when none is given; base 64. Raises KMS's own errors. */
export async function encryptText(
  context: Context,
  text: string | Uint8Array,
  options: { key: string | undefined; alias: string; EncryptionContext: Record<string, string> },
): Promise<string> {
  const { key, alias, EncryptionContext } = options;
  const KeyId = key === undefined || key === alias ? await managedKey(context, alias) : key;
  const Plaintext = typeof text === "string" ? Buffer.from(text) : text;
  const { CiphertextBlob } = await context.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }));
  return Buffer.from(CiphertextBlob ?? []).toString("base64");
}
