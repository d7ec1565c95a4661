import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

/** A new bucket, and calls on it. */
async function withBucket({ s3, name, match }: Stage, Status?: "Enabled") {
  const Bucket = name("test-bucket");
  await s3.CreateBucket({ Bucket });
  if (Status) await s3.PutBucketVersioning({ Bucket, VersioningConfiguration: { Status } });
  return {
    Bucket,
    put: (key: string, Key: string, Body = "", Tagging?: string) =>
      match(key, s3.PutObject({ Bucket, Key, Body, Tagging, ContentType: "binary/octet-stream" })),
    get: (key: string, Key: string, VersionId?: string) => match(key, s3.GetObject({ Bucket, Key, VersionId })),
    remove: (key: string, Key: string, VersionId?: string) => match(key, s3.DeleteObject({ Bucket, Key, VersionId })),
    removeAll: (key: string, ...Objects: { Key: string; VersionId?: string | undefined }[]) =>
      match(key, s3.DeleteObjects({ Bucket, Delete: { Objects } })),
  };
}

/** What botocore, with which the recordings were made, adds by itself; as the type of an object it gives none. */
const ENCODED = { EncodingType: "url" } as const;
const NO_VERSION = "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD";
const set = (...tags: [key: string, value: string][]) => ({ TagSet: tags.map(([Key, Value]) => ({ Key, Value })) });
const TWO = set(["tag1", "tag1"], ["tag2", ""]);
const ONE = set(["tag3", "tag3"]);

const objects: Record<string, Reproduction> = {
  async test_delete_object(stage) {
    const bucket = await withBucket(stage);
    await bucket.put("put-object", "test-delete", "test-delete");
    await bucket.remove("delete-object", "test-delete");
    await bucket.remove("delete-nonexistent-object", "test-delete");
    await bucket.remove("delete-nonexistent-object-versionid", "test-delete", NO_VERSION);
  },
  async test_delete_objects(stage) {
    const bucket = await withBucket(stage);
    await bucket.put("put-object", "test-delete", "test-delete");
    await bucket.removeAll("delete-object-wrong-version-id", { Key: "test-delete", VersionId: NO_VERSION });
    await bucket.removeAll("delete-objects", { Key: "test-delete" }, { Key: "c-wrong-key" }, { Key: "a-wrong-key" });
  },
  async test_delete_object_versioned(stage) {
    const bucket = await withBucket(stage, "Enabled");
    const Key = "test-delete";
    const version = (await bucket.put("put-object", Key, Key))?.VersionId ?? "";
    const marker = (await bucket.remove("delete-object", Key))?.VersionId;
    await bucket.get("get-deleted-object", Key);
    await bucket.get("get-object-with-version", Key, version);
    await bucket.get("get-delete-marker", Key, marker);
    await bucket.remove("delete-object-2", Key);
    const list = stage.s3.ListObjectVersions({ Bucket: bucket.Bucket, Prefix: Key, ...ENCODED });
    await stage.match("list-object-versions", list);
    await bucket.remove("delete-delete-marker", Key, marker);
    await bucket.remove("delete-object-version", Key, version);
    await bucket.get("get-deleted-object-with-version", Key, version);
    await bucket.remove("delete-with-bad-version", Key, `${version.slice(0, -4)}ABCD`);
    await bucket.remove("delete-wrong-key", "wrong-key");
  },
  async test_delete_objects_versioned(stage) {
    const bucket = await withBucket(stage, "Enabled");
    const Key = "test-delete";
    const version = (await bucket.put("put-object", Key, Key))?.VersionId;
    const names = [{ Key }, { Key: "wrongkey" }, { Key: "wrongkey-x" }];
    const deleted = await bucket.removeAll("delete-objects-no-version-id", ...names);
    const marker = deleted?.Deleted?.find((item) => item.Key === Key)?.DeleteMarkerVersionId;
    await bucket.removeAll("delete-objects-marker", { Key, VersionId: marker });
    const wrong = [
      { Key, VersionId: NO_VERSION },
      { Key: "wrong-key-2", VersionId: NO_VERSION },
    ];
    await bucket.removeAll("delete-objects-wrong-version-id", ...wrong);
    await bucket.removeAll("delete-objects-version-id", { Key, VersionId: version });
  },
  async test_list_object_versions_order_unversioned(stage) {
    const bucket = await withBucket(stage);
    const list = (key: string) => stage.match(key, stage.s3.ListObjectVersions({ Bucket: bucket.Bucket, ...ENCODED }));
    await list("list-empty");
    await bucket.put("put-object", "a-test-object-1", "test-object-1");
    await bucket.put("put-object-3", "c-test-object-3", "test-object-3");
    await bucket.put("put-object-2", "b-test-object-2", "test-object-2");
    await list("list-object-versions");
  },
};

/** A range of an object, by the key under which its answer was recorded. */
const RANGES: Readonly<Record<string, string>> = {
  "get-1-1": "bytes=1-1",
  "get-1-0": "bytes=1-0",
  "get-1-": "bytes=1-",
  "get--1-": "bytes=-1-",
  "get--2": "bytes=-2",
  "get--9": "bytes=-9",
  "get--15": "bytes=-15",
  "get-0-100": "bytes=0-100",
  "get-0-0": "bytes=0-0",
  "get-0--1": "bytes=0--1",
  "get-multiple-ranges": "bytes=0-1,3-4,7-9",
  "get-wrong-format": "0-1",
  "get--": "bytes=-",
  "get--0": "bytes=-0",
  "get-100-200": "bytes=100-200",
};

const ranges: Record<string, Reproduction> = {
  async test_get_object_range(stage) {
    const { s3, match } = stage;
    const { Bucket, put } = await withBucket(stage);
    const Key = "test-key-range";
    await s3.PutObject({ Bucket, Key, Body: "0123456789", ContentType: "binary/octet-stream" });
    const get = (key: string, Range: string, ChecksumMode?: "ENABLED") =>
      match(key, s3.GetObject({ Bucket, Key, Range, ChecksumMode }));
    await get("get-0-8", "bytes=0-8");
    await get("get-0-8-checksum", "bytes=0-8", "ENABLED");
    for (const [key, range] of Object.entries(RANGES)) await get(key, range);
    await put("put-after-failed", Key, "01234567890123456789");
  },
};

const access: Record<string, Reproduction> = {
  async "TestS3BucketOwnershipControls::test_crud_bucket_ownership_controls"(stage) {
    const { s3, match, name } = stage;
    const { Bucket } = await withBucket(stage);
    const get = (key: string, bucket = Bucket) => match(key, s3.GetBucketOwnershipControls({ Bucket: bucket }));
    await get("default-ownership");
    const OwnershipControls = { Rules: [{ ObjectOwnership: "ObjectWriter" as const }] };
    await match("put-ownership", s3.PutBucketOwnershipControls({ Bucket, OwnershipControls }));
    await get("get-ownership");
    await match("delete-ownership", s3.DeleteBucketOwnershipControls({ Bucket }));
    await get("get-ownership-after-delete");
    await match("delete-ownership-after-delete", s3.DeleteBucketOwnershipControls({ Bucket }));
    const second = name("test-bucket");
    await s3.CreateBucket({ Bucket: second, ObjectOwnership: "BucketOwnerPreferred" });
    await get("get-ownership-at-creation", second);
  },
  async "TestS3PublicAccessBlock::test_crud_public_access_block"(stage) {
    const { s3, match } = stage;
    const { Bucket } = await withBucket(stage);
    const get = (key: string) => match(key, s3.GetPublicAccessBlock({ Bucket }));
    await get("get-default-public-access-block");
    const open = { BlockPublicAcls: false, IgnorePublicAcls: false, BlockPublicPolicy: false };
    const put = s3.PutPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: open });
    await match("put-public-access-block", put);
    await get("get-public-access-block");
    await match("delete-public-access-block", s3.DeletePublicAccessBlock({ Bucket }));
    await get("get-public-access-block-after-delete");
    await match("idempotent-delete-public-access-block", s3.DeletePublicAccessBlock({ Bucket }));
  },
  async "TestS3BucketPolicy::test_bucket_policy_crud"(stage) {
    const { s3, match } = stage;
    const { Bucket } = await withBucket(stage);
    await s3.DeleteBucketOwnershipControls({ Bucket });
    await s3.DeletePublicAccessBlock({ Bucket });
    const get = (key: string) => match(key, s3.GetBucketPolicy({ Bucket }));
    const statement = {
      Action: "s3:GetObject",
      Effect: "Allow",
      Resource: `arn:aws:s3:::${Bucket}/*`,
      Principal: { AWS: "*" },
    };
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await get("get-bucket-default-policy");
    await match("put-bucket-policy", s3.PutBucketPolicy({ Bucket, Policy }));
    await get("get-bucket-policy");
    await match("delete-bucket-policy", s3.DeleteBucketPolicy({ Bucket }));
    await get("get-bucket-policy-after-delete");
    await match("delete-bucket-policy-after-delete", s3.DeleteBucketPolicy({ Bucket }));
  },
};

const versioning: Record<string, Reproduction> = {
  async test_bucket_versioning_crud(stage) {
    const { s3, match, name } = stage;
    const { Bucket } = await withBucket(stage);
    const get = (key: string, bucket = Bucket) => match(key, s3.GetBucketVersioning({ Bucket: bucket }));
    const put = (key: string, Status?: string, bucket = Bucket) =>
      match(key, s3.PutBucketVersioning({ Bucket: bucket, VersioningConfiguration: { Status: Status as "Enabled" } }));
    await get("get-versioning-before");
    await put("put-versioning-suspended-before", "Suspended");
    await get("get-versioning-after-suspended");
    await put("put-versioning-enabled-lowercase", "enabled");
    await put("put-versioning-enabled-capitalized", "Enabled");
    await get("get-versioning-after-enabled");
    await put("put-versioning-suspended-after", "Suspended");
    await put("put-versioning-disabled", "Disabled");
    await put("put-versioning-empty");
    const fake = name("myrandombucket");
    await put("put-versioning-no-bucket", "Suspended", fake);
    await get("get-versioning-no-bucket", fake);
  },
  async test_object_version_id_format(stage) {
    const bucket = await withBucket(stage, "Enabled");
    await bucket.put("put-object", "test-version-id");
  },
};

const encryption: Record<string, Reproduction> = {
  async test_s3_default_bucket_encryption(stage) {
    const { s3, match } = stage;
    const { Bucket } = await withBucket(stage);
    await match("default-bucket-encryption", s3.GetBucketEncryption({ Bucket }));
    await match("delete-bucket-encryption", s3.DeleteBucketEncryption({ Bucket }));
    await match("delete-bucket-encryption-idempotent", s3.DeleteBucketEncryption({ Bucket }));
    await match("get-bucket-no-encryption", s3.GetBucketVersioning({ Bucket }));
  },
};

const tagging: Record<string, Reproduction> = {
  async test_bucket_tagging_crud(stage) {
    const { s3, match } = stage;
    const { Bucket } = await withBucket(stage);
    const get = (key: string) => match(key, s3.GetBucketTagging({ Bucket }));
    await get("get-bucket-tags-empty");
    await match("put-bucket-tags", s3.PutBucketTagging({ Bucket, Tagging: TWO }));
    await get("get-bucket-tags");
    await match("put-bucket-tags-overwrite", s3.PutBucketTagging({ Bucket, Tagging: ONE }));
    await get("get-bucket-tags-overwritten");
    await match("delete-bucket-tags", s3.DeleteBucketTagging({ Bucket }));
    await match("put-bucket-tags-empty", s3.PutBucketTagging({ Bucket, Tagging: set() }));
  },
  async test_bucket_tagging_exc({ s3, match, name }) {
    const Bucket = name("fake-bucket");
    await match("get-no-bucket-tags", s3.GetBucketTagging({ Bucket }));
    await match("delete-no-bucket-tags", s3.DeleteBucketTagging({ Bucket }));
    await match("put-no-bucket-tags", s3.PutBucketTagging({ Bucket, Tagging: set() }));
  },
  async test_object_tagging_crud(stage) {
    const { s3, match } = stage;
    const bucket = await withBucket(stage);
    const object = { Bucket: bucket.Bucket, Key: "test-object-tagging" };
    const tags = (key: string) => match(key, s3.GetObjectTagging(object));
    await bucket.put("put-object", object.Key, "test-tagging");
    await tags("get-object-tags-empty");
    await match("put-object-tags", s3.PutObjectTagging({ ...object, Tagging: TWO }));
    await tags("get-object-tags");
    await match("put-object-tags-overwrite", s3.PutObjectTagging({ ...object, Tagging: ONE }));
    await tags("get-object-tags-overwritten");
    await bucket.get("get-obj-after-tags", object.Key);
    await match("delete-object-tags", s3.DeleteObjectTagging(object));
    await tags("get-object-tags-deleted");
    await bucket.get("get-obj-after-tags-deleted", object.Key);
  },
  async test_object_tagging_exc(stage) {
    const { s3, match } = stage;
    const bucket = await withBucket(stage);
    const Key = "fake-key";
    for (const [what, Bucket] of [
      ["bucket", stage.name("fake-bucket")],
      ["key", bucket.Bucket],
    ] as const) {
      await match(`get-no-${what}-tags`, s3.GetObjectTagging({ Bucket, Key }));
      await match(`delete-no-${what}-tags`, s3.DeleteObjectTagging({ Bucket, Key }));
      await match(`put-no-${what}-tags`, s3.PutObjectTagging({ Bucket, Key, Tagging: set() }));
    }
    await bucket.put("put-obj-duplicate-tagging", Key, "", "key1=val1&key1=val2");
    await bucket.put("put-obj-wrong-format", Key, "", "key1=val1,key2=val2");
  },
};

const ofClass = (name: string, tests: Record<string, Reproduction>) =>
  Object.fromEntries(Object.entries(tests).map(([test, run]) => [`${name}::${test}`, run]));

export const s3: Reproductions = {
  file: "s3__test_s3_api",
  service: "s3",
  tests: {
    ...ofClass("TestS3ObjectCRUD", { ...objects, ...ranges }),
    ...access,
    ...ofClass("TestS3BucketVersioning", versioning),
    ...ofClass("TestS3BucketEncryption", encryption),
    ...ofClass("TestS3BucketObjectTagging", tagging),
  },
};
