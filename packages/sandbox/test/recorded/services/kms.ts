import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

const PLAINTEXT = Buffer.from(Buffer.from("test message 123 !%$@ 1234567890").toString("base64"));
const ALGORITHM = "SYMMETRIC_DEFAULT";
const tag = (TagKey: string, TagValue: string) => ({ TagKey, TagValue });

async function makeKey({ kms }: Stage, input: Parameters<Stage["kms"]["CreateKey"]>[0] = {}) {
  const { KeyMetadata } = await kms.CreateKey(input);
  return { KeyId: KeyMetadata?.KeyId ?? "", arn: KeyMetadata?.Arn ?? "" };
}

const DESCRIBED = { Description: "test key 123", KeyUsage: "ENCRYPT_DECRYPT" } as const;

/** Tags at creation or later; each time the list itself was recorded. */
const tagging =
  (
    change: (stage: Stage, KeyId: string) => PromiseLike<unknown>,
    count: number,
    after: string,
    late = false,
  ): Reproduction =>
  async (stage) => {
    const Tags = Array.from({ length: count }, (_, index) => tag(`tag${index + 1}`, `value${index + 1}`));
    const { KeyId } = await makeKey(stage, late ? DESCRIBED : { ...DESCRIBED, Tags });
    if (late) await stage.kms.TagResource({ KeyId, Tags });
    const list = (key: string) => stage.match(key, stage.kms.ListResourceTags({ KeyId }), (output) => output.Tags);
    await list("list-resource-tags");
    await change(stage, KeyId);
    await list(after);
  };

const refusedTag =
  (key: string, TagKey: string, TagValue = "value1"): Reproduction =>
  async ({ kms, match }) => {
    await match(key, kms.CreateKey({ ...DESCRIBED, Tags: [tag(TagKey, TagValue)] }));
  };

const randomOf =
  (NumberOfBytes: number): Reproduction =>
  async ({ kms, match }) => {
    await match("result_length", kms.GenerateRandom({ NumberOfBytes }), ({ Plaintext }) => Plaintext?.length);
  };

const refusedRandom =
  (NumberOfBytes: number | undefined): Reproduction =>
  async ({ kms, match }) => {
    await match("generate-random-exc", kms.GenerateRandom({ NumberOfBytes }));
  };

const rotationOf =
  (RotationPeriodInDays: number): Reproduction =>
  async (stage) => {
    const { KeyId } = await makeKey(stage);
    await stage.kms.EnableKeyRotation({ KeyId, RotationPeriodInDays });
    await stage.match("match_response", stage.kms.GetKeyRotationStatus({ KeyId }));
  };

const untag =
  (...TagKeys: string[]) =>
  ({ kms }: Stage, KeyId: string) =>
    kms.UntagResource({ KeyId, TagKeys });

const tests: Record<string, Reproduction> = {
  async test_create_alias(stage) {
    const { KeyId } = await makeKey(stage);
    await stage.match("create_alias", stage.kms.CreateAlias({ AliasName: stage.name("a"), TargetKeyId: KeyId }));
  },
  async test_create_key(stage) {
    const { KeyId } = await makeKey(stage, DESCRIBED);
    await stage.match("describe-key", stage.kms.DescribeKey({ KeyId }), ({ KeyMetadata }) => KeyMetadata);
  },
  test_tag_existing_key_and_untag: tagging(untag("tag1", "tag2"), 2, "list-resource-tags-after-all-untagged", true),
  test_create_key_with_tag_and_untag: tagging(untag("tag1", "tag2"), 2, "list-resource-tags-after-all-untagged"),
  test_untag_key_partially: tagging(untag("tag2"), 3, "list-resource-tags-after-partially-untagged"),
  test_update_and_add_tags_on_tagged_key: tagging(
    ({ kms }, KeyId) => {
      const Tags = [tag("tag4", "value4"), tag("tag2", "updated_value2"), tag("tag5", "value5")];
      return kms.TagResource({ KeyId, Tags });
    },
    3,
    "list-resource-tags-after-tags-updated",
  ),
  async test_tag_key_with_duplicate_tag_keys_raises_error(stage) {
    const { KeyId } = await makeKey(stage, DESCRIBED);
    const Tags = [tag("tag1", "value1"), tag("tag1", "another-value1")];
    await stage.match("duplicate-tag-keys", stage.kms.TagResource({ KeyId, Tags }));
  },
  async test_create_key_with_too_many_tags_raises_error({ kms, match }) {
    const Tags = Array.from({ length: 51 }, (_, index) => tag(`key${index}`, `value${index}`));
    await match("invalid-tag-key", kms.CreateKey({ ...DESCRIBED, Tags }));
  },
  "test_create_key_with_invalid_tag_key[lowercase_prefix]": refusedTag("invalid-tag-key", "aws:key1"),
  "test_create_key_with_invalid_tag_key[uppercase_prefix]": refusedTag("invalid-tag-key", "AWS:key1"),
  "test_create_key_with_invalid_tag_key[too_long_key]": refusedTag("invalid-tag-key", "a".repeat(129)),
  test_key_with_long_tag_value_raises_error: refusedTag("too-long-tag-value", "tag1", "v".repeat(257)),
  async test_tag_existing_key_with_invalid_tag_key(stage) {
    const { KeyId } = await makeKey(stage, DESCRIBED);
    await stage.match("invalid-tag-key", stage.kms.TagResource({ KeyId, Tags: [tag("aws:key1", "value1")] }));
  },
  async test_get_key_does_not_exist(stage) {
    const { KeyId, arn } = await makeKey(stage, { Description: "test key 123" });
    const fake = "134f2428-cec1-4b25-a1ae-9048164dba47";
    const describe = (key: string, id: string) => stage.match(key, stage.kms.DescribeKey({ KeyId: id }));
    await describe("describe-nonexistent-key-with-id", fake);
    await describe("describe-nonexistent-with-arn", arn.replace(KeyId, fake));
    await describe("describe-key-with-valid-id-mrk", "mrk-d3b95762d3b95762d3b95762d3b95762");
  },
  async test_get_key_invalid_uuid({ kms, match }) {
    const describe = (key: string, KeyId: string) => match(key, kms.DescribeKey({ KeyId }));
    await describe("describe-key-with-invalid-uuid", "fake-key-id");
    await describe("describe-key-with-invalid-uuid-2", "134f2428cec14b25a1ae9048164dba47");
    await describe("describe-key-with-invalid-uuid-mrk", "mrk-fake-key-id");
  },
  async test_get_key_in_different_region(stage) {
    const elsewhere = stage.in("us-west-2");
    const { KeyMetadata } = await elsewhere.kms.CreateKey({ Description: "test key 123" });
    const { KeyId, Arn } = KeyMetadata ?? {};
    await stage.match("describe-key-diff-region-with-id", stage.kms.DescribeKey({ KeyId }));
    await stage.match("describe-key-diff-region-with-arn", stage.kms.DescribeKey({ KeyId: Arn }));
    await stage.match("describe-key-same-specific-region-with-id", elsewhere.kms.DescribeKey({ KeyId }));
    await stage.match("describe-key-same-specific-region-with-arn", elsewhere.kms.DescribeKey({ KeyId: Arn }));
  },
  "test_generate_random[12]": randomOf(12),
  "test_generate_random[44]": randomOf(44),
  "test_generate_random[91]": randomOf(91),
  "test_generate_random[1]": randomOf(1),
  "test_generate_random[1024]": randomOf(1024),
  "test_generate_random_invalid_number_of_bytes[None]": refusedRandom(undefined),
  "test_generate_random_invalid_number_of_bytes[0]": refusedRandom(0),
  "test_generate_random_invalid_number_of_bytes[1025]": refusedRandom(1025),
  "test_key_enable_rotation_status[90]": rotationOf(90),
  "test_key_enable_rotation_status[180]": rotationOf(180),
  async test_non_multi_region_keys_should_not_have_multi_region_properties({ kms, match }) {
    const create = kms.CreateKey({ MultiRegion: false, Description: "test non multi region key" });
    const key = "non_multi_region_keys_should_not_have_multi_region_properties";
    await match(key, create, ({ KeyMetadata }) => KeyMetadata);
  },
  async test_plaintext_size_for_encrypt(stage) {
    const { KeyId } = await makeKey(stage);
    const Plaintext = Buffer.from("test message 123 !%$@ 1234567890".repeat(100)).toString("base64");
    const encrypt = stage.kms.Encrypt({ KeyId, Plaintext: Buffer.from(Plaintext) });
    await stage.match("invalid-plaintext-size-encrypt", encrypt);
  },
  async test_encrypt_decrypt_encryption_context(stage) {
    const { kms, match } = stage;
    const { KeyId } = await makeKey(stage);
    const EncryptionContext = { "context-key": "context-value" };
    const encrypt = kms.Encrypt({ KeyId, Plaintext: PLAINTEXT, EncryptionAlgorithm: ALGORITHM, EncryptionContext });
    const { CiphertextBlob = new Uint8Array() } = (await match("encrypt_response", encrypt)) ?? {};
    const asked = { KeyId, EncryptionAlgorithm: ALGORITHM } as const;
    const rightly = kms.Decrypt({ ...asked, CiphertextBlob, EncryptionContext });
    await match("decrypt_response_with_encryption_context", rightly);
    await match("decrypt_response_without_encryption_context", kms.Decrypt({ ...asked, CiphertextBlob }));
    const cut = kms.Decrypt({ ...asked, CiphertextBlob: CiphertextBlob.slice(64), EncryptionContext });
    await match("decrypt_response_with_invalid_ciphertext", cut);
  },
  async test_describe_with_alias_arn(stage) {
    const { kms, match } = stage;
    const create = kms.CreateKey({ Description: "test - description" });
    const KeyId = (await match("created-key", create, ({ KeyMetadata }) => KeyMetadata))?.KeyMetadata?.KeyId;
    const AliasName = `alias/${stage.name("a")}`;
    await kms.CreateAlias({ TargetKeyId: KeyId, AliasName });
    const { Aliases = [] } = await kms.ListAliases({});
    const arn = Aliases.find((alias) => alias.AliasName === AliasName)?.AliasArn;
    await match("describe-key", kms.DescribeKey({ KeyId: arn }));
  },
};

const generating: Record<string, Reproduction> = {
  async test_generate_data_key(stage) {
    const { KeyId } = await makeKey(stage);
    await stage.match("generate-data-key-result", stage.kms.GenerateDataKey({ KeyId, KeySpec: "AES_256" }));
  },
  async test_generate_data_key_without_plaintext(stage) {
    const { KeyId } = await makeKey(stage);
    const generate = stage.kms.GenerateDataKeyWithoutPlaintext({ KeyId, KeySpec: "AES_256" });
    await stage.match("generate-data-key-without-plaintext", generate);
  },
  async test_encryption_context_generate_data_key(stage) {
    const { KeyId } = await makeKey(stage);
    const EncryptionContext = { "context-key": "context-value" };
    const { CiphertextBlob } = await stage.kms.GenerateDataKey({ KeyId, KeySpec: "AES_256", EncryptionContext });
    await stage.match("decrypt-without-encryption-context", stage.kms.Decrypt({ CiphertextBlob, KeyId }));
  },
};

export const kms: Reproductions = {
  file: "kms__test_kms",
  service: "kms",
  tests: {
    ...Object.fromEntries(Object.entries(tests).map(([name, run]) => [`TestKMS::${name}`, run])),
    ...Object.fromEntries(Object.entries(generating).map(([name, run]) => [`TestKMSGenerateKeys::${name}`, run])),
  },
};
