import { AwsError } from "../../core/errors.ts";
import type { Bucket, Sample } from "./samples.ts";

/** What a statistic says of one period; undefined where nothing can be said of it. */
export interface Statistic {
  readonly of: (bucket: Bucket) => number | undefined;
  /** Whether it needs the single samples: SQLite adds up for those that don't. */
  readonly needsSamples: boolean;
}

const SIMPLE: Readonly<Record<string, (bucket: Bucket) => number>> = {
  Sum: ({ sum }) => sum,
  SampleCount: ({ count }) => count,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ min }) => min,
  Maximum: ({ max }) => max,
};

/** The five that `Statistics` and an alarm's `Statistic` may name; others are extended. */
export const isSimple = (name: string) => Object.hasOwn(SIMPLE, name);

/** `Sum`, `p95`, `p99.9`, …; a period without samples has no point. */
export function statistic(name: string): Statistic {
  const simple = Object.hasOwn(SIMPLE, name) ? SIMPLE[name] : undefined;
  if (simple) return { of: simple, needsSamples: false };
  const percent = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1];
  if (percent !== undefined && Number(percent) <= 100) {
    return { of: ({ samples }) => percentile(samples, Number(percent)), needsSamples: true };
  }
  if (/^(IQM|(tm|wm|tc|ts|pr)[\d(])/i.test(name)) {
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
  const total = sorted.reduce((sum, { count }) => sum + count, 0);
  const rank = (percent / 100) * (total - 1);
  const low = Math.floor(rank);
  let seen = 0;
  for (const [index, { count, min }] of sorted.entries()) {
    seen += count;
    if (low >= seen) continue;
    const high = Math.ceil(rank) < seen ? min : (sorted[index + 1]?.min ?? min);
    return min + (high - min) * (rank - low);
  }
  return sorted.at(-1)?.max;
}
