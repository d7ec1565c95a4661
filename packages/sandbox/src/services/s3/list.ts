import type * as sdk from "@aws-sdk/client-s3";
import type { _Object, ChecksumAlgorithm, EncodingType } from "@aws-sdk/client-s3";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { type ObjectRecord, objects, openBucket, versions } from "./records.ts";

const MOST_KEYS = 1000;

interface ListRequest {
  readonly prefix: string;
  readonly delimiter: string | undefined;
  /** Only what comes after this, a key or a common prefix. */
  readonly after: string;
  readonly size: number;
}

interface Listing {
  readonly objects: ObjectRecord[];
  readonly prefixes: string[];
  /** The last key or prefix listed, where there is more. */
  readonly next: string | undefined;
}

/** Keys in byte order; what has the delimiter beyond the prefix is folded into one common prefix, which counts as a key. */
function list(context: Context, bucket: string, request: ListRequest): Listing {
  const found: ObjectRecord[] = [];
  const prefixes = new Set<string>();
  let last: string | undefined;
  for (const { value } of objects(context, bucket).list(request.prefix)) {
    const folded = fold(value.key, request);
    const name = folded ?? value.key;
    // Everything under a prefix that was listed on the page before has been told already.
    if (Buffer.compare(Buffer.from(name), Buffer.from(request.after)) <= 0) continue;
    if (folded !== undefined && prefixes.has(folded)) continue;
    if (found.length + prefixes.size >= request.size) return { objects: found, prefixes: [...prefixes], next: last };
    if (folded === undefined) found.push(value);
    else prefixes.add(folded);
    last = name;
  }
  return { objects: found, prefixes: [...prefixes], next: undefined };
}

function fold(key: string, { prefix, delimiter }: ListRequest): string | undefined {
  if (!delimiter) return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Keys may hold characters that XML can't; clients ask for them percent-encoded. */
function encoder(encoding: EncodingType | undefined) {
  if (encoding !== "url") return (text: string) => text;
  return (text: string) => encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%20", "+");
}

function pageSize(asked: number | undefined): number {
  if (asked !== undefined && asked < 0) throw new AwsError("InvalidArgument", "Argument max-keys must not be negative");
  return Math.min(asked ?? MOST_KEYS, MOST_KEYS);
}

const show =
  (encode: (text: string) => string) =>
  (object: ObjectRecord): _Object => ({
    Key: encode(object.key),
    LastModified: new Date(object.modifiedAt),
    ETag: object.etag,
    Size: object.sizeBytes,
    StorageClass: "STANDARD",
    ...algorithmOf(object),
  });

/** Which checksum an object has: it is told in lists, its value isn't. */
function algorithmOf({ checksums }: ObjectRecord): Pick<_Object, "ChecksumAlgorithm" | "ChecksumType"> {
  const algorithms = Object.keys(checksums).map((member) => member.replace("Checksum", "") as ChecksumAlgorithm);
  return algorithms.length > 0 ? { ChecksumAlgorithm: algorithms, ChecksumType: "FULL_OBJECT" } : {};
}

/** What a policy may ask of a list. */
const listConditions = (input: {
  Prefix?: string | undefined;
  Delimiter?: string | undefined;
  MaxKeys?: number | undefined;
}) => ({
  "s3:prefix": input.Prefix ?? "",
  "s3:delimiter": input.Delimiter,
  "s3:max-keys": String(input.MaxKeys ?? 1000),
});

export const listOperations: Operations<typeof sdk> = {
  ListObjectsV2(context, input) {
    const bucket = openBucket(context, {
      action: "s3:ListBucket",
      bucket: input.Bucket,
      expectedOwner: input.ExpectedBucketOwner,
      conditions: listConditions(input),
    });
    const encode = encoder(input.EncodingType);
    const token = input.ContinuationToken;
    const after = token === undefined ? input.StartAfter : Buffer.from(token, "base64url").toString();
    const size = pageSize(input.MaxKeys);
    const request = { prefix: input.Prefix ?? "", delimiter: input.Delimiter, after: after ?? "", size };
    const { objects: found, prefixes, next } = list(context, bucket.name, request);
    return {
      Name: bucket.name,
      Prefix: encode(request.prefix),
      Delimiter: input.Delimiter === undefined ? undefined : encode(input.Delimiter),
      StartAfter: input.StartAfter === undefined ? undefined : encode(input.StartAfter),
      EncodingType: input.EncodingType,
      MaxKeys: size,
      KeyCount: found.length + prefixes.length,
      IsTruncated: next !== undefined && size > 0,
      ContinuationToken: token,
      NextContinuationToken: next === undefined ? undefined : Buffer.from(next).toString("base64url"),
      Contents: found.map(show(encode)),
      CommonPrefixes: prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    };
  },

  ListObjects(context, input) {
    const bucket = openBucket(context, {
      action: "s3:ListBucket",
      bucket: input.Bucket,
      expectedOwner: input.ExpectedBucketOwner,
      conditions: listConditions(input),
    });
    const encode = encoder(input.EncodingType);
    const size = pageSize(input.MaxKeys);
    const request = { prefix: input.Prefix ?? "", delimiter: input.Delimiter, after: input.Marker ?? "", size };
    const { objects: found, prefixes, next } = list(context, bucket.name, request);
    return {
      Name: bucket.name,
      Prefix: encode(request.prefix),
      Delimiter: input.Delimiter === undefined ? undefined : encode(input.Delimiter),
      EncodingType: input.EncodingType,
      MaxKeys: size,
      IsTruncated: next !== undefined && size > 0,
      Marker: encode(input.Marker ?? ""),
      NextMarker: next === undefined || !input.Delimiter ? undefined : encode(next),
      Contents: found.map(show(encode)),
      CommonPrefixes: prefixes.map((prefix) => ({ Prefix: encode(prefix) })),
    };
  },

  /** All at once, without pages or delimiter: enough to empty a versioned bucket. */
  ListObjectVersions(context, { Bucket, Prefix = "", EncodingType: encoding, Delimiter, ExpectedBucketOwner }) {
    if (Delimiter)
      throw new AwsError("NotImplemented", "sandbox: S3 ListObjectVersions with Delimiter", { status: 501 });
    const access = { action: "s3:ListBucketVersions", bucket: Bucket, expectedOwner: ExpectedBucketOwner };
    const bucket = openBucket(context, access);
    const encode = encoder(encoding);
    const current = objects(context, bucket.name)
      .list(Prefix)
      .map(({ value }) => ({ value, latest: true }));
    const keysWithCurrent = new Set(current.map(({ value }) => value.key));
    const markersSeen = new Set<string>();
    const earlier = versions(context, bucket.name)
      .list(Prefix)
      .map(({ value }) => {
        const latest = !keysWithCurrent.has(value.key) && !markersSeen.has(value.key);
        markersSeen.add(value.key);
        return { value, latest };
      });
    const all = [...current, ...earlier].map(({ value, latest }) => ({
      ...show(encode)(value),
      VersionId: value.versionId ?? "null",
      IsLatest: latest,
      deleted: value.deleted,
    }));
    return {
      Name: bucket.name,
      Prefix: encode(Prefix),
      KeyMarker: "",
      VersionIdMarker: "",
      EncodingType: encoding,
      MaxKeys: MOST_KEYS,
      IsTruncated: false,
      Versions: all
        .filter(({ deleted }) => !deleted)
        .map(({ deleted: _, ...version }) => ({ ...version, StorageClass: "STANDARD" as const })),
      DeleteMarkers: all
        .filter(({ deleted }) => deleted)
        .map(({ Key, VersionId, IsLatest, LastModified }) => ({ Key, VersionId, IsLatest, LastModified })),
    };
  },
};
