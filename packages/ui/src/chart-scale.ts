/** A point of a series: milliseconds since 1970, and a value. */
export interface ChartPoint {
  readonly at: number;
  readonly value: number;
}

/** The next round number at or above `value`: 1, 2, 2.5 or 5 times a power of ten. Never below 1. */
export function niceCeiling(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 2.5, 5, 10]) if (step * power >= value) return step * power;
  return 10 * power;
}

/** The point whose period holds `at`; undefined where nothing was measured. */
export function pointAt(points: readonly ChartPoint[], at: number, periodMs: number): ChartPoint | undefined {
  let nearest: ChartPoint | undefined;
  for (const point of points) {
    if (Math.abs(point.at - at) <= periodMs / 2 && (!nearest || Math.abs(point.at - at) < Math.abs(nearest.at - at))) {
      nearest = point;
    }
  }
  return nearest;
}

/** Runs of neighbouring points: a line must not be drawn through a time in which nothing was measured. */
export function runs(points: readonly ChartPoint[], periodMs: number): ChartPoint[][] {
  const found: ChartPoint[][] = [];
  for (const point of points) {
    const run = found[found.length - 1];
    const last = run?.[run.length - 1];
    if (run && last && point.at - last.at <= periodMs * 1.5) run.push(point);
    else found.push([point]);
  }
  return found;
}

/** Between four and seven round times across a range. */
export function timeTicks(from: number, to: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440].map((minutes) => minutes * 60_000);
  const step = steps.find((each) => (to - from) / each <= 7) ?? 1440 * 60_000;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
  return ticks;
}
