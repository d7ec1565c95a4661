import { createHash } from "node:crypto";
import type * as sdk from "@aws-sdk/client-s3";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operations } from "../../core/service.ts";
import type { Collection } from "../../core/store.ts";
import { etagOf, readBody, removeBody, verifyChecksums, writeBody } from "./bodies.ts";
import { bytesOf, readCopySource, requireKey, shownAfterWrite } from "./objects.ts";
import { type ObjectTraits, readSettings, storeObject } from "./put.ts";
import { type BucketRecord, getObject, openBucket } from "./records.ts";

interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly startedAt: string;
  readonly traits: ObjectTraits;
}

interface Part {
  readonly number: number;
  readonly file: string;
  readonly etag: string;
  readonly sizeBytes: number;
  readonly modifiedAt: string;
}

/** Every part but the last must be at least this large. */
const SMALLEST_PART_BYTES = 5 * 1024 * 1024;
const MOST_PARTS = 10_000;

const uploads = (context: Context): Collection<Upload> => context.globalStore.collection("uploads");
const parts = (context: Context, upload: string): Collection<Part> => context.globalStore.collection(`parts ${upload}`);
const partKey = (number: number) => String(number).padStart(5, "0");

interface UploadRef {
  readonly Bucket: string | undefined;
  readonly Key: string | undefined;
  readonly UploadId: string | undefined;
  readonly ExpectedBucketOwner?: string | undefined;
}

function openUpload(context: Context, input: UploadRef, action: string): { bucket: BucketRecord; upload: Upload } {
  const { Bucket, Key: key, UploadId = "", ExpectedBucketOwner: expectedOwner } = input;
  const bucket = openBucket(context, { action, bucket: Bucket, key, expectedOwner });
  const upload = uploads(context).get(UploadId);
  if (!upload || upload.bucket !== bucket.name || upload.key !== key) {
    const message =
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
    throw new AwsError("NoSuchUpload", message, { status: 404 });
  }
  return { bucket, upload };
}

async function storePart(
  context: Context,
  upload: Upload,
  number: number | undefined,
  body: Uint8Array,
): Promise<Part> {
  if (number === undefined || number < 1 || number > MOST_PARTS) {
    throw new AwsError("InvalidArgument", `Part number must be an integer between 1 and ${MOST_PARTS}, inclusive`);
  }
  const file = await writeBody(context, [body]);
  const modifiedAt = context.clock.now().toISOString();
  const part = { number, file, etag: etagOf(body), sizeBytes: body.length, modifiedAt };
  const old = parts(context, upload.id).get(partKey(number));
  parts(context, upload.id).put(partKey(number), part);
  if (old) await removeBody(context, old.file);
  return part;
}

/** Forgets an upload and its parts. The object's own body is another file. */
async function discard(context: Context, upload: Upload): Promise<void> {
  const all = parts(context, upload.id).list();
  context.globalStore.transaction(() => {
    uploads(context).delete(upload.id);
    for (const { key } of all) parts(context, upload.id).delete(key);
  });
  for (const { value } of all) await removeBody(context, value.file);
}

/** The parts that the caller lists, in its order; raises `InvalidPart`, `InvalidPartOrder`, `EntityTooSmall`. */
function listedParts(context: Context, upload: Upload, listed: readonly sdk.CompletedPart[]): Part[] {
  if (listed.length === 0) throw new AwsError("MalformedXML", "You must specify at least one part");
  const chosen = listed.map(({ PartNumber = 0, ETag }) => {
    const part = parts(context, upload.id).get(partKey(PartNumber));
    if (part && part.etag.replaceAll('"', "") === ETag?.replaceAll('"', "")) return part;
    const message =
      "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
    throw new AwsError("InvalidPart", message);
  });
  if (chosen.some((part, index) => index > 0 && part.number <= (chosen[index - 1]?.number ?? 0))) {
    throw new AwsError("InvalidPartOrder", "The list of parts was not in ascending order.");
  }
  if (chosen.slice(0, -1).some((part) => part.sizeBytes < SMALLEST_PART_BYTES)) {
    throw new AwsError("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
  }
  return chosen;
}

export const multipartOperations: Operations<typeof sdk> = {
  CreateMultipartUpload(context, input) {
    const { Key: key = "", ExpectedBucketOwner: expectedOwner } = input;
    const bucket = openBucket(context, { action: "s3:PutObject", bucket: input.Bucket, key, expectedOwner });
    requireKey(key);
    const id = Buffer.from(context.random.hex(64), "hex").toString("base64url");
    const startedAt = context.clock.now().toISOString();
    uploads(context).put(id, { id, bucket: bucket.name, key, startedAt, traits: readSettings(bucket, input) });
    return { Bucket: bucket.name, Key: key, UploadId: id };
  },

  async UploadPart(context, input) {
    const { upload } = openUpload(context, input, "s3:PutObject");
    const body = bytesOf(input.Body);
    const checksums = verifyChecksums(input, body);
    const { etag } = await storePart(context, upload, input.PartNumber, body);
    return { ETag: etag, ServerSideEncryption: upload.traits.encryption, ...checksums };
  },

  async UploadPartCopy(context, input) {
    const { upload } = openUpload(context, input, "s3:PutObject");
    const from = readCopySource(input.CopySource ?? "");
    openBucket(context, { action: "s3:GetObject", bucket: from.bucket, key: from.key });
    const source = getObject(context, from.bucket, from.key, from.versionId);
    const [, start = 0, end = source.sizeBytes - 1] =
      /^bytes=(\d+)-(\d+)$/.exec(input.CopySourceRange ?? "")?.map(Number) ?? [];
    const part = await storePart(context, upload, input.PartNumber, await readBody(context, source.file, start, end));
    return { CopyPartResult: { ETag: part.etag, LastModified: new Date(part.modifiedAt) } };
  },

  async CompleteMultipartUpload(context, input) {
    const { bucket, upload } = openUpload(context, input, "s3:PutObject");
    const chosen = listedParts(context, upload, input.MultipartUpload?.Parts ?? []);
    const bodies: Buffer[] = [];
    for (const part of chosen) bodies.push(await readBody(context, part.file, 0, part.sizeBytes - 1));
    const digests = createHash("md5");
    for (const part of chosen) digests.update(Buffer.from(part.etag.replaceAll('"', ""), "hex"));
    const etag = `"${digests.digest("hex")}-${chosen.length}"`;
    const file = await writeBody(context, bodies);
    const sizeBytes = bodies.reduce((sum, body) => sum + body.length, 0);
    const modifiedAt = context.clock.now().toISOString();
    const record = { ...upload.traits, key: upload.key, file, sizeBytes, etag, modifiedAt, checksums: {} };
    try {
      const stored = await storeObject(context, bucket, record, input);
      await discard(context, upload);
      const { ETag, VersionId, ServerSideEncryption, SSEKMSKeyId } = shownAfterWrite(stored);
      const Location = `${context.surroundings.awsUrl}/${bucket.name}/${encodeURIComponent(upload.key)}`;
      return { Bucket: bucket.name, Key: upload.key, Location, ETag, VersionId, ServerSideEncryption, SSEKMSKeyId };
    } catch (error) {
      await removeBody(context, file);
      throw error;
    }
  },

  async AbortMultipartUpload(context, input) {
    const { upload } = openUpload(context, input, "s3:AbortMultipartUpload");
    await discard(context, upload);
    return {};
  },

  ListParts(context, input) {
    const { bucket, upload } = openUpload(context, input, "s3:ListMultipartUploadParts");
    const after = input.PartNumberMarker === undefined ? 0 : Number(input.PartNumberMarker);
    const all = parts(context, upload.id)
      .list()
      .map(({ value }) => value)
      .filter((part) => part.number > after);
    const size = input.MaxParts ?? 1000;
    const shown = all.slice(0, size);
    return {
      Bucket: bucket.name,
      Key: upload.key,
      UploadId: upload.id,
      MaxParts: size,
      IsTruncated: shown.length < all.length,
      PartNumberMarker: String(after),
      NextPartNumberMarker: String(shown.at(-1)?.number ?? after),
      StorageClass: "STANDARD",
      Parts: shown.map((part) => ({
        PartNumber: part.number,
        ETag: part.etag,
        Size: part.sizeBytes,
        LastModified: new Date(part.modifiedAt),
      })),
    };
  },

  ListMultipartUploads(context, { Bucket, Prefix = "", ExpectedBucketOwner: expectedOwner }) {
    const access = { action: "s3:ListBucketMultipartUploads", bucket: Bucket, expectedOwner };
    const bucket = openBucket(context, access);
    const open = uploads(context)
      .list()
      .map(({ value }) => value)
      .filter((upload) => upload.bucket === bucket.name && upload.key.startsWith(Prefix));
    const { items } = page(open, ({ id }) => id, { size: 1000 });
    const Uploads = items.map(({ id, key, startedAt }) => ({ UploadId: id, Key: key, Initiated: new Date(startedAt) }));
    return { Bucket: bucket.name, Prefix, Uploads, IsTruncated: false, MaxUploads: 1000 };
  },
};
