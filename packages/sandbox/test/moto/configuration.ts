import * as secrets from "@aws-sdk/client-secrets-manager";
import * as ssm from "@aws-sdk/client-ssm";
import type { Scenario } from "./clients.ts";

export const parameters: Scenario = async (clients, call) => {
  const c = clients.ssm;
  const put = (Name: string, Value: string, more: Partial<ssm.PutParameterCommandInput> = {}) =>
    call(c, new ssm.PutParameterCommand({ Name, Value, Type: "String", ...more }));
  await put("/orders/url", "https://one");
  await put("/orders/url", "https://two");
  await put("/orders/url", "https://two", { Overwrite: true });
  await put("/orders/list", "a,b", { Type: "StringList" });
  await put("/orders/deep/key", "k", { Description: "deep" });
  await put("/orders/secret", "s", { Type: "SecureString" });
  await put("aws-reserved", "x");
  await call(c, new ssm.GetParameterCommand({ Name: "/orders/url" }));
  await call(c, new ssm.GetParameterCommand({ Name: "/orders/url:1" }));
  await call(c, new ssm.GetParameterCommand({ Name: "/orders/none" }));
  await call(c, new ssm.GetParameterCommand({ Name: "/orders/secret", WithDecryption: true }));
  await call(c, new ssm.GetParametersCommand({ Names: ["/orders/url", "/orders/none"] }));
  await call(c, new ssm.GetParametersByPathCommand({ Path: "/orders" }));
  await call(c, new ssm.GetParametersByPathCommand({ Path: "/orders", Recursive: true }));
  await call(c, new ssm.GetParameterHistoryCommand({ Name: "/orders/list" }));
  await call(c, new ssm.LabelParameterVersionCommand({ Name: "/orders/url", ParameterVersion: 1, Labels: ["old"] }));
  await call(c, new ssm.GetParameterCommand({ Name: "/orders/url:old" }));
  const resource = { ResourceType: "Parameter", ResourceId: "/orders/url" } as const;
  await call(c, new ssm.AddTagsToResourceCommand({ ...resource, Tags: [{ Key: "team", Value: "a" }] }));
  await call(c, new ssm.ListTagsForResourceCommand(resource));
  await call(c, new ssm.RemoveTagsFromResourceCommand({ ...resource, TagKeys: ["team"] }));
  await call(c, new ssm.DeleteParameterCommand({ Name: "/orders/url" }));
  await call(c, new ssm.DeleteParameterCommand({ Name: "/orders/url" }));
  await call(c, new ssm.DeleteParametersCommand({ Names: ["/orders/list", "/orders/none"] }));
};

export const secretValues: Scenario = async (clients, call) => {
  const c = clients.secrets;
  const SecretId = "orders/database";
  await call(c, new secrets.CreateSecretCommand({ Name: SecretId, SecretString: "one", Description: "of orders" }));
  await call(c, new secrets.CreateSecretCommand({ Name: SecretId, SecretString: "two" }));
  await call(c, new secrets.GetSecretValueCommand({ SecretId }));
  await call(c, new secrets.GetSecretValueCommand({ SecretId: "none" }));
  await call(c, new secrets.PutSecretValueCommand({ SecretId, SecretString: "two" }));
  await call(c, new secrets.GetSecretValueCommand({ SecretId }));
  await call(c, new secrets.GetSecretValueCommand({ SecretId, VersionStage: "AWSPREVIOUS" }));
  await call(c, new secrets.GetSecretValueCommand({ SecretId, VersionStage: "NOSUCH" }));
  await call(c, new secrets.UpdateSecretCommand({ SecretId, Description: "of all orders" }));
  await call(c, new secrets.TagResourceCommand({ SecretId, Tags: [{ Key: "team", Value: "a" }] }));
  await call(c, new secrets.UntagResourceCommand({ SecretId, TagKeys: ["team"] }));
  await call(c, new secrets.GetResourcePolicyCommand({ SecretId }));
  await call(c, new secrets.DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 7 }));
  await call(c, new secrets.GetSecretValueCommand({ SecretId }));
  await call(c, new secrets.RestoreSecretCommand({ SecretId }));
  await call(c, new secrets.DeleteSecretCommand({ SecretId, RecoveryWindowInDays: 3 }));
  await call(c, new secrets.DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
  await call(c, new secrets.DescribeSecretCommand({ SecretId }));
};
