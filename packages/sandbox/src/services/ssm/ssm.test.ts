import { PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateKeyCommand } from "@aws-sdk/client-kms";
import * as sdk from "@aws-sdk/client-ssm";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import { awsCli, hasAwsCli } from "../../../test/aws-cli.ts";
import { clientSettings, DEV, roleForTest, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import { type Sandbox, startSandbox } from "../../index.ts";

function parametersOf(sandbox: Sandbox, account = TOOLING) {
  const client = new sdk.SSMClient(clientSettings(sandbox, account));
  const put = (Name: string, Value: string, more: Partial<sdk.PutParameterCommandInput> = {}) =>
    client.send(new sdk.PutParameterCommand({ Name, Value, Type: "String", ...more }));
  const get = async (Name: string, WithDecryption = false) =>
    (await client.send(new sdk.GetParameterCommand({ Name, WithDecryption }))).Parameter;
  return { client, put, get };
}

test("a parameter is read by name, by ARN, by version and by label; what it was stays in its history", async () => {
  const sandbox = await sandboxForTest();
  const { client, put, get } = parametersOf(sandbox);
  expect(await put("/orders/url", "one")).toMatchObject({ Version: 1, Tier: "Standard" });
  await client.send(new sdk.LabelParameterVersionCommand({ Name: "/orders/url", Labels: ["live", "1st"] }));
  expect(await put("/orders/url", "two", { Overwrite: true })).toMatchObject({ Version: 2 });
  const now = await get("/orders/url");
  expect(now).toEqual({
    ARN: `arn:aws:ssm:eu-west-1:${TOOLING}:parameter/orders/url`,
    DataType: "text",
    LastModifiedDate: expect.any(Date),
    Name: "/orders/url",
    Type: "String",
    Value: "two",
    Version: 2,
  });
  expect(await get(now?.ARN ?? "")).toEqual(now);
  expect(await get("/orders/url:1")).toMatchObject({ Value: "one", Selector: ":1" });
  expect(await get("/orders/url:live")).toMatchObject({ Value: "one", Version: 1, Selector: ":live" });
  await expect(get("/orders/url:3")).rejects.toThrow(sdk.ParameterVersionNotFound);
  const history = await client.send(new sdk.GetParameterHistoryCommand({ Name: "/orders/url" }));
  expect(history.Parameters?.map(({ Value, Labels }) => [Value, Labels])).toEqual([
    ["one", ["live"]],
    ["two", []],
  ]);
});

test("what can't be is refused in AWS's words", async () => {
  const sandbox = await sandboxForTest();
  const { client, put, get } = parametersOf(sandbox);
  await put("plain", "1");
  await expect(put("plain", "2")).rejects.toThrow(
    "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
  );
  const missing = await get("/not/there").catch((error: Error) => error);
  expect(missing).toBeInstanceOf(sdk.ParameterNotFound);
  await expect(get("a/b")).rejects.toThrow("sub-paths divided by slash symbol");
  await expect(put("/aws/mine", "1")).rejects.toThrow("No access to reserved parameter name: /aws/mine.");
  await expect(put("a/b", "1")).rejects.toThrow("Parameter name must be a fully qualified name.");
  await expect(put("big", "x".repeat(4097))).rejects.toThrow("Standard tier parameters support a maximum");
  expect(await put("big", "x".repeat(4097), { Tier: "Intelligent-Tiering" })).toMatchObject({ Tier: "Advanced" });
  await expect(put("port", "http", { AllowedPattern: "\\d+" })).rejects.toThrow(sdk.ParameterPatternMismatchException);
  const changed = put("plain", "x", { Type: "StringList", Overwrite: true });
  await expect(changed).rejects.toThrow(sdk.HierarchyTypeMismatchException);
  await expect(put("p", "1", { Policies: '[{"Type":"Expiration"}]' })).rejects.toThrow("not implemented");
  const tagged = put("plain", "3", { Overwrite: true, Tags: [{ Key: "a", Value: "b" }] });
  await expect(tagged).rejects.toThrow("tags and overwrite can't be used together");
  const deleted = await client.send(new sdk.DeleteParametersCommand({ Names: ["plain", "none"] }));
  expect(deleted).toMatchObject({ DeletedParameters: ["plain"], InvalidParameters: ["none"] });
});

test("a SecureString is ciphertext at rest and in an answer, unless it is asked for in the clear", async () => {
  const sandbox = await sandboxForTest();
  const { client, put, get } = parametersOf(sandbox, DEV);
  const { KeyMetadata } = await sandbox.send(new CreateKeyCommand({}), { account: DEV });
  await put("/db/password", "hunter2", { Type: "SecureString" });
  await put("/db/other", "hunter3", { Type: "SecureString", KeyId: KeyMetadata?.KeyId });
  expect((await get("/db/password"))?.Value).not.toContain("hunter2");
  expect((await get("/db/password", true))?.Value).toBe("hunter2");
  const { Parameters = [] } = await client.send(
    new sdk.GetParametersByPathCommand({ Path: "/db", WithDecryption: true }),
  );
  expect(Parameters.map(({ Value }) => Value)).toEqual(["hunter3", "hunter2"]);
  const described = await client.send(
    new sdk.DescribeParametersCommand({ ParameterFilters: [{ Key: "Type", Values: ["SecureString"] }] }),
  );
  expect(described.Parameters?.map(({ KeyId }) => KeyId)).toEqual([KeyMetadata?.KeyId, "alias/aws/ssm"]);
  await expect(put("/db/none", "x", { Type: "SecureString", KeyId: "alias/none" })).rejects.toThrow(sdk.InvalidKeyId);
});

test("a role that may read a parameter must be allowed its key as well, unless it is the standard one", async () => {
  const sandbox = await sandboxForTest();
  const { put } = parametersOf(sandbox);
  const { KeyMetadata } = await sandbox.send(new CreateKeyCommand({}));
  await put("/standard", "s", { Type: "SecureString" });
  await put("/own", "o", { Type: "SecureString", KeyId: KeyMetadata?.KeyId });
  const principal = { AWS: `arn:aws:iam::${TOOLING}:root` };
  const RoleArn = await roleForTest(sandbox, { name: "reader", principal, actions: ["ssm:GetParameter"] });
  const { Credentials: key } = await sandbox.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "session" }));
  const credentials = {
    accessKeyId: key?.AccessKeyId ?? "",
    secretAccessKey: key?.SecretAccessKey ?? "",
    sessionToken: key?.SessionToken ?? "",
  };
  const reader = new sdk.SSMClient({ ...clientSettings(sandbox), credentials });
  const read = async (Name: string) =>
    (await reader.send(new sdk.GetParameterCommand({ Name, WithDecryption: true }))).Parameter?.Value;
  expect(await read("/standard")).toBe("s");
  await expect(read("/own")).rejects.toThrow("is not authorized to perform: kms:Decrypt");
  const Statement = [{ Effect: "Allow", Action: "kms:Decrypt", Resource: KeyMetadata?.Arn }];
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await sandbox.send(new PutRolePolicyCommand({ RoleName: "reader", PolicyName: "key", PolicyDocument }));
  expect(await read("/own")).toBe("o");
});

test("a path is read page by page, one level or all", async () => {
  const sandbox = await sandboxForTest();
  const { client, put } = parametersOf(sandbox);
  for (const name of ["/a/1", "/a/2", "/a/3", "/a/b/4", "/ab/5"]) await put(name, name);
  const names: (string | undefined)[] = [];
  const pages = sdk.paginateGetParametersByPath({ client, pageSize: 2 }, { Path: "/a", Recursive: true });
  for await (const { Parameters = [] } of pages) names.push(...Parameters.map(({ Name }) => Name));
  expect(names).toEqual(["/a/1", "/a/2", "/a/3", "/a/b/4"]);
  const level = await client.send(new sdk.GetParametersByPathCommand({ Path: "/a/" }));
  expect(level.Parameters?.map(({ Name }) => Name)).toEqual(["/a/1", "/a/2", "/a/3"]);
  const filter = { Key: "Name", Option: "Contains", Values: ["b/"] };
  const described = await client.send(new sdk.DescribeParametersCommand({ ParameterFilters: [filter] }));
  expect(described.Parameters?.map(({ Name }) => Name)).toEqual(["/a/b/4", "/ab/5"]);
});

test("a label stands on one version only, and tags are kept", async () => {
  const sandbox = await sandboxForTest();
  const { client, put, get } = parametersOf(sandbox);
  await put("p", "1", { Tags: [{ Key: "team", Value: "orders" }] });
  await put("p", "2", { Overwrite: true });
  const label = (ParameterVersion: number) =>
    client.send(new sdk.LabelParameterVersionCommand({ Name: "p", ParameterVersion, Labels: ["live"] }));
  await label(1);
  await label(2);
  expect((await get("p:live"))?.Value).toBe("2");
  const resource = { ResourceType: "Parameter", ResourceId: "p" } as const;
  await client.send(new sdk.AddTagsToResourceCommand({ ...resource, Tags: [{ Key: "x", Value: "y" }] }));
  await client.send(new sdk.RemoveTagsFromResourceCommand({ ...resource, TagKeys: ["team"] }));
  const { TagList } = await client.send(new sdk.ListTagsForResourceCommand(resource));
  expect(TagList).toEqual([{ Key: "x", Value: "y" }]);
});

test("parameters survive a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await startSandbox({ dataDir, fronts: [] });
  await parametersOf(first).put("kept", "safe", { Type: "SecureString" });
  await first.stop();
  const second = await sandboxForTest({ dataDir });
  expect((await parametersOf(second).get("kept", true))?.Value).toBe("safe");
});

test.skipIf(!hasAwsCli)("the AWS CLI puts, gets and lists parameters", async () => {
  const sandbox = await sandboxForTest();
  const aws = (...args: string[]) => awsCli(sandbox, ["ssm", ...args]);
  await aws("put-parameter", "--name", "/cli/a", "--value", "v", "--type", "SecureString");
  const text = await aws(
    ...["get-parameter", "--name", "/cli/a", "--with-decryption", "--query", "Parameter.Value", "--output", "text"],
  );
  expect(text).toBe("v\n");
  expect(await aws("get-parameters-by-path", "--path", "/cli")).toMatchObject({ Parameters: [{ Name: "/cli/a" }] });
});
