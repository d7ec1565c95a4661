import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type * as sdk from "@aws-sdk/client-kms";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import {
  decrypt,
  encrypt,
  type KeyRecord,
  keyArnOf,
  openKey,
  requireUsable,
  requireUsage,
  SIGNING_ALGORITHM,
  usageOf,
} from "./keys.ts";

const LONGEST_PLAINTEXT_BYTES = 4096;
const LONGEST_DATA_KEY_BYTES = 1024;
const ALGORITHM = "SYMMETRIC_DEFAULT";

interface DataKeyRequest {
  readonly KeyId: string | undefined;
  readonly KeySpec?: string | undefined;
  readonly NumberOfBytes?: number | undefined;
  readonly EncryptionContext?: Record<string, string> | undefined;
}

function dataKey(context: Context, input: DataKeyRequest, action: string) {
  const key = openKey(context, input.KeyId, action, input.EncryptionContext);
  requireUsage(key, "ENCRYPT_DECRYPT", action.slice("kms:".length));
  requireUsable(key);
  const size = input.NumberOfBytes ?? (input.KeySpec === "AES_128" ? 16 : 32);
  if (size < 1 || size > LONGEST_DATA_KEY_BYTES || (input.KeySpec && input.NumberOfBytes)) {
    throw new AwsError("ValidationException", "Please specify either number of bytes or key spec.");
  }
  const plaintext = Buffer.from(context.random.hex(2 * size), "hex");
  const blob = encrypt(context, key, plaintext, input.EncryptionContext);
  return { key, plaintext, blob };
}

const invalid = (what: string) => new AwsError("ValidationException", `1 validation error detected: ${what}`);

const privateKeyOf = ({ material }: KeyRecord) =>
  createPrivateKey({ key: Buffer.from(material, "base64"), type: "pkcs8", format: "der" });

function requireSigning(
  key: KeyRecord,
  operation: string,
  messageType: string | undefined,
  algorithm: string | undefined,
): void {
  requireUsage(key, "SIGN_VERIFY", operation);
  requireUsable(key);
  if (messageType !== undefined && messageType !== "RAW") {
    throw new AwsError("NotImplemented", `sandbox: KMS messages of type ${messageType} are not implemented`, {
      status: 501,
    });
  }
  if (algorithm === SIGNING_ALGORITHM) return;
  const message = `Algorithm ${algorithm} and key spec ${key.spec} are incompatible with key ${key.arn}.`;
  throw new AwsError("InvalidKeyUsageException", message);
}

export const cryptoOperations: Operations<typeof sdk> = {
  Encrypt(context, { KeyId, Plaintext = new Uint8Array(), EncryptionContext }) {
    const key = openKey(context, KeyId, "kms:Encrypt", EncryptionContext);
    requireUsage(key, "ENCRYPT_DECRYPT", "Encrypt");
    requireUsable(key);
    if (Plaintext.length < 1 || Plaintext.length > LONGEST_PLAINTEXT_BYTES) {
      const wanted =
        Plaintext.length < 1 ? "greater than or equal to 1" : `less than or equal to ${LONGEST_PLAINTEXT_BYTES}`;
      throw invalid(`Value at 'plaintext' failed to satisfy constraint: Member must have length ${wanted}`);
    }
    const CiphertextBlob = encrypt(context, key, Plaintext, EncryptionContext);
    return { CiphertextBlob, KeyId: key.arn, EncryptionAlgorithm: ALGORITHM };
  },

  Decrypt(context, { CiphertextBlob = new Uint8Array(), KeyId, EncryptionContext }) {
    const key = openKey(context, keyArnOf(CiphertextBlob), "kms:Decrypt", EncryptionContext);
    if (KeyId !== undefined && openKey(context, KeyId, "kms:Decrypt").arn !== key.arn) {
      throw new AwsError(
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
      );
    }
    requireUsable(key);
    const Plaintext = decrypt(key, CiphertextBlob, EncryptionContext);
    return { Plaintext, KeyId: key.arn, EncryptionAlgorithm: ALGORITHM, KeyMaterialId: key.materialId };
  },

  GenerateDataKey(context, input) {
    const { key, plaintext, blob } = dataKey(context, input, "kms:GenerateDataKey");
    return { CiphertextBlob: blob, Plaintext: plaintext, KeyId: key.arn, KeyMaterialId: key.materialId };
  },

  GenerateDataKeyWithoutPlaintext(context, input) {
    const { key, blob } = dataKey(context, input, "kms:GenerateDataKeyWithoutPlaintext");
    return { CiphertextBlob: blob, KeyId: key.arn, KeyMaterialId: key.materialId };
  },

  Sign(context, { KeyId, Message = new Uint8Array(), MessageType, SigningAlgorithm }) {
    const key = openKey(context, KeyId, "kms:Sign");
    requireSigning(key, "Sign", MessageType, SigningAlgorithm);
    const Signature = sign("sha256", Message, privateKeyOf(key));
    return { KeyId: key.arn, Signature, SigningAlgorithm: SIGNING_ALGORITHM };
  },

  Verify(context, { KeyId, Message = new Uint8Array(), MessageType, Signature = new Uint8Array(), SigningAlgorithm }) {
    const key = openKey(context, KeyId, "kms:Verify");
    requireSigning(key, "Verify", MessageType, SigningAlgorithm);
    const isValid = verify("sha256", Message, createPublicKey(privateKeyOf(key)), Signature);
    if (!isValid) throw new AwsError("KMSInvalidSignatureException", "");
    return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: SIGNING_ALGORITHM };
  },

  GetPublicKey(context, { KeyId }) {
    const key = openKey(context, KeyId, "kms:GetPublicKey");
    requireUsage(key, "SIGN_VERIFY", "GetPublicKey");
    requireUsable(key);
    return {
      KeyId: key.arn,
      PublicKey: createPublicKey(privateKeyOf(key)).export({ type: "spki", format: "der" }),
      KeySpec: key.spec,
      CustomerMasterKeySpec: key.spec,
      KeyUsage: usageOf(key),
      SigningAlgorithms: [SIGNING_ALGORITHM],
    };
  },

  GenerateRandom(context, { NumberOfBytes: size }) {
    context.authorize({ action: "kms:GenerateRandom", resource: "*" });
    if (size === undefined) throw new AwsError("ValidationException", "NumberOfBytes is required.");
    if (size < 1 || size > LONGEST_DATA_KEY_BYTES) {
      const wanted = size < 1 ? "greater than or equal to 1" : `less than or equal to ${LONGEST_DATA_KEY_BYTES}`;
      throw invalid(
        `Value '${size}' at 'numberOfBytes' failed to satisfy constraint: Member must have value ${wanted}`,
      );
    }
    return { Plaintext: Buffer.from(context.random.hex(2 * size), "hex") };
  },
};
