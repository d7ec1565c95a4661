import type { MetricDatum, StandardUnit } from "@aws-sdk/client-cloudwatch";

interface MetricDefinition {
  readonly Name?: unknown;
  readonly Unit?: unknown;
  readonly StorageResolution?: unknown;
}

interface Directive {
  readonly Namespace?: unknown;
  readonly Dimensions?: unknown;
  readonly Metrics?: unknown;
}

export interface EmbeddedMetrics {
  readonly namespace: string;
  readonly data: readonly MetricDatum[];
}

const MOST_DIMENSIONS = 30;
const MOST_METRICS = 100;
const MOST_VALUES = 100;
const LONGEST_NAME = 1024;
const HOUR_MS = 3600 * 1000;
const OLDEST_MS = 14 * 24 * HOUR_MS;
const NEWEST_MS = 2 * HOUR_MS;

/**
 * The metrics that a log line carries in the embedded metric format; none for any other line, and undefined for one that
 * is such a document and breaks the specification: CloudWatch takes nothing of it and counts it as a validation error.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(line: string, nowMs: number): readonly EmbeddedMetrics[] | undefined {
  if (!line.includes('"_aws"')) return [];
  const document = parse(line);
  const metadata = document?._aws;
  if (!document || !isObject(metadata) || metadata.CloudWatchMetrics === undefined) return [];
  const atMs = metadata.Timestamp;
  if (typeof atMs !== "number" || atMs < nowMs - OLDEST_MS || atMs > nowMs + NEWEST_MS) return undefined;
  if (!Array.isArray(metadata.CloudWatchMetrics)) return undefined;
  const found: EmbeddedMetrics[] = [];
  for (const directive of metadata.CloudWatchMetrics as unknown[]) {
    const read = isObject(directive) ? readDirective(directive, document, new Date(atMs)) : undefined;
    if (!read) return undefined;
    if (read.data.length > 0) found.push(read);
  }
  return found;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const document: unknown = JSON.parse(line);
    return isObject(document) ? document : undefined;
  } catch {
    // A line that only looks like it is a line of text.
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readDirective(
  directive: Directive,
  document: Record<string, unknown>,
  Timestamp: Date,
): EmbeddedMetrics | undefined {
  const { Namespace: namespace, Metrics: metrics = [], Dimensions: given = [[]] } = directive;
  if (typeof namespace !== "string" || namespace === "" || namespace.length > LONGEST_NAME) return undefined;
  if (!Array.isArray(metrics) || metrics.length > MOST_METRICS || !Array.isArray(given)) return undefined;
  const sets = given.length > 0 ? (given as unknown[]) : [[]];
  const dimensionSets: { Name: string; Value: string }[][] = [];
  for (const keys of sets) {
    const set = readDimensions(keys, document);
    if (!set) return undefined;
    dimensionSets.push(set);
  }
  const data: MetricDatum[] = [];
  for (const definition of metrics as MetricDefinition[]) {
    const datum = readMetric(definition, document);
    if (!datum) return undefined;
    if (datum.Values?.length) for (const Dimensions of dimensionSets) data.push({ ...datum, Dimensions, Timestamp });
  }
  return { namespace, data };
}

/** Every key must be a member of the document with a text. */
function readDimensions(
  keys: unknown,
  document: Record<string, unknown>,
): { Name: string; Value: string }[] | undefined {
  if (!Array.isArray(keys) || keys.length > MOST_DIMENSIONS) return undefined;
  const set: { Name: string; Value: string }[] = [];
  for (const Name of keys as unknown[]) {
    if (typeof Name !== "string" || Name === "") return undefined;
    const value = document[Name];
    const Value = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
    if (typeof Value !== "string" || Value === "" || Value.length > LONGEST_NAME) return undefined;
    set.push({ Name, Value });
  }
  return set;
}

/** A metric whose value isn't in the document is left out. */
function readMetric(
  { Name, Unit, StorageResolution }: MetricDefinition,
  document: Record<string, unknown>,
): MetricDatum | undefined {
  if (typeof Name !== "string" || Name === "" || Name.length > LONGEST_NAME) return undefined;
  if (Unit !== undefined && typeof Unit !== "string") return undefined;
  if (StorageResolution !== undefined && StorageResolution !== 1 && StorageResolution !== 60) return undefined;
  const values = document[Name] === undefined ? [] : [document[Name]].flat();
  if (values.length > MOST_VALUES || !values.every((value) => typeof value === "number")) return undefined;
  return {
    MetricName: Name,
    Unit: (Unit ?? "None") as StandardUnit,
    Values: values,
    StorageResolution: StorageResolution ?? 60,
  };
}
