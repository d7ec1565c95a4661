import type * as sdk from "@aws-sdk/client-cloudwatch";
import type { Datapoint } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../core/errors.ts";
import type { Operation } from "../../core/service.ts";
import { bucketsOf, metricOf, readPeriod } from "./metric-queries.ts";
import { isSimple, type Statistic, statistic } from "./statistics.ts";

const MOST_POINTS = 1440;

/**
 * Periods begin at StartTime (rounded down to a minute), not at whole multiples of the period as GetMetricData's do. A
 * metric with several units has a point for each.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
 */
export const getMetricStatistics: Operation<typeof sdk, "GetMetricStatistics"> = (context, input) => {
  const periodSeconds = readPeriod(input.Period);
  const [startMs, toMs] = [input.StartTime?.getTime() ?? Number.NaN, input.EndTime?.getTime() ?? Number.NaN];
  if (!(startMs < toMs)) throw invalid("The parameter StartTime must be less than the parameter EndTime.");
  const step = Math.min(periodSeconds, 60) * 1000;
  const fromMs = Math.floor(startMs / step) * step;
  const asked = Math.ceil((toMs - startMs) / (periodSeconds * 1000));
  if (asked > MOST_POINTS) {
    const message = `You have requested up to ${asked} datapoints, which exceeds the limit of ${MOST_POINTS}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`;
    throw new AwsError("InvalidParameterCombinationException", message);
  }
  const { Statistics = [], ExtendedStatistics = [] } = input;
  if (Statistics.length + ExtendedStatistics.length === 0) {
    const message = "At least one of the parameters Statistics and ExtendedStatistics must be specified.";
    throw new AwsError("MissingRequiredParameterException", message);
  }
  for (const name of Statistics)
    if (!isSimple(name)) throw invalid(`The value ${name} for parameter Statistics is invalid.`);
  const named = (names: readonly string[]) => names.map((name): [string, Statistic] => [name, statistic(name)]);
  const [simple, extended] = [named(Statistics), named(ExtendedStatistics)];
  const buckets = bucketsOf({ sql: context.store.sql, clock: context.clock, scope: context }, metricOf(input), {
    ...{ fromMs, toMs, originMs: fromMs, periodSeconds, unit: input.Unit },
    needsSamples: extended.some(([, { needsSamples }]) => needsSamples),
  });
  const points = buckets.map((bucket): Datapoint => {
    const values = (of: readonly [string, Statistic][]) =>
      Object.fromEntries(
        of.flatMap(([name, { of: compute }]) => {
          const value = compute(bucket);
          return value === undefined ? [] : [[name, value]];
        }),
      );
    const percentiles = values(extended);
    return {
      Timestamp: new Date(bucket.atMs),
      Unit: bucket.unit as "None",
      ...values(simple),
      ...(Object.keys(percentiles).length > 0 ? { ExtendedStatistics: percentiles } : {}),
    };
  });
  return { Label: input.MetricName, Datapoints: points };
};

const invalid = (message: string) => new AwsError("InvalidParameterValueException", message);
