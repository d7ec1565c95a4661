import type * as sdk from "@aws-sdk/client-s3";
import type { Bucket, BucketLocationConstraint } from "@aws-sdk/client-s3";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import { type BucketRecord, buckets, objects, openBucket, versions } from "./records.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const NAME = /^(?!xn--|sthree-|amzn-s3-demo-)(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

export const bucketOperations: Operations<typeof sdk> = {
  CreateBucket(context, { Bucket: name = "", CreateBucketConfiguration, ObjectOwnership = "BucketOwnerEnforced" }) {
    context.authorize({ action: "s3:CreateBucket", resource: `arn:aws:s3:::${name}`, owner: context.account });
    if (!NAME.test(name)) throw new AwsError("InvalidBucketName", "The specified bucket is not valid.");
    const existing = buckets(context).get(name);
    if (existing) {
      const own = existing.account === context.account;
      const code = own ? "BucketAlreadyOwnedByYou" : "BucketAlreadyExists";
      const message = own
        ? "Your previous request to create the named bucket succeeded and you already own it."
        : "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.";
      throw new AwsError(code, message, { status: 409, members: { BucketName: name } });
    }
    const bucket: BucketRecord = {
      name,
      account: context.account,
      region: CreateBucketConfiguration?.LocationConstraint ?? context.region,
      createdAt: context.clock.now().toISOString(),
      // What AWS gives every new bucket since 2023.
      publicAccessBlock: {
        BlockPublicAcls: true,
        IgnorePublicAcls: true,
        BlockPublicPolicy: true,
        RestrictPublicBuckets: true,
      },
      encryption: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" }, BucketKeyEnabled: false }],
      },
      ownership: { Rules: [{ ObjectOwnership }] },
      ...(CreateBucketConfiguration?.Tags ? { tags: CreateBucketConfiguration.Tags } : {}),
    };
    buckets(context).put(name, bucket);
    return { Location: `/${name}`, BucketArn: `arn:aws:s3:::${name}` };
  },

  DeleteBucket(context, { Bucket: name, ExpectedBucketOwner: expectedOwner }) {
    const bucket = openBucket(context, { action: "s3:DeleteBucket", bucket: name, expectedOwner });
    if (objects(context, bucket.name).list().length > 0 || versions(context, bucket.name).list().length > 0) {
      const members = { BucketName: name };
      throw new AwsError("BucketNotEmpty", "The bucket you tried to delete is not empty", { status: 409, members });
    }
    buckets(context).delete(bucket.name);
    return {};
  },

  HeadBucket(context, { Bucket: name, ExpectedBucketOwner: expectedOwner }) {
    if (!buckets(context).get(name ?? "")) throw new AwsError("NotFound", "Not Found", { status: 404 });
    const { region } = openBucket(context, { action: "s3:ListBucket", bucket: name, expectedOwner });
    return { BucketRegion: region, BucketArn: `arn:aws:s3:::${name}`, AccessPointAlias: false };
  },

  ListBuckets(context, { Prefix = "", MaxBuckets, ContinuationToken, BucketRegion }) {
    context.authorize({ action: "s3:ListAllMyBuckets", resource: "*" });
    const own = buckets(context)
      .list(Prefix)
      .map(({ value }) => value)
      .filter((bucket) => bucket.account === context.account)
      .filter((bucket) => BucketRegion === undefined || bucket.region === BucketRegion);
    const { items, nextToken } = page(own, ({ name }) => name, {
      token: ContinuationToken,
      size: MaxBuckets ?? 10_000,
    });
    return { Buckets: items.map(show), Owner: { ID: context.account }, ContinuationToken: nextToken };
  },

  GetBucketLocation(context, { Bucket: name, ExpectedBucketOwner: expectedOwner }) {
    const { region } = openBucket(context, { action: "s3:GetBucketLocation", bucket: name, expectedOwner });
    // The first region has no name here, and never will.
    return { LocationConstraint: region === "us-east-1" ? undefined : (region as BucketLocationConstraint) };
  },
};

function show(bucket: BucketRecord): Bucket {
  return {
    Name: bucket.name,
    CreationDate: new Date(bucket.createdAt),
    BucketRegion: bucket.region,
    BucketArn: `arn:aws:s3:::${bucket.name}`,
  };
}
