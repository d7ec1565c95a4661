import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { AddPermissionCommand, CreateFunctionCommand } from "@aws-sdk/client-lambda";
import * as sdk from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, ParameterNotFound } from "@aws-sdk/client-ssm";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { strToU8, zipSync } from "fflate";
import { expect, test } from "vitest";
import { awsCli, hasAwsCli } from "../../../test/aws-cli.ts";
import { clientSettings, DEV, roleForTest, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import { type Sandbox, startSandbox } from "../../index.ts";

const DAY_MS = 86_400_000;

function secretsOf(sandbox: Sandbox, account = TOOLING) {
  const client = new sdk.SecretsManagerClient(clientSettings(sandbox, account));
  const get = (SecretId: string, more: Partial<sdk.GetSecretValueCommandInput> = {}) =>
    client.send(new sdk.GetSecretValueCommand({ SecretId, ...more }));
  const create = (Name: string, SecretString?: string, more: Partial<sdk.CreateSecretCommandInput> = {}) =>
    client.send(new sdk.CreateSecretCommand({ Name, SecretString, ...more }));
  const put = (SecretId: string, SecretString: string, VersionStages?: string[]) =>
    client.send(new sdk.PutSecretValueCommand({ SecretId, SecretString, VersionStages }));
  /** Values with their stages, oldest first. */
  const stages = async (SecretId: string) => {
    const { Versions = [] } = await client.send(new sdk.ListSecretVersionIdsCommand({ SecretId }));
    const values = Versions.map(async ({ VersionId, VersionStages }) => {
      const { SecretString } = await get(SecretId, { VersionId });
      return [SecretString, VersionStages];
    });
    return Promise.all(values);
  };
  const move = (SecretId: string, VersionStage: string, from: string | undefined, to: string | undefined) =>
    client.send(
      new sdk.UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage,
        RemoveFromVersionId: from,
        MoveToVersionId: to,
      }),
    );
  return { client, get, create, put, stages, move };
}

test("a secret is read by name, by ARN and by stage; its ARN ends in six characters", async () => {
  const sandbox = await sandboxForTest();
  const { get, create, put } = secretsOf(sandbox);
  const made = await create("db/orders", "one");
  expect(made.ARN).toMatch(new RegExp(`^arn:aws:secretsmanager:eu-west-1:${TOOLING}:secret:db/orders-[A-Za-z0-9]{6}$`));
  const first = await get(made.ARN ?? "");
  expect(first).toMatchObject({ Name: "db/orders", SecretString: "one", VersionStages: ["AWSCURRENT"] });
  expect(first.VersionId).toBe(made.VersionId);
  await put("db/orders", "two");
  expect((await get("db/orders")).SecretString).toBe("two");
  expect((await get(made.ARN?.slice(0, -7) ?? "", { VersionStage: "AWSPREVIOUS" })).SecretString).toBe("one");
  const again = secretsOf(sandbox).create("db/orders", "three");
  await expect(again).rejects.toThrow("The operation failed because the secret db/orders already exists.");
  await expect(create("Inv Name", "x")).rejects.toThrow("Must be a valid name containing alphanumeric characters");
  await expect(get("none")).rejects.toThrow("Secrets Manager can't find the specified secret.");
  await expect(get("db/orders", { VersionStage: "AWSPENDING" })).rejects.toThrow(
    "Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
  );
});

test("a value is ciphertext on disk, and the same call made twice is made once", async () => {
  const sandbox = await sandboxForTest();
  const { client, create } = secretsOf(sandbox);
  const ClientRequestToken = "00000000-0000-0000-0000-000000000001";
  const made = await create("s", "plainly-visible", { ClientRequestToken });
  expect(await create("s", "plainly-visible", { ClientRequestToken })).toMatchObject({ ARN: made.ARN });
  const rows = sandbox
    .runtimeOf("SecretsManagerClient")
    .storeOf("", "")
    .sql.prepare("SELECT value FROM documents")
    .all();
  expect(JSON.stringify(rows)).not.toContain("plainly-visible");
  const put = (SecretString: string) =>
    client.send(new sdk.PutSecretValueCommand({ SecretId: "s", SecretString, ClientRequestToken }));
  await put("plainly-visible");
  await expect(put("other")).rejects.toThrow(sdk.ResourceExistsException);
});

test("staging labels move as AWS moves them", async () => {
  const sandbox = await sandboxForTest();
  const { create, put, stages, move } = secretsOf(sandbox);
  const one = await create("s", "S0");
  const two = await put("s", "S1", ["AWSPENDING", "PUT1"]);
  await move("s", "AWSCURRENT", one.VersionId, two.VersionId);
  expect(await stages("s")).toEqual([
    ["S0", ["AWSPREVIOUS"]],
    ["S1", ["AWSCURRENT", "AWSPENDING", "PUT1"]],
  ]);
  const three = await put("s", "S2", ["AWSPENDING", "PUT2"]);
  await expect(move("s", "AWSCURRENT", undefined, three.VersionId)).rejects.toThrow(
    `Staging label AWSCURRENT is currently attached to version ${two.VersionId}`,
  );
  await move("s", "AWSCURRENT", two.VersionId, three.VersionId);
  expect(await stages("s")).toEqual([
    ["S1", ["AWSPREVIOUS", "PUT1"]],
    ["S2", ["AWSCURRENT", "AWSPENDING", "PUT2"]],
  ]);
  await put("s", "S3");
  expect(await stages("s")).toEqual([
    ["S1", ["PUT1"]],
    ["S2", ["AWSPREVIOUS", "PUT2"]],
    ["S3", ["AWSCURRENT"]],
  ]);
});

test("a deleted secret can be restored until its window ends by the sandbox's clock", async () => {
  const sandbox = await sandboxForTest();
  const { client, create, get } = secretsOf(sandbox);
  await create("s", "v");
  const remove = (more: object) => client.send(new sdk.DeleteSecretCommand({ SecretId: "s", ...more }));
  await expect(remove({ RecoveryWindowInDays: 6 })).rejects.toThrow(sdk.InvalidParameterException);
  await remove({ RecoveryWindowInDays: 7 });
  await expect(get("s")).rejects.toThrow("because it was marked for deletion");
  await expect(create("s", "x")).rejects.toThrow("already scheduled for deletion");
  await client.send(new sdk.RestoreSecretCommand({ SecretId: "s" }));
  expect((await get("s")).SecretString).toBe("v");
  await remove({ RecoveryWindowInDays: 7 });
  sandbox.clock.advance(7 * DAY_MS);
  await expect.poll(() => create("s", "new").then(({ Name }) => Name, () => undefined)).toBe("s"); // biome-ignore format: one thing
  await remove({ ForceDeleteWithoutRecovery: true });
  await expect(get("s")).rejects.toThrow(sdk.ResourceNotFoundException);
});

test("another account reads a secret only under its policy", async () => {
  const sandbox = await sandboxForTest();
  const { client, create } = secretsOf(sandbox);
  const { ARN = "" } = await create("shared", "v");
  const foreign = secretsOf(sandbox, DEV);
  await expect(foreign.get(ARN)).rejects.toThrow("not authorized to perform: secretsmanager:GetSecretValue");
  const Principal = { AWS: `arn:aws:iam::${DEV}:root` };
  const Statement = [{ Effect: "Allow", Principal, Action: "secretsmanager:GetSecretValue", Resource: "*" }];
  const ResourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement });
  await client.send(new sdk.PutResourcePolicyCommand({ SecretId: "shared", ResourcePolicy }));
  expect((await foreign.get(ARN)).SecretString).toBe("v");
});

test("a secret's policy lets in a role of its own account that has no policy of its own", async () => {
  const sandbox = await sandboxForTest();
  const { client, create } = secretsOf(sandbox);
  await create("guarded", "v");
  const principal = { AWS: `arn:aws:iam::${TOOLING}:root` };
  const RoleArn = await roleForTest(sandbox, { name: "reader", principal, actions: [] });
  const { Credentials: key } = await sandbox.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "session" }));
  const credentials = {
    accessKeyId: key?.AccessKeyId ?? "",
    secretAccessKey: key?.SecretAccessKey ?? "",
    sessionToken: key?.SessionToken ?? "",
  };
  const reader = new sdk.SecretsManagerClient({ ...clientSettings(sandbox), credentials });
  const read = () => reader.send(new sdk.GetSecretValueCommand({ SecretId: "guarded" }));
  await expect(read()).rejects.toThrow("no identity-based policy allows the secretsmanager:GetSecretValue action");
  const Statement = [{ Effect: "Allow", Principal: { AWS: RoleArn }, Action: "secretsmanager:Get*", Resource: "*" }];
  const ResourcePolicy = JSON.stringify({ Version: "2012-10-17", Statement });
  await client.send(new sdk.PutResourcePolicyCommand({ SecretId: "guarded", ResourcePolicy }));
  expect((await read()).SecretString).toBe("v");
});

/** A rotation function as AWS's template has it, over the wire and without an SDK; it fails at the step `FAIL` names. */
const ROTATION_FUNCTION = `
import { createHash, createHmac } from "node:crypto";
const sha = (text) => createHash("sha256").update(text).digest("hex");
async function call(action, input) {
  const env = process.env, url = new URL(env.AWS_ENDPOINT_URL), body = JSON.stringify(input);
  const at = new Date().toISOString().replace(/[-:]|\\.\\d+/g, ""), scope = at.slice(0, 8) + "/" + env.AWS_REGION + "/secretsmanager/aws4_request";
  const headers = { host: url.host, "x-amz-date": at, "x-amz-security-token": env.AWS_SESSION_TOKEN, "x-amz-target": "secretsmanager." + action };
  const names = Object.keys(headers).sort();
  const canonical = ["POST", "/", "", names.map((n) => n + ":" + headers[n] + "\\n").join(""), names.join(";"), sha(body)].join("\\n");
  let key = Buffer.from("AWS4" + env.AWS_SECRET_ACCESS_KEY);
  const parts = scope.split("/").concat(["AWS4-HMAC-SHA256", at, scope, sha(canonical)].join("\\n"));
  for (const part of parts) key = createHmac("sha256", key).update(part).digest();
  headers.authorization = "AWS4-HMAC-SHA256 Credential=" + env.AWS_ACCESS_KEY_ID + "/" + scope + ", SignedHeaders=" + names.join(";") + ", Signature=" + key.toString("hex");
  const answer = await fetch(url, { method: "POST", body, headers: { ...headers, "content-type": "application/x-amz-json-1.1" } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return JSON.parse(text);
}
export async function handler({ Step, SecretId, ClientRequestToken: token }) {
  console.log(Step);
  if (Step === process.env.FAIL) throw new Error("as asked");
  if (Step === "createSecret") {
    const { SecretString } = await call("GetSecretValue", { SecretId });
    await call("PutSecretValue", { SecretId, ClientRequestToken: token, SecretString: SecretString + "+", VersionStages: ["AWSPENDING"] });
  }
  if (Step === "finishSecret") {
    const { VersionIdsToStages } = await call("DescribeSecret", { SecretId });
    const [current] = Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes("AWSCURRENT"));
    await call("UpdateSecretVersionStage", { SecretId, VersionStage: "AWSCURRENT", MoveToVersionId: token, RemoveFromVersionId: current });
  }
}`;

async function withRotationFunction(sandbox: Sandbox, FAIL = "") {
  const { FunctionArn = "" } = await sandbox.send(
    new CreateFunctionCommand({
      FunctionName: `rotate${FAIL}`,
      Runtime: "nodejs22.x",
      Handler: "index.handler",
      Role: `arn:aws:iam::${TOOLING}:role/rotate`,
      Code: { ZipFile: zipSync({ "index.mjs": strToU8(ROTATION_FUNCTION) }) },
      Environment: { Variables: { FAIL } },
    }),
  );
  return FunctionArn;
}

/** The role as which the function speaks to Secrets Manager. */
async function role(sandbox: Sandbox): Promise<void> {
  const Statement = [{ Effect: "Allow", Action: ["secretsmanager:*", "logs:*"], Resource: "*" }];
  const AssumeRolePolicyDocument = JSON.stringify({
    Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
  });
  await sandbox.send(new CreateRoleCommand({ RoleName: "rotate", AssumeRolePolicyDocument }));
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await sandbox.send(new PutRolePolicyCommand({ RoleName: "rotate", PolicyName: "rotate", PolicyDocument }));
}

const allow = (sandbox: Sandbox, FunctionName: string) =>
  sandbox.send(
    new AddPermissionCommand({
      FunctionName,
      StatementId: "rotate",
      Action: "lambda:InvokeFunction",
      Principal: "secretsmanager.amazonaws.com",
    }),
  );

test("a rotation goes through its four steps at once and then on its schedule", async () => {
  const sandbox = await sandboxForTest();
  const { client, create, get, stages } = secretsOf(sandbox);
  await role(sandbox);
  const RotationLambdaARN = await withRotationFunction(sandbox);
  await create("s", "v");
  const rotate = () =>
    client.send(
      new sdk.RotateSecretCommand({ SecretId: "s", RotationLambdaARN, RotationRules: { AutomaticallyAfterDays: 1 } }),
    );
  await expect(rotate()).rejects.toThrow("Secrets Manager cannot invoke the specified Lambda function.");
  await allow(sandbox, RotationLambdaARN);
  const { VersionId } = await rotate();
  await expect.poll(async () => (await get("s")).SecretString, { timeout: 5000 }).toBe("v+");
  const describe = () => client.send(new sdk.DescribeSecretCommand({ SecretId: "s" }));
  await expect.poll(async () => (await describe()).LastRotatedDate).toBeInstanceOf(Date);
  expect(await describe()).toMatchObject({ RotationEnabled: true, RotationRules: { AutomaticallyAfterDays: 1 } });
  expect((await get("s")).VersionId).toBe(VersionId);
  expect((await stages("s")).map(([, held]) => held)).toEqual([["AWSPREVIOUS"], ["AWSCURRENT"]]);
  sandbox.clock.advance(DAY_MS);
  await expect.poll(async () => (await get("s")).SecretString, { timeout: 5000 }).toBe("v++");
});

test("a rotation that fails leaves the current value alone", async () => {
  const sandbox = await sandboxForTest();
  const { client, create, stages } = secretsOf(sandbox);
  await role(sandbox);
  const RotationLambdaARN = await withRotationFunction(sandbox, "testSecret");
  await allow(sandbox, RotationLambdaARN);
  await create("s", "v");
  await client.send(new sdk.RotateSecretCommand({ SecretId: "s", RotationLambdaARN }));
  await expect
    .poll(() => stages("s").catch(() => []), { timeout: 5000 })
    .toEqual([
      ["v", ["AWSCURRENT"]],
      ["v+", ["AWSPENDING"]],
    ]);
  await expect(client.send(new sdk.RotateSecretCommand({ SecretId: "none", RotationLambdaARN }))).rejects.toThrow(
    sdk.ResourceNotFoundException,
  );
});

test("a random password has what is asked for, and nothing that is excluded", async () => {
  const sandbox = await sandboxForTest();
  const { client } = secretsOf(sandbox);
  const given = { PasswordLength: 64, ExcludePunctuation: true, ExcludeCharacters: "abc" };
  const { RandomPassword = "" } = await client.send(new sdk.GetRandomPasswordCommand(given));
  expect(RandomPassword).toMatch(/^(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Zd-z0-9]{64}$/);
});

test("secrets survive a restart, and Parameter Store reads them", async () => {
  const dataDir = temporaryFolder();
  const first = await startSandbox({ dataDir, fronts: [] });
  await secretsOf(first).create("kept", "safe");
  await first.stop();
  const second = await sandboxForTest({ dataDir });
  const read = async (name: string) => {
    const Name = `/aws/reference/secretsmanager/${name}`;
    return (await second.send(new GetParameterCommand({ Name, WithDecryption: true }))).Parameter;
  };
  expect(await read("kept")).toMatchObject({ Type: "SecureString", Value: "safe" });
  await expect(read("none")).rejects.toMatchObject({ code: ParameterNotFound.name });
});

test.skipIf(!hasAwsCli)("the AWS CLI creates, changes and lists secrets", async () => {
  const sandbox = await sandboxForTest();
  const aws = (...args: string[]) => awsCli(sandbox, ["secretsmanager", ...args]);
  await aws("create-secret", "--name", "cli", "--secret-string", "one");
  await aws("put-secret-value", "--secret-id", "cli", "--secret-string", "two");
  const value = ["get-secret-value", "--secret-id", "cli", "--query", "SecretString", "--output", "text"];
  expect(await aws(...value)).toBe("two\n");
  expect(await aws("list-secrets")).toMatchObject({ SecretList: [{ Name: "cli" }] });
});
