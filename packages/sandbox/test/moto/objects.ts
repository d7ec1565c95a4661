import * as s3 from "@aws-sdk/client-s3";
import * as sts from "@aws-sdk/client-sts";
import type { Scenario } from "./clients.ts";

export const objects: Scenario = async (clients, call) => {
  const c = clients.s3;
  const Bucket = "turnpike-compared";
  const LocationConstraint = "eu-west-1";
  const here = { Bucket };
  await call(c, new s3.CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }));
  await call(c, new s3.CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }));
  await call(c, new s3.HeadBucketCommand({ Bucket: "turnpike-none" }));
  await call(c, new s3.GetBucketLocationCommand(here));
  await call(c, new s3.PutObjectCommand({ ...here, Key: "a/1.txt", Body: "one", ContentType: "text/plain" }));
  await call(c, new s3.PutObjectCommand({ ...here, Key: "a/2.txt", Body: "two", Metadata: { by: "me" } }));
  await call(c, new s3.PutObjectCommand({ ...here, Key: "b.txt", Body: "three" }));
  await call(c, new s3.GetObjectCommand({ ...here, Key: "a/1.txt" }));
  await call(c, new s3.GetObjectCommand({ ...here, Key: "a/1.txt", Range: "bytes=1-2" }));
  await call(c, new s3.GetObjectCommand({ ...here, Key: "a/1.txt", Range: "bytes=9-" }));
  await call(c, new s3.GetObjectCommand({ ...here, Key: "none" }));
  await call(c, new s3.GetObjectCommand({ ...here, Key: "a/1.txt", IfNoneMatch: "*" }));
  await call(c, new s3.HeadObjectCommand({ ...here, Key: "a/2.txt" }));
  await call(c, new s3.HeadObjectCommand({ ...here, Key: "none" }));
  await call(c, new s3.ListObjectsV2Command(here));
  await call(c, new s3.ListObjectsV2Command({ ...here, Delimiter: "/" }));
  await call(c, new s3.ListObjectsV2Command({ ...here, Prefix: "a/", MaxKeys: 1 }));
  await call(c, new s3.ListObjectsV2Command({ ...here, StartAfter: "a/1.txt" }));
  await call(c, new s3.CopyObjectCommand({ ...here, Key: "c.txt", CopySource: `${Bucket}/b.txt` }));
  await call(
    c,
    new s3.PutObjectTaggingCommand({ ...here, Key: "c.txt", Tagging: { TagSet: [{ Key: "k", Value: "v" }] } }),
  );
  await call(c, new s3.GetObjectTaggingCommand({ ...here, Key: "c.txt" }));
  await call(c, new s3.PutBucketVersioningCommand({ ...here, VersioningConfiguration: { Status: "Enabled" } }));
  await call(c, new s3.GetBucketVersioningCommand(here));
  await call(c, new s3.PutObjectCommand({ ...here, Key: "b.txt", Body: "three again" }));
  await call(c, new s3.DeleteObjectCommand({ ...here, Key: "b.txt" }));
  await call(c, new s3.GetObjectCommand({ ...here, Key: "b.txt" }));
  const { UploadId = "" } = await call(c, new s3.CreateMultipartUploadCommand({ ...here, Key: "big" }));
  const part = await call(c, new s3.UploadPartCommand({ ...here, Key: "big", UploadId, PartNumber: 1, Body: "part" }));
  await call(c, new s3.ListPartsCommand({ ...here, Key: "big", UploadId }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag ?? "" }] };
  await call(c, new s3.CompleteMultipartUploadCommand({ ...here, Key: "big", UploadId, MultipartUpload }));
  await call(c, new s3.AbortMultipartUploadCommand({ ...here, Key: "big", UploadId: "none" }));
  await call(c, new s3.DeleteObjectsCommand({ ...here, Delete: { Objects: [{ Key: "c.txt" }, { Key: "big" }] } }));
  await call(c, new s3.GetBucketPolicyCommand(here));
  const policy = {
    Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:GetObject", Resource: `arn:aws:s3:::${Bucket}/x` }],
  };
  await call(c, new s3.PutBucketPolicyCommand({ ...here, Policy: JSON.stringify(policy) }));
  await call(c, new s3.GetBucketPolicyCommand(here));
  await call(c, new s3.DeleteBucketPolicyCommand(here));
  await call(c, new s3.PutBucketTaggingCommand({ ...here, Tagging: { TagSet: [{ Key: "team", Value: "a" }] } }));
  await call(c, new s3.GetBucketTaggingCommand(here));
  await call(c, new s3.DeleteBucketTaggingCommand(here));
  await call(c, new s3.GetBucketTaggingCommand(here));
  await call(c, new s3.DeleteBucketCommand(here));
};

export const identities: Scenario = async (clients, call) => {
  const { Account } = await call(clients.sts, new sts.GetCallerIdentityCommand({}));
  await call(clients.sts, new sts.AssumeRoleCommand({ RoleArn: "not-an-arn-at-all-really", RoleSessionName: "s" }));
  await call(
    clients.sts,
    new sts.AssumeRoleCommand({ RoleArn: `arn:aws:iam::${Account}:role/x`, RoleSessionName: "s", DurationSeconds: 1 }),
  );
};
