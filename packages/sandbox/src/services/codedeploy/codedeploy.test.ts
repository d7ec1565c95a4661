import { createServer } from "node:http";
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from "@aws-sdk/client-cloudwatch";
import {
  CodeDeployClient,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentConfigCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentGroupCommandInput,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  ListDeploymentsCommand,
  PutLifecycleEventHookExecutionStatusCommand,
  StopDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import {
  CreateAliasCommand,
  GetAliasCommand,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { clientSettings, DEV, roleForTest, sandboxForTest, temporaryFolder } from "../../../test/support.ts";
import type { Sandbox } from "../../index.ts";
import { eventually, lambdaIn, zipOf } from "../lambda/test/functions.ts";

const answering = (version: number) => `export const handler = async () => ({ version: ${version} });`;

/** A function with versions 1 and 2, the alias `live` at 1, and a group that moves it. */
async function orders(sandbox: Sandbox, options: Partial<CreateDeploymentGroupCommandInput> = {}) {
  const functions = lambdaIn(sandbox);
  await functions.create("orders", answering(1), { Publish: true });
  const ZipFile = zipOf({ "index.mjs": answering(2) });
  await functions.client.send(new UpdateFunctionCodeCommand({ FunctionName: "orders", ZipFile }));
  await functions.client.send(new PublishVersionCommand({ FunctionName: "orders" }));
  await functions.client.send(new CreateAliasCommand({ FunctionName: "orders", Name: "live", FunctionVersion: "1" }));
  const serviceRoleArn = await roleForTest(sandbox, {
    ...{ name: "deploy", account: DEV, principal: { Service: "codedeploy.amazonaws.com" } },
    actions: ["lambda:*", "cloudwatch:DescribeAlarms"],
  });
  const client = new CodeDeployClient(clientSettings(sandbox, DEV));
  await client.send(new CreateApplicationCommand({ applicationName: "orders", computePlatform: "Lambda" }));
  await client.send(
    new CreateDeploymentGroupCommand({
      ...{ applicationName: "orders", deploymentGroupName: "live", serviceRoleArn },
      deploymentConfigName: "CodeDeployDefault.LambdaCanary10Percent5Minutes",
      autoRollbackConfiguration: {
        enabled: true,
        events: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
      },
      ...options,
    }),
  );
  return { functions, ...talk(sandbox, client) };
}

function talk(sandbox: Sandbox, client = new CodeDeployClient(clientSettings(sandbox, DEV))) {
  const { client: lambda } = lambdaIn(sandbox);
  const group = { applicationName: "orders", deploymentGroupName: "live" };
  const infoOf = async (deploymentId: string) =>
    (await client.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo;
  const weights = async () => {
    const alias = await lambda.send(new GetAliasCommand({ FunctionName: "orders", Name: "live" }));
    return [alias.FunctionVersion, alias.RoutingConfig?.AdditionalVersionWeights];
  };
  return {
    ...{ client, group, infoOf, weights },
    async deploy(hooks: object[] = []) {
      const Properties = { Name: "orders", Alias: "live", CurrentVersion: "1", TargetVersion: "2" };
      const Resources = [{ orders: { Type: "AWS::Lambda::Function", Properties } }];
      const content = JSON.stringify({ version: 0.0, Resources, ...(hooks.length > 0 ? { Hooks: hooks } : {}) });
      const revision = { revisionType: "AppSpecContent" as const, appSpecContent: { content } };
      const { deploymentId = "" } = await client.send(new CreateDeploymentCommand({ ...group, revision }));
      return deploymentId;
    },
    shifted: (version: string, other?: Record<string, number>) =>
      eventually(async () => JSON.stringify(await weights()) === JSON.stringify([version, other])),
    ended: (id: string) =>
      eventually(async () => {
        const info = await infoOf(id);
        return /Succeeded|Failed|Stopped/.test(info?.status ?? "") && info;
      }),
  };
}

test("a canary sends a tenth to the new version for five minutes, and goes on after a restart", async () => {
  const dataDir = temporaryFolder();
  const first = await sandboxForTest({ dataDir });
  const before = await orders(first);
  const id = await before.deploy();
  await before.shifted("1", { "2": 0.1 });
  expect((await before.infoOf(id))?.status).toBe("InProgress");
  await expect(before.deploy()).rejects.toThrow(expect.objectContaining({ name: "DeploymentLimitExceededException" }));
  await first.stop();

  const second = await sandboxForTest({ dataDir });
  const after = talk(second);
  second.clock.advance(240_000);
  expect(await after.weights()).toEqual(["1", { "2": 0.1 }]);
  second.clock.advance(61_000);
  expect((await after.ended(id)).status).toBe("Succeeded");
  expect(await after.weights()).toEqual(["2", undefined]);
  const target = { deploymentId: id, targetId: "orders:live" };
  const { deploymentTarget } = await after.client.send(new GetDeploymentTargetCommand(target));
  expect(deploymentTarget?.lambdaTarget?.lifecycleEvents?.map(({ status }) => status)).toEqual(
    Array(3).fill("Succeeded"),
  );
});

test("a custom linear configuration shifts step by step", async () => {
  const sandbox = await sandboxForTest();
  const client = new CodeDeployClient(clientSettings(sandbox, DEV));
  await client.send(
    new CreateDeploymentConfigCommand({
      ...{ deploymentConfigName: "by-40", computePlatform: "Lambda" },
      trafficRoutingConfig: {
        ...{ type: "TimeBasedLinear", timeBasedLinear: { linearPercentage: 40, linearInterval: 2 } },
      },
    }),
  );
  const { deploy, shifted, ended } = await orders(sandbox, { deploymentConfigName: "by-40" });
  const id = await deploy();
  await shifted("1", { "2": 0.4 });
  sandbox.clock.advance(120_000);
  await shifted("1", { "2": 0.8 });
  sandbox.clock.advance(120_000);
  expect((await ended(id)).status).toBe("Succeeded");
  await shifted("2");
});

test("an alarm stops a deployment, and another deployment takes the alias back", async () => {
  const sandbox = await sandboxForTest();
  const alarm = { AlarmName: "orders-errors", Namespace: "Orders", MetricName: "Errors", Statistic: "Sum" as const };
  const cloudwatch = new CloudWatchClient(clientSettings(sandbox, DEV));
  await cloudwatch.send(
    new PutMetricAlarmCommand({
      ...alarm,
      ...{ Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanOrEqualToThreshold" },
      // A state that was set by hand stays: an evaluation between it and CodeDeploy's look would take it back.
      TreatMissingData: "ignore",
    }),
  );
  const { deploy, shifted, ended, client, group } = await orders(sandbox, {
    alarmConfiguration: { enabled: true, alarms: [{ name: "orders-errors" }] },
  });
  const id = await deploy();
  await shifted("1", { "2": 0.1 });
  const StateValue = "ALARM" as const;
  await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: "orders-errors", StateValue, StateReason: "test" }));
  sandbox.clock.advance(10_000);
  const info = await ended(id);
  expect(info).toMatchObject({ status: "Stopped", errorInformation: { code: "ALARM_ACTIVE" } });
  const back = await ended(info.rollbackInfo?.rollbackDeploymentId ?? "");
  expect(back).toMatchObject({ status: "Succeeded", creator: "codeDeployRollback" });
  expect(back.rollbackInfo?.rollbackTriggeringDeploymentId).toBe(id);
  await shifted("1");
  expect((await client.send(new ListDeploymentsCommand(group))).deployments).toHaveLength(2);
});

test("a hook that reports a failure ends a deployment before any traffic moved, one that reports success lets it go on", async () => {
  const sandbox = await sandboxForTest();
  const { deploy, ended, shifted, weights, client, functions, infoOf } = await orders(sandbox, {
    deploymentConfigName: "CodeDeployDefault.LambdaAllAtOnce",
  });
  const told: { DeploymentId: string; LifecycleEventHookExecutionId: string }[] = [];
  const listener = createServer((request, response) => {
    request.on("data", (chunk: Buffer) => told.push(JSON.parse(chunk.toString()) as (typeof told)[number]));
    response.end();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { port: number };
  await functions.create(
    "check",
    `export const handler = (event) =>
      fetch("http://127.0.0.1:${port}", { method: "POST", body: JSON.stringify(event) }).then(() => null);`,
  );
  const answer = async (status: "Succeeded" | "Failed", nth: number) => {
    const { DeploymentId, LifecycleEventHookExecutionId } = await eventually(async () => told[nth]);
    const about = { deploymentId: DeploymentId, lifecycleEventHookExecutionId: LifecycleEventHookExecutionId };
    await client.send(new PutLifecycleEventHookExecutionStatusCommand({ ...about, status }));
  };
  const hooks = [{ BeforeAllowTraffic: "check" }, { AfterAllowTraffic: "check" }];
  const failing = await deploy(hooks);
  await answer("Failed", 0);
  const info = await ended(failing);
  expect(info).toMatchObject({ status: "Failed", errorInformation: { code: "HOOK_EXECUTION_FAILURE" } });
  expect(await weights()).toEqual(["1", undefined]);
  await ended(info.rollbackInfo?.rollbackDeploymentId ?? "");

  const right = await deploy(hooks);
  await answer("Succeeded", 1);
  await shifted("2");
  expect((await infoOf(right))?.status).toBe("InProgress");
  await answer("Succeeded", 2);
  expect((await ended(right)).status).toBe("Succeeded");
  listener.close();
});

test("stopping a deployment takes the alias back, and a version that isn't the alias's is refused", async () => {
  const sandbox = await sandboxForTest();
  const { deploy, shifted, ended, client } = await orders(sandbox);
  const id = await deploy();
  await shifted("1", { "2": 0.1 });
  await client.send(new StopDeploymentCommand({ deploymentId: id }));
  const info = await ended(id);
  expect(info).toMatchObject({ status: "Stopped", errorInformation: { code: "MANUAL_STOP" } });
  await ended(info.rollbackInfo?.rollbackDeploymentId ?? "");
  await shifted("1");
  const again = await deploy();
  sandbox.clock.advance(1);
  await shifted("1", { "2": 0.1 });
  sandbox.clock.advance(300_000);
  await ended(again);
  await expect(deploy()).rejects.toThrow(expect.objectContaining({ name: "InvalidRevisionException" }));
});
