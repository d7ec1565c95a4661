import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { print } from "./figure.ts";
import { startAndWait } from "./start.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** `fresh.seconds`: `git clone`, `npm start` (install, build, migrate, seed) to the sign-in page, npm's cache warm. */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-fresh-"));
  try {
    const started = performance.now();
    const clone = path.join(folder, "turnpike");
    const result = spawnSync("git", ["clone", "--quiet", root, clone], { encoding: "utf8" });
    if (result.status !== 0) throw new Error(`git clone failed: ${result.stderr}`);
    const product = await startAndWait(clone, path.join(clone, ".turnpike"));
    print("fresh.seconds", (performance.now() - started) / 1000, 1);
    await product.stop();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
