import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { createTemplates } from "@turnpike/templating";
import { print } from "./figure.ts";

const execute = promisify(execFile);
const directory = path.resolve(import.meta.dirname, "../../templates");

/**
 * `paths.bundle_kb` of each golden path: the largest of the files that its build makes for Lambda, in kilobytes of 1,024
 * bytes, source maps aside; `files` has all of them.
 */
export async function run(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-paths-"));
  const templates = createTemplates({ directory, cacheDir: path.join(folder, "cache") });
  try {
    for (const name of readdirSync(directory)) {
      const place = path.join(folder, name);
      const asked = await templates.validate(name, {});
      if (asked.kind !== "valid") throw new Error(`${name} doesn't take its own defaults: ${JSON.stringify(asked)}`);
      const files = await templates.render(name, {
        ...{ name: "orders", owner: "payments", description: "Measured", serviceId: "svc_0001" },
        ...{ repository: "acme/orders", environments: ["dev", "prod"], parameters: asked.parameters },
      });
      for (const file of files) {
        mkdirSync(path.dirname(path.join(place, file.path)), { recursive: true });
        writeFileSync(path.join(place, file.path), file.content, { mode: file.mode });
      }
      for (const command of ["install", "build"]) await execute(path.join(place, "script", command), { cwd: place });
      const built = path.join(place, "dist/function");
      const sizes = readdirSync(built)
        .filter((file) => !file.endsWith(".map"))
        .map((file) => [file, Math.ceil(statSync(path.join(built, file)).size / 1024)] as const);
      print("paths.bundle_kb", Math.max(...sizes.map(([, size]) => size)), 1, {
        path: name,
        files: Object.fromEntries(sizes),
      });
    }
  } finally {
    await templates.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
