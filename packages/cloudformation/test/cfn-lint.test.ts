import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { goldenPaths } from "./sam/golden-paths.ts";

const infra = path.resolve(import.meta.dirname, "../../../infra");
const isThere = spawnSync("python3", ["-c", "import cfnlint"], { stdio: "ignore" }).status === 0;
const reason = isThere ? "" : " (skipped: python3 has no cfn-lint)";

const LINT = ["-c", "import cfnlint.runner.cli; cfnlint.runner.cli.main()"];

describe.skipIf(!isThere)(`cfn-lint${reason}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "turnpike-lint-"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("finds no error and no warning in what the platform and every golden path deploy", async () => {
    const files = readdirSync(infra)
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => path.join(infra, name));
    for (const { name, text } of await goldenPaths()) {
      const file = path.join(folder, `${name}.yaml`);
      writeFileSync(file, text);
      files.push(file);
    }
    expect(files.length).toBeGreaterThan(3);
    const run = spawnSync("python3", [...LINT, ...files], { encoding: "utf8" });
    expect(`${run.stdout}${run.stderr}`).toBe("");
    expect(run.status).toBe(0);
  });
});
