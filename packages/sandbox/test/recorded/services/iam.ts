import type { Reproduction, Reproductions, Stage } from "../reproduction.ts";

const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const trusting = (Service: string) => document({ Effect: "Allow", Principal: { Service }, Action: "sts:AssumeRole" });
const EC2 = trusting("ec2.amazonaws.com");
const LISTING = document({ Effect: "Allow", Action: ["lambda:ListFunctions"], Resource: ["*"] });

/** A policy is attached by its ARN alone. */
const attaching =
  (
    attach: (stage: Stage, name: string, PolicyArn: string) => ReturnType<Stage["iam"]["AttachUserPolicy"]>,
  ): Reproduction =>
  async (stage) => {
    const { iam, match, name } = stage;
    const whose = name("test-role");
    await iam.CreateRole({ RoleName: whose, AssumeRolePolicyDocument: EC2 });
    await iam.CreateUser({ UserName: whose });
    const PolicyName = name("test-policy");
    const create = iam.CreatePolicy({ PolicyName, PolicyDocument: LISTING });
    const arn = (await match("create_policy_response", create))?.Policy?.Arn ?? "";
    await match("non_existent_malformed_policy_arn", attach(stage, whose, "longpolicynamebutnoarn"));
    await match("existing_policy_name_provided", attach(stage, whose, PolicyName));
    await match("valid_arn_not_existent", attach(stage, whose, `${arn}123`));
    await match("valid_policy_arn", attach(stage, whose, arn));
  };

const restApi = (region: string) => encodeURIComponent(`arn:aws:apigateway:${region}::/restapis/aaeeieije`);
const encoded = (region: string) =>
  document({
    Effect: "Allow",
    Action: ["apigatway:PUT"],
    Resource: [`arn:aws:apigateway:${region}::/tags/${restApi(region)}`],
  });

export const iam: Reproductions = {
  file: "iam__test_iam",
  service: "iam",
  tests: {
    async "TestIAMExtensions::test_create_role_with_malformed_assume_role_policy_document"({
      iam: client,
      match,
      name,
    }) {
      const trailing =
        '{"Version": "2012-10-17", "Statement": [{"Action": "sts:AssumeRole", "Principal": "*", "Effect": "Allow",}]}';
      await match("invalid-json", client.CreateRole({ RoleName: name("role"), AssumeRolePolicyDocument: trailing }));
    },
    async "TestIAMExtensions::test_role_with_path_lifecycle"({ iam: client, match, name }) {
      const RoleName = name("role");
      const AssumeRolePolicyDocument = trusting("lambda.amazonaws.com");
      const create = client.CreateRole({ RoleName, AssumeRolePolicyDocument, Path: `/${name("path")}/` });
      await match("create-role-response", create);
      await match("get-role-response", client.GetRole({ RoleName }));
      await match("delete-role-response", client.DeleteRole({ RoleName }));
    },
    async "TestIAMIntegrations::test_delete_non_existent_policy_returns_no_such_entity"({
      iam: client,
      match,
      account,
    }) {
      const PolicyArn = `arn:aws:iam::${account}:policy/non-existent-policy`;
      await match("delete-non-existent-policy-exc", client.DeletePolicy({ PolicyArn }));
    },
    async "TestIAMIntegrations::test_update_assume_role_policy"({ iam: client, match, name }) {
      const statement = { Effect: "Allow", Principal: { Service: ["ec2.amazonaws.com"] }, Action: ["sts:AssumeRole"] };
      const PolicyDocument = document(statement);
      const RoleName = name("role");
      await match("created_role", client.CreateRole({ RoleName, AssumeRolePolicyDocument: PolicyDocument }));
      await match("updated_policy", client.UpdateAssumeRolePolicy({ RoleName, PolicyDocument }));
    },
    async "TestIAMIntegrations::test_create_describe_role"({ iam: client, match, name }) {
      const RoleName = name("role");
      const Path = `/${name("p")}/`;
      await match("create_role_result", client.CreateRole({ RoleName, AssumeRolePolicyDocument: EC2, Path }));
      await match("get_role_result", client.GetRole({ RoleName }));
      await match("list_roles_result", client.ListRoles({ PathPrefix: Path }));
    },
    async "TestIAMIntegrations::test_list_roles_with_permission_boundary"({ iam: client, match, name }) {
      const RoleName = name("role");
      const Path = `/${name("p")}/`;
      await match("created_role", client.CreateRole({ RoleName, AssumeRolePolicyDocument: EC2, Path }));
      const { Policy } = await client.CreatePolicy({ PolicyName: name("policy"), PolicyDocument: LISTING });
      await client.PutRolePermissionsBoundary({ RoleName, PermissionsBoundary: Policy?.Arn });
      await match("list_roles_result", client.ListRoles({ PathPrefix: Path }));
    },
    "TestIAMIntegrations::test_role_attach_policy": attaching(({ iam: client }, RoleName, PolicyArn) =>
      client.AttachRolePolicy({ RoleName, PolicyArn }),
    ),
    "TestIAMIntegrations::test_user_attach_policy": attaching(({ iam: client }, UserName, PolicyArn) =>
      client.AttachUserPolicy({ UserName, PolicyArn }),
    ),
    async "TestIAMPolicyEncoding::test_put_user_policy_encoding"({ iam: client, match, name, region }) {
      const policy = { UserName: name("test-user"), PolicyName: name("test-policy") };
      await client.CreateUser({ UserName: policy.UserName });
      await client.PutUserPolicy({ ...policy, PolicyDocument: encoded(region) });
      await match("get-policy-response", client.GetUserPolicy(policy));
    },
    async "TestIAMPolicyEncoding::test_put_role_policy_encoding"({ iam: client, match, name, region }) {
      const policy = { RoleName: name("test-role"), PolicyName: name("test-policy") };
      const { RoleName } = policy;
      const Path = `/${name("p")}/`;
      const AssumeRolePolicyDocument = document({
        Action: "sts:AssumeRole",
        Principal: { Service: "lambda.amazonaws.com" },
        Effect: "Allow",
        Condition: { StringEquals: { "aws:SourceArn": restApi(region) } },
      });
      await match("create-role-response", client.CreateRole({ RoleName, AssumeRolePolicyDocument, Path }));
      await client.PutRolePolicy({ ...policy, PolicyDocument: encoded(region) });
      await match("get-policy-response", client.GetRolePolicy(policy));
      await match("get-role-response", client.GetRole({ RoleName }));
      await match("list-roles-response", client.ListRoles({ PathPrefix: Path }));
    },
    async "TestRoles::test_role_with_tags"({ iam: client, match, name }) {
      const role = { RoleName: name("role"), AssumeRolePolicyDocument: EC2, Path: "/role-with-tags/" };
      const Tags = [{ Key: "test", Value: "value" }];
      await match("create-role-response", client.CreateRole({ ...role, Tags }));
      await match("get-role-response", client.GetRole({ RoleName: role.RoleName }));
      await match("list-role-response", client.ListRoles({ PathPrefix: role.Path }));
    },
  },
};
