/**
 * `npm test`: everything, on a fresh clone too. Installs, builds, finds a browser, then runs the checks, the unit and
 * contract tests, and the journeys, and ends with `N passed, N failed`. What can't run on this machine is skipped by
 * name and counted as skipped.
 *
 * `npm test -- unit|check|journeys [filter]` runs one part.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ensureBrowser } from "./browser.mjs";
import { ensureInstalled, environment, node, root, turbo } from "./setup.mjs";

const [only, ...filters] = process.argv.slice(2);
const reports = mkdtempSync(path.join(tmpdir(), "turnpike-test-"));
const total = { passed: 0, failed: 0, skipped: 0 };
const skippedNames = [];

function count(part, { passed, failed, skipped }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  process.stdout.write(`${part}: ${passed} passed, ${failed} failed, ${skipped} skipped\n`);
}

function runNode(args, env = {}) {
  return spawnSync(node, args, {
    cwd: root,
    env: { ...environment(), ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
}

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

function check() {
  const result = spawnSync(node, ["scripts/check.ts"], { cwd: root, env: environment(), encoding: "utf8" });
  process.stdout.write(result.stdout);
  const [, passed, failed] = /check: (\d+) passed, (\d+) failed/.exec(result.stdout) ?? [0, 0, 1];
  count("check", { passed: Number(passed), failed: Number(failed), skipped: 0 });
}

function unit() {
  const file = path.join(reports, "unit.json");
  const result = runNode([
    "node_modules/vitest/vitest.mjs",
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
    ...filters,
  ]);
  const report = readReport(file);
  if (!report) return count("unit", { passed: 0, failed: 1, skipped: 0 });
  for (const suite of report.testResults) {
    for (const test of suite.assertionResults) {
      if (test.status === "skipped" || test.status === "pending") skippedNames.push(test.fullName);
    }
  }
  // A file that failed to load, or an error outside any test, has no failed test of its own.
  const unnamed = report.testResults.filter(
    (suite) => suite.status === "failed" && !suite.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const failed = report.numFailedTests + unnamed;
  count("unit", {
    passed: report.numPassedTests,
    failed: failed === 0 && result.status !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  });
}

async function journeys() {
  const browser = await ensureBrowser();
  const file = path.join(reports, "journeys.json");
  const result = runNode(["node_modules/@playwright/test/cli.js", "test", "--reporter=list,json", ...filters], {
    TURNPIKE_BROWSER: browser,
    PLAYWRIGHT_JSON_OUTPUT_NAME: file,
  });
  const stats = readReport(file)?.stats;
  if (!stats) return count("journeys", { passed: 0, failed: 1, skipped: 0 });
  const failed = stats.unexpected + stats.flaky;
  count("journeys", {
    passed: stats.expected,
    failed: failed === 0 && result.status !== 0 ? 1 : failed,
    skipped: stats.skipped,
  });
}

ensureInstalled();
turbo(only === "unit" || only === "check" ? "generate" : "build");
try {
  if (!only || only === "check") check();
  if (!only || only === "unit") unit();
  if (!only || only === "journeys") await journeys();
} finally {
  rmSync(reports, { recursive: true, force: true });
}
for (const name of skippedNames) process.stdout.write(`skipped: ${name}\n`);
if (total.skipped > 0) process.stdout.write(`${total.skipped} skipped\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
