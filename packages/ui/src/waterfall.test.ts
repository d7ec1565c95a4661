import { describe, expect, it } from "vitest";
import { criticalPath, depths, selfTimes, type WaterfallSpan } from "./waterfall.ts";

const span = (id: string, parentId: string | undefined, offsetMs: number, durationMs: number, service = id) =>
  ({
    id,
    parentId,
    name: id,
    service,
    offsetMs,
    durationMs,
    status: "ok",
    error: undefined,
    attributes: {},
  }) satisfies WaterfallSpan;

describe("a waterfall", () => {
  it("puts a span whose parent never arrived at the top", () => {
    expect(depths([span("a", "lost", 0, 10), span("b", "a", 1, 2)])).toEqual(
      new Map([
        ["a", 0],
        ["b", 1],
      ]),
    );
  });

  it("ends, when spans name each other as parents", () => {
    expect(depths([span("a", "b", 0, 1), span("b", "a", 0, 1)]).size).toBe(2);
  });

  it("marks the children that ended last as the critical path", () => {
    const spans = [span("api", undefined, 0, 100), span("fast", "api", 5, 20), span("slow", "api", 10, 80)];
    expect([...criticalPath(spans)]).toEqual(["api", "slow"]);
  });

  it("counts the time of overlapping children once", () => {
    const spans = [span("api", undefined, 0, 100), span("x", "api", 10, 40, "db"), span("y", "api", 30, 40, "db")];
    expect(selfTimes(spans)).toEqual([
      { service: "db", ms: 80 },
      { service: "api", ms: 40 },
    ]);
  });
});
