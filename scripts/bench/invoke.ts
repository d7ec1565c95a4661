import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { functionUnderLoad } from "../../packages/sandbox/test/load/invocations.ts";
import { median, percentile, print } from "./figure.ts";
import { startSandboxProcess } from "./sandbox-process.ts";

const ACCOUNT = "222222222222";
const WARM_UP = 300;
const ONE_BY_ONE = 2000;
/** Invocations at once, over as many connections. */
const AT_ONCE = 8;
const LOAD_MS = 5000;

/**
 * One small Node function in a sandbox of its own, over loopback HTTP with the AWS SDK. `invoke.http.p50_ms`: a call and
 * its answer, one after the other. `invoke.runtime.p50_ms`: of these, from the event handed to the runtime to its answer, as
 * the log's REPORT line says. `invoke.per_second`: eight callers at once, all of the machine's cores, the SDK's included.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-invoke-"));
  const sandbox = await startSandboxProcess(path.join(folder, "data"));
  try {
    const { invoke, close } = await functionUnderLoad(sandbox.settings(ACCOUNT), ACCOUNT, AT_ONCE);
    for (let n = 0; n < WARM_UP; n++) await invoke(n);
    await measureOneByOne(invoke);
    await measureLoad(invoke);
    close();
  } finally {
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

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
