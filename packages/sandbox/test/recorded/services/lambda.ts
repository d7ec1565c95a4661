import { strToU8, zipSync } from "fflate";
import type { Asked } from "../clients.ts";
import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

type FunctionInput = Parameters<Stage["lambda"]["CreateFunction"]>[0];

const archive = (source: string) => zipSync({ "index.py": strToU8(source) });
const ECHO = archive("def handler(event, context):\n    return event\n");
const VERSION = archive("def handler(event, context):\n    return context.function_version\n");

/** What LocalStack's tests make first: a role, and the input of a function that echoes. */
async function inputOf(stage: Stage, further: Partial<FunctionInput> = {}): Promise<FunctionInput> {
  const statement = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
  const { Role } = await stage.iam.CreateRole({
    RoleName: stage.name("lambda-role"),
    AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }),
  });
  return {
    FunctionName: stage.name("fn"),
    Handler: "index.handler",
    Code: { ZipFile: ECHO },
    PackageType: "Zip",
    Role: Role?.Arn ?? "",
    Runtime: "python3.12",
    ...further,
  };
}

/** Returns when neither the creation nor an update of the function is under way. */
async function settled({ lambda }: Stage, FunctionName: string): Promise<void> {
  for (let left = 100; left > 0; left -= 1) {
    const { State, LastUpdateStatus } = await lambda.GetFunctionConfiguration({ FunctionName });
    if (State === "Active" && LastUpdateStatus !== "InProgress") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${FunctionName} isn't ready.`);
}

/** A function whose creation was recorded, and calls on it. */
async function withFunction(stage: Stage, further: Partial<FunctionInput> = {}, key?: string) {
  const input = await inputOf(stage, further);
  const FunctionName = input.FunctionName ?? "";
  const create = stage.lambda.CreateFunction(input);
  if (key) await stage.match(key, create);
  else await create;
  await settled(stage, FunctionName);
  const { lambda, match } = stage;
  return {
    FunctionName,
    get: (name: string, Qualifier?: string) => match(name, lambda.GetFunction({ FunctionName, Qualifier })),
    publish: (name: string, more: Partial<Parameters<typeof lambda.PublishVersion>[0]> = {}) =>
      match(name, lambda.PublishVersion({ FunctionName, ...more })),
    versions: (name: string) => match(name, lambda.ListVersionsByFunction({ FunctionName })),
    alias: (
      name: string,
      Name: string,
      FunctionVersion: string,
      weights?: Record<string, number>,
      Description?: string,
    ) =>
      match(
        name,
        lambda.CreateAlias({
          FunctionName,
          Name,
          FunctionVersion,
          Description,
          RoutingConfig: weights && { AdditionalVersionWeights: weights },
        }),
      ),
    async update(more: Partial<Parameters<typeof lambda.UpdateFunctionConfiguration>[0]>, name?: string) {
      const update = lambda.UpdateFunctionConfiguration({ FunctionName, ...more });
      if (name) await match(name, update);
      else await update;
      await settled(stage, FunctionName);
    },
  };
}

const STAGING = { Environment: { Variables: { testenv: "staging" } } };
const PROD = { Environment: { Variables: { testenv: "prod" } } };

/** Function names and qualifiers that no function can have. */
const NAMES: Readonly<Record<string, { FunctionName: string; Qualifier?: string }>> = {
  invalid_characters_in_function_name: { FunctionName: "my-function!" },
  function_name_is_single_invalid: { FunctionName: "*" },
  invalid_characters_in_qualifier: { FunctionName: "my-function", Qualifier: "invalid!" },
  qualifier_too_long: { FunctionName: "my-function", Qualifier: "a".repeat(129) },
  invalid_account_id_in_partial_arn: { FunctionName: "invalid-account:function:my-function" },
  invalid_region_in_arn: { FunctionName: "arn:aws:lambda:invalid-region:{account}:function:my-function" },
  non_lambda_arn: { FunctionName: "arn:aws:ec2:{region}:{account}:instance:i-1234567890abcdef0" },
  function_name_too_long: { FunctionName: "a".repeat(65) },
  function_name_too_long_and_invalid_region: {
    FunctionName: `arn:aws:lambda:invalid-region:{account}:function:my-function${"a".repeat(170)}`,
  },
  full_arn_and_qualifier_too_long_and_invalid_region: {
    FunctionName: `arn:aws:lambda:invalid-region:{account}:function:my-function-${"a".repeat(170)}`,
    Qualifier: "a".repeat(129),
  },
  full_arn_with_multiple_qualifiers: { FunctionName: "arn:aws:lambda:{region}:{account}:function:my-function:1:2" },
  incomplete_arn: { FunctionName: "arn:aws:lambda:{region}:{account}:function" },
  partial_arn_with_extra_qualifier: { FunctionName: "function:my-function:$LATEST:extra" },
  latest_version_with_additional_qualifier: {
    FunctionName: "arn:aws:lambda:{region}:{account}:function:my-function:$LATEST",
    Qualifier: "1",
  },
  lowercase_latest_qualifier: {
    FunctionName: "arn:aws:lambda:{region}:{account}:function:my-function",
    Qualifier: "$latest",
  },
  missing_region_in_arn: { FunctionName: "arn:aws:lambda::{account}:function:my-function" },
  missing_account_id_in_arn: { FunctionName: "arn:aws:lambda:{region}::function:my-function" },
  misspelled_latest_in_arn: { FunctionName: "arn:aws:lambda:{region}:{account}:function:my-function:$LATES" },
};

/** LocalStack noted of such a refusal its code and each constraint that it names, in order of the text. */
function constraints(code: string, message: string): object {
  const errors = message.match(/Value '.*?' at '.*?' failed to satisfy constraint: .+?(?=;|$)/g);
  return errors ? { Code: code, Errors: errors.sort(), Count: errors.length } : { Code: code, Message: message };
}

const NAMED_CALLS: Readonly<
  Record<
    string,
    (stage: Stage, input: { FunctionName: string; Qualifier?: string }) => Promise<Asked<unknown>> | Asked<unknown>
  >
> = {
  get_function: ({ lambda }, input) => lambda.GetFunction(input),
  delete_function: ({ lambda }, input) => lambda.DeleteFunction(input),
  invoke: ({ lambda }, input) => lambda.Invoke(input),
};

const named = Object.fromEntries(
  Object.entries(NAMES).flatMap(([name, given]) =>
    [...Object.keys(NAMED_CALLS), "create_function"]
      .filter((call) => !(call === "create_function" && name === "incomplete_arn"))
      // LocalStack lost these recordings.
      .map((call): [string, Reproduction] => [
        `TestLambdaFunction::test_function_name_and_qualifier_validation[${name}-${call}]`,
        async (stage) => {
          const FunctionName = given.FunctionName.replace("{region}", stage.region).replace("{account}", stage.account);
          const key = `${call}_exception`;
          if (call === "create_function") {
            const whole = given.Qualifier ? `${FunctionName}:${given.Qualifier}` : FunctionName;
            const input = await inputOf(stage, { FunctionName: whole });
            await stage.matchError(key, stage.lambda.CreateFunction(input), constraints);
            return;
          }
          const asked = NAMED_CALLS[call]?.(stage, { ...given, FunctionName }) as Asked<unknown>;
          await stage.matchError(key, asked, constraints);
        },
      ]),
  ),
);

/** A call by its Python name on a function's name alone. */
const CALLS: Readonly<
  Record<string, (stage: Stage, input: { FunctionName: string; Qualifier?: string }) => Asked<unknown>>
> = {
  delete_function: ({ lambda }, input) => lambda.DeleteFunction(input),
  get_function: ({ lambda }, input) => lambda.GetFunction(input),
  get_function_configuration: ({ lambda }, input) => lambda.GetFunctionConfiguration(input),
  get_function_url_config: ({ lambda }, input) => lambda.GetFunctionUrlConfig(input),
  get_function_code_signing_config: ({ lambda }, input) => lambda.GetFunctionCodeSigningConfig(input),
  get_function_event_invoke_config: ({ lambda }, input) => lambda.GetFunctionEventInvokeConfig(input),
  get_function_concurrency: ({ lambda }, input) => lambda.GetFunctionConcurrency(input),
};

const each = (
  test: string,
  calls: readonly string[],
  run: (
    stage: Stage,
    call: (input: { FunctionName: string; Qualifier?: string }) => Asked<unknown>,
  ) => Promise<unknown>,
): Record<string, Reproduction> =>
  Object.fromEntries(
    calls.map((name) => [
      `TestLambdaFunction::${test}[${name}]`,
      async (stage) => {
        const call = CALLS[name];
        if (call) await run(stage, (input) => call(stage, input));
      },
    ]),
  );

const operations: Record<string, Reproduction> = {
  ...each("test_ops_on_nonexisting_fn", Object.keys(CALLS), ({ match, name }, call) =>
    match("not_found_exception", call({ FunctionName: name("i-dont-exist") })),
  ),
  ...each(
    "test_ops_with_arn_qualifier_mismatch",
    ["delete_function", "get_function", "get_function_configuration"],
    async ({ match, region, account }, call) => {
      const arn = `arn:aws:lambda:${region}:${account}:function:some-function`;
      await match("not_match_exception", call({ FunctionName: `${arn}:1`, Qualifier: "$LATEST" }));
      await match("match_exception", call({ FunctionName: `${arn}:$LATEST`, Qualifier: "$LATEST" }));
    },
  ),
  ...each(
    "test_ops_on_nonexisting_version",
    ["get_function", "get_function_configuration", "get_function_event_invoke_config"],
    async (stage, call) => {
      const { FunctionName } = await withFunction(stage);
      await stage.match("version_not_found_exception", call({ FunctionName, Qualifier: "1221" }));
    },
  ),
};

const tests: Record<string, Reproduction> = {
  async "TestLambdaFunction::test_delete_on_nonexisting_version"(stage) {
    const { FunctionName } = await withFunction(stage);
    await stage.lambda.DeleteFunction({ FunctionName, Qualifier: "1233" });
    await stage.lambda.DeleteFunction({ FunctionName });
    await stage.match("delete_function_response_non_existent", stage.lambda.DeleteFunction({ FunctionName }));
    const qualified = stage.lambda.DeleteFunction({ FunctionName, Qualifier: "1233" });
    await stage.match("delete_function_response_non_existent_with_qualifier", qualified);
  },
  async "TestLambdaVersions::test_publish_version_on_create"(stage) {
    const fn = await withFunction(stage, { Publish: true }, "create_response");
    await fn.get("get_function_result");
    await fn.get("get_function_version_result", "1");
    await fn.get("get_function_latest_result", "$LATEST");
    await fn.versions("list_versions_result");
    await fn.publish("repeated_publish_response", { Description: "Repeated version description :)" });
    await fn.versions("list_versions_result_after_publish");
  },
  async "TestLambdaVersions::test_version_lifecycle"(stage) {
    const fn = await withFunction(stage, { Description: "No version :(" }, "create_response");
    const { FunctionName } = fn;
    await fn.get("get_function_result");
    await fn.versions("list_versions_result");
    await fn.update({ Description: "First version :)" }, "first_update_response");
    await fn.get("first_update_get_function");
    const first = await fn.publish("first_publish_response", { Description: "First version description :)" });
    await fn.get("first_publish_get_function", first?.Version);
    const configuration = stage.lambda.GetFunctionConfiguration({ FunctionName, Qualifier: first?.Version });
    await stage.match("first_publish_get_function_config", configuration);
    await fn.update({ Description: "Second version :))" }, "second_update_response");
    await fn.get("first_publish_get_function_after_update", first?.Version);
    await fn.publish("second_publish_response");
    await fn.publish("third_publish_response", { Description: "Third version description :)))" });
    await fn.versions("list_versions_result_after_third_publish");
    await stage.lambda.DeleteFunction({ FunctionName: `${FunctionName}:${first?.Version}` });
    await fn.versions("list_versions_result_after_deletion_of_first_version");
  },
  async "TestLambdaVersions::test_publish_with_wrong_sha256"(stage) {
    const fn = await withFunction(stage, {}, "create_response");
    const got = await fn.get("get_fn_response");
    await fn.publish("publish_wrong_sha256_exc", { CodeSha256: "somenonexistentsha256" });
    await fn.publish("publish_result", { CodeSha256: got?.Configuration?.CodeSha256 });
  },
  async "TestLambdaVersions::test_publish_with_update"(stage) {
    const fn = await withFunction(stage, {}, "create_response");
    const { FunctionName } = fn;
    await fn.get("get_function_result");
    const update = stage.lambda.UpdateFunctionCode({ FunctionName, ZipFile: VERSION, Publish: true });
    await stage.match("update_function_code_result", update);
    await settled(stage, FunctionName);
    await fn.get("get_function_version_result", "1");
    await fn.get("get_function_latest_result", "$LATEST");
  },
  async "TestLambdaAlias::test_non_existent_alias_deletion"(stage) {
    const { FunctionName } = await withFunction(stage, STAGING, "create_response");
    await stage.match("delete_alias_response", stage.lambda.DeleteAlias({ FunctionName, Name: "non-existent" }));
  },
  async "TestLambdaAlias::test_non_existent_alias_update"(stage) {
    const { FunctionName } = await withFunction(stage, STAGING, "create_response");
    await stage.match("update_alias_response", stage.lambda.UpdateAlias({ FunctionName, Name: "non-existent" }));
  },
  async "TestLambdaAlias::test_alias_naming"(stage) {
    const fn = await withFunction(stage, STAGING, "create_response");
    await fn.publish("publish_v1");
    await fn.alias("create_alias_date", "2024-01-02", "1", undefined, "custom-alias");
    const get = stage.lambda.GetAlias({ FunctionName: fn.FunctionName, Name: "2024-01-02" });
    await stage.match("get_alias_date", get);
    await fn.alias("create_alias_number_exception", "2024", "1", undefined, "custom-alias");
  },
  async "TestLambdaAlias::test_notfound_and_invalid_routingconfigs"(stage) {
    const fn = await withFunction(stage, { ...STAGING, Publish: true }, "create_response");
    const { FunctionName } = fn;
    await fn.publish("publish_v1");
    await fn.update(PROD);
    await fn.publish("publish_v2");
    await fn.alias("routing_config_exc_toomany", "custom", "1", { "1": 0.8, "2": 0.2 });
    await fn.alias("routing_config_exc_toohigh", "custom", "1", { "2": 2 });
    await fn.alias("routing_config_exc_subzero", "custom", "1", { "2": -1 });
    await fn.alias("routing_config_exc_sameversion", "custom", "1", { "1": 0.5 });
    await fn.alias("target_version_doesnotexist", "custom", "10", { "2": 0.5 });
    await fn.alias("routing_config_exc_version_doesnotexist", "custom", "1", { "10": 0.5 });
    await fn.alias("target_version_exc_version_latest", "custom", "$LATEST", { "1": 0.5 });
    await fn.alias("routing_config_exc_version_latest", "custom", "1", { $LATEST: 0.5 });
    await fn.alias("create-alias-latest", "custom-latest", "$LATEST");
    const unknown = stage.lambda.CreateAlias({
      FunctionName: `${FunctionName}-unknown`,
      Name: "custom",
      FunctionVersion: "1",
      RoutingConfig: { AdditionalVersionWeights: { "2": 0.5 } },
    });
    await stage.match("routing_config_exc_fn_doesnotexist", unknown);
    await fn.alias("create_alias_empty_routingconfig", "custom-empty-routingconfig", "1", {});
    await fn.alias("create_alias_response", "custom", "1", { "2": 0.5 });
    await fn.alias("routing_config_exc_already_exist", "custom", "1", { "2": 0.5 });
    await stage.match("alias_does_not_exist_esc", stage.lambda.GetAlias({ FunctionName, Name: "non-existent" }));
  },
  async "TestLambdaAlias::test_alias_lifecycle"(stage) {
    const fn = await withFunction(stage, STAGING, "create_response");
    const { FunctionName } = fn;
    const { lambda, match } = stage;
    const get = (key: string, Name: string) => match(key, lambda.GetAlias({ FunctionName, Name }));
    const list = (key: string) => match(key, lambda.ListAliases({ FunctionName }));
    await fn.publish("publish_v1");
    await fn.update(PROD);
    await fn.publish("publish_v2");
    const first = await fn.alias("create_alias_1_1", "aliasname1_1", "1", { "2": 0.2 }, "custom-alias");
    const arn = first?.AliasArn ?? "";
    await get("get_alias_1_1", "aliasname1_1");
    await fn.get("get_function_alias_1_1", "aliasname1_1");
    await match("get_function_byarn_alias_1_1", lambda.GetFunction({ FunctionName: arn }));
    await fn.get("get_function_alias_notfound_exc", "aliasdoesnotexist");
    const absent = lambda.GetFunction({ FunctionName: arn.replace("aliasname1_1", "aliasdoesnotexist") });
    await match("get_function_alias_byarn_notfound_exc", absent);
    await fn.alias("create_alias_1_2", "aliasname1_2", "1", undefined, "custom-alias");
    await get("get_alias_1_2", "aliasname1_2");
    await fn.alias("create_alias_1_3", "aliasname1_3", "1");
    await get("get_alias_1_3", "aliasname1_3");
    await fn.alias("create_alias_2", "aliasname2", "2", undefined, "custom-alias");
    await get("get_alias_2", "aliasname2");
    await match("list_aliases_for_fnname", lambda.ListAliases({ FunctionName }), ({ Aliases }) => ({ Aliases }));
    const unweigh = lambda.UpdateAlias({
      FunctionName,
      Name: "aliasname1_1",
      RoutingConfig: { AdditionalVersionWeights: {} },
    });
    await match("update_alias_1_1", unweigh);
    await get("get_alias_1_1_after_update", "aliasname1_1");
    await list("list_aliases_for_fnname_after_update");
    await match("update_alias_1_2", lambda.UpdateAlias({ FunctionName, Name: "aliasname1_2" }));
    await get("get_alias_1_2_after_update", "aliasname1_2");
    await list("list_aliases_for_fnname_after_update_2");
    await match("list_aliases_for_version", lambda.ListAliases({ FunctionName, FunctionVersion: "1" }));
    await match("delete_alias_response", lambda.DeleteAlias({ FunctionName, Name: "aliasname1_1" }));
    await list("list_aliases_for_fnname_afterdelete");
  },
  async "TestLambdaReservedConcurrency::test_function_concurrency_exceptions"(stage) {
    const put = (key: string, FunctionName: string, ReservedConcurrentExecutions: number) =>
      stage.match(key, stage.lambda.PutFunctionConcurrency({ FunctionName, ReservedConcurrentExecutions }));
    const key = "put_function_concurrency_with_function_name_doesnotexist";
    await put(key, "doesnotexist", 1);
    await put(`${key}_and_invalid_concurrency`, "doesnotexist", 0);
    const { FunctionName } = await withFunction(stage);
    const latest = await stage.lambda.GetFunctionConfiguration({ FunctionName, Qualifier: "$LATEST" });
    await put("put_function_concurrency_with_qualified_arn", latest.FunctionArn ?? "", 0);
  },
  async "TestLambdaTag::test_create_tag_on_fn_create"(stage) {
    const fn = await withFunction(stage, { Tags: { testtag: stage.name("tag") } });
    const got = await fn.get("get_function_result");
    await stage.match("list_tags_result", stage.lambda.ListTags({ Resource: got?.Configuration?.FunctionArn }));
  },
  async "TestLambdaTag::test_tag_exceptions[lambda_function]"({ lambda, match, region, account, name }) {
    const Resource = `arn:aws:lambda:${region}:${account}:function:${name("fn")}`;
    await match("not_found_exception_tag", lambda.TagResource({ Resource, Tags: { A: "B" } }));
    await match("not_found_exception_untag", lambda.UntagResource({ Resource, TagKeys: ["A"] }));
    await match("not_found_exception_list", lambda.ListTags({ Resource }));
    await match("aliased_arn_exception", lambda.ListTags({ Resource: `${Resource}:alias` }));
    await match("invalid_arn_exception", lambda.ListTags({ Resource: Resource.replace(":function:", ":foobar:") }));
  },
};

export const lambda: Reproductions = {
  file: "lambda___test_lambda_api",
  service: "lambda",
  tests: { ...named, ...operations, ...tests },
};
