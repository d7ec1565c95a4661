import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { goldenPaths, platformTemplates } from "./sam/golden-paths.ts";
import { type Case, judge, oracleIsThere, type Verdict } from "./sam/oracle.ts";
import { reducedSet } from "./sam/sets.ts";
import { wrongTemplates } from "./sam/wrong-templates.ts";

const reason = oracleIsThere ? "" : " (skipped: python3 has no aws-sam-translator)";

/** One in this many of the set that `npm run prove -- sam` compares in full. */
const STEP = 50;

const written: Case = {
  name: "a written template of a whole service",
  text: readFileSync(new URL("./templates/http-api.yaml", import.meta.url), "utf8"),
  parameters: {
    Environment: "dev",
    CodeBucket: "artifacts",
    CodeKey: "orders/function/7.zip",
    PermissionsBoundaryArn: "arn:aws:iam::222222222222:policy/turnpike-service-boundary",
    LogRetentionDays: "30",
  },
};

describe.skipIf(!oracleIsThere)(`the SAM expansion, judged by AWS's translator${reason}`, () => {
  const generated = reducedSet(STEP);
  const wrong = wrongTemplates();
  const verdicts = new Map<string, Verdict>();

  beforeAll(async () => {
    const cases = [written, ...(await goldenPaths()), ...platformTemplates(), ...generated, ...wrong];
    for (const verdict of await judge(cases)) verdicts.set(verdict.name, verdict);
  });

  const differing = (names: readonly string[]) =>
    names.map((name) => verdicts.get(name)).filter((verdict) => verdict?.difference !== undefined);

  it("makes the same of each golden path, of the platform's own templates and of a written service", () => {
    const generatedNames = new Set([...generated, ...wrong].map(({ name }) => name));
    const own = [...verdicts.keys()].filter((name) => !generatedNames.has(name));
    expect(own.length).toBeGreaterThan(4);
    expect(differing(own)).toEqual([]);
    expect(own.filter((name) => verdicts.get(name)?.isRefused)).toEqual([]);
  });

  it("makes the same of templates generated from all that it supports", () => {
    expect(generated.length).toBeGreaterThan(150);
    expect(differing(generated.map(({ name }) => name))).toEqual([]);
  });

  it.each(wrong.map(({ name }) => name))("refuses %s, as SAM does", (name) => {
    expect(verdicts.get(name)).toEqual({ name, difference: undefined, isRefused: true });
  });
});
