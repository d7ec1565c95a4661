/**
 * `npm run check`: what CI checks beside the tests. Every step is a command that fails by itself; all of them run,
 * so that one look shows all that is wrong.
 */
import { spawnSync } from "node:child_process";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const node = process.execPath;
const bin = (name: string) => path.join(root, "node_modules", ".bin", name);

const steps: readonly { name: string; command: string; args: readonly string[] }[] = [
  { name: "types", command: node, args: ["node_modules/typescript-native/bin/tsc", "-p", "tsconfig.json"] },
  {
    name: "types of the portal",
    command: node,
    args: ["node_modules/typescript-native/bin/tsc", "-p", "apps/portal/tsconfig.json"],
  },
  { name: "format and lint", command: bin("biome"), args: ["ci", "--error-on-warnings", "."] },
  {
    name: "architecture",
    command: bin("depcruise"),
    args: ["--config", ".dependency-cruiser.cjs", "apps", "packages"],
  },
  { name: "unused files, exports and dependencies", command: bin("knip"), args: ["--no-progress"] },
  { name: "database migrations match the schema", command: node, args: ["prisma/author.ts", "--check"] },
  { name: "COVERAGE.md is current", command: node, args: ["packages/sandbox/src/coverage.ts", "--check"] },
  { name: "docs/fidelity.md is current", command: node, args: ["packages/sandbox/test/moto/fidelity.ts", "--check"] },
  { name: "docs/standards.md is current", command: node, args: ["packages/domain/test/standards-page.ts", "--check"] },
];

let failed = 0;
for (const step of steps) {
  const started = performance.now();
  const result = spawnSync(step.command, step.args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const passed = result.status === 0;
  console.log(`${passed ? "✓" : "✗"} ${step.name} (${seconds} s)`);
  if (passed) continue;
  failed++;
  console.log(`${result.stdout}${result.stderr}${result.error?.message ?? ""}`.trimEnd());
}
console.log(`check: ${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
