import type { MetricDatum, StandardUnit } from "@aws-sdk/client-cloudwatch";

interface EmbeddedMetrics {
  readonly _aws?: {
    readonly Timestamp?: number;
    readonly CloudWatchMetrics?: readonly {
      readonly Namespace?: string;
      readonly Dimensions?: readonly (readonly string[])[];
      readonly Metrics?: readonly {
        readonly Name?: string;
        readonly Unit?: string;
        readonly StorageResolution?: number;
      }[];
    }[];
  };
  readonly [key: string]: unknown;
}

/** Of one datum. */
const VALUES = 150;

/**
 * The metrics that a log line carries in the embedded metric format; none for any other line.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(line: string): { namespace: string; data: MetricDatum[] }[] {
  if (!line.includes('"_aws"')) return [];
  let document: EmbeddedMetrics;
  try {
    document = JSON.parse(line) as EmbeddedMetrics;
  } catch {
    // A line that only looks like it is a line of text.
    return [];
  }
  return (document._aws?.CloudWatchMetrics ?? []).flatMap(
    ({ Namespace: namespace, Dimensions = [[]], Metrics = [] }) => {
      if (!namespace) return [];
      const data: MetricDatum[] = [];
      for (const keys of Dimensions.length > 0 ? Dimensions : [[]]) {
        for (const { Name: name, Unit, StorageResolution } of Metrics) {
          const values = [document[name ?? ""]].flat().filter((value): value is number => typeof value === "number");
          for (let from = 0; from < values.length; from += VALUES) {
            data.push({
              MetricName: name,
              Unit: (Unit ?? "None") as StandardUnit,
              Values: values.slice(from, from + VALUES),
              StorageResolution: StorageResolution ?? 60,
              Dimensions: keys.map((key) => ({ Name: key, Value: String(document[key] ?? "") })),
              ...(document._aws?.Timestamp === undefined ? {} : { Timestamp: new Date(document._aws.Timestamp) }),
            });
          }
        }
      }
      return data.length > 0 ? [{ namespace, data }] : [];
    },
  );
}
