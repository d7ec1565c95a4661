import * as sdk from "@aws-sdk/client-kms";
import { defineService } from "../../core/service.ts";
import { aliasOperations } from "./aliases.ts";
import { cryptoOperations } from "./crypto.ts";
import { keyOperations } from "./key-operations.ts";

/**
 * AWS Key Management Service: symmetric keys that really encrypt (AES-256-GCM, key material in the sandbox's state), keys on
 * the curve P-256 that really sign (messages, not digests),
 * aliases, key policies that decide who may use and change them, keys that AWS makes for a service (`alias/aws/ssm`) when
 * they are first named; rotation on demand, automatic rotation as a record, tags.
 *
 * Gaps: no RSA and no other curves, no HMAC, imported or multi-region keys (501); no grants (501); automatic
 * rotation changes no material; a key scheduled for deletion stays, unusable. The material lies unencrypted in the state: a sandbox keeps no
 * real secrets.
 * https://docs.aws.amazon.com/kms/latest/APIReference/
 */
export const kms = defineService({
  sdk,
  client: "KMSClient",
  operations: { ...keyOperations, ...aliasOperations, ...cryptoOperations },
  grades: { CancelKeyDeletion: "guessed", EnableKey: "guessed", DisableKey: "guessed" },
});
