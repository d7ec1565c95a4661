import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import {
  CreateAliasCommand,
  DeleteProvisionedConcurrencyConfigCommand,
  GetProvisionedConcurrencyConfigCommand,
  PutFunctionConcurrencyCommand,
  PutProvisionedConcurrencyConfigCommand,
} from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { clientSettings, DEV, sandboxForTest, temporaryFolder } from "../../../test/support.ts";
import { throttleReason } from "./host/concurrency.ts";
import { eventually, isRunning, lambdaIn } from "./test/functions.ts";

const PID = `export const handler = async (event) => {
  await new Promise((done) => setTimeout(done, event.waitMs ?? 0));
  return { pid: process.pid, kind: process.env.AWS_LAMBDA_INITIALIZATION_TYPE };
};`;

test("provisioned concurrency starts environments beforehand, keeps them, starts them again after a restart and ends them", async () => {
  const dataDir = temporaryFolder();
  const first = await sandboxForTest({ dataDir });
  const { client, create, invoke } = lambdaIn(first);
  await create("orders", PID, { Publish: true });
  await client.send(new CreateAliasCommand({ FunctionName: "orders", Name: "live", FunctionVersion: "1" }));
  const about = { FunctionName: "orders", Qualifier: "live" };
  const put = { ...about, ProvisionedConcurrentExecutions: 2 };
  expect(await client.send(new PutProvisionedConcurrencyConfigCommand(put))).toMatchObject({
    ...{ Status: "IN_PROGRESS", RequestedProvisionedConcurrentExecutions: 2 },
    AllocatedProvisionedConcurrentExecutions: 0,
  });
  const ready = (from = client) =>
    eventually(async () => {
      const found = await from.send(new GetProvisionedConcurrencyConfigCommand(about));
      return found.Status === "READY" && found;
    });
  expect(await ready()).toMatchObject({ AvailableProvisionedConcurrentExecutions: 2 });
  const live = { Qualifier: "live" };
  const warm = await invoke("orders", {}, live);
  expect(warm.value.kind).toBe("provisioned-concurrency");
  expect(warm.log).not.toContain("Init Duration");
  expect((await invoke("orders")).value.kind).toBe("on-demand");
  const three = await Promise.all([1, 2, 3].map(() => invoke("orders", { waitMs: 400 }, live)));
  expect(three.map(({ value }) => value.kind).sort()).toEqual([
    ...["on-demand", "provisioned-concurrency", "provisioned-concurrency"],
  ]);
  first.clock.advance(3_600_000);
  expect((await invoke("orders", {}, live)).value.kind).toBe("provisioned-concurrency");
  const cloudwatch = new CloudWatchClient(clientSettings(first, DEV));
  const used = await eventually(async () => {
    const EndTime = new Date(first.clock.now().getTime() + 60_000);
    const range = { StartTime: new Date(EndTime.getTime() - 2 * 3_600_000), EndTime };
    const Dimensions = [
      { Name: "FunctionName", Value: "orders" },
      { Name: "Resource", Value: "orders:live" },
    ];
    const MetricDataQueries = ["Invocations", "SpilloverInvocations", "Utilization"].map((name, n) => {
      const Metric = { Namespace: "AWS/Lambda", MetricName: `ProvisionedConcurrency${name}`, Dimensions };
      return { Id: `m${n}`, MetricStat: { Metric, Period: 86_400, Stat: n === 2 ? "Maximum" : "Sum" } };
    });
    const { MetricDataResults = [] } = await cloudwatch.send(new GetMetricDataCommand({ ...range, MetricDataQueries }));
    const [invoked = [], spilled = [], share = []] = MetricDataResults.map(({ Values = [] }) => Values);
    const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
    return sum(invoked) === 4 && [sum(invoked), sum(spilled), Math.max(...share)];
  });
  expect(used).toEqual([4, 1, 1]);
  await first.stop();

  const second = await sandboxForTest({ dataDir });
  const again = lambdaIn(second);
  await ready(again.client);
  const { value } = await again.invoke("orders", {}, live);
  expect(value.kind).toBe("provisioned-concurrency");
  await again.client.send(new DeleteProvisionedConcurrencyConfigCommand(about));
  await eventually(async () => !isRunning(Number(value.pid)));
  await expect(again.client.send(new GetProvisionedConcurrencyConfigCommand(about))).rejects.toThrow(
    expect.objectContaining({ name: "ProvisionedConcurrencyConfigNotFoundException" }),
  );
});

test("a version that can't start leaves its provisioned concurrency failed, and $LATEST can't have any", async () => {
  const { client, create } = lambdaIn(await sandboxForTest());
  await create("orders", "throw new Error('no config');", { Publish: true });
  const put = { FunctionName: "orders", ProvisionedConcurrentExecutions: 1 };
  await client.send(new PutProvisionedConcurrencyConfigCommand({ ...put, Qualifier: "1" }));
  const about = { FunctionName: "orders", Qualifier: "1" };
  const failed = await eventually(async () => {
    const found = await client.send(new GetProvisionedConcurrencyConfigCommand(about));
    return found.Status === "FAILED" && found;
  });
  expect(failed.StatusReason).toBe("FUNCTION_ERROR_INIT_FAILURE");
  await expect(
    client.send(new PutProvisionedConcurrencyConfigCommand({ ...put, Qualifier: "$LATEST" })),
  ).rejects.toThrow("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
});

test("functions without reserved concurrency share what is left of the account's", async () => {
  const { client, create, invoke } = lambdaIn(await sandboxForTest());
  await create("greedy", PID);
  await create("orders", PID, { Timeout: 30 });
  const reserve = (FunctionName: string, ReservedConcurrentExecutions: number) =>
    client.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));
  await reserve("greedy", 900);
  await expect(reserve("orders", 1)).rejects.toThrow("below its minimum value of [100]");
  const counts = (shared: number) => throttleReason(undefined, [shared, 1, shared], () => 100);
  expect([counts(100), counts(101)]).toEqual([undefined, "ConcurrentInvocationLimitExceeded"]);
  await reserve("orders", 0);
  await expect(invoke("orders")).rejects.toMatchObject({ Reason: "ReservedFunctionConcurrentInvocationLimitExceeded" });
});

test("a function that allocates without end is killed, also by what it starts, and the sandbox lives", async () => {
  const { create, invoke } = lambdaIn(await sandboxForTest());
  const held = "const held = []; setInterval(() => held.push(Buffer.alloc(16e6, 1)), 5);";
  await create("itself", `export const handler = () => new Promise(() => { ${held} });`, { Timeout: 30 });
  await create(
    "child",
    `import { spawn } from "node:child_process";
    export const handler = () => new Promise(() => spawn(process.execPath, ["-e", ${JSON.stringify(held)}]));`,
    { Timeout: 30 },
  );
  for (const name of ["itself", "child"]) {
    const { error, value, log } = await invoke(name);
    expect([name, error]).toEqual([name, "Unhandled"]);
    expect(value).toEqual({
      errorType: "Runtime.OutOfMemory",
      errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Runtime exited with error: signal: killed$/),
    });
    expect(log).toContain("Status: error\tError Type: Runtime.OutOfMemory");
  }
}, 60_000);

test("a function that floods its output is held back, and the sandbox answers meanwhile", async () => {
  const { create, invoke } = lambdaIn(await sandboxForTest());
  const flood = `import { writeSync } from "node:fs";
    const line = "x".repeat(1000) + "\\n";
    export const handler = () => { for (;;) writeSync(1, line); };`;
  await create("flood", flood, { Timeout: 3 });
  await create("orders", PID);
  const before = process.memoryUsage().rss;
  const flooding = invoke("flood");
  const { value } = await invoke("orders");
  expect(value.pid).toBeGreaterThan(0);
  expect((await flooding).value.errorMessage).toContain("Task timed out after 3.00 seconds");
  expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(400);
}, 60_000);

test("a response over six megabytes is refused as on AWS", async () => {
  const { create, invoke } = lambdaIn(await sandboxForTest());
  await create("orders", "export const handler = async () => 'x'.repeat(6_300_000);");
  const { error, value } = await invoke("orders");
  expect(error).toBe("Unhandled");
  expect(value.errorType).toBe("Function.ResponseSizeTooLarge");
});
