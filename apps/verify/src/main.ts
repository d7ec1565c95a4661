/**
 * Turnpike's own action in a service's pipeline. It runs in the folder of what was built, finds the repository and its
 * own folder (with the platform's standards) by CodeBuild's variables, writes a report, and ends with status 1 when a rule
 * that blocks isn't kept.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { TemplateError } from "@turnpike/cloudformation";
import type { Standards } from "@turnpike/domain/standards";
import { readTexts } from "./read-service.ts";
import { junitOf, linesOf } from "./report.ts";
import { verify } from "./verify.ts";

const REPORT = "standards/standards.xml";

function folderOf(variable: string): string {
  const folder = process.env[variable];
  if (!folder) throw new Error(`${variable} isn't set: this runs as an action of a service's pipeline.`);
  return folder;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

function main(): number {
  const results = verify({
    service: process.env.TURNPIKE_SERVICE ?? "",
    built: readTexts("."),
    repository: readTexts(folderOf("CODEBUILD_SRC_DIR_SourceOutput")),
    standards: JSON.parse(
      readFileSync(path.join(folderOf("CODEBUILD_SRC_DIR_Turnpike"), "standards.json"), "utf8"),
    ) as Standards,
    today: new Date().toISOString().slice(0, 10),
  });
  mkdirSync(path.dirname(REPORT), { recursive: true });
  writeFileSync(REPORT, junitOf(results));
  for (const result of results) {
    if (result.outcome === "pass" || result.outcome === "not-applicable") continue;
    say(`${result.outcome.toUpperCase()} ${result.rule.id} ${result.rule.title}`);
    for (const line of linesOf(result)) say(`  ${line}`);
  }
  const blocking = results.filter(({ outcome }) => outcome === "block").length;
  const kept = results.filter(({ outcome }) => outcome === "pass").length;
  say(`Standards: ${kept} rules kept, ${blocking} block.`);
  return blocking > 0 ? 1 : 0;
}

try {
  process.exitCode = main();
} catch (error) {
  if (!(error instanceof TemplateError)) throw error;
  say(`The template can't be deployed: ${error.message}`);
  process.exitCode = 1;
}
