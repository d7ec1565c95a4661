import type * as sdk from "@aws-sdk/client-cloudwatch";
import type { MetricDataResult } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../core/errors.ts";
import type { Operation } from "../../core/service.ts";
import { type Labelled, labelsOf } from "./labels.ts";
import { openQueries } from "./metric-queries.ts";

/** Of one answer; `MaxDatapoints` can only ask for fewer. */
const MOST_POINTS = 100_800;
const MOST_QUERIES = 500;

/**
 * Points stand at the starts of periods, which are whole multiples of the period since 1970. A page holds as many points
 * as `MaxDatapoints` says, over all results; its token says how many came before.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export const getMetricData: Operation<typeof sdk, "GetMetricData"> = (context, input) => {
  const given = input.MetricDataQueries ?? [];
  if (given.length > MOST_QUERIES)
    throw invalid(`The collection MetricDataQueries must not have a size greater than ${MOST_QUERIES}.`);
  const [fromMs, toMs] = [input.StartTime?.getTime() ?? Number.NaN, input.EndTime?.getTime() ?? Number.NaN];
  if (!(fromMs < toMs)) throw invalid("The parameter EndTime must be greater than StartTime.");
  const size = input.MaxDatapoints ?? MOST_POINTS;
  if (size < 1 || size > MOST_POINTS)
    throw invalid(`The parameter MaxDatapoints must be between 1 and ${MOST_POINTS}.`);
  const skip = readToken(input.NextToken);

  const reader = { sql: context.store.sql, clock: context.clock, scope: context };
  const queries = openQueries(reader, given, { fromMs, toMs, originMs: 0 });
  const shown = given.filter(({ ReturnData }) => ReturnData !== false);
  const units = new Map<string, readonly string[]>();
  const lines = shown.flatMap((query): Labelled[] => {
    const { series, sources, units: several } = queries.result(query.Id ?? "");
    units.set(query.Id ?? "", several);
    return series.map((one, index) => ({ query, series: one, source: sources[index] }));
  });
  const labels = labelsOf(lines, context);

  const ascending = input.ScanBy === "TimestampAscending";
  let before = 0;
  let left = size;
  let isMore = false;
  const results = lines.flatMap(({ query, series }, index): MetricDataResult[] => {
    const points = [...series.points].sort(([a], [b]) => (ascending ? a - b : b - a));
    const from = Math.max(0, skip - before);
    const page = points.slice(from, from + left);
    before += points.length;
    left -= page.length;
    const isPartial = from + page.length < points.length;
    isMore ||= isPartial;
    // A result that an earlier page showed whole isn't shown again.
    if (skip > 0 && page.length === 0 && from >= points.length) return [];
    const several = units.get(query.Id ?? "") ?? [];
    return [
      {
        Id: query.Id,
        Label: labels[index],
        Timestamps: page.map(([atMs]) => new Date(atMs)),
        Values: page.map(([, value]) => value),
        StatusCode: isPartial ? "PartialData" : "Complete",
        ...(several.length > 1
          ? { Messages: [{ Code: "MultipleUnits", Value: `Multiple units returned: '[${several.join(", ")}]'` }] }
          : {}),
      },
    ];
  });
  return {
    MetricDataResults: results,
    Messages: [],
    NextToken: isMore ? Buffer.from(`points ${skip + size - left}`).toString("base64url") : undefined,
  };
};

function readToken(token: string | undefined): number {
  if (token === undefined) return 0;
  const [, points] = /^points (\d+)$/.exec(Buffer.from(token, "base64url").toString()) ?? [];
  if (points === undefined)
    throw new AwsError("InvalidNextToken", "The next token specified is invalid.", { status: 400 });
  return Number(points);
}

const invalid = (message: string) => new AwsError("ValidationError", message, { status: 400 });
