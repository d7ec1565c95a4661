import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  InvokeCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { expect, onTestFinished, test } from "vitest";
import { DEV, PROD, sandboxForTest, temporaryFolder } from "../../../test/support.ts";
import { eventually, isRunning, lambdaIn, zipOf } from "./test/functions.ts";

const PID = "export const handler = async () => ({ pid: process.pid });";

test("a function runs in one process from cold to warm, and in a new one after an update", async () => {
  const { client, create, invoke } = lambdaIn(await sandboxForTest());
  expect((await create("orders", PID)).State).toBe("Pending");
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 5 }, { FunctionName: "orders" });
  const cold = await invoke("orders");
  const warm = await invoke("orders");
  expect(warm.value).toEqual(cold.value);
  expect(cold.log).toContain("Init Duration");
  expect(warm.log).not.toContain("Init Duration");
  expect(warm.log).toMatch(
    /^START RequestId: \S+ Version: \$LATEST\nEND RequestId: \S+\nREPORT RequestId: \S+\tDuration: /,
  );

  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: "orders", Timeout: 5 }));
  expect((await invoke("orders")).value).not.toEqual(cold.value);
  await eventually(async () => !isRunning(Number(cold.value.pid)));
});

test("five invocations at once run in five processes", async () => {
  const { create, invoke } = lambdaIn(await sandboxForTest());
  const source = "export const handler = () => new Promise((done) => setTimeout(done, 700, { pid: process.pid }));";
  await create("orders", source, { Timeout: 20 });
  const answers = await Promise.all([1, 2, 3, 4, 5].map(() => invoke("orders")));
  expect(new Set(answers.map(({ value }) => value.pid)).size).toBe(5);
});

test("a free environment is ended after a minute without work", async () => {
  const sandbox = await sandboxForTest();
  const { create, invoke } = lambdaIn(sandbox);
  await create("orders", PID);
  const { value } = await invoke("orders");
  sandbox.clock.advance(59_000);
  expect((await invoke("orders")).value).toEqual(value);
  sandbox.clock.advance(61_000);
  await eventually(async () => !isRunning(Number(value.pid)));
});

test("a function that runs over its timeout is killed with everything that it started", async () => {
  const { create, invoke } = lambdaIn(await sandboxForTest());
  const source = `
    import { spawn } from "node:child_process";
    export const handler = () => {
      const child = spawn("sleep", ["600"], { stdio: "inherit" });
      console.log("pids " + process.pid + " " + child.pid);
      for (;;);
    };`;
  await create("orders", source, { Timeout: 1 });
  const { error, value, log } = await invoke("orders");
  expect(error).toBe("Unhandled");
  expect(value).toEqual({
    errorType: "Sandbox.Timedout",
    errorMessage: expect.stringMatching(/^RequestId: [0-9a-f-]{36} Error: Task timed out after 1\.00 seconds$/),
  });
  expect(log).toMatch(/Z [0-9a-f-]{36} Task timed out after 1\.00 seconds\n/);
  expect(log).toContain("Status: timeout");
  const pids = /pids (\d+) (\d+)/.exec(log)?.slice(1).map(Number) ?? [];
  expect(pids).toHaveLength(2);
  for (const pid of pids) await eventually(async () => !isRunning(pid));
});

test.each([
  ["throws", "export const handler = async () => { throw new TypeError('no stock'); };", "TypeError", "no stock"],
  [
    "exits",
    "export const handler = () => process.exit(3);",
    "Runtime.ExitError",
    "Runtime exited with error: exit status 3",
  ],
  [
    "is killed",
    "export const handler = () => process.kill(process.pid, 'SIGKILL');",
    "Runtime.ExitError",
    "Runtime exited with error: signal: killed",
  ],
  [
    "leaves a rejection unhandled",
    "export const handler = () => new Promise(() => { Promise.reject(new Error('lost')); });",
    "Runtime.UnhandledPromiseRejection",
    "Error: lost",
  ],
  ["throws while it loads", "throw new Error('no config');", "Error", "no config"],
  [
    "has no such handler",
    "export const other = 1;",
    "Runtime.HandlerNotFound",
    "index.handler is undefined or not exported",
  ],
])(
  "a function that %s fails as on AWS, and the next invocation gets a working environment",
  async (_, source, type, message) => {
    const { create, invoke } = lambdaIn(await sandboxForTest());
    await create("orders", source);
    for (const attempt of [1, 2]) {
      const { error, value, log } = await invoke("orders", { attempt });
      expect(error).toBe("Unhandled");
      expect(value).toMatchObject({ errorType: type, errorMessage: expect.stringContaining(message) });
      expect(log).toContain("REPORT RequestId");
    }
  },
);

test("a function that breaks between two invocations fails neither of them", async () => {
  const { create, invoke } = lambdaIn(await sandboxForTest());
  const source = `export const handler = async () => {
    setTimeout(() => { throw new Error("too late"); }, 50);
    return { pid: process.pid };
  };`;
  await create("orders", source);
  const first = await invoke("orders");
  await eventually(async () => !isRunning(Number(first.value.pid)));
  const second = await invoke("orders");
  expect(second.error).toBeUndefined();
  expect(second.value).not.toEqual(first.value);
});

test("CommonJS, callbacks, multi-line logs and nested handlers work", async () => {
  const { create, invoke } = lambdaIn(await sandboxForTest());
  const source = `exports.api = { handler(event, context, done) {
    console.error("first\\nsecond");
    done(null, { event, name: context.functionName, left: context.getRemainingTimeInMillis() > 0 });
  } };`;
  const Code = { ZipFile: zipOf({ "src/app.js": source }) };
  await create("orders", "", { Code, Handler: "src/app.api.handler" });
  const { value, log } = await invoke("orders", { n: 1 });
  expect(value).toEqual({ event: { n: 1 }, name: "orders", left: true });
  expect(log).toMatch(/\tERROR\tfirst\nsecond\n/);
});

test("a function acts as its role through AWS_ENDPOINT_URL and gets nothing of the sandbox's own environment", async () => {
  process.env.TURNPIKE_TEST_SECRET = "secret";
  onTestFinished(() => void delete process.env.TURNPIKE_TEST_SECRET);
  const sandbox = await sandboxForTest();
  const { create, invoke } = lambdaIn(sandbox);
  await create("orders", "export const handler = async () => ({ ...process.env });", {
    Environment: { Variables: { TABLE: "orders" } },
  });
  const { value } = await invoke("orders");
  expect(value).toMatchObject({
    TABLE: "orders",
    AWS_ENDPOINT_URL: sandbox.awsUrl,
    AWS_REGION: "eu-west-1",
    AWS_LAMBDA_FUNCTION_NAME: "orders",
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    _X_AMZN_TRACE_ID: expect.stringMatching(/^Root=1-/),
  });
  expect(JSON.stringify(value)).not.toContain("TURNPIKE_TEST_SECRET");
  const credentials = {
    accessKeyId: String(value.AWS_ACCESS_KEY_ID),
    secretAccessKey: String(value.AWS_SECRET_ACCESS_KEY),
    sessionToken: String(value.AWS_SESSION_TOKEN),
  };
  const sts = new STSClient({ endpoint: sandbox.awsUrl, region: "eu-west-1", credentials });
  const { Arn } = await sts.send(new GetCallerIdentityCommand({}));
  expect(Arn).toBe(`arn:aws:sts::${DEV}:assumed-role/orders-function/orders`);
});

test("reserved concurrency throttles, another account is refused without a permission, wrong JSON is refused", async () => {
  const sandbox = await sandboxForTest();
  const { client, create, invoke } = lambdaIn(sandbox);
  await create("orders", PID);
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName: "orders", ReservedConcurrentExecutions: 0 }));
  await expect(invoke("orders")).rejects.toThrow(expect.objectContaining({ name: "TooManyRequestsException" }));
  const arn = `arn:aws:lambda:eu-west-1:${DEV}:function:orders`;
  await expect(lambdaIn(sandbox, PROD).invoke(arn)).rejects.toThrow(
    expect.objectContaining({ name: "AccessDeniedException" }),
  );
  await expect(client.send(new InvokeCommand({ FunctionName: "orders", Payload: "{" }))).rejects.toThrow(
    expect.objectContaining({ name: "InvalidRequestContentException" }),
  );
  await expect(invoke("none")).rejects.toThrow(expect.objectContaining({ name: "ResourceNotFoundException" }));
});

test("an event is acknowledged, then tried again after a minute and after two more, also across a restart", async () => {
  const dataDir = temporaryFolder();
  const marks = join(dataDir, "attempts");
  const attempts = () => (existsSync(marks) ? readFileSync(marks, "utf8").trim().split("\n") : []);
  const source = `import { appendFileSync } from "node:fs";
    export const handler = async (event, context) => {
      appendFileSync(${JSON.stringify(marks)}, context.awsRequestId + "\\n");
      throw new Error("again");
    };`;
  // What a failed attempt leads to is on record: from then on a restart knows of it, and time may move.
  let settled = 0;
  const log = (name: string) => {
    if (/^event\.(retried|dropped)$/.test(name)) settled++;
  };
  const first = await sandboxForTest({ dataDir, log });
  const { client, create } = lambdaIn(first);
  await create("orders", source);
  const event = { FunctionName: "orders", InvocationType: "Event", Payload: "{}" } as const;
  expect((await client.send(new InvokeCommand(event))).StatusCode).toBe(202);
  await eventually(async () => settled === 1);
  await first.stop();

  const second = await sandboxForTest({ dataDir, log });
  const passes = async (ms: number, expected: number) => {
    second.clock.advance(ms);
    await eventually(async () => settled >= expected);
    // Time for one attempt too many.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(attempts()).toHaveLength(expected);
  };
  await passes(50_000, 1);
  await passes(10_000, 2);
  await passes(110_000, 2);
  await passes(10_000, 3);
  await passes(600_000, 3);
  expect(new Set(attempts()).size).toBe(1);
});
