/** One line of a graph: values by the start of their period, ascending. */
export interface TimeSeries {
  readonly label: string;
  readonly periodSeconds: number;
  readonly points: ReadonlyMap<number, number>;
}

/** What a metric math expression works with: a scalar, a time series, or an array of them. */
export type MathValue = number | TimeSeries | readonly TimeSeries[];

export const isList = (value: MathValue): value is readonly TimeSeries[] => Array.isArray(value);
export const isSeries = (value: MathValue): value is TimeSeries => typeof value === "object" && !isList(value);

/** The same series with other points; those that aren't numbers (a division by zero) are left out, as on AWS. */
export function withPoints(series: TimeSeries, points: Iterable<readonly [number, number | undefined]>): TimeSeries {
  const kept = new Map<number, number>();
  for (const [at, value] of points) if (value !== undefined && Number.isFinite(value)) kept.set(at, value);
  return { ...series, points: kept };
}

/** Applies to each point. */
export function mapPoints(value: MathValue, change: (value: number, atMs: number) => number): MathValue {
  if (typeof value === "number") return change(value, Number.NaN);
  if (isList(value)) return value.map((series) => mapPoints(series, change) as TimeSeries);
  return withPoints(
    value,
    [...value.points].map(([at, point]) => [at, change(point, at)] as const),
  );
}

/**
 * Point by point: of two series where both have one, of a series and a scalar everywhere, of an array and anything else
 * for each of its series. Undefined when both are arrays of different lengths, which AWS refuses.
 */
export function combine(
  left: MathValue,
  right: MathValue,
  by: (a: number, b: number) => number,
): MathValue | undefined {
  if (typeof left === "number" && typeof right === "number") return by(left, right);
  if (isList(left) && isList(right)) {
    if (left.length !== right.length) return undefined;
    return left.flatMap((one, index) => {
      const made = combine(one, right[index] ?? 0, by);
      return made !== undefined && isSeries(made) ? [made] : [];
    });
  }
  if (isList(left)) return left.map((one) => combine(one, right, by) as TimeSeries);
  if (isList(right)) return right.map((one) => combine(left, one, by) as TimeSeries);
  if (typeof left === "number") return mapPoints(right, (value) => by(left, value));
  if (typeof right === "number") return mapPoints(left, (value) => by(value, right));
  return withPoints(
    { ...left, periodSeconds: Math.max(left.periodSeconds, right.periodSeconds) },
    [...left.points].map(([at, value]) => {
      const other = right.points.get(at);
      return [at, other === undefined ? undefined : by(value, other)] as const;
    }),
  );
}
