import { isList, isSeries, type MathValue, mapPoints, type TimeSeries, withPoints } from "./series.ts";

/** What an expression can reach. */
export interface MathScope {
  readonly id: string;
  /** The result of another query of the same request; raises when there is none. */
  series(id: string): readonly TimeSeries[];
  /** The request's plain metrics, those whose id holds the text where one is given. */
  metrics(filter: string | undefined): readonly TimeSeries[];
  search(expression: string, stat: string, periodSeconds: number | undefined): readonly TimeSeries[];
  /** Starts of all periods of the request, ascending: what FILL fills. */
  readonly periods: readonly number[];
  readonly periodSeconds: number;
}

type Argument = MathValue | { readonly word: string };
type MathFunction = (given: readonly Argument[], scope: MathScope) => MathValue | undefined;

const readWord = (given: Argument | undefined) =>
  typeof given === "object" && given !== null && "word" in given ? given.word : undefined;
const readValue = (given: Argument | undefined): MathValue | undefined =>
  given === undefined || readWord(given) !== undefined ? undefined : (given as MathValue);
const readScalar = (given: Argument | undefined) => (typeof given === "number" ? given : undefined);

const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
const mean = (values: readonly number[]) => total(values) / values.length;
const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
const deviation = (values: readonly number[]) => {
  const average = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
};

/** Of one series its one number over time; of an array point by point, over those that have one. */
const together =
  (by: (values: readonly number[]) => number): MathFunction =>
  (given) => {
    const values = given.map(readValue);
    const [first] = values;
    if (values.length === 1 && first !== undefined && !isList(first)) {
      if (typeof first === "number") return by([first]);
      return first.points.size === 0 ? 0 : by([...first.points.values()]);
    }
    const all: TimeSeries[] = [];
    for (const value of values) {
      if (value === undefined || typeof value === "number") return undefined;
      if (isList(value)) all.push(...value);
      else all.push(value);
    }
    return acrossSeries(all, by);
  };

function acrossSeries(all: readonly TimeSeries[], by: (values: readonly number[]) => number): MathValue {
  const [first] = all;
  if (!first) return [];
  const times = [...new Set(all.flatMap(({ points }) => [...points.keys()]))].sort((a, b) => a - b);
  const seriesAt = times.map((at) => {
    const here = all.flatMap(({ points }) => points.get(at) ?? []);
    return [at, by(here)] as const;
  });
  return withPoints({ ...first, periodSeconds: most(all.map(({ periodSeconds }) => periodSeconds)) }, seriesAt);
}

const each =
  (by: (value: number) => number): MathFunction =>
  ([given]) => {
    const value = readValue(given);
    return value === undefined ? undefined : mapPoints(value, by);
  };

/** Of a series, or of each of an array. */
const ofSeries =
  (by: (series: TimeSeries, rest: readonly Argument[], scope: MathScope) => TimeSeries | undefined): MathFunction =>
  ([given, ...rest], scope) => {
    const value = readValue(given);
    if (value === undefined || typeof value === "number") return undefined;
    if (!isList(value)) return by(value, rest, scope);
    const made = value.map((series) => by(series, rest, scope));
    return made.every((one) => one !== undefined) ? made : undefined;
  };

/** Each point with the one before it; the first has none and is left out. */
const stepwise = (by: (step: { change: number; seconds: number }) => number): MathFunction =>
  ofSeries((series) => {
    const points = [...series.points];
    return withPoints(
      series,
      points.slice(1).map(([at, value], index) => {
        const [beforeMs, before] = points[index] ?? [at, value];
        return [at, by({ change: value - before, seconds: (at - beforeMs) / 1000 })] as const;
      }),
    );
  });

const clock = (part: (at: Date) => number): MathFunction => ofSeries((series) => mapTimes(series, part));

function mapTimes(series: TimeSeries, part: (at: Date) => number): TimeSeries {
  return withPoints(
    series,
    [...series.points.keys()].map((at) => [at, part(new Date(at))] as const),
  );
}

function fill(series: TimeSeries, [how]: readonly Argument[], { periods }: MathScope): TimeSeries | undefined {
  const word = readWord(how);
  const filling = readValue(how);
  if (word === "REPEAT") {
    let last: number | undefined;
    return withPoints(
      series,
      periods.map((at) => {
        last = series.points.get(at) ?? last;
        return [at, last] as const;
      }),
    );
  }
  if (word === "LINEAR") return withPoints(series, linear([...series.points], periods));
  if (filling === undefined || isList(filling)) return undefined;
  return withPoints(
    series,
    periods.map((at) => {
      const other = typeof filling === "number" ? filling : filling.points.get(at);
      return [at, series.points.get(at) ?? other] as const;
    }),
  );
}

/** On the line between the neighbours; level before the first point and after the last. */
function linear(points: readonly (readonly [number, number])[], periods: readonly number[]): [number, number][] {
  let next = 0;
  return periods.flatMap((at): [number, number][] => {
    while (next < points.length && (points[next]?.[0] ?? 0) < at) next++;
    const [before, after] = [points[next - 1], points[next]];
    if (!before || !after) {
      const only = before ?? after;
      return only ? [[at, only[1]]] : [];
    }
    return [[at, before[1] + ((after[1] - before[1]) * (at - before[0])) / (after[0] - before[0])]];
  });
}

const choose: MathFunction = (given) => {
  const [condition, yes, no] = given.map(readValue);
  if (condition === undefined || yes === undefined || isList(condition) || isList(yes)) return undefined;
  if (no !== undefined && isList(no)) return undefined;
  if (typeof condition === "number") return condition !== 0 ? yes : no;
  const at = (value: number | TimeSeries | undefined, time: number) =>
    value === undefined || typeof value === "number" ? value : value.points.get(time);
  return withPoints(
    condition,
    [...condition.points].map(([time, value]) => [time, at(value !== 0 ? yes : no, time)] as const),
  );
};

const sort: MathFunction = ([given, by, direction, count]) => {
  const value = readValue(given);
  const order = { AVG: mean, MAX: most, MIN: least, SUM: total }[readWord(by) as "AVG"];
  const way = readWord(direction);
  if (value === undefined || !isList(value) || !order || (way !== "ASC" && way !== "DESC")) return undefined;
  const rank = ({ points }: TimeSeries) => (points.size === 0 ? Number.NEGATIVE_INFINITY : order([...points.values()]));
  const sorted = [...value].sort((a, b) => (way === "ASC" ? rank(a) - rank(b) : rank(b) - rank(a)));
  return sorted.slice(0, readScalar(count) ?? sorted.length);
};

/** Name → fewest and most arguments, and what it does. */
const FUNCTIONS: Readonly<Record<string, readonly [number, number, MathFunction]>> = {
  ABS: [1, 1, each(Math.abs)],
  CEIL: [1, 1, each(Math.ceil)],
  FLOOR: [1, 1, each(Math.floor)],
  EXP: [1, 1, each(Math.exp)],
  LOG: [1, 1, each(Math.log)],
  LOG10: [1, 1, each(Math.log10)],
  SUM: [1, 500, together(total)],
  AVG: [1, 500, together(mean)],
  MIN: [1, 500, together(least)],
  MAX: [1, 500, together(most)],
  STDDEV: [1, 500, together(deviation)],
  DATAPOINT_COUNT: [1, 500, together((values) => values.length)],
  METRIC_COUNT: [1, 1, ([given]) => (Array.isArray(given) ? given.length : undefined)],
  DIFF: [1, 1, stepwise(({ change }) => change)],
  DIFF_TIME: [1, 1, stepwise(({ seconds }) => seconds)],
  RATE: [1, 1, stepwise(({ change, seconds }) => change / seconds)],
  RUNNING_SUM: [
    1,
    1,
    ofSeries((series) => {
      let sum = 0;
      return withPoints(
        series,
        [...series.points].map(([at, value]) => {
          sum += value;
          return [at, sum] as const;
        }),
      );
    }),
  ],
  FILL: [2, 2, ofSeries(fill)],
  IF: [2, 3, choose],
  PERIOD: [
    1,
    1,
    ([given]) => {
      const value = readValue(given);
      return value !== undefined && isSeries(value) ? value.periodSeconds : undefined;
    },
  ],
  METRICS: [0, 1, ([filter], scope) => scope.metrics(readWord(filter))],
  SEARCH: [
    2,
    3,
    ([expression, stat, period], scope) => {
      const [text, name] = [readWord(expression), readWord(stat)];
      return text === undefined || name === undefined ? undefined : scope.search(text, name, readScalar(period));
    },
  ],
  FIRST: [1, 1, ([given]) => (Array.isArray(given) ? given[0] : undefined)],
  LAST: [1, 1, ([given]) => (Array.isArray(given) ? given.at(-1) : undefined)],
  SLICE: [
    2,
    3,
    ([given, from, to]) => {
      const value = readValue(given);
      return value !== undefined && isList(value) ? value.slice(readScalar(from) ?? 0, readScalar(to)) : undefined;
    },
  ],
  SORT: [3, 4, sort],
  REMOVE_EMPTY: [
    1,
    1,
    ([given]) => {
      const value = readValue(given);
      if (value === undefined || typeof value === "number") return undefined;
      return (isList(value) ? value : [value]).filter(({ points }) => points.size > 0);
    },
  ],
  TIME_SERIES: [
    1,
    1,
    ([given], { id, periods, periodSeconds }) => {
      const value = readScalar(given);
      if (value === undefined) return undefined;
      return { label: id, periodSeconds, points: new Map(periods.map((at) => [at, value])) };
    },
  ],
  EPOCH: [1, 1, clock((at) => at.getTime() / 1000)],
  MINUTE: [1, 1, clock((at) => at.getUTCMinutes())],
  HOUR: [1, 1, clock((at) => at.getUTCHours())],
  // Monday is 1, as AWS counts.
  DAY: [1, 1, clock((at) => at.getUTCDay() || 7)],
  DATE: [1, 1, clock((at) => at.getUTCDate())],
  MONTH: [1, 1, clock((at) => at.getUTCMonth() + 1)],
  YEAR: [1, 1, clock((at) => at.getUTCFullYear())],
};

/** Functions of AWS that aren't here. */
const REFUSED = new Set([
  "ANOMALY_DETECTION_BAND",
  "DB_PERF_INSIGHTS",
  "INSIGHT_RULE_METRIC",
  "LAMBDA",
  "SELECT",
  "SERVICE_QUOTA",
]);

export const isRefused = (name: string) => REFUSED.has(name);

/** Fewest and most arguments; undefined for a function that AWS doesn't have. */
export function functionArity(name: string): readonly [number, number] | undefined {
  const found = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  return found && [found[0], found[1]];
}

/** Undefined when an argument has a type that the function doesn't take. */
export function callFunction(name: string, given: readonly Argument[], scope: MathScope): MathValue | undefined {
  return FUNCTIONS[name]?.[2](given, scope);
}
