import {
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  ListKeysCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from "@aws-sdk/client-kms";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, document, flag, goneTags, number, text } from "./values.ts";

const key = defineProvider({
  type: "AWS::KMS::Key",
  properties: [
    "Description",
    "Enabled",
    "EnableKeyRotation",
    "KeyPolicy",
    "KeySpec",
    "KeyUsage",
    "MultiRegion",
    "PendingWindowInDays",
    "Tags",
  ],
  required: [],
  takesTags: true,
  async create(call) {
    const { properties } = call;
    const existing = call.existing ?? (call.isRepeated ? await findOurs(call) : undefined);
    const keyId = existing ?? (await createKey(call));
    call.initiated(keyId);
    if (flag(properties.EnableKeyRotation)) await call.send(new EnableKeyRotationCommand({ KeyId: keyId }));
    return madeKey(call, keyId);
  },
  async update(call, { physicalId: KeyId, properties: before, tags }) {
    const { send, properties } = call;
    if (properties.KeyPolicy !== undefined) {
      await send(new PutKeyPolicyCommand({ KeyId, PolicyName: "default", Policy: document(properties.KeyPolicy) }));
    }
    if (properties.Description !== before.Description) {
      await send(new UpdateKeyDescriptionCommand({ KeyId, Description: text(properties.Description) ?? "" }));
    }
    if (properties.EnableKeyRotation !== before.EnableKeyRotation) {
      const rotates = flag(properties.EnableKeyRotation);
      await (rotates ? send(new EnableKeyRotationCommand({ KeyId })) : send(new DisableKeyRotationCommand({ KeyId })));
    }
    await send(new TagResourceCommand({ KeyId, Tags: keyTags(call) }));
    const TagKeys = goneTags(call, tags);
    if (TagKeys.length > 0) await send(new UntagResourceCommand({ KeyId, TagKeys }));
    return madeKey(call, KeyId);
  },
  async remove(call, { physicalId, properties }) {
    const days = number(properties.PendingWindowInDays) ?? 30;
    await call.send(new ScheduleKeyDeletionCommand({ KeyId: physicalId, PendingWindowInDays: days }));
  },
});

const keyTags = (call: ProviderCall) => Object.entries(call.tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue }));

async function createKey(call: ProviderCall): Promise<string> {
  const { properties } = call;
  const { KeyMetadata: metadata } = await call.send(
    new CreateKeyCommand({
      Description: text(properties.Description),
      ...(properties.KeyPolicy === undefined ? {} : { Policy: document(properties.KeyPolicy) }),
      KeySpec: text(properties.KeySpec) as "SYMMETRIC_DEFAULT" | undefined,
      KeyUsage: text(properties.KeyUsage) as "ENCRYPT_DECRYPT" | undefined,
      MultiRegion: flag(properties.MultiRegion),
      Tags: keyTags(call),
    }),
  );
  return metadata?.KeyId ?? "";
}

/** A key has no name; the attempt that died may have made one with our tags. */
async function findOurs(call: ProviderCall): Promise<string | undefined> {
  const { Keys: keys = [] } = await call.send(new ListKeysCommand({}));
  for (const { KeyId } of keys) {
    const { KeyMetadata: metadata } = await call.send(new DescribeKeyCommand({ KeyId }));
    if (metadata?.KeyState === "PendingDeletion") continue;
    const { Tags: tags = [] } = await call.send(new ListResourceTagsCommand({ KeyId }));
    const isOurs = ["aws:cloudformation:stack-id", "aws:cloudformation:logical-id"].every((name) =>
      tags.some(({ TagKey, TagValue }) => TagKey === name && TagValue === call.tags[name]),
    );
    if (isOurs) return KeyId;
  }
  return undefined;
}

function madeKey(call: ProviderCall, keyId: string): Made {
  const arn = `arn:aws:kms:${call.region}:${call.account}:key/${keyId}`;
  return { physicalId: keyId, attributes: { Arn: arn, KeyId: keyId } };
}

const alias = defineProvider({
  type: "AWS::KMS::Alias",
  properties: ["AliasName", "TargetKeyId"],
  required: ["AliasName", "TargetKeyId"],
  takesTags: false,
  async create(call) {
    const AliasName = text(call.properties.AliasName) ?? "";
    const TargetKeyId = text(call.properties.TargetKeyId) ?? "";
    await createOnce(call, () => call.send(new CreateAliasCommand({ AliasName, TargetKeyId })));
    return { physicalId: AliasName, attributes: {} };
  },
  async update(call, { physicalId }) {
    const TargetKeyId = text(call.properties.TargetKeyId) ?? "";
    await call.send(new UpdateAliasCommand({ AliasName: physicalId, TargetKeyId }));
    return { physicalId, attributes: {} };
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteAliasCommand({ AliasName: physicalId }));
  },
});

export const keyProviders = [key, alias];
