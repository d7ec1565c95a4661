import { expect, test } from "vitest";
import { cases, verdictOn } from "./oracles.ts";

test.each(cases.map((each) => [`${each.oracle} ${each.label}`, each] as const))("%s", (_name, each) => {
  const agrees = verdictOn(each) === each.label;
  // What we say otherwise we say on purpose, and know why.
  expect(agrees, each.resources).toBe(each.because === undefined);
});

test("we agree with at least 95 of 100 of their examples", () => {
  const agreed = cases.filter((each) => verdictOn(each) === each.label).length;
  expect(cases.length).toBeGreaterThanOrEqual(40);
  expect(agreed / cases.length).toBeGreaterThanOrEqual(0.95);
});
