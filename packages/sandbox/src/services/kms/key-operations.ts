import type * as sdk from "@aws-sdk/client-kms";
import type { Tag } from "@aws-sdk/client-kms";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { parsePolicy } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import { type KeyRecord, keysOf, newKey, newMaterial, openKey, requireUsable, showKey } from "./keys.ts";

const MOST_TAGS = 50;
const MOST_ON_DEMAND = 10;
const DAY_MS = 24 * 3600 * 1000;
/** The only name that a key policy may have. */
const POLICY_NAME = "default";

/** What AWS gives a key that is created without a policy: its account may everything. */
const accountPolicy = (account: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Id: "key-default-1",
    Statement: [
      {
        Sid: "Enable IAM User Permissions",
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: "kms:*",
        Resource: "*",
      },
    ],
  });

/** https://docs.aws.amazon.com/kms/latest/APIReference/API_Tag.html */
function checkTags(tags: readonly Tag[]): void {
  const tooLong = (value: string, member: string, most: number) =>
    new AwsError(
      "ValidationException",
      `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have length less than or equal to ${most}`,
    );
  for (const [index, { TagKey: key = "", TagValue: value = "" }] of tags.entries()) {
    if (key.length > 128) throw tooLong(key, `tags.${index + 1}.member.tagKey`, 128);
    if (value.length > 256) throw tooLong(value, `tags.${index + 1}.member.tagValue`, 256);
  }
  const refuse = (message: string) => new AwsError("TagException", message);
  const keys = tags.map(({ TagKey }) => TagKey);
  // CloudFormation marks what it makes; nobody else may.
  if (keys.some((key) => /^aws:(?!cloudformation:)/i.test(key ?? "")))
    throw refuse("Tags beginning with aws: are reserved");
  if (new Set(keys).size < keys.length) throw refuse("Duplicate tag keys");
  if (keys.length > MOST_TAGS) throw refuse("Too many tags");
}

function change(
  context: Context,
  reference: string | undefined,
  action: string,
  settings: Partial<KeyRecord>,
): KeyRecord {
  const key = { ...openKey(context, reference, action), ...settings };
  keysOf(context, key.arn.split(":")[4], key.arn.split(":")[3]).put(key.id, key);
  return key;
}

export const keyOperations: Operations<typeof sdk> = {
  CreateKey(
    context,
    { KeySpec, CustomerMasterKeySpec, KeyUsage, Origin, MultiRegion, Policy, Description, Tags = [] },
  ) {
    const special = [
      KeySpec ?? CustomerMasterKeySpec ?? "SYMMETRIC_DEFAULT",
      KeyUsage ?? "ENCRYPT_DECRYPT",
      Origin ?? "AWS_KMS",
    ];
    const spec = special.join() === "ECC_NIST_P256,SIGN_VERIFY,AWS_KMS" ? ("ECC_NIST_P256" as const) : undefined;
    if ((special.join() !== "SYMMETRIC_DEFAULT,ENCRYPT_DECRYPT,AWS_KMS" && !spec) || MultiRegion) {
      const message = `sandbox: KMS keys of ${special.join(", ")}${MultiRegion ? ", multi-region" : ""} are not implemented`;
      throw new AwsError("NotImplemented", message, { status: 501 });
    }
    if (Policy !== undefined) parsePolicy(Policy);
    checkTags(Tags);
    context.authorize({ action: "kms:CreateKey", resource: "*" });
    const policy = Policy ?? accountPolicy(context.account);
    const given = { description: Description ?? "", policy, tags: Tags, manager: undefined, spec };
    const key = newKey(context, given);
    keysOf(context).put(key.id, key);
    return { KeyMetadata: showKey(key) };
  },

  DescribeKey: (context, { KeyId }) => ({ KeyMetadata: showKey(openKey(context, KeyId, "kms:DescribeKey")) }),

  ListKeys(context, { Limit, Marker }) {
    context.authorize({ action: "kms:ListKeys", resource: "*" });
    const { items, nextToken } = page(keysOf(context).list(), ({ key }) => key, { token: Marker, size: Limit });
    const Keys = items.map(({ value }) => ({ KeyId: value.id, KeyArn: value.arn }));
    return { Keys, Truncated: nextToken !== undefined, NextMarker: nextToken };
  },

  UpdateKeyDescription(context, { KeyId, Description = "" }) {
    change(context, KeyId, "kms:UpdateKeyDescription", { description: Description });
    return {};
  },

  EnableKey(context, { KeyId }) {
    if (openKey(context, KeyId, "kms:EnableKey").state === "Disabled") {
      change(context, KeyId, "kms:EnableKey", { state: "Enabled" });
    } else requireUsable(openKey(context, KeyId, "kms:EnableKey"));
    return {};
  },

  DisableKey(context, { KeyId }) {
    const key = openKey(context, KeyId, "kms:DisableKey");
    if (key.state !== "Disabled") requireUsable(key);
    change(context, KeyId, "kms:DisableKey", { state: "Disabled" });
    return {};
  },

  ScheduleKeyDeletion(context, { KeyId, PendingWindowInDays: days = 30 }) {
    if (days < 7 || days > 30) throw new AwsError("ValidationException", "PendingWindowInDays must be 7 to 30.");
    const deletionAt = new Date(context.clock.now().getTime() + days * DAY_MS);
    const settings = { state: "PendingDeletion", deletionAt: deletionAt.toISOString() } as const;
    const key = change(context, KeyId, "kms:ScheduleKeyDeletion", settings);
    return { KeyId: key.arn, DeletionDate: deletionAt, KeyState: key.state, PendingWindowInDays: days };
  },

  CancelKeyDeletion(context, { KeyId }) {
    const settings = { state: "Disabled", deletionAt: undefined } as const;
    return { KeyId: change(context, KeyId, "kms:CancelKeyDeletion", settings).arn };
  },

  PutKeyPolicy(context, { KeyId, Policy: policy = "" }) {
    parsePolicy(policy);
    change(context, KeyId, "kms:PutKeyPolicy", { policy });
    return {};
  },

  GetKeyPolicy(context, { KeyId }) {
    return { Policy: openKey(context, KeyId, "kms:GetKeyPolicy").policy, PolicyName: POLICY_NAME };
  },

  ListKeyPolicies(context, { KeyId }) {
    openKey(context, KeyId, "kms:ListKeyPolicies");
    return { PolicyNames: [POLICY_NAME], Truncated: false };
  },

  EnableKeyRotation(context, { KeyId, RotationPeriodInDays: rotationDays = 365 }) {
    if (rotationDays < 90 || rotationDays > 2560) {
      throw new AwsError("ValidationException", "RotationPeriodInDays must be 90 to 2560.");
    }
    const rotationSince = context.clock.now().toISOString();
    change(context, KeyId, "kms:EnableKeyRotation", { rotation: true, rotationSince, rotationDays });
    return {};
  },

  RotateKeyOnDemand(context, { KeyId }) {
    const key = openKey(context, KeyId, "kms:RotateKeyOnDemand");
    requireUsable(key);
    const earlier = [key.material, ...(key.earlier ?? [])];
    if (earlier.length > MOST_ON_DEMAND) {
      const message = `The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this key: ${key.arn}`;
      throw new AwsError("LimitExceededException", message);
    }
    change(context, KeyId, "kms:RotateKeyOnDemand", { ...newMaterial(context), earlier });
    return { KeyId: key.arn };
  },
  DisableKeyRotation(context, { KeyId }) {
    change(context, KeyId, "kms:DisableKeyRotation", { rotation: false });
    return {};
  },
  GetKeyRotationStatus(context, { KeyId }) {
    const key = openKey(context, KeyId, "kms:GetKeyRotationStatus");
    const shown = { KeyId: key.id, KeyRotationEnabled: key.rotation };
    if (!key.rotation) return shown;
    const { rotationDays = 365, rotationSince = key.createdAt } = key;
    const NextRotationDate = new Date(new Date(rotationSince).getTime() + rotationDays * DAY_MS);
    return { ...shown, RotationPeriodInDays: rotationDays, NextRotationDate };
  },

  TagResource(context, { KeyId, Tags = [] }) {
    const { tags } = openKey(context, KeyId, "kms:TagResource");
    checkTags(Tags);
    const kept = tags.filter((tag) => !Tags.some(({ TagKey }) => TagKey === tag.TagKey));
    change(context, KeyId, "kms:TagResource", { tags: [...kept, ...Tags] });
    return {};
  },
  UntagResource(context, { KeyId, TagKeys = [] }) {
    const { tags } = openKey(context, KeyId, "kms:UntagResource");
    change(context, KeyId, "kms:UntagResource", { tags: tags.filter(({ TagKey }) => !TagKeys.includes(TagKey ?? "")) });
    return {};
  },
  ListResourceTags(context, { KeyId }) {
    return { Tags: [...openKey(context, KeyId, "kms:ListResourceTags").tags], Truncated: false };
  },
};
