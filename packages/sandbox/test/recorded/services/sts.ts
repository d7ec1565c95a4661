import type { Reproductions, Stage } from "../reproduction.ts";

const trust = (account: string, Action: string | string[]) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Action, Principal: { AWS: account }, Effect: "Allow" }],
  });

async function role({ iam, match, account, name }: Stage, key: string, actions: string | string[]) {
  const create = iam.CreateRole({ RoleName: name("role"), AssumeRolePolicyDocument: trust(account, actions) });
  const { Role } = (await match(key, create)) ?? {};
  return { arn: Role?.Arn ?? "", name: Role?.RoleName ?? "" };
}

const TAGGING = ["sts:AssumeRole", "sts:TagSession"];
const tag = (Key: string, Value: string) => ({ Key, Value });

export const sts: Reproductions = {
  file: "sts__test_sts",
  service: "sts",
  tests: {
    async "TestSTSIntegrations::test_assume_role"(stage) {
      const RoleSessionName = stage.name("test-assume-role");
      stage.given("role-session-name", { RoleSessionName });
      const { arn } = await role(stage, "create-role", "sts:AssumeRole");
      await stage.match("assume-role", stage.sts.AssumeRole({ RoleArn: arn, RoleSessionName }));
    },
    async "TestSTSIntegrations::test_sts_invalid_parameters"({ sts: client, match }) {
      const refused = (key: string, RoleArn: string, RoleSessionName = "Session1") =>
        match(key, client.AssumeRole({ RoleArn, RoleSessionName }));
      await refused("malformed-arn", "nothing-valid-in-here");
      await refused("no-partition", "arn::b:::something/test-role");
      await refused("no-service", "arn:a::::something/test-role");
      await refused("not-enough-colons", "arn:a:::something/test-role");
      await refused("no-resource", "arn:a:a::aaaaaaaaaa:");
      await refused("invalid-session-name", "arn:a:b:::something/test-role", "Session1:2");
    },
    async "TestSTSAssumeRoleTagging::test_assume_role_tag_validation"(stage) {
      const { arn } = await role(stage, "role-1", TAGGING);
      const assume = (RoleSessionName: string, Tags: { Key: string; Value: string }[], TransitiveTagKeys: string[]) =>
        stage.sts.AssumeRole({ RoleArn: arn, RoleSessionName, Tags, TransitiveTagKeys });
      const one = tag("SessionTag1", "SessionValue1");
      const lacking = assume("SessionInvalidTransitiveKeys", [one], ["InvalidKey"]);
      await stage.match("invalid-transitive-tag-keys", lacking);
      await assume("SessionInvalidCasingTransitiveKeys", [one], ["sessiontag1"]);
      const twice = assume("SessionInvalidCasing", [one, tag("sessiontag1", "SessionValue2")], ["sessiontag1"]);
      await stage.match("duplicate-tag-keys-different-casing", twice);
    },
    async "TestSTSAssumeRoleTagging::test_iam_role_chaining_override_transitive_tags"(stage) {
      const first = await role(stage, "role-1", TAGGING);
      const second = await role(stage, "role-2", TAGGING);
      const statement = { Effect: "Allow", Action: TAGGING, Resource: [second.arn] };
      const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
      await stage.iam.PutRolePolicy({ RoleName: first.name, PolicyName: stage.name("policy"), PolicyDocument });
      const { Credentials } = await stage.sts.AssumeRole({
        RoleArn: first.arn,
        RoleSessionName: "Session1",
        Tags: [tag("SessionTag1", "SessionValue1")],
        TransitiveTagKeys: ["SessionTag1"],
      });
      const acting = stage.as({
        accessKeyId: Credentials?.AccessKeyId ?? "",
        secretAccessKey: Credentials?.SecretAccessKey ?? "",
        sessionToken: Credentials?.SessionToken ?? "",
      });
      const override = (key: string, tagKey: string) =>
        stage.match(
          key,
          acting.sts.AssumeRole({
            RoleArn: second.arn,
            RoleSessionName: "Session2SessionTagOverride",
            Tags: [tag(tagKey, "SessionValue2")],
          }),
        );
      await override("override-transitive-tag-error", "SessionTag1");
      await override("override-transitive-tag-case-ignore-error", "sessiontag1");
    },
  },
};
