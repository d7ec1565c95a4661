import type * as sdk from "@aws-sdk/client-cloudwatch";
import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../core/errors.ts";
import type { Operation } from "../../core/service.ts";
import { dimensionKey, type Sample, writeSamples } from "./samples.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
export const putMetricData: Operation<typeof sdk, "PutMetricData"> = (context, input) => {
  const { Namespace: namespace = "", MetricData = [] } = input;
  if (input.EntityMetricData?.length)
    throw new AwsError("NotImplemented", "sandbox: CloudWatch entity metric data is not implemented", { status: 501 });
  // AWS's own name spaces are for its services; here those are the calls from within.
  if (namespace.startsWith("AWS/") && !context.internal) {
    throw invalid(
      'The value AWS/ for parameter Namespace is invalid: a namespace that begins with "AWS/" is reserved.',
    );
  }
  if (MetricData.length > 1000) throw invalid("The collection MetricData must not have a size greater than 1000.");
  const nowMs = context.clock.now().getTime();
  const given = MetricData.map((datum) => {
    if (!datum.MetricName) throw missing("The parameter MetricData.member.MetricName is required.");
    if ((datum.Dimensions?.length ?? 0) > 30)
      throw invalid("The collection Dimensions must not have a size greater than 30.");
    const metric = { namespace, name: datum.MetricName, dimensions: dimensionKey(datum.Dimensions) };
    return { metric, samples: samplesOf(datum, datum.Timestamp?.getTime() ?? nowMs) };
  });
  context.store.transaction(() => writeSamples(context.store.sql, context, given));
  return {};
};

function samplesOf(datum: MetricDatum, atMs: number): Sample[] {
  const unit = datum.Unit ?? "None";
  const { Value: value, Values: values, Counts: counts, StatisticValues: set } = datum;
  if (set) {
    const { SampleCount: count = 0, Sum: sum = 0, Minimum: min = 0, Maximum: max = 0 } = set;
    return [{ atMs, count: finite(count), sum: finite(sum), min: finite(min), max: finite(max), unit }];
  }
  if (value !== undefined) return [{ atMs, count: 1, sum: finite(value), min: value, max: value, unit }];
  if (!values?.length)
    throw missing(
      "At least one of the parameters MetricData.member.Value, Values or StatisticValues must be specified.",
    );
  if (values.length > 150) throw invalid("The collection Values must not have a size greater than 150.");
  if (counts && counts.length !== values.length) throw invalid("Values and Counts must have the same size.");
  return values.map((one, index) => {
    const count = counts?.[index] ?? 1;
    return { atMs, count, sum: finite(one) * count, min: one, max: one, unit };
  });
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw invalid(`The value ${value} for parameter MetricData.member.Value is invalid.`);
}

const invalid = (message: string) => new AwsError("InvalidParameterValueException", message);
const missing = (message: string) => new AwsError("MissingRequiredParameterException", message);
