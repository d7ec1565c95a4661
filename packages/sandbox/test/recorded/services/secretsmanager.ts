import type { Asked } from "../clients.ts";
import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

const CLASS = "TestSecretsManager::";

/** Calls on one secret, by the keys under which LocalStack's tests recorded them. */
function on({ secretsmanager, match }: Stage, SecretId: string) {
  return {
    create: (key: string, SecretString: string) =>
      match(key, secretsmanager.CreateSecret({ Name: SecretId, SecretString })),
    put: (key: string, SecretString: string, VersionStages?: string[]) =>
      match(key, secretsmanager.PutSecretValue({ SecretId, SecretString, VersionStages })),
    move: (key: string, from: string | undefined, to: string | undefined, VersionStage = "AWSCURRENT") =>
      match(
        key,
        secretsmanager.UpdateSecretVersionStage({
          SecretId,
          RemoveFromVersionId: from,
          MoveToVersionId: to,
          VersionStage,
        }),
      ),
    get: (key: string, VersionId?: string) => match(key, secretsmanager.GetSecretValue({ SecretId, VersionId })),
    list: (key: string) => match(key, secretsmanager.ListSecretVersionIds({ SecretId })),
    describe: (key: string) => match(key, secretsmanager.DescribeSecret({ SecretId })),
    forget: (key: string) => match(key, secretsmanager.DeleteSecret({ SecretId, ForceDeleteWithoutRecovery: true })),
  };
}

const createAndUpdate =
  (Name: string): Reproduction =>
  async (stage) => {
    const { secretsmanager: sm, match } = stage;
    const secret = on(stage, Name);
    const Description = "Testing secret creation.";
    const made = await match("create_secret_rs_1", sm.CreateSecret({ Name, SecretString: "my_secret", Description }));
    const arn = made?.ARN ?? "";
    await secret.get("get_secret_value_rs_1");
    await secret.describe("describe_secret_rs_1");
    await match("get_secret_value_rs_2", sm.GetSecretValue({ SecretId: arn }));
    await match("get_secret_value_rs_3", sm.GetSecretValue({ SecretId: arn.slice(0, -7) }));
    await secret.put("put_secret_value_rs_1", "new_secret");
    await secret.get("get_secret_value_rs_4");
    await match("update_secret_res_1", sm.UpdateSecret({ SecretId: arn, SecretString: "test123", Description: "d1" }));
    await secret.forget("delete_secret_res_1");
  };

const invalidName =
  (name: string): Reproduction =>
  async ({ secretsmanager: sm, match }) => {
    const SecretId = name;
    const policy = {
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { AWS: "arn:aws:iam::123456789012:root" },
          Action: "secretsmanager:GetSecretValue",
          Resource: "*",
        },
      ],
    };
    const calls: readonly (() => Asked<unknown>)[] = [
      () => sm.CreateSecret({ Name: name, SecretString: "MySecretString" }),
      () => sm.DeleteSecret({ SecretId, ForceDeleteWithoutRecovery: true }),
      () => sm.DescribeSecret({ SecretId }),
      () => sm.GetSecretValue({ SecretId }),
      () => sm.ListSecretVersionIds({ SecretId, IncludeDeprecated: true }),
      () => sm.PutSecretValue({ SecretId, SecretString: "MySecretString" }),
      () => sm.TagResource({ SecretId, Tags: [{ Key: "FirstTag", Value: "SomeValue" }] }),
      () => sm.UntagResource({ SecretId, TagKeys: ["FirstTag"] }),
      () => sm.UpdateSecret({ SecretId, Description: "MyNewDescription" }),
      () => sm.ValidateResourcePolicy({ SecretId, ResourcePolicy: JSON.stringify(policy) }),
    ];
    for (const [index, call] of calls.entries()) await match(`ex_log_${index + 1}`, call());
  };

const changedAfterCreation =
  (put: Buffer, update: Buffer): Reproduction =>
  async ({ secretsmanager: sm, match, name }) => {
    const SecretId = name("test-secret");
    await sm.CreateSecret({ Name: SecretId, SecretBinary: Buffer.from("initial") });
    await match("put_secret_value_secret_response", sm.GetSecretValue({ SecretId }));
    await sm.PutSecretValue({ SecretId, SecretBinary: put });
    await match("put_secret_binary_response_updated", sm.GetSecretValue({ SecretId }));
    await sm.UpdateSecret({ SecretId, SecretBinary: update });
    await match("update_secret_binary_response_updated", sm.GetSecretValue({ SecretId }));
  };

const stagesWithoutVersioning =
  (last: string[]): Reproduction =>
  async (stage) => {
    const secret = on(stage, stage.name("s"));
    await secret.create("create_secret_rs_0", "S0");
    await secret.put("put_secret_value_res_0", "S1", ["one", "two", "three"]);
    await secret.list("list_secret_version_ids_res_0");
    await secret.put("put_secret_value_res_1", "S2", last);
    await secret.list("list_secret_version_ids_res_1");
    await secret.forget("delete_secret_res_0");
  };

/** A pending version becomes the current one, twice over. */
const pendingCycle =
  (first: string[], second: string[], lastMove: string): Reproduction =>
  async (stage) => {
    const secret = on(stage, stage.name("s"));
    const v0 = (await secret.create("create_secret_rs_0", "S1"))?.VersionId;
    const v1 = (await secret.put("put_secret_value_res_0", "S2", first))?.VersionId;
    await secret.list("list_secret_version_ids_res_0");
    await secret.get("get_secret_value_res_0");
    await secret.move("update_secret_version_stage_res_0", v0, v1);
    await secret.list("list_secret_version_ids_res_1");
    await secret.get("get_secret_value_res_1");
    const v2 = (await secret.put("put_secret_value_res_1", "S3", second))?.VersionId;
    await secret.list("list_secret_version_ids_res_2");
    await secret.get("get_secret_value_res_2");
    await secret.move(lastMove, v1, v2);
    await secret.list("list_secret_version_ids_res_3");
    await secret.get("get_secret_value_res_3");
    await secret.forget("delete_secret_res_0");
  };

const tests: Record<string, Reproduction> = {
  "test_create_and_update_secret[s-c64bdc03]": createAndUpdate("s-c64bdc03"),
  "test_create_and_update_secret[Valid/_+=.@-Name]": createAndUpdate("Valid/_+=.@-Name"),
  "test_create_and_update_secret[Valid/_+=.@-Name-a1b2]": createAndUpdate("Valid/_+=.@-Name-a1b2"),
  "test_create_and_update_secret[Valid/_+=.@-Name-a1b2c3-]": createAndUpdate("Valid/_+=.@-Name-a1b2c3-"),
  "test_invalid_secret_name[Inv Name]": invalidName("Inv Name"),
  "test_invalid_secret_name[ Inv Name]": invalidName(" Inv Name"),
  "test_invalid_secret_name[ Inv*Name? ]": invalidName(" Inv*Name? "),
  "test_invalid_secret_name[ Inv *?!]Name\\\\-]": invalidName(" Inv *?!]Name\\-"),
  "test_change_secret_value_after_creation[footest-updated1]": changedAfterCreation(
    Buffer.from("footest"),
    Buffer.from("updated1"),
  ),
  "test_change_secret_value_after_creation[tops3cret-updated2]": changedAfterCreation(
    Buffer.from("tops3cret"),
    Buffer.from("updated2"),
  ),
  test_non_versioning_version_stages_replacement: stagesWithoutVersioning(["one", "two", "three", "four"]),
  test_non_versioning_version_stages_no_replacement: stagesWithoutVersioning(["one", "two", "four"]),
  test_update_secret_version_stages_current_pending_cycle: pendingCycle(
    ["AWSPENDING"],
    ["AWSPENDING"],
    "put_secret_value_res_2",
  ),
  test_update_secret_version_stages_current_pending_cycle_custom_stages_1: pendingCycle(
    ["AWSSOMETHING", "AWSPENDING", "PUT1"],
    ["AWSPENDING", "PUT2"],
    "update_secret_version_stage_res_1",
  ),
  async test_update_secret_version_stages_current_pending_cycle_custom_stages_2(stage) {
    const secret = on(stage, stage.name("s"));
    await secret.create("create_secret_rs_0", "SS");
    const v0 = (await secret.put("put_secret_value_res_0", "S1", ["AWSCURRENT", "PUT0"]))?.VersionId;
    await secret.list("list_secret_version_ids_res_0");
    const v1 = (await secret.put("put_secret_value_res_1", "S2", ["AWSPENDING", "PUT1"]))?.VersionId;
    await secret.list("list_secret_version_ids_res_1");
    await secret.get("get_secret_value_res_0");
    await secret.move("update_secret_version_stage_res_0", v0, v1);
    await secret.list("list_secret_version_ids_res_2");
    await secret.get("get_secret_value_res_1");
    const v2 = (await secret.put("put_secret_value_res_2", "S3", ["AWSPENDING", "PUT2"]))?.VersionId;
    await secret.list("list_secret_version_ids_res_3");
    await secret.get("get_secret_value_res_2");
    await secret.move("update_secret_version_stage_res_1", v1, v2);
    await secret.list("list_secret_version_ids_res_4");
    await secret.get("get_secret_value_res_3");
    await secret.forget("delete_secret_res_0");
  },
  async test_update_secret_version_stages_current_pending_cycle_custom_stages_3(stage) {
    const secret = on(stage, stage.name("s"));
    const v1 = (await secret.create("create_secret_rs", "SS"))?.VersionId;
    const v2 = (await secret.put("put_secret_value_res_0", "S1", ["PENDING"]))?.VersionId;
    await secret.list("list_secret_version_ids_rs");
    await secret.get("get_secret_value_v1_rs", v1);
    await secret.get("get_secret_value_v2_rs", v2);
    await secret.move("update_secret_version_stage_res_1", v1, v2);
    await secret.get("get_secret_value_v1_rs_1", v1);
    await secret.get("get_secret_value_v2_rs_1", v2);
    await secret.move("update_secret_version_stage_res_2", v2, undefined, "PENDING");
    await secret.get("get_secret_value_v1_rs_2", v1);
    await secret.get("get_secret_value_v2_rs_2", v2);
    await secret.forget("delete_secret_res_0");
  },
  async test_update_secret_version_stages_return_type(stage) {
    const secret = on(stage, stage.name("s"));
    const v0 = (await secret.create("create_secret_rs_0", "Something1"))?.VersionId;
    const v1 = (await secret.put("put_secret_value_res_0", "Something2", ["AWSPENDING"]))?.VersionId;
    await secret.move("update_secret_version_stage_res_0", v0, v1);
    await secret.forget("delete_secret_res_0");
  },
  async test_update_secret_version_stages_current_previous(stage) {
    const SecretId = stage.name("s");
    const secret = on(stage, SecretId);
    await secret.create("create_secret_rs_0", "secret_string_v0");
    await secret.list("list_secret_version_ids_res_0");
    const update = stage.secretsmanager.UpdateSecret({ SecretId, SecretString: "secret_string_v1" });
    await stage.match("update_secret_res_0", update);
    await secret.list("list_secret_version_ids_res_1");
    await secret.forget("delete_secret_res_0");
  },
  async test_update_secret_version_stages_current_pending(stage) {
    const secret = on(stage, stage.name("s"));
    const v0 = (await secret.create("create_secret_rs_0", "Something1"))?.VersionId;
    const v1 = (await secret.put("put_secret_value_res_0", "Something2", ["AWSPENDING"]))?.VersionId;
    await secret.list("list_secret_version_ids_res_0");
    await secret.move("update_secret_version_stage_res_0", v0, v1);
    await secret.list("list_secret_version_ids_res_1");
    await secret.put("put_secret_value_res_1", "SS3");
    await secret.list("list_secret_version_ids_res_2");
    await secret.forget("delete_secret_res_0");
  },
  async test_put_secret_value_with_version_stages(stage) {
    const SecretId = stage.name("s");
    const secret = on(stage, SecretId);
    await secret.create("create_secret_rs_0", "secret_string_v0");
    await secret.get("get_secret_value_res_0");
    const sample = ["SAMPLESTAGE1", "SAMPLESTAGE0"];
    for (const [index, VersionStages] of [sample, sample, ["AWSPENDING"], undefined].entries()) {
      const ClientRequestToken = crypto.randomUUID();
      const SecretString = `secret_string_v${index + 1}`;
      const put = stage.secretsmanager.PutSecretValue({ SecretId, SecretString, VersionStages, ClientRequestToken });
      await stage.match(`put_secret_value_res_${index + 1}`, put);
      await secret.get(`get_secret_value_res_${index + 1}`);
    }
    await secret.forget("delete_secret_res_1");
  },
  async test_update_secret_description(stage) {
    const { secretsmanager: sm, match } = stage;
    const SecretId = stage.name("s");
    const secret = on(stage, SecretId);
    await secret.create("create_secret_rs_0", "MySecretString");
    await secret.describe("describe_secret_res_0");
    await match("update_secret_res_0", sm.UpdateSecret({ SecretId, Description: "MyDescription" }));
    await secret.describe("describe_secret_res_1");
    const SecretString = "MyNewSecretString";
    await match("update_secret_res_1", sm.UpdateSecret({ SecretId, SecretString, Description: "MyNewDescription" }));
    await secret.describe("describe_secret_res_2");
    await match("update_secret_res_2", sm.UpdateSecret({ SecretId, SecretString: SecretString.repeat(2) }));
    await secret.describe("describe_secret_res_3");
    await match("update_secret_res_3", sm.UpdateSecret({ SecretId }));
    await secret.describe("describe_secret_res_4");
    await secret.forget("delete_secret_res_0");
  },
  async test_secret_tags(stage) {
    const { secretsmanager: sm, match } = stage;
    const created = await match("create_secret", sm.CreateSecret({ Name: stage.name("s") }));
    const SecretId = created?.ARN ?? "";
    const { describe } = on(stage, SecretId);
    const tag = (index: number) => ({ Key: `tag${index}`, Value: `value${index}` });
    await describe("describe_secret");
    await match("tag_resource_1", sm.TagResource({ SecretId, Tags: [tag(1)] }));
    await describe("describe_secret_1");
    await match("tag_resource_2", sm.TagResource({ SecretId, Tags: [tag(2)] }));
    await describe("describe_secret_2");
    await match("untag_resource_1", sm.UntagResource({ SecretId, TagKeys: ["tag1"] }));
    await describe("describe_secret_3");
    await match("untag_resource_2", sm.UntagResource({ SecretId, TagKeys: ["tag2"] }));
    await describe("describe_secret_4");
    await sm.TagResource({ SecretId, Tags: [tag(3), tag(4)] });
    await describe("describe_secret_5");
    await sm.UntagResource({ SecretId, TagKeys: ["tag3", "tag4"] });
    await describe("describe_secret_6");
  },
  async test_tag_untag_resource_on_deleted_secret({ secretsmanager: sm, match, name }) {
    const Tags = [{ Key: "initial-tag", Value: "initial-value" }];
    const create = sm.CreateSecret({ Name: name("s"), SecretString: "test-secret-value", Tags });
    const SecretId = (await match("create_secret", create))?.ARN ?? "";
    await match("delete_secret", sm.DeleteSecret({ SecretId }));
    const tag = sm.TagResource({ SecretId, Tags: [{ Key: "new-tag", Value: "new-value" }] });
    await match("tag_deleted_secret_error", tag);
    await match("untag_deleted_secret_error", sm.UntagResource({ SecretId, TagKeys: ["initial-tag"] }));
  },
  async test_deprecated_secret_version_stage(stage) {
    const { secretsmanager: sm, match } = stage;
    const SecretId = stage.name("s");
    const secret = on(stage, SecretId);
    const all = (key: string) => match(key, sm.ListSecretVersionIds({ SecretId, IncludeDeprecated: true }));
    const create = sm.CreateSecret({ Name: SecretId, SecretString: "original", Description: "My secret" });
    await match("create_secret", create);
    await secret.list("list_secret_version_ids");
    await secret.put("put_secret_value_1", "update1");
    await secret.list("list_secret_version_ids_1");
    await secret.put("put_secret_value_2", "update2");
    await secret.list("list_secret_version_ids_2");
    await all("list_secret_version_ids_3");
    await secret.put("put_secret_value_3", "update3");
    await secret.list("list_secret_version_ids_4");
    await all("list_secret_version_ids_5");
  },
  async test_get_secret_value_errors({ secretsmanager: sm, match, name }) {
    const SecretId = name("s");
    const { VersionId } = await sm.CreateSecret({ Name: SecretId, SecretString: "test" });
    const VersionStage = "AWSPREVIOUS";
    await match("error_get_secret_value_non_existing", sm.GetSecretValue({ SecretId, VersionStage }));
    await match("mismatch_version_id_and_stage", sm.GetSecretValue({ SecretId, VersionId, VersionStage }));
  },
  async test_secret_not_found({ secretsmanager: sm, match, name }) {
    await match("get_secret_value_not_found_ex", sm.GetSecretValue({ SecretId: name("s") }));
    await match("list_secret_version_ids_not_found_ex", sm.ListSecretVersionIds({ SecretId: name("s") }));
  },
  async test_force_delete_deleted_secret({ secretsmanager: sm, match, name }) {
    const create = sm.CreateSecret({ Name: name("s"), SecretString: "secretstr" });
    const SecretId = (await match("create_secret_response", create))?.ARN ?? "";
    await match("delete_secret_response", sm.DeleteSecret({ SecretId }));
    await match("describe_secret_response", sm.DescribeSecret({ SecretId }));
    const force = sm.DeleteSecret({ SecretId, ForceDeleteWithoutRecovery: true });
    await match("force_delete_secret_response", force);
  },
  async test_create_secret_version_from_empty_secret({ secretsmanager: sm, match, name }) {
    const create = sm.CreateSecret({ Name: name("test-version"), Description: "" });
    const SecretId = (await match("create-empty-secret", create))?.ARN ?? "";
    await match("describe-secret", sm.DescribeSecret({ SecretId }));
    await match("put-secret-value", sm.PutSecretValue({ SecretId, SecretString: "example-string-to-protect" }));
  },
  async test_secret_restore({ secretsmanager: sm, match, name }) {
    const SecretId = name("s");
    await sm.CreateSecret({ Name: SecretId, SecretString: "my_secret", Description: "test description" });
    await match("delete_secret_res", sm.DeleteSecret({ SecretId }));
    await match("restore_secret_res", sm.RestoreSecret({ SecretId }));
  },
  async test_resource_policy({ secretsmanager: sm, match, name }) {
    const SecretId = name("s");
    await sm.CreateSecret({ Name: SecretId, SecretString: "my_secret", Description: "testing creation of secrets" });
    const statement = { Effect: "Allow", Principal: "*", Action: "secretsmanager:GetSecretValue", Resource: "*" };
    const ResourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
    await match("put_resource_policy", sm.PutResourcePolicy({ SecretId, ResourcePolicy }));
    await match("get_resource_policy", sm.GetResourcePolicy({ SecretId }));
  },
  async test_rotate_secret_invalid_lambda_arn(stage) {
    const { secretsmanager: sm, match, region, account } = stage;
    const SecretId = stage.name("s");
    const secret = on(stage, SecretId);
    await secret.create("create_secret", "init");
    const RotationLambdaARN = `arn:aws:lambda:${region}:${account}:function:rotate_secret_invalid_lambda_arn`;
    const RotationRules = { AutomaticallyAfterDays: 1 };
    await match("rotate_secret_invalid_arn_exc", sm.RotateSecret({ SecretId, RotationRules, RotationLambdaARN }));
    await secret.describe("describe_secret");
  },
  async test_first_rotate_secret_with_missing_lambda_arn(stage) {
    const SecretId = stage.name("s");
    const secret = on(stage, SecretId);
    await secret.create("create_secret", "init");
    const rotate = stage.secretsmanager.RotateSecret({ SecretId, RotationRules: { AutomaticallyAfterDays: 1 } });
    await stage.match("rotate_secret_no_arn_exc", rotate);
    await secret.describe("describe_secret");
  },
  async test_secret_exists_snapshots({ secretsmanager: sm, match, name }) {
    const Name = name("s");
    const input = { Name, SecretString: `my_secret_${Name}`, Description: "Snapshot testing secret already exists." };
    await sm.CreateSecret(input);
    await match("ex_log", sm.CreateSecret(input));
    await match("delete_secret_res", sm.DeleteSecret({ SecretId: Name, ForceDeleteWithoutRecovery: true }));
  },
  async test_exp_raised_on_creation_of_secret_scheduled_for_deletion({ secretsmanager: sm, match, name }) {
    const input = { Name: name("s"), SecretString: "secretstr" };
    await sm.CreateSecret(input);
    const remove = sm.DeleteSecret({ SecretId: input.Name, RecoveryWindowInDays: 7 });
    await match("delete_res", remove, ({ $metadata: _, ...rest }) => rest);
    await match("invalid_req_ex", sm.CreateSecret(input));
  },
  async test_can_recreate_delete_secret({ secretsmanager: sm, match, name }) {
    const input = { Name: name("s"), SecretString: "secretstr" };
    const rest = <T extends object>({ $metadata: _, ...members }: T & { $metadata?: unknown }) => members;
    await match("create_secret_res_0", sm.CreateSecret(input), rest);
    const remove = sm.DeleteSecret({ SecretId: input.Name, ForceDeleteWithoutRecovery: true });
    await match("delete_res_1", remove, rest);
    await match("create_secret_res_1", sm.CreateSecret(input), rest);
  },
};

export const secretsmanager: Reproductions = {
  file: "secretsmanager__test_secretsmanager",
  service: "secretsmanager",
  tests: Object.fromEntries(Object.entries(tests).map(([name, run]) => [CLASS + name, run])),
};
