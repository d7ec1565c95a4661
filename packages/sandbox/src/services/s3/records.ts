import type {
  LifecycleRule,
  OwnershipControls,
  PublicAccessBlockConfiguration,
  ServerSideEncryptionConfiguration,
  Tag,
} from "@aws-sdk/client-s3";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

export interface BucketRecord {
  readonly name: string;
  readonly account: string;
  readonly region: string;
  readonly createdAt: string;
  readonly policy?: string | undefined;
  readonly publicAccessBlock?: PublicAccessBlockConfiguration | undefined;
  readonly encryption?: ServerSideEncryptionConfiguration | undefined;
  readonly lifecycle?: readonly LifecycleRule[] | undefined;
  readonly versioning?: "Enabled" | "Suspended" | undefined;
  readonly ownership?: OwnershipControls | undefined;
  readonly tags?: readonly Tag[] | undefined;
}

/** What an object is, beside its bytes. */
export interface ObjectRecord {
  readonly key: string;
  /** Name of its body's file. */
  readonly file: string;
  readonly sizeBytes: number;
  /** With its quotes, as HTTP has it. */
  readonly etag: string;
  readonly modifiedAt: string;
  readonly versionId?: string | undefined;
  /** A delete marker hides the versions before it and has no body. */
  readonly deleted?: boolean;
  readonly headers: ObjectHeaders;
  readonly metadata: Readonly<Record<string, string>>;
  /** By member name, `ChecksumCRC32`, as the uploader gave them and they were verified. */
  readonly checksums: Readonly<Record<string, string>>;
  readonly encryption: "AES256" | "aws:kms" | "aws:kms:dsse";
  readonly kmsKeyId?: string | undefined;
  readonly tags: readonly Tag[];
}

export interface ObjectHeaders {
  readonly ContentType?: string | undefined;
  readonly CacheControl?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly ContentEncoding?: string | undefined;
  readonly ContentLanguage?: string | undefined;
}

/** Bucket names are one name space for all accounts, so everything of S3 is in the global store. */
export const buckets = (context: Context): Collection<BucketRecord> => context.globalStore.collection("buckets");

/** Current objects of a bucket, by key: SQLite compares bytes of UTF-8, the order in which S3 lists. */
export const objects = (context: Context, bucket: string): Collection<ObjectRecord> =>
  context.globalStore.collection(`objects ${bucket}`);

/** Earlier versions and delete markers of a versioned bucket, by `<key> NUL <newest first>`. */
export const versions = (context: Context, bucket: string): Collection<ObjectRecord> =>
  context.globalStore.collection(`versions ${bucket}`);

export interface Access {
  /** `s3:GetObject` */
  readonly action: string;
  readonly bucket: string | undefined;
  readonly key?: string | undefined;
  readonly expectedOwner?: string | undefined;
  /** `s3:prefix` and its like. */
  readonly conditions?: Readonly<Record<string, string | undefined>>;
}

/**
 * The bucket, for a caller who may: by the caller's own policies, and by the bucket's policy across accounts. A service
 * acting by itself in process is trusted; one that acts as a role is asked like everybody.
 *
 * Raises `NoSuchBucket` and `AccessDenied`.
 */
export function openBucket(context: Context, access: Access): BucketRecord {
  const bucket = buckets(context).get(access.bucket ?? "");
  if (!bucket) {
    const members = { BucketName: access.bucket };
    throw new AwsError("NoSuchBucket", "The specified bucket does not exist", { status: 404, members });
  }
  const owned = access.expectedOwner === undefined || access.expectedOwner === bucket.account;
  if (!owned) throw new AwsError("AccessDenied", "Access Denied", { status: 403 });
  const { action, conditions = {} } = access;
  context.authorize({ action, resource: arnOf(access), policy: bucket.policy, owner: bucket.account, conditions });
  return bucket;
}

function arnOf({ bucket, key }: Access): string {
  return `arn:aws:s3:::${bucket}${key === undefined ? "" : `/${key}`}`;
}

export function noSuchKey(key: string | undefined): AwsError {
  const members = { Key: key };
  return new AwsError("NoSuchKey", "The specified key does not exist.", { status: 404, members });
}

/** The object, its current version or the one named; raises `NoSuchKey` or `NoSuchVersion`. */
export function getObject(context: Context, bucket: string, key: string, versionId: string | undefined): ObjectRecord {
  const current = objects(context, bucket).get(key);
  if (versionId === undefined) {
    if (!current) throw noSuchKey(key);
    return current;
  }
  if (current && (current.versionId ?? "null") === versionId) return current;
  const earlier = versions(context, bucket)
    .list(`${key}\0`)
    .find(({ value }) => (value.versionId ?? "null") === versionId)?.value;
  if (!earlier) {
    const members = { Key: key, VersionId: versionId };
    throw new AwsError("NoSuchVersion", "The specified version does not exist.", { status: 404, members });
  }
  if (earlier.deleted) {
    throw new AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", {
      status: 405,
      members: { Method: "GET", ResourceType: "DeleteMarker" },
    });
  }
  return earlier;
}
