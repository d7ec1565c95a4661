import { describe, expect, it } from "vitest";
import { niceCeiling, pointAt, runs, timeTicks } from "./chart-scale.ts";

describe("a chart's scale", () => {
  it("ends at a round number that holds every value", () => {
    expect([0, 0.4, 1, 3, 21, 260, 999].map(niceCeiling)).toEqual([1, 1, 1, 5, 25, 500, 1000]);
  });

  it("breaks the line where nothing was measured", () => {
    const points = [0, 60, 120, 300].map((at) => ({ at: at * 1000, value: 1 }));
    expect(runs(points, 60_000).map((run) => run.length)).toEqual([3, 1]);
  });

  it("finds no value where there is a gap", () => {
    expect(pointAt([{ at: 0, value: 7 }], 120_000, 60_000)).toBeUndefined();
    expect(pointAt([{ at: 0, value: 7 }], 20_000, 60_000)?.value).toBe(7);
  });

  it("has at most eight round times", () => {
    const from = Date.UTC(2026, 0, 1, 10, 7);
    for (const minutes of [15, 60, 180, 1440]) {
      const ticks = timeTicks(from, from + minutes * 60_000);
      expect(ticks.length).toBeLessThanOrEqual(8);
      expect(ticks.length).toBeGreaterThanOrEqual(3);
    }
  });
});
