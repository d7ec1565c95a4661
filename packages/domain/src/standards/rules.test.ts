import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { EXAMPLES, openExample } from "../../test/open-example.ts";
import { applyFixes } from "./evaluate.ts";
import type { Rule } from "./rule.ts";
import { rules } from "./rules/index.ts";

/**
 * Each rule's examples stand in `test/standards/<id>`: minimal templates that keep it (`pass*`) and that don't
 * (`fail*`). One that needs other files of a repository is a folder with a `template.yaml` in it.
 */
function examplesOf(id: string, kind: "pass" | "fail"): string[] {
  const folder = path.join(EXAMPLES, id);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(kind))
    .map((name) => `${id}/${name}`);
}

function violationsOf(rule: Rule, name: string, edited?: string) {
  const verdict = rule.check(openExample(name, edited));
  return verdict.kind === "fail" ? verdict.violations : [];
}

describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
  test.each(examplesOf(id, "pass"))("is kept by %s", (name) => {
    expect(rule.check(openExample(name))).toEqual({ kind: "pass" });
  });

  test.each(examplesOf(id, "fail"))("is not kept by %s, at a line; and is, once its fixes are applied", (name) => {
    const subject = openExample(name);
    const violations = violationsOf(rule, name);
    expect(violations).not.toEqual([]);
    for (const { at } of violations) {
      const position = Array.isArray(at) ? subject.expanded.positionOf(at) : (at as { line: number });
      // What is missing altogether stands at the beginning of what it is missing from.
      expect(position.line).toBeGreaterThan(Array.isArray(at) ? 1 : 0);
    }
    const fixes = violations.flatMap(({ fix }) => (fix ? [fix] : []));
    const left = violations.filter(({ fix }) => !fix);
    const after = violationsOf(rule, name, fixes.length > 0 ? applyFixes(subject, fixes) : undefined);
    expect(after.map(({ message }) => message)).toEqual(left.map(({ message }) => message));
  });

  test("has a template that keeps it, one that doesn't, and says what it is about", () => {
    expect(examplesOf(id, "pass").length).toBeGreaterThan(0);
    expect(examplesOf(id, "fail").length).toBeGreaterThan(0);
    expect(rule.reason.match(/\.(\s|$)/g)).toHaveLength(2);
  });
});
