import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { executionsOf } from "../../packages/sandbox/test/load/executions.ts";
import { median, percentile, print, until } from "./figure.ts";
import { signIn, withProduct } from "./running-product.ts";

const COUNT = 20;
const ACCOUNT = "111111111111";

/**
 * `push.p95_ms`: from the end of `git push` to the pipeline's new execution, as a client of CodePipeline sees it. Each
 * push waits until the execution before it has come to rest, so that it isn't a build that is measured.
 */
export async function run(): Promise<void> {
  await withProduct(async (product) => {
    const ask = await signIn(product, "developer");
    const service = "pushed";
    await ask("/api/v1/services", {
      template: "http-api-typescript",
      name: service,
      owner: "payments",
      description: "Measured",
      parameters: { memorySize: 256, logRetentionDays: 30 },
    });
    const quiet = () =>
      until(`the pipeline of ${service}`, 180_000, 250, async () => {
        const answer = await ask(`/api/v1/services/${service}/executions`);
        const { executions } = (await answer.json()) as { executions?: { status: string }[] };
        const status = executions?.[0]?.status;
        return (status !== undefined && status !== "running" && status !== "waiting") || undefined;
      });
    await until("the pipeline", 60_000, 250, async () => {
      const answer = await ask(`/api/v1/services/${service}/executions`);
      return /"id"/.test(await answer.text()) || undefined;
    });
    await quiet();

    const ports = json<{ aws: number; github: number }>(product.home, "ports.json");
    const secretAccessKey = json<Record<string, string>>(product.home, "sandbox/credentials.json")[ACCOUNT] ?? "";
    const credentials = { accessKeyId: `AKIA${ACCOUNT}0000`, secretAccessKey };
    const endpoint = `http://127.0.0.1:${ports.aws}`;
    const executions = executionsOf({ endpoint, region: "eu-west-1", credentials }, service);
    const clone = path.join(product.home, "clone");
    git(product.home, ["clone", "-q", `http://127.0.0.1:${ports.github}/acme/${service}.git`, clone], product.home);
    const times: number[] = [];
    for (let n = 0; n < COUNT; n++) {
      // A test that fails at once: the pipeline is soon at rest again.
      writeFileSync(path.join(clone, "package.json"), `{ "name": "broken-${n}", "private": true }\n`);
      git(product.home, ["commit", "-qam", `Push ${n}`], clone);
      const before = await executions.newest();
      git(product.home, ["push", "-q"], clone);
      const pushed = performance.now();
      await until("the execution", 30_000, 2, async () => ((await executions.newest()) === before ? undefined : true));
      times.push(performance.now() - pushed);
      await quiet();
    }
    executions.close();
    print("push.p95_ms", percentile(times, 95), times.length, { p50: Math.round(median(times)) });
  });
}

const json = <T>(home: string, file: string) => JSON.parse(readFileSync(path.join(home, file), "utf8")) as T;

/** git as a person runs it: the password is asked for, and stands in no argument. */
function git(home: string, args: readonly string[], cwd: string): void {
  const { status, stderr } = spawnSync("git", args, {
    cwd,
    encoding: "utf8",
    env: {
      PATH: process.env.PATH ?? "",
      HOME: home,
      GIT_ASKPASS: path.resolve(import.meta.dirname, "../../apps/portal/e2e/askpass.sh"),
      TEST_LOGIN: "developer",
      GIT_TERMINAL_PROMPT: "0",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_AUTHOR_NAME: "developer",
      GIT_AUTHOR_EMAIL: "developer@example.com",
      GIT_COMMITTER_NAME: "developer",
      GIT_COMMITTER_EMAIL: "developer@example.com",
    },
  });
  if (status !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
}
