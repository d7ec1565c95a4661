import { contractIn, type Operation } from "../contract.ts";
import type { Rule, Violation } from "../rule.ts";
import type { Subject } from "../subject.ts";

const UNIT = /^tests?\/unit\/.+/;
const INTEGRATION = /^tests?\/integration\/.+/;

const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Whether a test asks for an operation: by its path with something in its braces, or by its id. */
function isAsked({ path, id }: Operation, tests: string): boolean {
  const pattern = path
    .split(/\{[^}]*\}/)
    .map(literally)
    .join("[^/\"'`\\s]+");
  const asked = new RegExp(`(?<![\\w-])${pattern}(?=["'\`?\\s]|$)`, "m");
  return asked.test(tests) || (id !== undefined && new RegExp(`\\b${literally(id)}\\b`).test(tests));
}

function lineOf(text: string, { path }: Operation): number {
  const index = text.split("\n").findIndex((line) => line.trim().replace(/["']/g, "").startsWith(`${path}:`));
  return Math.max(index, 0) + 1;
}

function violationsIn(files: ReadonlyMap<string, string>, { written }: Subject): Violation[] {
  const names = [...files.keys()];
  const missing: string[] = [];
  if (!files.has("script/test") || !names.some((name) => UNIT.test(name)))
    missing.push("unit tests (script/test, tests/unit)");
  if (!files.has("script/integration") || !names.some((name) => INTEGRATION.test(name))) {
    missing.push("integration tests (script/integration, tests/integration)");
  }
  const found: Violation[] = missing.map((what) => ({
    at: { file: written.file, line: 1 },
    message: `The repository has no ${what}.`,
  }));
  const tests = [...files].flatMap(([name, text]) => (INTEGRATION.test(name) ? [text] : [])).join("\n");
  const contract = contractIn(files);
  if (!contract || tests === "") return found;
  const { file, text, operations } = contract;
  const unasked = operations.filter((operation) => !isAsked(operation, tests));
  return [
    ...found,
    ...unasked.map((operation) => ({
      at: { file, line: lineOf(text, operation) },
      message: `No integration test asks for ${operation.name}.`,
    })),
  ];
}

/**
 * Its part in the repository: that tests are there, and ask for every operation of the contract. That they ran and passed,
 * and how much they cover, is in the pipeline's reports.
 */
export const tests: Rule = {
  id: "OPS-7",
  pillar: "operations",
  title: "Unit tests run before a deployment, integration tests after it, on every operation",
  reason:
    "A unit test says that the code is right, an integration test that it was allowed, connected and configured to be. An operation that no test asks for is found broken by its first user.",
  effect: "block",
  check(subject) {
    const { files } = subject;
    if (!files) return { kind: "not-decided", look: "Which tests there are: only the template is known." };
    const violations = violationsIn(files, subject);
    return violations.length === 0 ? { kind: "pass" } : { kind: "fail", violations };
  },
};
