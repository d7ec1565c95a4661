import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { executionsOf } from "../../packages/sandbox/test/load/executions.ts";
import { gitAs } from "../product/git.ts";
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
    const git = (args: readonly string[], cwd = clone) => gitAs(product.home, "developer", args, cwd);
    await git(["clone", "-q", `http://127.0.0.1:${ports.github}/acme/${service}.git`, clone], product.home);
    const times: number[] = [];
    for (let n = 0; n < COUNT; n++) {
      // A package.json without the linter: the build ends early, and the pipeline is soon at rest again.
      writeFileSync(path.join(clone, "package.json"), `{ "name": "broken-${n}", "private": true }\n`);
      await git(["commit", "-qam", `Push ${n}`]);
      const before = await executions.newest();
      await git(["push", "-q"]);
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
