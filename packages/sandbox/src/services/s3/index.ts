import * as sdk from "@aws-sdk/client-s3";
import { defineService } from "../../core/service.ts";
import { bucketSettingOperations } from "./bucket-settings.ts";
import { bucketOperations } from "./buckets.ts";
import { listOperations } from "./list.ts";
import { multipartOperations } from "./multipart.ts";
import { objectOperations } from "./objects.ts";

/**
 * Amazon S3: buckets (names unique over all accounts), objects with metadata, tags, checksums, ranges and conditions,
 * versions, multipart uploads; bucket policy, public access block, encryption, lifecycle, versioning, ownership and tags
 * as settings. A body is a file that is synced to disk before the write is acknowledged. Path style and
 * `bucket.localhost`; presigned URLs.
 *
 * Access: the owner's account may everything; other accounts may what the bucket's policy allows (see `openBucket`).
 *
 * Gaps: no event notifications, ACLs, website, replication or object lock; lifecycle rules delete nothing; encryption
 * is recorded, bodies lie as they are; CRC32C and CRC64NVME are kept, not verified; lists are consistent at once (as on
 * AWS since 2020); every region answers for every bucket; a suspended bucket keeps its `null` version like another.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/
 */
export const s3 = defineService({
  sdk,
  client: "S3Client",
  operations: {
    ...bucketOperations,
    ...bucketSettingOperations,
    ...objectOperations,
    ...listOperations,
    ...multipartOperations,
  },
  grades: { ListObjectVersions: "guessed", ListMultipartUploads: "guessed", UploadPartCopy: "guessed" },
});
