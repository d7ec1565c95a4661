import type * as sdk from "@aws-sdk/client-s3";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { parsePolicy } from "../../core/policy.ts";
import type { Operations } from "../../core/service.ts";
import { type BucketRecord, buckets, openBucket } from "./records.ts";

interface Named {
  readonly Bucket: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

const open = (context: Context, input: Named, action: string) =>
  openBucket(context, { action, bucket: input.Bucket, expectedOwner: input.ExpectedBucketOwner });

function change(context: Context, input: Named, action: string, settings: Partial<BucketRecord>): object {
  const bucket = open(context, input, action);
  buckets(context).put(bucket.name, { ...bucket, ...settings });
  return {};
}

function present<T>({ name }: BucketRecord, value: T | undefined, code: string, message: string): T {
  if (value === undefined) throw new AwsError(code, message, { status: 404, members: { BucketName: name } });
  return value;
}

/** What isn't named in a block of public access isn't blocked. */
const OPEN = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};

/** Settings of a bucket. The policy decides on other accounts' access, versioning is honoured; the others are records. */
export const bucketSettingOperations: Operations<typeof sdk> = {
  PutBucketPolicy(context, input) {
    const { Policy: policy = "" } = input;
    const bucket = open(context, input, "s3:PutBucketPolicy");
    if (bucket.publicAccessBlock?.BlockPublicPolicy && isPublic(policy)) {
      const message = `User: ${context.caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "arn:aws:s3:::${bucket.name}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`;
      throw new AwsError("AccessDenied", message, { status: 403 });
    }
    return change(context, input, "s3:PutBucketPolicy", { policy });
  },
  GetBucketPolicy(context, input) {
    const bucket = open(context, input, "s3:GetBucketPolicy");
    return { Policy: present(bucket, bucket.policy, "NoSuchBucketPolicy", "The bucket policy does not exist") };
  },
  DeleteBucketPolicy: (context, input) => change(context, input, "s3:DeleteBucketPolicy", { policy: undefined }),

  PutPublicAccessBlock: (context, input) =>
    change(context, input, "s3:PutBucketPublicAccessBlock", {
      publicAccessBlock: { ...OPEN, ...input.PublicAccessBlockConfiguration },
    }),
  GetPublicAccessBlock(context, input) {
    const bucket = open(context, input, "s3:GetBucketPublicAccessBlock");
    const message = "The public access block configuration was not found";
    const code = "NoSuchPublicAccessBlockConfiguration";
    return { PublicAccessBlockConfiguration: present(bucket, bucket.publicAccessBlock, code, message) };
  },
  DeletePublicAccessBlock: (context, input) =>
    change(context, input, "s3:PutBucketPublicAccessBlock", { publicAccessBlock: undefined }),

  PutBucketEncryption: (context, input) =>
    change(context, input, "s3:PutEncryptionConfiguration", { encryption: input.ServerSideEncryptionConfiguration }),
  GetBucketEncryption(context, input) {
    const bucket = open(context, input, "s3:GetEncryptionConfiguration");
    const message = "The server side encryption configuration was not found";
    const code = "ServerSideEncryptionConfigurationNotFoundError";
    return { ServerSideEncryptionConfiguration: present(bucket, bucket.encryption, code, message) };
  },
  DeleteBucketEncryption: (context, input) =>
    change(context, input, "s3:PutEncryptionConfiguration", { encryption: undefined }),

  PutBucketLifecycleConfiguration: (context, input) =>
    change(context, input, "s3:PutLifecycleConfiguration", { lifecycle: input.LifecycleConfiguration?.Rules ?? [] }),
  GetBucketLifecycleConfiguration(context, input) {
    const bucket = open(context, input, "s3:GetLifecycleConfiguration");
    const message = "The lifecycle configuration does not exist";
    return { Rules: [...present(bucket, bucket.lifecycle, "NoSuchLifecycleConfiguration", message)] };
  },
  DeleteBucketLifecycle: (context, input) =>
    change(context, input, "s3:PutLifecycleConfiguration", { lifecycle: undefined }),

  PutBucketVersioning(context, input) {
    const status = input.VersioningConfiguration?.Status;
    if (status !== undefined && status !== "Enabled" && status !== "Suspended") {
      const message = "The XML you provided was not well-formed or did not validate against our published schema";
      throw new AwsError("MalformedXML", message);
    }
    if (status === undefined) {
      throw new AwsError("IllegalVersioningConfigurationException", "The Versioning element must be specified");
    }
    return change(context, input, "s3:PutBucketVersioning", { versioning: status });
  },
  GetBucketVersioning: (context, input) => ({ Status: open(context, input, "s3:GetBucketVersioning").versioning }),

  PutBucketOwnershipControls: (context, input) =>
    change(context, input, "s3:PutBucketOwnershipControls", { ownership: input.OwnershipControls }),
  GetBucketOwnershipControls(context, input) {
    const bucket = open(context, input, "s3:GetBucketOwnershipControls");
    const message = "The bucket ownership controls were not found";
    return { OwnershipControls: present(bucket, bucket.ownership, "OwnershipControlsNotFoundError", message) };
  },
  DeleteBucketOwnershipControls: (context, input) =>
    change(context, input, "s3:PutBucketOwnershipControls", { ownership: undefined }),

  PutBucketTagging: (context, input) => change(context, input, "s3:PutBucketTagging", { tags: input.Tagging?.TagSet }),
  GetBucketTagging(context, input) {
    const bucket = open(context, input, "s3:GetBucketTagging");
    return { TagSet: [...present(bucket, bucket.tags, "NoSuchTagSet", "The TagSet does not exist")] };
  },
  DeleteBucketTagging: (context, input) => change(context, input, "s3:PutBucketTagging", { tags: undefined }),
};

/** Whether a policy lets in everybody: an Allow for any principal, without a condition. */
function isPublic(policy: string): boolean {
  return parsePolicy(policy).Statement.some(({ Effect, Principal, Condition }) => {
    const everybody = Principal === "*" || (Principal && [Principal.AWS].flat().includes("*"));
    return Effect === "Allow" && everybody && Condition === undefined;
  });
}
