import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { applyFixes } from "./evaluate.ts";
import type { Rule } from "./rule.ts";
import { rules } from "./rules/index.ts";
import { openSubject } from "./subject.ts";

/**
 * Each rule's examples stand in `test/standards/<id>`: minimal templates that keep it (`pass*`) and that don't
 * (`fail*`). One that needs other files of a repository is a folder with a `template.yaml` in it.
 */
const EXAMPLES = path.resolve(import.meta.dirname, "../../test/standards");

function examplesOf(id: string, kind: "pass" | "fail"): string[] {
  const folder = path.join(EXAMPLES, id);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(kind))
    .map((name) => path.join(folder, name));
}

function filesBelow(folder: string, below = ""): [string, string][] {
  return readdirSync(path.join(folder, below), { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const name = path.posix.join(below, entry.name);
    return entry.isDirectory() ? filesBelow(folder, name) : [[name, readFileSync(path.join(folder, name), "utf8")]];
  });
}

function openExample(place: string, edited?: string) {
  const file = "template.yaml";
  if (!statSync(place).isDirectory()) return openSubject({ file, text: edited ?? readFileSync(place, "utf8") });
  const files = new Map(filesBelow(place));
  const text = edited ?? files.get(file) ?? "";
  return openSubject({ file, text, files: files.set(file, text) });
}

function violationsOf(rule: Rule, place: string, edited?: string) {
  const verdict = rule.check(openExample(place, edited));
  return verdict.kind === "fail" ? verdict.violations : [];
}

describe.each(rules.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
  test.each(examplesOf(id, "pass").map((place) => [path.basename(place), place]))("is kept by %s", (_name, place) => {
    expect(rule.check(openExample(place))).toEqual({ kind: "pass" });
  });

  test.each(examplesOf(id, "fail").map((place) => [path.basename(place), place]))(
    "is not kept by %s, at a line; and is, once its fixes are applied",
    (_name, place) => {
      const subject = openExample(place);
      const violations = violationsOf(rule, place);
      expect(violations).not.toEqual([]);
      for (const { at } of violations) {
        const position = Array.isArray(at) ? subject.expanded.positionOf(at) : (at as { line: number });
        // What is missing altogether stands at the beginning of what it is missing from.
        expect(position.line).toBeGreaterThan(Array.isArray(at) ? 1 : 0);
      }
      const fixes = violations.flatMap(({ fix }) => (fix ? [fix] : []));
      const left = violations.filter(({ fix }) => !fix);
      const after = violationsOf(rule, place, fixes.length > 0 ? applyFixes(subject, fixes) : undefined);
      expect(after.map(({ message }) => message)).toEqual(left.map(({ message }) => message));
    },
  );

  test("has a template that keeps it, one that doesn't, and says what it is about", () => {
    expect(examplesOf(id, "pass").length).toBeGreaterThan(0);
    expect(examplesOf(id, "fail").length).toBeGreaterThan(0);
    expect(rule.reason.match(/\.(\s|$)/g)).toHaveLength(2);
  });
});
