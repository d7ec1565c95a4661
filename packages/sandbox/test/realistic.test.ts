import { BatchGetBuildsCommand, CreateProjectCommand, StartBuildCommand } from "@aws-sdk/client-codebuild";
import { CreatePolicyCommand, CreateRoleCommand, ListRolesCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateAliasCommand, UpdateAliasCommand, UpdateFunctionCodeCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { CreateSecretCommand, DescribeSecretCommand, ListSecretsCommand } from "@aws-sdk/client-secrets-manager";
import { CreateStateMachineCommand, ListStateMachinesCommand } from "@aws-sdk/client-sfn";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { expect, test } from "vitest";
import type { ControlledClock } from "../src/core/clock.ts";
import { lambdaIn, zipOf } from "../src/services/lambda/test/functions.ts";
import { REGION, roleForTest, sandboxForTest, TOOLING } from "./support.ts";

/** Realistic, and moved by `advance` alone, so that a slow machine changes nothing. */
function stillClock(): ControlledClock {
  let nowMs = Date.now();
  const sleepers = new Set<{ dueMs: number; wake: () => void }>();
  return {
    isRealistic: true,
    now: () => new Date(nowMs),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { dueMs: nowMs + ms, wake: resolve };
        if (ms > 0) sleepers.add(sleeper);
        else resolve();
        signal?.addEventListener("abort", () => sleepers.delete(sleeper) && reject(signal.reason), { once: true });
      }),
    advance(ms) {
      nowMs += ms;
      for (const sleeper of sleepers) {
        if (sleeper.dueMs <= nowMs && sleepers.delete(sleeper)) sleeper.wake();
      }
    },
    stop: () => sleepers.clear(),
  };
}

async function realistic() {
  const clock = stillClock();
  const sandbox = await sandboxForTest({ clock });
  return { sandbox, clock };
}

const account = { AWS: `arn:aws:iam::${TOOLING}:root` };

test("a new role can be assumed, and a changed policy decides, only when IAM has propagated it", async () => {
  const { sandbox, clock } = await realistic();
  const { send } = sandbox;
  const RoleArn = await roleForTest(sandbox, { name: "reader", principal: account, actions: [] });
  const assume = () => send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "session" }));
  const listed = async () => (await send(new ListRolesCommand({}))).Roles?.map(({ RoleName }) => RoleName);
  await expect(assume()).rejects.toThrow("not authorized to perform: sts:AssumeRole");
  expect(await listed()).toEqual([]);
  clock.advance(5000);
  const { Credentials: given } = await assume();
  expect(await listed()).toEqual(["reader"]);

  const Bucket = "orders";
  await send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }));
  const credentials = {
    accessKeyId: given?.AccessKeyId ?? "",
    secretAccessKey: given?.SecretAccessKey ?? "",
    sessionToken: given?.SessionToken ?? "",
  };
  const s3 = new S3Client({
    endpoint: sandbox.awsUrl,
    region: REGION,
    maxAttempts: 1,
    forcePathStyle: true,
    credentials,
  });
  const list = () => s3.send(new ListObjectsV2Command({ Bucket }));
  const put = (Effect: string) => {
    const PolicyDocument = JSON.stringify({ Statement: [{ Effect, Action: "s3:*", Resource: "*" }] });
    return send(new PutRolePolicyCommand({ RoleName: "reader", PolicyName: "may", PolicyDocument }));
  };
  await put("Allow");
  clock.advance(3000);
  await put("Deny");
  await expect(list()).rejects.toThrow("no identity-based policy allows");
  clock.advance(2000);
  await expect(list()).resolves.toMatchObject({ KeyCount: 0 });
  clock.advance(3000);
  await expect(list()).rejects.toThrow("explicit deny");
});

test("who may change a role is decided by the role as it is on record, in force or not", async () => {
  const { sandbox, clock } = await realistic();
  const actions = ["iam:CreateRole", "iam:CreatePolicy"];
  const roleArn = await roleForTest(sandbox, { name: "maker", principal: account, actions });
  const bounded = { StringEquals: { "iam:PermissionsBoundary": `arn:aws:iam::${TOOLING}:policy/boundary` } };
  const may = { Effect: "Allow", Action: "iam:PutRolePolicy", Resource: "*", Condition: bounded };
  const put = (RoleName: string, PolicyDocument: string, as = {}) =>
    sandbox.send(new PutRolePolicyCommand({ RoleName, PolicyName: "bounded", PolicyDocument }), as);
  await put("maker", JSON.stringify({ Statement: [may] }));
  clock.advance(5000);
  const PolicyDocument = JSON.stringify({ Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }] });
  const { Policy } = await sandbox.send(new CreatePolicyCommand({ PolicyName: "boundary", PolicyDocument }), {
    roleArn,
  });
  const role = { AssumeRolePolicyDocument: '{"Statement":[]}', PermissionsBoundary: Policy?.Arn };
  await sandbox.send(new CreateRoleCommand({ RoleName: "made", ...role }), { roleArn });
  await expect(put("made", PolicyDocument, { roleArn })).resolves.toBeDefined();
  await expect(put("maker", PolicyDocument, { roleArn })).rejects.toThrow("iam:PutRolePolicy");
});

test("what IAM hadn't propagated when the sandbox ended it propagates after the next start", async () => {
  const { sandbox, clock } = await realistic();
  const RoleArn = await roleForTest(sandbox, { name: "reader", principal: account, actions: [] });
  const { dataDir } = sandbox;
  await sandbox.stop();
  const again = await sandboxForTest({ clock, dataDir });
  const assume = () => again.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "session" }));
  await expect(assume()).rejects.toThrow("sts:AssumeRole");
  clock.advance(5000);
  await expect(assume()).resolves.toBeDefined();
});

test("a moved alias takes its invocations along two seconds later, and a new one at once", async () => {
  const { sandbox, clock } = await realistic();
  const { client, create, invoke } = lambdaIn(sandbox);
  const answering = (text: string) => zipOf({ "index.mjs": `export const handler = async () => "${text}";` });
  clock.advance(5000);
  const FunctionName = "orders";
  await create(FunctionName, "", { Code: { ZipFile: answering("one") }, Publish: true });
  await client.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: answering("two"), Publish: true }));
  const alias = { FunctionName, Name: "live" };
  await client.send(new CreateAliasCommand({ ...alias, FunctionVersion: "1" }));
  const answer = async () => (await invoke(FunctionName, {}, { Qualifier: "live" })).value;
  expect(await answer()).toBe("one");
  await client.send(new UpdateAliasCommand({ ...alias, FunctionVersion: "2" }));
  expect(await answer()).toBe("one");
  clock.advance(2000);
  expect(await answer()).toBe("two");
});

test("a build is queued and provisioned for a while before its phases begin", async () => {
  const { sandbox, clock } = await realistic();
  const { send } = sandbox;
  const principal = { Service: "codebuild.amazonaws.com" };
  const serviceRole = await roleForTest(sandbox, { name: "build", principal, actions: ["logs:*"] });
  clock.advance(5000);
  await send(
    new CreateProjectCommand({
      name: "build",
      serviceRole,
      source: {
        type: "NO_SOURCE",
        buildspec: JSON.stringify({ version: 0.2, phases: { build: { commands: ["true"] } } }),
      },
      artifacts: { type: "NO_ARTIFACTS" },
      environment: {
        type: "LINUX_CONTAINER",
        image: "aws/codebuild/standard:7.0",
        computeType: "BUILD_GENERAL1_SMALL",
      },
    }),
  );
  const { build } = await send(new StartBuildCommand({ projectName: "build" }));
  const shown = async () => (await send(new BatchGetBuildsCommand({ ids: [build?.id ?? ""] }))).builds?.[0];
  expect(build).toMatchObject({ currentPhase: "QUEUED", buildStatus: "IN_PROGRESS" });
  clock.advance(1499);
  expect(await shown()).toMatchObject({ currentPhase: "QUEUED" });
  clock.advance(1);
  await expect.poll(shown).toMatchObject({ currentPhase: "PROVISIONING" });
  clock.advance(6000);
  await expect.poll(shown, { timeout: 10_000 }).toMatchObject({ buildStatus: "SUCCEEDED" });
  const { phases = [] } = (await shown()) ?? {};
  expect(phases.find(({ phaseType }) => phaseType === "PROVISIONING")?.durationInSeconds).toBe(6);
});

test("lists that AWS calls eventually consistent show late what is there already", async () => {
  const { sandbox, clock } = await realistic();
  const { send } = sandbox;
  const principal = { Service: "states.amazonaws.com" };
  const roleArn = await roleForTest(sandbox, { name: "workflow", principal, actions: [] });
  clock.advance(5000);
  await send(new CreateSecretCommand({ Name: "db", SecretString: "value" }));
  const definition = JSON.stringify({ StartAt: "Done", States: { Done: { Type: "Succeed" } } });
  await send(new CreateStateMachineCommand({ name: "orders", roleArn, definition }));
  const secrets = async () => (await send(new ListSecretsCommand({}))).SecretList?.length;
  const machines = async () => (await send(new ListStateMachinesCommand({}))).stateMachines?.length;
  expect(await send(new DescribeSecretCommand({ SecretId: "db" }))).toMatchObject({ Name: "db" });
  expect([await secrets(), await machines()]).toEqual([0, 0]);
  clock.advance(2000);
  expect(await machines()).toBe(1);
  clock.advance(18_000);
  expect(await secrets()).toBe(1);
});

test("in the ordinary mode everything is in force at once", async () => {
  const sandbox = await sandboxForTest();
  const RoleArn = await roleForTest(sandbox, { name: "reader", principal: account, actions: [] });
  await expect(sandbox.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "session" }))).resolves.toBeDefined();
  await sandbox.send(new CreateRoleCommand({ RoleName: "other", AssumeRolePolicyDocument: '{"Statement":[]}' }));
  expect((await sandbox.send(new ListRolesCommand({}))).Roles).toHaveLength(2);
});
