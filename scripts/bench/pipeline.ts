import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { median, print, until } from "./figure.ts";
import { type RunningProduct, signIn, withProduct } from "./running-product.ts";

const COUNT = 3;
const execute = promisify(execFile);
const commands = ["install", "lint", "test", "build", "integration"];

interface Execution {
  id: string;
  status: string;
  stages: { name: string; groups: { kind: string; startedAt?: string; endedAt?: string }[][] }[];
}

/** Seconds from the start of the source action to the gate. */
function secondsToGate(execution: Execution): number {
  const actions = execution.stages.flatMap((stage) => stage.groups.flat());
  const start = Math.min(...actions.flatMap(({ startedAt }) => (startedAt ? [Date.parse(startedAt)] : [])));
  const gate = actions.find(({ kind }) => kind === "approval")?.startedAt;
  if (!gate) throw new Error("The execution has not reached its gate.");
  return (Date.parse(gate) - start) / 1000;
}

/** The same commands as a developer would run them: a clone of the repository, one shell, the deployed URL. */
async function shellSeconds(product: RunningProduct, name: string, baseUrl: string): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-shell-"));
  try {
    const bare = path.join(product.home, "sandbox/github/acme", `${name}.git`);
    const clone = path.join(folder, name);
    const script = ["set -e", ...commands.map((command) => `script/${command}`)].join("\n");
    const started = performance.now();
    await execute("git", ["clone", "--quiet", bare, clone]);
    await execute("sh", ["-c", script], {
      cwd: clone,
      env: { ...process.env, ENDPOINT: baseUrl },
      maxBuffer: 16 * 1024 * 1024,
    });
    return (performance.now() - started) / 1000;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `pipeline.ratio`: the whole pipeline to its gate, over the same commands in a plain shell; medians, taken in turns. */
export async function run(): Promise<void> {
  await withProduct(async (product) => {
    const ask = await signIn(product, "developer");
    const pipelines: number[] = [];
    const shells: number[] = [];
    for (let i = 0; i <= COUNT; i++) {
      const name = `timed-${String.fromCharCode(97 + i)}`;
      await ask("/api/v1/services", {
        template: "http-api-typescript",
        name,
        owner: "payments",
        description: "Measured",
        parameters: { memorySize: 256, logRetentionDays: 30 },
      });
      const execution = await until(`the gate of ${name}`, 180_000, 250, async () => {
        const response = await ask(`/api/v1/services/${name}/executions/latest`);
        if (!response.ok) return undefined;
        const found = (await response.json()) as Execution;
        if (found.status === "failed") throw new Error(`The pipeline of ${name} failed.`);
        return found.status === "waiting-for-person" ? found : undefined;
      });
      const service = (await (await ask(`/api/v1/services/${name}`)).json()) as {
        lanes: { deployed?: { endpoint?: string } }[];
      };
      const url = service.lanes[0]?.deployed?.endpoint ?? "";
      const shell = await shellSeconds(product, name, url);
      // The first of both warms npm's cache and the page cache.
      if (i === 0) continue;
      pipelines.push(secondsToGate(execution));
      shells.push(shell);
    }
    print("pipeline.seconds", median(pipelines), COUNT);
    print("pipeline.shell_seconds", median(shells), COUNT);
    print("pipeline.ratio", median(pipelines) / median(shells), COUNT);
  });
}
