import { createPublicKey, verify } from "node:crypto";
import * as sdk from "@aws-sdk/client-kms";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest, TOOLING } from "../../../test/support.ts";

async function withKey(Policy?: string) {
  const sandbox = await sandboxForTest();
  const kms = new sdk.KMSClient(clientSettings(sandbox));
  const { KeyMetadata } = await kms.send(new sdk.CreateKeyCommand({ ...(Policy ? { Policy } : {}) }));
  const KeyId = KeyMetadata?.Arn ?? "";
  await kms.send(new sdk.CreateAliasCommand({ AliasName: "alias/artifacts", TargetKeyId: KeyId }));
  return { sandbox, kms, KeyId };
}

const Plaintext = Buffer.from("a secret");

test("what a key encrypted, under whatever name, only that key and the same context decrypt", async () => {
  const { kms } = await withKey();
  const EncryptionContext = { service: "orders" };
  const encrypt = new sdk.EncryptCommand({ KeyId: "alias/artifacts", Plaintext, EncryptionContext });
  const { CiphertextBlob = new Uint8Array() } = await kms.send(encrypt);
  expect(Buffer.from(CiphertextBlob).includes(Plaintext)).toBe(false);
  const opened = await kms.send(new sdk.DecryptCommand({ CiphertextBlob, EncryptionContext }));
  expect(Buffer.from(opened.Plaintext ?? [])).toEqual(Plaintext);

  await expect(kms.send(new sdk.DecryptCommand({ CiphertextBlob }))).rejects.toThrow(sdk.InvalidCiphertextException);
  const altered = Uint8Array.from(CiphertextBlob);
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  await expect(kms.send(new sdk.DecryptCommand({ CiphertextBlob: altered, EncryptionContext }))).rejects.toThrow(
    sdk.InvalidCiphertextException,
  );
  const { KeyMetadata } = await kms.send(new sdk.CreateKeyCommand({}));
  const other = new sdk.DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId: KeyMetadata?.KeyId });
  await expect(kms.send(other)).rejects.toThrow(sdk.IncorrectKeyException);
});

test("a data key comes in the clear and encrypted, and a disabled key makes none", async () => {
  const { kms, KeyId } = await withKey();
  const made = await kms.send(new sdk.GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256" }));
  expect(made.Plaintext).toHaveLength(32);
  const opened = await kms.send(new sdk.DecryptCommand({ CiphertextBlob: made.CiphertextBlob }));
  expect(opened.Plaintext).toEqual(made.Plaintext);
  await kms.send(new sdk.DisableKeyCommand({ KeyId }));
  await expect(kms.send(new sdk.GenerateDataKeyCommand({ KeyId }))).rejects.toThrow(sdk.DisabledException);
});

test("another account uses a key only as its policy says", async () => {
  const Principal = { AWS: `arn:aws:iam::${DEV}:root` };
  const Policy = JSON.stringify({ Statement: [{ Effect: "Allow", Principal, Action: "kms:Decrypt", Resource: "*" }] });
  const { sandbox, kms, KeyId } = await withKey(Policy);
  const { CiphertextBlob } = await kms.send(new sdk.EncryptCommand({ KeyId, Plaintext }));
  const foreign = new sdk.KMSClient(clientSettings(sandbox, DEV));
  expect((await foreign.send(new sdk.DecryptCommand({ CiphertextBlob }))).KeyId).toBe(KeyId);
  const encrypt = foreign.send(new sdk.EncryptCommand({ KeyId, Plaintext }));
  await expect(encrypt).rejects.toThrow(expect.objectContaining({ name: "AccessDeniedException" }));
  expect(KeyId).toContain(`:${TOOLING}:key/`);
});

test("what a key on P-256 signs, its public key verifies, and it encrypts nothing", async () => {
  const { kms, KeyId: symmetric } = await withKey();
  const { KeyMetadata } = await kms.send(
    new sdk.CreateKeyCommand({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" }),
  );
  const KeyId = KeyMetadata?.KeyId;
  expect(KeyMetadata).toMatchObject({
    KeySpec: "ECC_NIST_P256",
    KeyUsage: "SIGN_VERIFY",
    SigningAlgorithms: ["ECDSA_SHA_256"],
  });
  const Message = Buffer.from("what was built");
  const how = { MessageType: "RAW", SigningAlgorithm: "ECDSA_SHA_256" } as const;
  const { Signature = new Uint8Array() } = await kms.send(new sdk.SignCommand({ KeyId, Message, ...how }));
  const { PublicKey = new Uint8Array() } = await kms.send(new sdk.GetPublicKeyCommand({ KeyId }));
  const publicKey = createPublicKey({ key: Buffer.from(PublicKey), format: "der", type: "spki" });
  expect(verify("sha256", Message, publicKey, Signature)).toBe(true);
  const verified = await kms.send(new sdk.VerifyCommand({ KeyId, Message, Signature, ...how }));
  expect(verified.SignatureValid).toBe(true);
  const other = kms.send(new sdk.VerifyCommand({ KeyId, Message: Buffer.from("another"), Signature, ...how }));
  await expect(other).rejects.toThrow(sdk.KMSInvalidSignatureException);
  await expect(kms.send(new sdk.EncryptCommand({ KeyId, Plaintext }))).rejects.toThrow(sdk.InvalidKeyUsageException);
  const wrongKey = kms.send(new sdk.SignCommand({ KeyId: symmetric, Message, ...how }));
  await expect(wrongKey).rejects.toThrow(sdk.InvalidKeyUsageException);
});
