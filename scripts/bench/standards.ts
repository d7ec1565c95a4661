import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { judgeStandards, openSubject } from "@turnpike/domain/standards";
import { median, print } from "./figure.ts";

const templates = path.resolve(import.meta.dirname, "../../templates");
const COUNT = 50;
const SERVICES = 1000;

/** The skeleton of a golden path as a repository: its expressions stand for themselves, which are text to every rule. */
function repositoryOf(name: string): ReadonlyMap<string, string> {
  const folder = path.join(templates, name, "skeleton");
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const whole = path.join(entry.parentPath, entry.name);
      const text = readFileSync(whole, "utf8").replaceAll(/\$\{\{.*?\}\}/g, "orders");
      return [path.relative(folder, whole), text];
    }),
  );
}

function judge(files: ReadonlyMap<string, string>): number {
  const started = performance.now();
  const subject = openSubject({ file: "template.yaml", text: files.get("template.yaml") ?? "", files });
  judgeStandards(subject, { service: "orders", today: "2026-11-24" });
  return performance.now() - started;
}

/**
 * `standards.one_ms`: one repository, from its text to the verdict of every rule, the first time in a process left out;
 * `standards.thousand_seconds`: a thousand of them in one process, one after the other.
 */
export async function run(): Promise<void> {
  const repositories = readdirSync(templates).map(repositoryOf);
  for (const files of repositories) judge(files);
  const times = Array.from({ length: COUNT }, (_, index) =>
    judge(repositories[index % repositories.length] ?? new Map()),
  );
  print("standards.one_ms", median(times), COUNT);
  const started = performance.now();
  for (let index = 0; index < SERVICES; index++) judge(repositories[index % repositories.length] ?? new Map());
  print("standards.thousand_seconds", (performance.now() - started) / 1000, 1);
}
