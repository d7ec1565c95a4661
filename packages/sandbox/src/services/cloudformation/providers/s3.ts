import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketPolicyCommand,
  DeletePublicAccessBlockCommand,
  type LifecycleRule,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  type ServerSideEncryptionRule,
} from "@aws-sdk/client-s3";
import { isObject, type Json, type JsonObject } from "@turnpike/cloudformation";
import { defineProvider, type Made, type ProviderCall } from "../provider.ts";
import { createOnce, document, flag, list, number, object, tagList, text } from "./values.ts";

const bucket = defineProvider({
  type: "AWS::S3::Bucket",
  properties: [
    "BucketName",
    "BucketEncryption",
    "LifecycleConfiguration",
    "OwnershipControls",
    "PublicAccessBlockConfiguration",
    "Tags",
    "VersioningConfiguration",
  ],
  required: [],
  takesTags: true,
  async create(call) {
    const name = text(call.properties.BucketName) ?? call.name(63).toLowerCase();
    // S3 forgives its owner for making a bucket twice in us-east-1 alone; elsewhere it would hide that it isn't ours.
    await createOnce(call, () =>
      call.send(
        new CreateBucketCommand({
          Bucket: name,
          CreateBucketConfiguration: { LocationConstraint: call.region as "eu-west-1" },
        }),
      ),
    );
    call.initiated(name);
    await configure(call, name, {});
    return made(call, name);
  },
  async update(call, current) {
    await configure(call, current.physicalId, current.properties);
    return made(call, current.physicalId);
  },
  async remove(call, { physicalId }) {
    await call.send(new DeleteBucketCommand({ Bucket: physicalId }));
  },
});

function made(call: ProviderCall, name: string): Made {
  const attributes = {
    Arn: `arn:aws:s3:::${name}`,
    DomainName: `${name}.s3.amazonaws.com`,
    RegionalDomainName: `${name}.s3.${call.region}.amazonaws.com`,
  };
  return { physicalId: name, attributes };
}

/** Settings one by one, each only if it was or is there. */
async function configure(call: ProviderCall, name: string, before: JsonObject): Promise<void> {
  const { send, properties } = call;
  const Bucket = name;
  const { VersioningConfiguration: versioning, BucketEncryption: encryption } = properties;
  const { PublicAccessBlockConfiguration: access, LifecycleConfiguration: lifecycle } = properties;
  if (isObject(versioning)) {
    const Status = text(versioning.Status) as "Enabled" | "Suspended";
    await send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
  } else if (before.VersioningConfiguration) {
    await send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } }));
  }
  if (isObject(encryption)) {
    const Rules = list(encryption.ServerSideEncryptionConfiguration).map(encryptionRule);
    await send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
  } else if (before.BucketEncryption) await send(new DeleteBucketEncryptionCommand({ Bucket }));
  if (isObject(access)) {
    const PublicAccessBlockConfiguration = {
      BlockPublicAcls: flag(access.BlockPublicAcls),
      BlockPublicPolicy: flag(access.BlockPublicPolicy),
      IgnorePublicAcls: flag(access.IgnorePublicAcls),
      RestrictPublicBuckets: flag(access.RestrictPublicBuckets),
    };
    await send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  } else if (before.PublicAccessBlockConfiguration) await send(new DeletePublicAccessBlockCommand({ Bucket }));
  if (isObject(lifecycle)) {
    const Rules = list(lifecycle.Rules).map(lifecycleRule);
    await send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  } else if (before.LifecycleConfiguration) await send(new DeleteBucketLifecycleCommand({ Bucket }));
  if (isObject(properties.OwnershipControls)) {
    const Rules = list(properties.OwnershipControls.Rules).map((rule) => ({
      ObjectOwnership: text(object(rule).ObjectOwnership) as "BucketOwnerEnforced",
    }));
    await send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls: { Rules } }));
  }
  await send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: tagList(call) } }));
}

function encryptionRule(given: Json): ServerSideEncryptionRule {
  const rule = object(given);
  const byDefault = object(rule.ServerSideEncryptionByDefault);
  return {
    ApplyServerSideEncryptionByDefault: {
      SSEAlgorithm: text(byDefault.SSEAlgorithm) as "aws:kms",
      KMSMasterKeyID: text(byDefault.KMSMasterKeyID),
    },
    BucketKeyEnabled: flag(rule.BucketKeyEnabled),
  };
}

/** The resource type's names differ from the API's for the same things. */
function lifecycleRule(given: Json): LifecycleRule {
  const rule = object(given);
  const days = number(rule.ExpirationInDays);
  const old = isObject(rule.NoncurrentVersionExpiration)
    ? number(rule.NoncurrentVersionExpiration.NoncurrentDays)
    : number(rule.NoncurrentVersionExpirationInDays);
  const abort = object(rule.AbortIncompleteMultipartUpload);
  return {
    ID: text(rule.Id),
    Status: text(rule.Status) as "Enabled",
    Filter: { Prefix: text(rule.Prefix) ?? "" },
    ...(days === undefined ? {} : { Expiration: { Days: days } }),
    ...(old === undefined ? {} : { NoncurrentVersionExpiration: { NoncurrentDays: old } }),
    ...(abort.DaysAfterInitiation === undefined
      ? {}
      : { AbortIncompleteMultipartUpload: { DaysAfterInitiation: number(abort.DaysAfterInitiation) } }),
  };
}

const bucketPolicy = defineProvider({
  type: "AWS::S3::BucketPolicy",
  properties: ["Bucket", "PolicyDocument"],
  required: ["Bucket", "PolicyDocument"],
  takesTags: false,
  create: putPolicy,
  update: putPolicy,
  async remove(call, { physicalId }) {
    await call.send(new DeleteBucketPolicyCommand({ Bucket: physicalId }));
  },
});

async function putPolicy(call: ProviderCall): Promise<Made> {
  const Bucket = text(call.properties.Bucket) ?? "";
  await call.send(new PutBucketPolicyCommand({ Bucket, Policy: document(call.properties.PolicyDocument) }));
  return { physicalId: Bucket, attributes: {} };
}

export const bucketProviders = [bucket, bucketPolicy];
