import { DescribeScalableTargetsCommand } from "@aws-sdk/client-application-auto-scaling";
import { DeleteStackCommand, DescribeStackEventsCommand, UpdateStackCommand } from "@aws-sdk/client-cloudformation";
import {
  CodeDeployClient,
  GetDeploymentCommand,
  ListDeploymentsCommand,
  StopDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import { GetAliasCommand, GetProvisionedConcurrencyConfigCommand, ListAliasesCommand } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest } from "../../../../test/support.ts";
import type { Sandbox } from "../../../index.ts";
import { eventually } from "../../lambda/test/functions.ts";
import { deploy } from "../testing.ts";

/** A function as the golden paths have it: its alias moves by a canary, and has provisioned concurrency. */
const template = (version: number) => `
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: orders
      Runtime: nodejs22.x
      Handler: index.handler
      AutoPublishAlias: live
      DeploymentPreference: { Type: Canary10Percent5Minutes }
      ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 }
      InlineCode: "exports.handler = async () => ({ version: ${version} });"
  Target:
    Type: AWS::ApplicationAutoScaling::ScalableTarget
    Properties:
      MinCapacity: 1
      MaxCapacity: 3
      ResourceId: function:orders:live
      ScalableDimension: lambda:function:ProvisionedConcurrency
      ServiceNamespace: lambda
    DependsOn: OrdersAliaslive
`;

const settles = (sandbox: Sandbox) =>
  new Promise<string>((resolve) => {
    const end = sandbox.signals.on("cloudformation.settled", ({ status }) => {
      end();
      resolve(status);
    });
  });

test("an alias's first deployment has no canary, the next moves by CodeDeploy, and a failed one leaves the version before", async () => {
  const sandbox = await sandboxForTest();
  const account = { account: DEV };
  await deploy(sandbox, DEV, "orders", template(1), {});
  const codedeploy = new CodeDeployClient(clientSettings(sandbox, DEV));
  const deployments = async () => (await codedeploy.send(new ListDeploymentsCommand({}))).deployments ?? [];
  expect(await deployments()).toEqual([]);
  const alias = () => sandbox.send(new GetAliasCommand({ FunctionName: "orders", Name: "live" }), account);
  expect((await alias()).FunctionVersion).toBe("1");
  const targets = await sandbox.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "lambda" }), account);
  expect(targets.ScalableTargets).toMatchObject([{ ResourceId: "function:orders:live", MaxCapacity: 3 }]);

  const change = (TemplateBody: string) =>
    sandbox.send(
      new UpdateStackCommand({
        ...{ StackName: "orders", TemplateBody },
        Capabilities: ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
      }),
      account,
    );
  const updated = settles(sandbox);
  await change(template(2));
  const shifted = (percent: number) =>
    eventually(async () => (await alias()).RoutingConfig?.AdditionalVersionWeights?.["2"] === percent);
  await shifted(0.1);
  sandbox.clock.advance(301_000);
  await eventually(async () => (await alias()).FunctionVersion === "2");
  sandbox.clock.advance(6_000);
  expect(await updated).toBe("UPDATE_COMPLETE");
  const about = { FunctionName: "orders", Qualifier: "live" };
  await eventually(async () => {
    const { Status } = await sandbox.send(new GetProvisionedConcurrencyConfigCommand(about), account);
    return Status === "READY";
  });

  const rolledBack = settles(sandbox);
  await change(template(3));
  await eventually(async () => (await alias()).RoutingConfig?.AdditionalVersionWeights?.["3"] === 0.1);
  const [running = ""] = await deployments();
  await codedeploy.send(new StopDeploymentCommand({ deploymentId: running }));
  await eventually(async () => (await alias()).RoutingConfig === undefined);
  sandbox.clock.advance(6_000);
  expect(await rolledBack).toBe("UPDATE_ROLLBACK_COMPLETE");
  expect((await alias()).FunctionVersion).toBe("2");
  const { deploymentInfo } = await codedeploy.send(new GetDeploymentCommand({ deploymentId: running }));
  expect(deploymentInfo?.rollbackInfo?.rollbackDeploymentId).toMatch(/^d-/);
  const { StackEvents = [] } = await sandbox.send(new DescribeStackEventsCommand({ StackName: "orders" }), account);
  expect(StackEvents.map(({ ResourceStatusReason }) => ResourceStatusReason).join("\n")).toContain(
    `CodeDeploy deployment ${running} failed.`,
  );

  const deleted = settles(sandbox);
  await sandbox.send(new DeleteStackCommand({ StackName: "orders" }), account);
  expect(await deleted).toBe("DELETE_COMPLETE");
  await expect(sandbox.send(new ListAliasesCommand({ FunctionName: "orders" }), account)).rejects.toThrow(
    "Function not found",
  );
}, 60_000);
