import { expandTemplate, parseTemplate } from "@turnpike/cloudformation";
import { expect, test } from "vitest";
import { estimateCost } from "./estimate.ts";

const measured = { durationMs: 100, logBytes: 1024 };

function estimate(resources: string) {
  const text = `Transform: AWS::Serverless-2016-10-31\nResources:\n${resources}`;
  return estimateCost(expandTemplate(parseTemplate(text, { file: "template.yaml" }), new Map()), measured);
}

const line = (what: string, { lines }: ReturnType<typeof estimate>) => lines.find((each) => each.what === what);

const FUNCTION = `  Orders:
    Type: AWS::Serverless::Function
    Properties: { Runtime: nodejs24.x, Handler: a.b, InlineCode: "", MemorySize: 1024, Architectures: [arm64], Tracing: Active }
`;

test("a million invocations cost their requests, their gigabyte-seconds, their traces and their logs", () => {
  const cost = estimate(FUNCTION);
  // 1,000,000 requests at 0.20 $ a million, 100,000 GB-seconds at 0.0000133334 $.
  expect(line("Lambda", cost)?.million).toBeCloseTo(0.2 + 1.33334, 4);
  expect(line("X-Ray", cost)?.million).toBeCloseTo(5, 6);
  expect(line("Logs", cost)?.million).toBeCloseTo((1024e6 / 1024 ** 3) * 0.57, 6);
  expect(cost.idleUsdMonth).toBe(0);
  expect(cost.millionUsd).toBeCloseTo(
    cost.lines.reduce((sum, { idle, million }) => sum + idle + million, 0),
    9,
  );
});

test("what stands costs without a request: alarms by their metrics, secrets, keys, gateways, databases", () => {
  const alarm = (name: string, more: string) =>
    `  ${name}: { Type: AWS::CloudWatch::Alarm, Properties: { ${more} } }\n`;
  const cost = estimate(
    alarm("One", "MetricName: Errors") +
      alarm("Rate", "Metrics: [{ Id: a, MetricStat: {} }, { Id: b, MetricStat: {} }, { Id: c, Expression: a / b }]") +
      "  Secret: { Type: AWS::SecretsManager::Secret, Properties: {} }\n" +
      "  Cluster: { Type: AWS::RDS::DBCluster, Properties: { ServerlessV2ScalingConfiguration: { MinCapacity: 0.5 } } }\n",
  );
  expect(line("3 alarms", cost)?.idle).toBeCloseTo(0.3, 9);
  expect(line("Secrets", cost)?.idle).toBe(0.4);
  expect(line("Aurora", cost)?.idle).toBeCloseTo(0.5 * 0.14 * 730, 6);
  expect(cost.millionUsd).toBeCloseTo(cost.idleUsdMonth, 9);
});

test("provisioned concurrency costs while nothing runs, and a hook of deployments takes no requests", () => {
  const provisioned = FUNCTION.replace(
    "Tracing",
    "AutoPublishAlias: live, ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 }, Tracing",
  );
  const cost = estimate(provisioned);
  expect(line("Provisioned concurrency", cost)?.idle).toBeCloseTo(2 * 0.0000033334 * 730 * 3600, 6);
  const hook = FUNCTION.replace("Orders:", "Hook:").replace("Runtime", "FunctionName: !Sub CodeDeployHook_x, Runtime");
  expect(estimate(FUNCTION + hook).millionUsd).toBeCloseTo(estimate(FUNCTION).millionUsd, 9);
});

test("a standard state machine pays for each state on its way, an express one doesn't", () => {
  const definition = '{"StartAt":"A","States":{"A":{"Next":"B"},"B":{"Default":"C"},"C":{"End":true},"Failed":{}}}';
  const machine = (more: string) =>
    `  Machine: { Type: AWS::StepFunctions::StateMachine, Properties: { DefinitionString: '${definition}'${more} } }\n`;
  expect(line("Step Functions", estimate(machine("")))?.million).toBeCloseTo(4 * 25, 6);
  expect(line("Step Functions", estimate(machine(", StateMachineType: EXPRESS")))).toBeUndefined();
});
