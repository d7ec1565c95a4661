import {
  ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  DescribeScalingActivitiesCommand,
  PutScalingPolicyCommand,
  PutScheduledActionCommand,
  RegisterScalableTargetCommand,
} from "@aws-sdk/client-application-auto-scaling";
import { PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { GetProvisionedConcurrencyConfigCommand } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest } from "../../../test/support.ts";
import { eventually, lambdaIn } from "../lambda/test/functions.ts";

const about = {
  ...{ ServiceNamespace: "lambda" as const, ResourceId: "function:orders:1" },
  ScalableDimension: "lambda:function:ProvisionedConcurrency" as const,
};

async function orders() {
  const sandbox = await sandboxForTest();
  const { client: lambda, create } = lambdaIn(sandbox);
  await create("orders", "export const handler = async () => null;", { Publish: true });
  const client = new ApplicationAutoScalingClient(clientSettings(sandbox, DEV));
  const capacity = async () => {
    const question = { FunctionName: "orders", Qualifier: "1" };
    return (await lambda.send(new GetProvisionedConcurrencyConfigCommand(question)))
      .RequestedProvisionedConcurrentExecutions;
  };
  await client.send(new RegisterScalableTargetCommand({ ...about, MinCapacity: 1, MaxCapacity: 4 }));
  return { sandbox, client, capacity };
}

test("three minutes above the target scale out and fifteen below it scale in, within the limits", async () => {
  const { sandbox, client, capacity } = await orders();
  expect(await capacity()).toBe(1);
  const policy = {
    PredefinedMetricSpecification: { PredefinedMetricType: "LambdaProvisionedConcurrencyUtilization" as const },
    TargetValue: 0.5,
  };
  await client.send(
    new PutScalingPolicyCommand({
      ...about,
      ...{ PolicyName: "track", PolicyType: "TargetTrackingScaling" },
      TargetTrackingScalingPolicyConfiguration: policy,
    }),
  );
  // By 60 s each, what the test itself takes would sometimes push a datum over an edge and leave its minute empty.
  const toNextMinute = () => sandbox.clock.advance(60_000 - (sandbox.clock.now().getTime() % 60_000));
  toNextMinute();
  const used = async (value: number, minutes: number) => {
    for (let minute = 0; minute < minutes; minute++) {
      const datum = {
        ...{ MetricName: "ProvisionedConcurrencyUtilization", Value: value, Timestamp: sandbox.clock.now() },
        Dimensions: [
          { Name: "FunctionName", Value: "orders" },
          { Name: "Resource", Value: "orders:1" },
        ],
      };
      const command = new PutMetricDataCommand({ Namespace: "AWS/Lambda", MetricData: [datum] });
      await sandbox.send(command, { account: DEV });
      toNextMinute();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await used(1, 3);
  await eventually(async () => (await capacity()) === 2);
  await used(1, 3);
  await eventually(async () => (await capacity()) === 4);
  await used(0.1, 16);
  await eventually(async () => (await capacity()) === 1);
  const { ScalingActivities = [] } = await client.send(new DescribeScalingActivitiesCommand(about));
  expect(ScalingActivities.map(({ Description }) => Description)).toContain("Setting provisioned concurrency to 2.");
}, 30_000);

test("a scheduled action sets limits and capacity at its time, and other services are refused by name", async () => {
  const { sandbox, client, capacity } = await orders();
  const at = new Date(sandbox.clock.now().getTime() + 3_600_000).toISOString().slice(0, 19);
  await client.send(
    new PutScheduledActionCommand({
      ...about,
      ...{ ScheduledActionName: "morning", Schedule: `at(${at})` },
      ScalableTargetAction: { MinCapacity: 3, MaxCapacity: 6 },
    }),
  );
  sandbox.clock.advance(3_500_000);
  expect(await capacity()).toBe(1);
  sandbox.clock.advance(200_000);
  await eventually(async () => (await capacity()) === 3);
  const { ScalableTargets } = await client.send(new DescribeScalableTargetsCommand({ ServiceNamespace: "lambda" }));
  expect(ScalableTargets).toMatchObject([{ MinCapacity: 3, MaxCapacity: 6 }]);
  await expect(
    client.send(new RegisterScalableTargetCommand({ ...about, ServiceNamespace: "dynamodb", MaxCapacity: 1 })),
  ).rejects.toThrow("sandbox: Application Auto Scaling service namespace dynamodb is not implemented");
});
