import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { compareAll } from "../../packages/sandbox/test/recorded/bench.ts";
import type { Comparison } from "../../packages/sandbox/test/recorded/reproduction.ts";
import { reproductions } from "../../packages/sandbox/test/recorded/services/index.ts";
import { print } from "./figure.ts";

/**
 * How far the sandbox answers as AWS did: the calls of LocalStack's tests, made again with the JavaScript SDK, against the
 * answers that those tests recorded from AWS (github.com/localstack/localstack, tests/aws/services). `RECORDINGS` names
 * the folder that holds them; the project carries none. `npm run bench -- recorded [service] [test]` takes a part;
 * `npm run bench -- recorded --write` notes the operations that agree where COVERAGE.md reads their grade.
 */
export async function run(): Promise<void> {
  const folder = process.env.RECORDINGS;
  if (!folder) {
    console.log("recorded: skipped, RECORDINGS names no folder with recordings of AWS");
    return;
  }
  const [service, test] = process.argv.slice(3).filter((word) => !word.startsWith("--"));
  const all: Comparison[] = [];
  for (const each of reproductions) {
    if (!service || each.service === service) all.push(...(await compareAll(folder, each, test)));
  }
  const compared = all.filter(({ notThere }) => notThere === undefined);
  const agreeing = compared.filter((comparison) => comparison.departures.length === 0);

  const byOperation = Map.groupBy(all, (each) => `${each.service} ${each.operation}`);
  for (const [operation, calls] of [...byOperation].sort()) {
    const good = calls.filter((call) => call.departures.length === 0 && call.notThere === undefined).length;
    const missing = calls.filter((call) => call.notThere !== undefined).length;
    console.log(`  ${operation}: ${good} of ${calls.length - missing} agree${missing ? `, ${missing} not there` : ""}`);
  }
  if (process.argv.includes("--write") && !service) writeGrades(byOperation);
  for (const { service: where, operation, test: name, key, departures } of all) {
    if (departures.length > 0)
      console.log(`  ${where} ${operation} · ${name} ${key}\n    ${departures.join("\n    ")}`);
  }
  print("recorded.calls", compared.length, compared.length, { notThere: all.length - compared.length });
  print("recorded.agree_pct", (100 * agreeing.length) / compared.length, compared.length, { agree: agreeing.length });
}

const FORMATTER = path.join(import.meta.dirname, "../../node_modules/@biomejs/biome/bin/biome");
const GRADES = path.join(import.meta.dirname, "../../packages/sandbox/recorded.json");

/** Notes each operation all of whose compared calls agree, by service. */
function writeGrades(byOperation: ReadonlyMap<string, readonly Comparison[]>): void {
  const grades: Record<string, string[]> = {};
  for (const calls of [...byOperation.values()]) {
    const compared = calls.filter((call) => call.notThere === undefined);
    const [first] = compared;
    if (!first?.operation || compared.some((call) => call.departures.length > 0)) continue;
    grades[first.service] = [...(grades[first.service] ?? []), first.operation].sort();
  }
  const sorted = Object.fromEntries(Object.entries(grades).sort());
  writeFileSync(GRADES, `${JSON.stringify(sorted, null, 2)}\n`);
  spawnSync(process.execPath, [FORMATTER, "format", "--write", GRADES], { stdio: "ignore" });
}
