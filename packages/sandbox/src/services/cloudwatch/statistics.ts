import { AwsError } from "../../core/errors.ts";
import type { Sample } from "./samples.ts";

export type Statistic = (samples: readonly Sample[]) => number | undefined;

const total = (samples: readonly Sample[], of: "count" | "sum") => samples.reduce((sum, sample) => sum + sample[of], 0);

const SIMPLE: Readonly<Record<string, Statistic>> = {
  Sum: (samples) => total(samples, "sum"),
  SampleCount: (samples) => total(samples, "count"),
  Average: (samples) => total(samples, "sum") / total(samples, "count"),
  Minimum: (samples) => Math.min(...samples.map(({ min }) => min)),
  Maximum: (samples) => Math.max(...samples.map(({ max }) => max)),
};

/** `Sum`, `p95`, `p99.9`, …; undefined over no samples never happens: a period without any has no point. */
export function statistic(name: string): Statistic {
  const simple = Object.hasOwn(SIMPLE, name) ? SIMPLE[name] : undefined;
  if (simple) return simple;
  const percent = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return (samples) => percentile(samples, Number(percent));
  if (/^(IQM|(p|tm|wm|tc|ts|pr)\d*(\(.*\))?)/i.test(name)) {
    throw new AwsError("NotImplemented", `sandbox: CloudWatch statistic ${name} is not implemented`, { status: 501 });
  }
  throw new AwsError("InvalidParameterValueException", `The value ${name} for parameter Stat is not supported.`);
}

/**
 * Linear between the two nearest values. AWS interpolates within its own buckets, so its third digit may differ; of
 * statistic sets with more than one value nothing can be said, as on AWS.
 */
function percentile(samples: readonly Sample[], percent: number): number | undefined {
  if (samples.some(({ count, min, max }) => count > 1 && min !== max)) return undefined;
  const sorted = [...samples].sort((a, b) => a.min - b.min);
  const rank = (percent / 100) * (total(sorted, "count") - 1);
  const at = (place: number) => {
    let seen = 0;
    for (const { count, min } of sorted) {
      seen += count;
      if (place < seen) return min;
    }
    return sorted.at(-1)?.max ?? 0;
  };
  const [low, high] = [at(Math.floor(rank)), at(Math.ceil(rank))];
  return low + (high - low) * (rank - Math.floor(rank));
}

/** Samples by the start of their period, ascending; a period without any is left out. */
export function byPeriod(samples: readonly Sample[], periodMs: number): Map<number, Sample[]> {
  const periods = new Map<number, Sample[]>();
  for (const sample of samples) {
    const start = Math.floor(sample.atMs / periodMs) * periodMs;
    const known = periods.get(start);
    if (known) known.push(sample);
    else periods.set(start, [sample]);
  }
  return periods;
}
