import { spawnSync } from "node:child_process";
import path from "node:path";
import { ensureBrowser } from "../browser.mjs";
import { turbo } from "../setup.mjs";

const root = path.resolve(import.meta.dirname, "../..");

/** The same journeys as in `npm test`, on a sandbox in realistic mode: late metrics and logs must not fail them. */
export async function run(args: string[]): Promise<boolean> {
  turbo("build");
  const { status } = spawnSync(process.execPath, ["node_modules/@playwright/test/cli.js", "test", ...args], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, TURNPIKE_REALISTIC: "1", TURNPIKE_BROWSER: await ensureBrowser() },
  });
  return status === 0;
}
