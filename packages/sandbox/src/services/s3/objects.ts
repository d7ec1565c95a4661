import type * as sdk from "@aws-sdk/client-s3";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { copyBody, etagOf, readBody, removeBody, verifyChecksums, writeBody } from "./bodies.ts";
import { deleteCurrent, deleteVersion, readSettings, sameEtag, storeObject } from "./put.ts";
import {
  type BucketRecord,
  getObject,
  noSuchKey,
  type ObjectRecord,
  objects,
  openBucket,
  versions,
} from "./records.ts";

const LONGEST_KEY_BYTES = 1024;

export const objectOperations: Operations<typeof sdk> = {
  async PutObject(context, input) {
    const { Key: key = "", ExpectedBucketOwner: expectedOwner } = input;
    const conditions = writeConditions(input);
    const bucket = openBucket(context, {
      action: "s3:PutObject",
      bucket: input.Bucket,
      key,
      expectedOwner,
      conditions,
    });
    requireKey(key);
    const body = bytesOf(input.Body);
    const checksums = verifyChecksums(input, body);
    const settings = readSettings(bucket, input);
    const file = await writeBody(context, [body]);
    const modifiedAt = context.clock.now().toISOString();
    const record = { ...settings, key, file, sizeBytes: body.length, etag: etagOf(body), modifiedAt, checksums };
    try {
      const shown = shownAfterWrite(await storeObject(context, bucket, record, input));
      return Object.keys(checksums).length > 0 ? { ...shown, ChecksumType: "FULL_OBJECT" } : shown;
    } catch (error) {
      await removeBody(context, file);
      throw error;
    }
  },

  async GetObject(context, input) {
    const { Key: key = "", VersionId, ExpectedBucketOwner: expectedOwner } = input;
    const action = VersionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
    const bucket = openBucket(context, { action, bucket: input.Bucket, key, expectedOwner });
    if (VersionId === undefined) requireSight(context, bucket, key);
    if (input.PartNumber !== undefined)
      throw new AwsError("NotImplemented", "sandbox: S3 GetObject by part", { status: 501 });
    const object = getObject(context, bucket.name, key, VersionId);
    checkConditions(object, input);
    const range = readRange(input.Range, object.sizeBytes);
    const [start, end] = range ?? [0, object.sizeBytes - 1];
    const isWhole = start === 0 && end === object.sizeBytes - 1;
    const shown = show(object, { checksums: input.ChecksumMode === "ENABLED" && isWhole });
    return {
      ...shown,
      ContentType: input.ResponseContentType ?? shown.ContentType,
      ContentDisposition: input.ResponseContentDisposition ?? shown.ContentDisposition,
      ContentLength: end - start + 1,
      ...(range ? { ContentRange: `bytes ${start}-${end}/${object.sizeBytes}` } : {}),
      Body: await readBody(context, object.file, start, end),
    };
  },

  HeadObject(context, input) {
    const { Key: key = "", VersionId, ExpectedBucketOwner: expectedOwner } = input;
    const action = VersionId === undefined ? "s3:GetObject" : "s3:GetObjectVersion";
    const bucket = openBucket(context, { action, bucket: input.Bucket, key, expectedOwner });
    if (VersionId === undefined) requireSight(context, bucket, key);
    // An answer to HEAD has no body that could name the error, so clients know but this one.
    const current = objects(context, bucket.name).get(key);
    if (!current && VersionId === undefined) throw new AwsError("NotFound", "Not Found", { status: 404 });
    const object = getObject(context, bucket.name, key, VersionId);
    checkConditions(object, input);
    return { ...show(object, { checksums: input.ChecksumMode === "ENABLED" }), ContentLength: object.sizeBytes };
  },

  async DeleteObject(context, { Bucket, Key: key = "", VersionId, ExpectedBucketOwner: expectedOwner }) {
    const action = VersionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
    const bucket = openBucket(context, { action, bucket: Bucket, key, expectedOwner });
    if (VersionId !== undefined) {
      const removed = await deleteVersion(context, bucket.name, key, VersionId);
      return { VersionId, ...(removed?.deleted ? { DeleteMarker: true } : {}) };
    }
    const { deleteMarkerVersionId } = await deleteCurrent(context, bucket, key);
    return deleteMarkerVersionId === undefined ? {} : { VersionId: deleteMarkerVersionId, DeleteMarker: true };
  },

  async DeleteObjects(context, { Bucket, Delete, ExpectedBucketOwner: expectedOwner }) {
    const keys = Delete?.Objects ?? [];
    if (keys.length > 1000) throw new AwsError("MalformedXML", "At most 1000 keys can be deleted at once.");
    const Deleted: sdk.DeletedObject[] = [];
    const Errors: sdk._Error[] = [];
    for (const { Key: key = "", VersionId } of keys) {
      try {
        const action = VersionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion";
        const bucket = openBucket(context, { action, bucket: Bucket, key, expectedOwner });
        if (VersionId === undefined) {
          const { deleteMarkerVersionId } = await deleteCurrent(context, bucket, key);
          const marker = deleteMarkerVersionId && { DeleteMarker: true, DeleteMarkerVersionId: deleteMarkerVersionId };
          Deleted.push({ Key: key, ...(marker || {}) });
        } else {
          await deleteVersion(context, bucket.name, key, VersionId);
          Deleted.push({ Key: key, VersionId });
        }
      } catch (error) {
        if (!(error instanceof AwsError) || error.code === "NoSuchBucket") throw error;
        Errors.push({ Key: key, VersionId, Code: error.code, Message: error.message });
      }
    }
    return { Deleted: Delete?.Quiet ? [] : Deleted, Errors };
  },

  async CopyObject(context, input) {
    const { Key: key = "", ExpectedBucketOwner: expectedOwner } = input;
    const bucket = openBucket(context, { action: "s3:PutObject", bucket: input.Bucket, key, expectedOwner });
    requireKey(key);
    const from = readCopySource(input.CopySource ?? "");
    const source = openBucket(context, {
      action: "s3:GetObject",
      bucket: from.bucket,
      key: from.key,
      expectedOwner: input.ExpectedSourceBucketOwner,
    });
    const original = getObject(context, source.name, from.key, from.versionId);
    const settings = readSettings(bucket, input);
    const file = await copyBody(context, original.file);
    const copied =
      input.MetadataDirective === "REPLACE" ? settings : { headers: original.headers, metadata: original.metadata };
    const record: ObjectRecord = {
      ...original,
      ...settings,
      ...copied,
      tags: input.TaggingDirective === "REPLACE" ? settings.tags : original.tags,
      key,
      file,
      modifiedAt: context.clock.now().toISOString(),
    };
    const stored = await storeObject(context, bucket, record);
    const { ETag, VersionId, ServerSideEncryption, SSEKMSKeyId } = shownAfterWrite(stored);
    const CopyObjectResult = { ETag, LastModified: new Date(stored.modifiedAt), ...stored.checksums };
    return { CopyObjectResult, VersionId, CopySourceVersionId: original.versionId, ServerSideEncryption, SSEKMSKeyId };
  },

  PutObjectTagging(context, { Bucket, Key: key = "", Tagging, VersionId }) {
    const bucket = openBucket(context, { action: "s3:PutObjectTagging", bucket: Bucket, key });
    retag(context, bucket.name, getObject(context, bucket.name, key, VersionId), Tagging?.TagSet ?? []);
    return {};
  },
  GetObjectTagging(context, { Bucket, Key: key = "", VersionId }) {
    const bucket = openBucket(context, { action: "s3:GetObjectTagging", bucket: Bucket, key });
    const object = getObject(context, bucket.name, key, VersionId);
    return { TagSet: [...object.tags], VersionId: object.versionId };
  },
  DeleteObjectTagging(context, { Bucket, Key: key = "", VersionId }) {
    const bucket = openBucket(context, { action: "s3:DeleteObjectTagging", bucket: Bucket, key });
    retag(context, bucket.name, getObject(context, bucket.name, key, VersionId), []);
    return {};
  },
};

function retag(
  context: Parameters<typeof getObject>[0],
  bucket: string,
  object: ObjectRecord,
  tags: readonly sdk.Tag[],
) {
  if (objects(context, bucket).get(object.key)?.file === object.file) {
    objects(context, bucket).put(object.key, { ...object, tags });
    return;
  }
  const earlier = versions(context, bucket)
    .list(`${object.key}\0`)
    .find(({ value }) => value.file === object.file);
  if (earlier) versions(context, bucket).put(earlier.key, { ...object, tags });
}

/** Who may not list a bucket isn't told that an object isn't there: S3 refuses instead. */
function requireSight(context: Context, bucket: BucketRecord, key: string): void {
  if (objects(context, bucket.name).get(key)) return;
  openBucket(context, { action: "s3:ListBucket", bucket: bucket.name });
}

/** What a policy may ask of a write. */
const writeConditions = (input: {
  ServerSideEncryption?: string | undefined;
  SSEKMSKeyId?: string | undefined;
  ACL?: string | undefined;
}) => ({
  "s3:x-amz-server-side-encryption": input.ServerSideEncryption,
  "s3:x-amz-server-side-encryption-aws-kms-key-id": input.SSEKMSKeyId,
  "s3:x-amz-acl": input.ACL,
});

/** In process a body is bytes; over the wire it has become bytes. */
export function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  throw new TypeError("S3 takes a body as bytes or text, in process.");
}

export function requireKey(key: string): void {
  if (key === "" || Buffer.byteLength(key) > LONGEST_KEY_BYTES) {
    throw new AwsError("KeyTooLongError", `Your key is too long: it has to have 1 to ${LONGEST_KEY_BYTES} bytes.`);
  }
}

export function shownAfterWrite(object: ObjectRecord) {
  return {
    ETag: object.etag,
    VersionId: object.versionId,
    ServerSideEncryption: object.encryption,
    SSEKMSKeyId: object.kmsKeyId,
    ...object.checksums,
  };
}

function show(object: ObjectRecord, options: { checksums: boolean }) {
  return {
    ...object.headers,
    AcceptRanges: "bytes",
    ETag: object.etag,
    LastModified: new Date(object.modifiedAt),
    Metadata: { ...object.metadata },
    VersionId: object.versionId,
    ServerSideEncryption: object.encryption,
    SSEKMSKeyId: object.kmsKeyId,
    ...(object.tags.length > 0 ? { TagCount: object.tags.length } : {}),
    ...(options.checksums && Object.keys(object.checksums).length > 0
      ? { ...object.checksums, ChecksumType: "FULL_OBJECT" as const }
      : {}),
  };
}

interface Conditions {
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
  readonly IfModifiedSince?: Date | undefined;
  readonly IfUnmodifiedSince?: Date | undefined;
}

function checkConditions(
  object: ObjectRecord,
  { IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince }: Conditions,
): void {
  // HTTP dates have whole seconds.
  const modifiedMs = Math.floor(new Date(object.modifiedAt).getTime() / 1000) * 1000;
  const stale = IfUnmodifiedSince !== undefined && IfMatch === undefined && modifiedMs > IfUnmodifiedSince.getTime();
  if (stale || (IfMatch !== undefined && !sameEtag(IfMatch, object.etag))) {
    const message = "At least one of the pre-conditions you specified did not hold";
    throw new AwsError("PreconditionFailed", message, { status: 412 });
  }
  const unchanged =
    IfModifiedSince !== undefined && IfNoneMatch === undefined && modifiedMs <= IfModifiedSince.getTime();
  if (unchanged || (IfNoneMatch !== undefined && sameEtag(IfNoneMatch, object.etag))) {
    throw new AwsError("NotModified", "Not Modified", { status: 304 });
  }
}

/** First and last byte of a `Range`; undefined for the whole (also where the header can't be read, as HTTP wants it). */
function readRange(range: string | undefined, sizeBytes: number): [number, number] | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? [];
  if (from === "" && to === "") return undefined;
  const start = from === "" ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const end = from === "" || to === "" ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (from !== "" && to !== "" && Number(from) > Number(to)) return undefined;
  if (start > end || start >= sizeBytes) {
    const members = { RangeRequested: range, ActualObjectSize: sizeBytes };
    throw new AwsError("InvalidRange", "The requested range is not satisfiable", { status: 416, members });
  }
  return [start, end];
}

/** `bucket/key?versionId=…`, percent-encoded. */
export function readCopySource(text: string): { bucket: string; key: string; versionId: string | undefined } {
  const [path = "", query = ""] = text.replace(/^\//, "").split("?versionId=");
  const slash = path.indexOf("/");
  if (slash < 1) throw noSuchKey(text);
  const decode = (part: string) => decodeURIComponent(part.replaceAll("+", "%20"));
  return { bucket: decode(path.slice(0, slash)), key: decode(path.slice(slash + 1)), versionId: query || undefined };
}
