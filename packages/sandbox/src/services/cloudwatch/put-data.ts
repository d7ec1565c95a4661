import type * as sdk from "@aws-sdk/client-cloudwatch";
import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { AwsError } from "../../core/errors.ts";
import type { Operation } from "../../core/service.ts";
import { dimensionKey, type Sample, writeSamples } from "./samples.ts";

const MOST_DATA = 1000;
const MOST_VALUES = 150;
const MOST_DIMENSIONS = 30;
const LONGEST_TEXT = 255;
const LONGEST_DIMENSION_VALUE = 1024;
const HOUR_MS = 3600 * 1000;
const OLDEST_MS = 14 * 24 * HOUR_MS;
const NEWEST_MS = 2 * HOUR_MS;
/** AWS takes -2^360 to 2^360. */
const LARGEST = 2 ** 360;

const UNITS = new Set([
  ...["Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"],
  ...["Bytes", "Bits"].flatMap((unit) =>
    ["", "Kilo", "Mega", "Giga", "Tera"].flatMap((scale) => {
      const scaled = scale === "" ? unit : `${scale}${unit.toLowerCase()}`;
      return [scaled, `${scaled}/Second`];
    }),
  ),
]);

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html */
export const putMetricData: Operation<typeof sdk, "PutMetricData"> = (context, input) => {
  const { Namespace: namespace = "", MetricData = [] } = input;
  if (input.EntityMetricData?.length)
    throw new AwsError("NotImplemented", "sandbox: CloudWatch entity metric data is not implemented", { status: 501 });
  if (namespace === "" || namespace.length > LONGEST_TEXT || /[^ -~]|^:/.test(namespace)) {
    throw invalid(`The value ${namespace} for parameter Namespace is invalid.`);
  }
  // AWS's own name spaces are for its services; here those are the calls from within.
  if (namespace.startsWith("AWS/") && !context.internal) {
    throw invalid("The value AWS/ for parameter Namespace is invalid. It is reserved for AWS services.");
  }
  if (MetricData.length === 0) throw missing("The parameter MetricData is required.");
  if (MetricData.length > MOST_DATA) {
    throw invalid(`The collection MetricData must not have a size greater than ${MOST_DATA}.`);
  }
  const nowMs = context.clock.now().getTime();
  const given = MetricData.map((datum, index) => {
    const at = `MetricData.member.${index + 1}`;
    const atMs = datum.Timestamp?.getTime() ?? nowMs;
    checkDatum(datum, at);
    checkTime(atMs, nowMs, at);
    const metric = { namespace, name: datum.MetricName ?? "", dimensions: dimensionKey(datum.Dimensions) };
    return { metric, samples: samplesOf(datum, atMs, at) };
  });
  context.store.transaction(() => writeSamples(context.store.sql, context, given));
  return {};
};

function checkDatum(datum: MetricDatum, at: string): void {
  const { MetricName: name, Dimensions = [], Unit, StorageResolution } = datum;
  if (!name) throw missing(`The parameter ${at}.MetricName is required.`);
  if (name.length > LONGEST_TEXT) {
    throw invalid(`The value ${name} for parameter ${at}.MetricName is longer than ${LONGEST_TEXT} characters.`);
  }
  if (Dimensions.length > MOST_DIMENSIONS) {
    throw invalid(`The collection ${at}.Dimensions must not have a size greater than ${MOST_DIMENSIONS}.`);
  }
  for (const [index, { Name = "", Value = "" }] of Dimensions.entries()) {
    const where = `${at}.Dimensions.member.${index + 1}`;
    if (Name === "" || Name.length > LONGEST_TEXT || Name.startsWith(":")) {
      throw invalid(`The value ${Name} for parameter ${where}.Name is invalid.`);
    }
    if (Value === "" || Value.length > LONGEST_DIMENSION_VALUE) {
      throw invalid(`The value ${Value} for parameter ${where}.Value is invalid.`);
    }
  }
  if (Unit !== undefined && !UNITS.has(Unit)) throw invalid(`The parameter ${at}.Unit must be a value in the set.`);
  if (StorageResolution !== undefined && StorageResolution !== 1 && StorageResolution !== 60) {
    throw invalid(
      `The value ${StorageResolution} for parameter ${at}.StorageResolution is invalid. Valid values: 1, 60`,
    );
  }
}

function checkTime(atMs: number, nowMs: number, at: string): void {
  if (atMs >= nowMs - OLDEST_MS && atMs <= nowMs + NEWEST_MS) return;
  throw invalid(
    `The parameter ${at}.Timestamp must specify a time no more than two weeks in the past and no more than two hours in the future.`,
  );
}

function samplesOf(datum: MetricDatum, atMs: number, at: string): Sample[] {
  const unit = datum.Unit ?? "None";
  const { Value: value, Values: values, Counts: counts, StatisticValues: set } = datum;
  const both = (other: string) =>
    new AwsError(
      "InvalidParameterCombinationException",
      `The parameters ${at}.Value and ${at}.${other} are mutually exclusive and you have specified both.`,
    );
  if (value !== undefined && values?.length) throw both("Values");
  if (value !== undefined && set) throw both("StatisticValues");
  const finite = (one: number, name: string) => {
    if (Number.isFinite(one) && Math.abs(one) <= LARGEST) return one;
    throw invalid(`The value ${one} for parameter ${at}.${name} is invalid.`);
  };
  if (set) {
    const read = (name: "SampleCount" | "Sum" | "Minimum" | "Maximum") => {
      const one = set[name];
      if (one === undefined) throw missing(`The parameter ${at}.StatisticValues.${name} is required.`);
      return finite(one, `StatisticValues.${name}`);
    };
    const [count, sum, min, max] = [read("SampleCount"), read("Sum"), read("Minimum"), read("Maximum")];
    if (min > max) {
      throw invalid(`The parameter ${at}.StatisticValues.Maximum must be greater than ${at}.StatisticValues.Minimum.`);
    }
    return [{ atMs, count, sum, min, max, unit }];
  }
  if (value !== undefined) return [{ atMs, count: 1, sum: finite(value, "Value"), min: value, max: value, unit }];
  if (!values?.length) {
    throw missing(
      `At least one of the parameters must be specified: ${at}.Value, ${at}.Values, ${at}.StatisticValues.`,
    );
  }
  if (values.length > MOST_VALUES) {
    throw invalid(`The collection ${at}.Values must not have a size greater than ${MOST_VALUES}.`);
  }
  if (counts && counts.length !== values.length) {
    throw invalid(`The parameters ${at}.Values and ${at}.Counts must be of the same size.`);
  }
  return values.map((one, index) => {
    const count = counts?.[index] ?? 1;
    return { atMs, count, sum: finite(one, "Values") * count, min: one, max: one, unit };
  });
}

const invalid = (message: string) => new AwsError("InvalidParameterValueException", message);
const missing = (message: string) => new AwsError("MissingRequiredParameterException", message);
