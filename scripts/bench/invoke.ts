import { mkdtempSync, rmSync } from "node:fs";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";
import { median, percentile, print } from "./figure.ts";
import { startSandboxProcess } from "./sandbox-process.ts";

const ACCOUNT = "222222222222";
const WARM_UP = 300;
const ONE_BY_ONE = 2000;
/** Invocations at once, over as many connections. */
const AT_ONCE = 8;
const LOAD_MS = 5000;

const SOURCE = "export const handler = async (event) => ({ statusCode: 200, n: event.n });";

/**
 * One small Node function in a sandbox of its own, over loopback HTTP with the AWS SDK. `invoke.http.p50_ms`: a call and
 * its answer, one after the other. `invoke.runtime.p50_ms`: of these, from the event handed to the runtime to its answer, as
 * the log's REPORT line says. `invoke.per_second`: eight callers at once, all of the machine's cores, the SDK's included.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-invoke-"));
  const sandbox = await startSandboxProcess(path.join(folder, "data"));
  try {
    const settings = sandbox.settings(ACCOUNT);
    await new IAMClient(settings).send(new CreateRoleCommand({ RoleName: "orders", AssumeRolePolicyDocument: TRUST }));
    const httpAgent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const client = new LambdaClient({ ...settings, requestHandler: { httpAgent } });
    await client.send(
      new CreateFunctionCommand({
        ...{ FunctionName: "orders", Runtime: "nodejs22.x", Handler: "index.handler", MemorySize: 512 },
        Role: `arn:aws:iam::${ACCOUNT}:role/orders`,
        Code: { ZipFile: zipSync({ "index.mjs": strToU8(SOURCE) }) },
      }),
    );
    const invoke = async (n: number, LogType?: "Tail") => {
      const Payload = JSON.stringify({ n });
      const input = { FunctionName: "orders", Payload, ...(LogType ? { LogType } : {}) };
      const answer = await client.send(new InvokeCommand(input));
      if (answer.FunctionError) throw new Error(`The function failed: ${Buffer.from(answer.Payload ?? [])}`);
      return Buffer.from(answer.LogResult ?? "", "base64").toString();
    };
    for (let n = 0; n < WARM_UP; n++) await invoke(n);
    await measureOneByOne(invoke);
    await measureLoad(invoke);
    client.destroy();
  } finally {
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }],
});

type Invoke = (n: number, logType?: "Tail") => Promise<string>;

async function measureOneByOne(invoke: Invoke): Promise<void> {
  const whole: number[] = [];
  const inside: number[] = [];
  for (let n = 0; n < ONE_BY_ONE; n++) {
    const startedAt = performance.now();
    const log = await invoke(n, "Tail");
    whole.push(performance.now() - startedAt);
    inside.push(Number(/\tDuration: ([\d.]+) ms/.exec(log)?.[1]));
  }
  print("invoke.runtime.p50_ms", median(inside), ONE_BY_ONE, { p95: round(percentile(inside, 95)) });
  print("invoke.http.p50_ms", median(whole), ONE_BY_ONE, { p95: round(percentile(whole, 95)) });
}

async function measureLoad(invoke: Invoke): Promise<void> {
  const rate = async (ms: number) => {
    const startedAt = performance.now();
    let done = 0;
    const caller = async () => {
      while (performance.now() - startedAt < ms) {
        await invoke(done);
        done++;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, caller));
    return { done, perSecond: done / ((performance.now() - startedAt) / 1000) };
  };
  await rate(1000);
  const { done, perSecond } = await rate(LOAD_MS);
  print("invoke.per_second", perSecond, done, { callers: AT_ONCE });
}

const round = (value: number) => Math.round(value * 100) / 100;
