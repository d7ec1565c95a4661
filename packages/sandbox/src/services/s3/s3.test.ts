import { createHash, createHmac } from "node:crypto";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import * as s3 from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import {
  clientSettings,
  DEV,
  PROD,
  REGION,
  roleForTest,
  sandboxForTest,
  TOOLING,
  temporaryFolder,
} from "../../../test/support.ts";
import { type AccessKey, type Sandbox, startSandbox } from "../../index.ts";

const Bucket = "turnpike-artifacts";

async function withBucket(account = TOOLING) {
  const sandbox = await sandboxForTest();
  const client = clientOf(sandbox, account);
  await client.send(new s3.CreateBucketCommand({ Bucket }));
  return { sandbox, client };
}

const clientOf = (sandbox: Sandbox, account: string) =>
  new s3.S3Client({ ...clientSettings(sandbox, account), forcePathStyle: true });

const refusedAs = (name: string) => expect.objectContaining({ name });

/** A presigned GET, made as https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html says. */
function presign(key: AccessKey, host: string, path: string, expiresSeconds: number): string {
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${at.slice(0, 8)}/${REGION}/s3/aws4_request`;
  const query = [
    "X-Amz-Algorithm=AWS4-HMAC-SHA256",
    `X-Amz-Credential=${encodeURIComponent(`${key.accessKeyId}/${scope}`)}`,
    `X-Amz-Date=${at}`,
    `X-Amz-Expires=${expiresSeconds}`,
    "X-Amz-SignedHeaders=host",
  ].join("&");
  const canonical = ["GET", path, query, `host:${host}\n`, "host", "UNSIGNED-PAYLOAD"].join("\n");
  const digest = createHash("sha256").update(canonical).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", at, scope, digest].join("\n");
  let signature: Buffer = Buffer.from(`AWS4${key.secretAccessKey}`);
  for (const part of [...scope.split("/"), toSign]) signature = createHmac("sha256", signature).update(part).digest();
  return `${path}?${query}&X-Amz-Signature=${signature.toString("hex")}`;
}

test("an object comes back byte by byte, with its headers, metadata and checksum", async () => {
  const { client } = await withBucket();
  const Body = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));
  const Key = "a b/ü+c&d=e.bin";
  const put = await client.send(
    new s3.PutObjectCommand({ Bucket, Key, Body, ContentType: "text/x", Metadata: { who: "me" }, Tagging: "a=1" }),
  );
  expect(put.ETag).toBe(`"${createHash("md5").update(Body).digest("hex")}"`);
  const got = await client.send(new s3.GetObjectCommand({ Bucket, Key }));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? [])).toEqual(Body);
  expect(got).toMatchObject({ ContentType: "text/x", Metadata: { who: "me" }, ContentLength: 1000, TagCount: 1 });
  expect(got.ChecksumCRC32).toBe(put.ChecksumCRC32);
  expect(got.ContentEncoding).toBeUndefined();

  const head = await client.send(new s3.HeadObjectCommand({ Bucket, Key }));
  expect(head.ContentLength).toBe(1000);
  const part = await client.send(new s3.GetObjectCommand({ Bucket, Key, Range: "bytes=990-" }));
  expect(part).toMatchObject({ ContentRange: "bytes 990-999/1000", $metadata: { httpStatusCode: 206 } });
  expect(Buffer.from((await part.Body?.transformToByteArray()) ?? [])).toEqual(Body.subarray(990));
  await expect(client.send(new s3.GetObjectCommand({ Bucket, Key, Range: "bytes=1000-" }))).rejects.toThrow(
    refusedAs("InvalidRange"),
  );
});

test("a stream of unknown chunks arrives whole, framed as aws-chunked with a trailing checksum", async () => {
  const { client } = await withBucket();
  const { Readable } = await import("node:stream");
  const chunks = Array.from({ length: 20 }, (_, index) => Buffer.alloc(70_000, index));
  const all = Buffer.concat(chunks);
  await client.send(
    new s3.PutObjectCommand({ Bucket, Key: "stream", Body: Readable.from(chunks), ContentLength: all.length }),
  );
  const got = await client.send(new s3.GetObjectCommand({ Bucket, Key: "stream" }));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(all)).toBe(true);
});

test("a body that doesn't match its checksum is refused and nothing is stored", async () => {
  const { client } = await withBucket();
  const wrong = new s3.PutObjectCommand({ Bucket, Key: "x", Body: "body", ChecksumSHA256: "A".repeat(43).concat("=") });
  await expect(client.send(wrong)).rejects.toThrow(refusedAs("BadDigest"));
  await expect(client.send(new s3.HeadObjectCommand({ Bucket, Key: "x" }))).rejects.toThrow(refusedAs("NotFound"));
});

test("of two writers that both demand that the key is free, one wins", async () => {
  const { client } = await withBucket();
  const put = (Body: string) => client.send(new s3.PutObjectCommand({ Bucket, Key: "lock", Body, IfNoneMatch: "*" }));
  const outcomes = await Promise.allSettled([put("a"), put("b"), put("c")]);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason.name] : []))).toEqual([
    "PreconditionFailed",
    "PreconditionFailed",
  ]);
});

test("acknowledged objects are there after a restart, and overwritten bodies leave no file behind", async () => {
  const dataDir = temporaryFolder();
  const first = await startSandbox({ dataDir, fronts: [] });
  await first.send(new s3.CreateBucketCommand({ Bucket }));
  for (const Body of ["one", "two"]) await first.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body }));
  await first.stop();
  const second = await sandboxForTest({ dataDir });
  const { Body } = await second.send(new s3.GetObjectCommand({ Bucket, Key: "k" }));
  expect(await Body?.transformToString()).toBe("two");
  const files = readdirSync(join(dataDir, "s3", "bodies"), { recursive: true, withFileTypes: true });
  expect(files.filter((file) => file.isFile())).toHaveLength(1);
});

test("bucket names are one name space for all accounts", async () => {
  const { sandbox, client } = await withBucket();
  await expect(client.send(new s3.CreateBucketCommand({ Bucket }))).rejects.toThrow(
    refusedAs("BucketAlreadyOwnedByYou"),
  );
  await expect(clientOf(sandbox, DEV).send(new s3.CreateBucketCommand({ Bucket }))).rejects.toThrow(
    refusedAs("BucketAlreadyExists"),
  );
  expect((await clientOf(sandbox, DEV).send(new s3.ListBucketsCommand({}))).Buckets).toEqual([]);
});

test("another account gets in only where the bucket's policy names its root or its role", async () => {
  const { sandbox, client } = await withBucket();
  await client.send(new s3.PutObjectCommand({ Bucket, Key: "bundle.zip", Body: "zip" }));
  const read = (account: string) =>
    clientOf(sandbox, account).send(new s3.GetObjectCommand({ Bucket, Key: "bundle.zip" }));
  await expect(read(DEV)).rejects.toThrow(refusedAs("AccessDenied"));

  const role = await roleForTest(sandbox, {
    name: "turnpike-cloudformation-execution",
    account: PROD,
    principal: { Service: "cloudformation.amazonaws.com" },
    actions: ["s3:GetObject", "s3:PutObject"],
  });
  const statement = { Effect: "Allow", Action: "s3:GetObject*", Resource: `arn:aws:s3:::${Bucket}/*` };
  const Policy = JSON.stringify({
    Statement: [
      { ...statement, Principal: { AWS: `arn:aws:iam::${DEV}:root` } },
      { ...statement, Principal: { AWS: [role] } },
    ],
  });
  await client.send(new s3.PutBucketPolicyCommand({ Bucket, Policy }));
  expect(await (await read(DEV)).Body?.transformToString()).toBe("zip");
  await expect(read(PROD)).rejects.toThrow(refusedAs("AccessDenied"));
  const asRole = new s3.S3Client({
    ...clientSettings(sandbox, PROD),
    credentials: sandbox.surroundings.credentialsFor(role, "deploy"),
    forcePathStyle: true,
  });
  expect(
    await (await asRole.send(new s3.GetObjectCommand({ Bucket, Key: "bundle.zip" }))).Body?.transformToString(),
  ).toBe("zip");
  await expect(asRole.send(new s3.PutObjectCommand({ Bucket, Key: "bundle.zip", Body: "evil" }))).rejects.toThrow(
    refusedAs("AccessDenied"),
  );
  await expect(
    sandbox.send(new s3.DeleteObjectCommand({ Bucket, Key: "bundle.zip" }), { roleArn: role }),
  ).rejects.toThrow(refusedAs("AccessDenied"));
});

test("keys are listed in byte order, folded at the delimiter, page by page", async () => {
  const { client } = await withBucket();
  for (const Key of ["a/1", "a/2", "b", "c/1", "d"])
    await client.send(new s3.PutObjectCommand({ Bucket, Key, Body: "x" }));
  const seen: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page: s3.ListObjectsV2CommandOutput = await client.send(
      new s3.ListObjectsV2Command({
        Bucket,
        Delimiter: "/",
        MaxKeys: 2,
        ...(ContinuationToken ? { ContinuationToken } : {}),
      }),
    );
    seen.push(
      [...(page.CommonPrefixes ?? []).map((p) => p.Prefix), ...(page.Contents ?? []).map((o) => o.Key)].join(" "),
    );
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken);
  expect(seen).toEqual(["a/ b", "c/ d"]);
});

test("a versioned bucket keeps what was overwritten and deleted", async () => {
  const { client } = await withBucket();
  const VersioningConfiguration = { Status: "Enabled" as const };
  await client.send(new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  const one = await client.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "one" }));
  await client.send(new s3.PutObjectCommand({ Bucket, Key: "k", Body: "two" }));
  const marker = await client.send(new s3.DeleteObjectCommand({ Bucket, Key: "k" }));
  expect(marker.DeleteMarker).toBe(true);
  await expect(client.send(new s3.GetObjectCommand({ Bucket, Key: "k" }))).rejects.toThrow(refusedAs("NoSuchKey"));
  const old = await client.send(new s3.GetObjectCommand({ Bucket, Key: "k", VersionId: one.VersionId }));
  expect(await old.Body?.transformToString()).toBe("one");

  await client.send(new s3.DeleteObjectCommand({ Bucket, Key: "k", VersionId: marker.VersionId }));
  const back = await client.send(new s3.GetObjectCommand({ Bucket, Key: "k" }));
  expect(await back.Body?.transformToString()).toBe("two");
  const listed = await client.send(new s3.ListObjectVersionsCommand({ Bucket }));
  expect(listed.Versions?.map((version) => version.IsLatest)).toEqual([true, false]);
});

test("a multipart upload becomes one object, in the order of its parts", async () => {
  const { client } = await withBucket();
  const target = { Bucket, Key: "big" };
  const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(target));
  const bodies = [Buffer.alloc(5 * 1024 * 1024, 1), Buffer.from("end")];
  const Parts: s3.CompletedPart[] = [];
  for (const [index, Body] of bodies.entries()) {
    const PartNumber = index + 1;
    const { ETag } = await client.send(new s3.UploadPartCommand({ ...target, UploadId, PartNumber, Body }));
    Parts.push({ ETag, PartNumber });
  }
  const complete = (parts: s3.CompletedPart[]) =>
    client.send(new s3.CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts: parts } }));
  await expect(complete(Parts.toReversed())).rejects.toThrow(refusedAs("InvalidPartOrder"));
  expect((await complete(Parts)).ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
  const got = await client.send(new s3.GetObjectCommand(target));
  expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(Buffer.concat(bodies))).toBe(true);
  await expect(complete(Parts)).rejects.toThrow(refusedAs("NoSuchUpload"));
});

test("a bucket is reached by its host name, and a presigned URL is good until it expires", async () => {
  const { sandbox, client } = await withBucket();
  await client.send(new s3.PutObjectCommand({ Bucket, Key: "hello.txt", Body: "hello" }));
  const { port } = new URL(sandbox.awsUrl);
  const host = `${Bucket}.localhost:${port}`;
  const path = presign(sandbox.credentials(TOOLING), host, "/hello.txt", 60);
  const get = (given: string) =>
    new Promise<string>((resolve, reject) => {
      request({ host: "127.0.0.1", port, path: given, headers: { host } }, (response) => {
        response.setEncoding("utf8").on("data", (text: string) => resolve(`${response.statusCode} ${text}`));
      })
        .on("error", reject)
        .end();
    });
  expect(await get(path)).toBe("200 hello");
  expect(await get(path.replace("hello.txt", "other.txt"))).toContain("SignatureDoesNotMatch");
  sandbox.clock.advance(61_000);
  expect(await get(path)).toContain("Request has expired");
});

test("new buckets block public policies, and settings read back as they were put", async () => {
  const { client } = await withBucket();
  const everybody = { Statement: { Effect: "Allow", Principal: "*", Action: "s3:GetObject", Resource: "*" } };
  const open = new s3.PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(everybody) });
  await expect(client.send(open)).rejects.toThrow(refusedAs("AccessDenied"));
  const Rules = [{ ID: "old", Status: "Enabled" as const, Filter: { Prefix: "" }, Expiration: { Days: 30 } }];
  await client.send(new s3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  expect((await client.send(new s3.GetBucketLifecycleConfigurationCommand({ Bucket }))).Rules).toEqual(Rules);
  expect((await client.send(new s3.GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBe(REGION);
  await expect(client.send(new s3.GetBucketTaggingCommand({ Bucket }))).rejects.toThrow(refusedAs("NoSuchTagSet"));
});
