import type { CreateEventSourceMappingRequest, UpdateEventSourceMappingRequest } from "@aws-sdk/client-lambda";
import { AwsError } from "../../../core/errors.ts";
import { invalid, unsupported } from "../records.ts";
import { isDestination } from "./failure-destination.ts";
import { readFilters } from "./filter.ts";
import type { MappingRecord, StreamSettings } from "./records.ts";

type Kind = "sqs" | "dynamodb";
type Input = Partial<Omit<CreateEventSourceMappingRequest & UpdateEventSourceMappingRequest, "FunctionName" | "UUID">>;
type Settings = Pick<MappingRecord, "batchSize" | "windowS" | "filters" | "partialFailures" | "scaling" | "stream">;

export function kindOf(sourceArn: string): Kind {
  const service = sourceArn.split(":")[2] ?? "";
  if (service === "sqs" || service === "dynamodb") return service;
  throw service === "" ? invalid("Unrecognized event source.") : unsupported(`an event source mapping of ${service}`);
}

/** Of what a mapping can have, what the sandbox doesn't do. */
const UNSUPPORTED = [
  "AmazonManagedKafkaEventSourceConfig",
  "DocumentDBEventSourceConfig",
  "KMSKeyArn",
  "MetricsConfig",
  "ProvisionedPollerConfig",
  "Queues",
  "SelfManagedKafkaEventSourceConfig",
  "SourceAccessConfigurations",
  "StartingPositionTimestamp",
  "Topics",
  "TumblingWindowInSeconds",
] as const;

/** The mapping's settings: those given, else those it had, else AWS's defaults. */
export function settingsFrom(kind: Kind, input: Input, before: MappingRecord | undefined): Settings {
  const refused = UNSUPPORTED.find((name) => input[name] !== undefined && input[name] !== 0);
  if (refused) throw unsupported(`an event source mapping's ${refused}`);
  if (kind === "sqs" && input.DestinationConfig?.OnFailure?.Destination) {
    throw invalid("Unsupported DestinationConfig parameter for given event source mapping type.");
  }
  const windowS = input.MaximumBatchingWindowInSeconds ?? before?.windowS ?? 0;
  return {
    batchSize: input.BatchSize ?? before?.batchSize ?? (kind === "sqs" ? 10 : 100),
    windowS,
    filters: input.FilterCriteria ? withFilters(input.FilterCriteria) : before?.filters,
    partialFailures:
      input.FunctionResponseTypes?.includes("ReportBatchItemFailures") ??
      (input.FunctionResponseTypes ? false : (before?.partialFailures ?? false)),
    scaling: input.ScalingConfig ? withLimit(input.ScalingConfig) : before?.scaling,
    stream: kind === "dynamodb" ? streamSettings(input, before?.stream) : undefined,
  };
}

/** An empty list takes the filters away. */
const withFilters = (given: NonNullable<Input["FilterCriteria"]>) => (given.Filters?.length ? given : undefined);
const withLimit = (given: NonNullable<Input["ScalingConfig"]>) =>
  given.MaximumConcurrency === undefined ? undefined : given;

function streamSettings(input: Input, before: StreamSettings | undefined): StreamSettings {
  return {
    startingPosition: before?.startingPosition ?? startingPosition(input),
    bisects: input.BisectBatchOnFunctionError ?? before?.bisects ?? false,
    retries: input.MaximumRetryAttempts ?? before?.retries ?? -1,
    longestAgeS: input.MaximumRecordAgeInSeconds ?? before?.longestAgeS ?? -1,
    parallelization: input.ParallelizationFactor ?? before?.parallelization ?? 1,
    onFailure: input.DestinationConfig ?? before?.onFailure,
  };
}

function startingPosition({ StartingPosition: given, EventSourceArn }: Input): "LATEST" | "TRIM_HORIZON" {
  if (given === "LATEST" || given === "TRIM_HORIZON") return given;
  if (given === "AT_TIMESTAMP") throw invalid(`Unsupported starting position for arn type: ${EventSourceArn}`);
  const rule = "failed to satisfy constraint: Member must";
  if (given === undefined)
    throw invalid(`1 validation error detected: Value null at 'startingPosition' ${rule} not be null.`);
  const message = `1 validation error detected: Value '${given}' at 'startingPosition' ${rule} satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]`;
  throw new AwsError("ValidationException", message);
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
export function checkSettings(mapping: MappingRecord): void {
  const { batchSize, windowS, stream, scaling } = mapping;
  range("BatchSize", batchSize, 1, 10_000);
  range("MaximumBatchingWindowInSeconds", windowS, 0, 300);
  const isFifo = mapping.sourceArn.endsWith(".fifo");
  if (!stream && batchSize > 10 && isFifo) throw invalid("Batch size must be at most 10 for a FIFO queue.");
  if (!stream && windowS === 0 && batchSize > 10) {
    throw invalid("Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
  }
  if (isFifo && windowS > 0) throw invalid("Batching window is not supported for FIFO queues");
  if (scaling && stream) throw invalid("ScalingConfig is only supported for Amazon SQS event sources.");
  if (scaling) range("MaximumConcurrency", scaling.MaximumConcurrency ?? 0, 2, 1000);
  readFilters(mapping.filters, []);
  if (stream) checkStream(stream);
}

function checkStream({ retries, longestAgeS, parallelization, onFailure }: StreamSettings): void {
  range("MaximumRetryAttempts", retries, -1, 10_000);
  if (longestAgeS !== -1) range("MaximumRecordAgeInSeconds", longestAgeS, 60, 604_800);
  range("ParallelizationFactor", parallelization, 1, 10);
  const target = onFailure?.OnFailure?.Destination;
  if (target !== undefined && !isDestination(target)) throw unsupported(`the failure destination ${target}`);
}

function range(name: string, value: number, from: number, to: number): void {
  if (value < from || value > to) throw invalid(`${name} must be from ${from} to ${to}, not ${value}.`);
}
