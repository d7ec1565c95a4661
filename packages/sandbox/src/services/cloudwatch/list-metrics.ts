import type * as sdk from "@aws-sdk/client-cloudwatch";
import type { DimensionFilter } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import type { Operation } from "../../core/service.ts";
import { listSeries, type Metric, readDimensions } from "./samples.ts";

const PAGE = 500;
const RECENT_MS = 3 * 3600 * 1000;
/** A metric is listed for two weeks after its last point. */
const LISTED_MS = 14 * 24 * 3600 * 1000;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html */
export const listMetrics: Operation<typeof sdk, "ListMetrics"> = (context, input) => {
  const { Namespace, MetricName, Dimensions = [], RecentlyActive, NextToken, IncludeLinkedAccounts } = input;
  if (IncludeLinkedAccounts || (input.OwningAccount !== undefined && input.OwningAccount !== context.account)) {
    throw new AwsError("NotImplemented", "sandbox: CloudWatch metrics of other accounts are not implemented", {
      status: 501,
    });
  }
  if (RecentlyActive !== undefined && RecentlyActive !== "PT3H") {
    throw new AwsError(
      "InvalidParameterValueException",
      `The value ${RecentlyActive} for parameter RecentlyActive is invalid.`,
    );
  }
  const oldestMs = context.clock.now().getTime() - (RecentlyActive ? RECENT_MS : LISTED_MS);
  const all = listSeries(context.store.sql, context, Namespace, MetricName).filter(
    ({ dimensions, lastMs }) => lastMs >= oldestMs && hasDimensions(dimensions, Dimensions),
  );
  const keyOf = ({ namespace, name, dimensions }: Metric) => `${namespace}\0${name}\0${dimensions}`;
  const sorted = all.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const { items, nextToken } = page(sorted, keyOf, { token: NextToken, size: PAGE });
  return {
    Metrics: items.map(({ namespace, name, dimensions }) => ({
      Namespace: namespace,
      MetricName: name,
      Dimensions: readDimensions(dimensions),
    })),
    NextToken: nextToken,
  };
};

function hasDimensions(key: string, wanted: readonly DimensionFilter[]): boolean {
  const there = readDimensions(key);
  return wanted.every(({ Name, Value }) =>
    there.some((dimension) => dimension.Name === Name && (Value === undefined || dimension.Value === Value)),
  );
}
