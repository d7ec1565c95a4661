import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { median, print, until } from "./figure.ts";
import { signIn, withProduct } from "./running-product.ts";

const COUNT = 10;

/**
 * `scaffold.p50_ms`: from the POST to the repository with its first commit, in sequence. The platform commit comes
 * before the repository by design; that it is there is checked after each.
 */
export async function run(): Promise<void> {
  await withProduct(async (product) => {
    const ask = await signIn(product, "developer");
    const repositories = path.join(product.home, "sandbox/github/acme");
    const create = async (name: string): Promise<number> => {
      const started = performance.now();
      const response = await ask("/api/v1/services", {
        template: "http-api-typescript",
        name,
        owner: "payments",
        description: "Measured",
        parameters: { memorySize: 256, logRetentionDays: 30 },
      });
      if (!response.ok) throw new Error(`POST answered ${response.status}: ${await response.text()}`);
      const head = path.join(repositories, `${name}.git/refs/heads/main`);
      await until(`the first commit of ${name}`, 30_000, 1, async () => existsSync(head) || undefined);
      const elapsed = performance.now() - started;
      const platform = path.join(repositories, "platform.git");
      const document = spawnSync("git", ["--git-dir", platform, "cat-file", "-e", `main:services/${name}.yaml`]);
      if (document.status !== 0) throw new Error(`services/${name}.yaml is not in the platform repository.`);
      return elapsed;
    };
    // The pipeline of a service builds while the next one is made: each waits until its own is quiet.
    const quiet = (name: string) =>
      until(`the pipeline of ${name}`, 180_000, 250, async () => {
        const answer = (await (await ask(`/api/v1/services/${name}/executions`)).json()) as unknown;
        return /waiting-for-person|failed|succeeded/.test(JSON.stringify(answer)) || undefined;
      });
    await create("warm-up");
    await quiet("warm-up");
    const times: number[] = [];
    for (let i = 0; i < COUNT; i++) {
      const name = `measured-${String.fromCharCode(97 + i)}`;
      times.push(await create(name));
      await quiet(name);
    }
    print("scaffold.p50_ms", median(times), times.length, {
      min: Math.round(Math.min(...times)),
      max: Math.round(Math.max(...times)),
    });
  });
}
