import type { Tag } from "@aws-sdk/client-s3";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { removeBody } from "./bodies.ts";
import { type BucketRecord, type ObjectHeaders, type ObjectRecord, objects, versions } from "./records.ts";

declare module "../../core/context.ts" {
  interface SandboxSignals {
    /** An object, or a new version of one, is there to be read. */
    "s3.object-created": { type: "s3.object-created"; bucket: string; key: string };
  }
}

/** What an uploader says about an object, beside its bytes. */
export interface ObjectSettings extends ObjectHeaders {
  readonly Metadata?: Record<string, string> | undefined;
  readonly Tagging?: string | undefined;
  readonly ServerSideEncryption?: string | undefined;
  readonly SSEKMSKeyId?: string | undefined;
  readonly ACL?: string | undefined;
  readonly IfMatch?: string | undefined;
  readonly IfNoneMatch?: string | undefined;
}

export type ObjectTraits = Pick<ObjectRecord, "headers" | "metadata" | "tags" | "encryption" | "kmsKeyId">;

/** An object's record, but for its bytes. Raises `AccessControlListNotSupported`: buckets own what is in them here. */
export function readSettings(bucket: BucketRecord, input: ObjectSettings): ObjectTraits {
  if (input.ACL && !["private", "bucket-owner-full-control"].includes(input.ACL)) {
    throw new AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs");
  }
  const { ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage } = input;
  const byDefault = bucket.encryption?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
  const encryption = (input.ServerSideEncryption ?? byDefault?.SSEAlgorithm ?? "AES256") as ObjectRecord["encryption"];
  return {
    headers: {
      ContentType: ContentType ?? "binary/octet-stream",
      CacheControl,
      ContentDisposition,
      // How the bytes travelled isn't how they are stored.
      ContentEncoding: ContentEncoding?.replace(/\s*aws-chunked\s*,?\s*/, "") || undefined,
      ContentLanguage,
    },
    metadata: input.Metadata ?? {},
    tags: readTags(input.Tagging),
    encryption,
    ...(encryption === "AES256" ? {} : { kmsKeyId: input.SSEKMSKeyId ?? byDefault?.KMSMasterKeyID }),
  };
}

/** `a=1&b=2`, as the `x-amz-tagging` header has them. */
function readTags(text = ""): Tag[] {
  const tags = [...new URLSearchParams(text)].map(([Key, Value]) => ({ Key, Value }));
  const isTwice = new Set(tags.map(({ Key }) => Key)).size < tags.length;
  if (isTwice || text.split("&").some((pair) => pair.split("=").length > 2)) {
    const message =
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.";
    throw new AwsError("InvalidArgument", message, {
      members: { ArgumentName: "x-amz-tagging", ArgumentValue: text },
    });
  }
  return tags;
}

/**
 * Makes `record` the current version of its key. Conditions are checked here, after the body was written, in one step
 * with the change: of two writers with `If-None-Match: *`, one wins. Raises `PreconditionFailed`; the caller then removes
 * the body.
 */
export async function storeObject(
  context: Context,
  bucket: BucketRecord,
  record: ObjectRecord,
  conditions: Pick<ObjectSettings, "IfMatch" | "IfNoneMatch"> = {},
): Promise<ObjectRecord> {
  const versionId = bucket.versioning === "Enabled" ? newVersionId(context) : undefined;
  const stored: ObjectRecord = { ...record, versionId };
  const replaced = context.globalStore.transaction(() => {
    const old = objects(context, bucket.name).get(record.key);
    const refused =
      (conditions.IfNoneMatch === "*" && old !== undefined) ||
      (conditions.IfMatch !== undefined && !sameEtag(conditions.IfMatch, old?.etag));
    if (refused) {
      const message = "At least one of the pre-conditions you specified did not hold";
      throw new AwsError("PreconditionFailed", message, { status: 412 });
    }
    const kept = old !== undefined && keepVersion(context, bucket, old);
    objects(context, bucket.name).put(record.key, stored);
    return kept ? undefined : old;
  });
  if (replaced) await removeBody(context, replaced.file);
  context.signals.emit({ type: "s3.object-created", bucket: bucket.name, key: record.key });
  return stored;
}

/** Removes the current version: for good, or, in a versioned bucket, behind a delete marker. */
export async function deleteCurrent(
  context: Context,
  bucket: BucketRecord,
  key: string,
): Promise<{ deleteMarkerVersionId: string | undefined }> {
  const deleteMarkerVersionId = bucket.versioning === "Enabled" ? newVersionId(context) : undefined;
  const removed = context.globalStore.transaction(() => {
    const old = objects(context, bucket.name).get(key);
    const kept = old !== undefined && keepVersion(context, bucket, old);
    objects(context, bucket.name).delete(key);
    if (deleteMarkerVersionId) {
      const modifiedAt = context.clock.now().toISOString();
      const nothing = { file: "", sizeBytes: 0, etag: "", headers: {}, metadata: {}, checksums: {}, tags: [] };
      const marker = { ...nothing, key, modifiedAt, deleted: true, encryption: "AES256" as const };
      versions(context, bucket.name).put(versionKey(context, key), { ...marker, versionId: deleteMarkerVersionId });
    }
    return kept ? undefined : old;
  });
  if (removed) await removeBody(context, removed.file);
  return { deleteMarkerVersionId };
}

/** Removes one version for good; false when there is none of that id. */
export async function deleteVersion(
  context: Context,
  bucket: string,
  key: string,
  versionId: string,
): Promise<ObjectRecord | undefined> {
  const removed = context.globalStore.transaction(() => {
    const current = objects(context, bucket).get(key);
    const earlier = versions(context, bucket).list(`${key}\0`);
    if (current && (current.versionId ?? "null") === versionId) {
      objects(context, bucket).delete(key);
      promote(context, bucket, earlier);
      return current;
    }
    const found = earlier.find(({ value }) => (value.versionId ?? "null") === versionId);
    if (!found) return undefined;
    versions(context, bucket).delete(found.key);
    if (!current && found.value.deleted) promote(context, bucket, earlier.slice(earlier.indexOf(found) + 1));
    return found.value;
  });
  if (removed?.file) await removeBody(context, removed.file);
  return removed;
}

/** The newest of what is left becomes current again, unless it is a delete marker. */
function promote(context: Context, bucket: string, earlier: { key: string; value: ObjectRecord }[]): void {
  const newest = earlier[0];
  if (!newest || newest.value.deleted) return;
  versions(context, bucket).delete(newest.key);
  objects(context, bucket).put(newest.value.key, newest.value);
}

/** Puts a version that is no longer current aside, where the bucket keeps versions; false where it doesn't. */
function keepVersion(context: Context, bucket: BucketRecord, old: ObjectRecord): boolean {
  if (bucket.versioning === undefined || (bucket.versioning === "Suspended" && old.versionId === undefined))
    return false;
  versions(context, bucket.name).put(versionKey(context, old.key), old);
  return true;
}

/** Sorts the newest first: the later a version was put aside, the smaller its number. */
function versionKey(context: Context, key: string): string {
  const list = context.globalStore.collection<number>("sequence");
  const next = (list.get("versions") ?? 0) + 1;
  list.put("versions", next);
  return `${key}\0${String(Number.MAX_SAFE_INTEGER - next).padStart(16, "0")}`;
}

const newVersionId = (context: Context) => Buffer.from(context.random.hex(48), "hex").toString("base64url");

export function sameEtag(condition: string, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  return condition
    .split(",")
    .some((one) => one.trim() === "*" || one.trim().replaceAll('"', "") === etag.replaceAll('"', ""));
}
