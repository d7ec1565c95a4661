import type {
  DestinationConfig,
  EventSourceMappingConfiguration,
  FilterCriteria,
  FunctionResponseType,
  ScalingConfig,
} from "@aws-sdk/client-lambda";
import type { Context } from "../../../core/context.ts";
import { AwsError } from "../../../core/errors.ts";
import { functionArn } from "../records.ts";

export interface MappingRecord {
  readonly uuid: string;
  readonly sourceArn: string;
  readonly functionName: string;
  readonly qualifier: string | undefined;
  readonly enabled: boolean;
  readonly batchSize: number;
  readonly windowS: number;
  readonly filters: FilterCriteria | undefined;
  readonly partialFailures: boolean;
  readonly scaling: ScalingConfig | undefined;
  readonly stream: StreamSettings | undefined;
  readonly modifiedAt: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What only a mapping of a stream has. */
export interface StreamSettings {
  readonly startingPosition: "LATEST" | "TRIM_HORIZON";
  readonly bisects: boolean;
  /** -1: until the record is too old. */
  readonly retries: number;
  /** -1: as long as the stream keeps it. */
  readonly longestAgeS: number;
  readonly parallelization: number;
  readonly onFailure: DestinationConfig | undefined;
}

/** How far a mapping has read its stream; kept apart, because it changes with each batch. */
export interface PositionRecord {
  /** The last sequence number that is done; undefined before the first. */
  readonly after: string | undefined;
  readonly result: string;
}

type Stored = Pick<Context, "collection">;
export const mappings = (from: Stored) => from.collection<MappingRecord>("event-source-mappings");
export const positions = (from: Stored) => from.collection<PositionRecord>("event-source-positions");

export function getMapping(context: Context, uuid: string | undefined): MappingRecord {
  const mapping = mappings(context).get(uuid ?? "");
  if (mapping) return mapping;
  const message = "The resource you requested does not exist.";
  throw new AwsError("ResourceNotFoundException", message, { members: { Type: "User", Message: message } });
}

/** A mapping as AWS shows it. Its state is reached at once; answers of changes still say what is under way. */
export function showMapping(
  context: Context,
  mapping: MappingRecord,
  state = mapping.enabled ? "Enabled" : "Disabled",
): EventSourceMappingConfiguration {
  const { stream } = mapping;
  return {
    UUID: mapping.uuid,
    EventSourceMappingArn: `arn:aws:lambda:${context.region}:${context.account}:event-source-mapping:${mapping.uuid}`,
    EventSourceArn: mapping.sourceArn,
    FunctionArn: functionArn(context, mapping.functionName, mapping.qualifier),
    BatchSize: mapping.batchSize,
    MaximumBatchingWindowInSeconds: mapping.windowS,
    FunctionResponseTypes: mapping.partialFailures
      ? (["ReportBatchItemFailures"] satisfies FunctionResponseType[])
      : [],
    State: state,
    StateTransitionReason: stream ? "User action" : "USER_INITIATED",
    LastModified: new Date(mapping.modifiedAt),
    ...(mapping.filters ? { FilterCriteria: mapping.filters } : {}),
    ...(mapping.scaling ? { ScalingConfig: mapping.scaling } : {}),
    ...(stream
      ? {
          StartingPosition: stream.startingPosition,
          BisectBatchOnFunctionError: stream.bisects,
          MaximumRetryAttempts: stream.retries,
          MaximumRecordAgeInSeconds: stream.longestAgeS,
          ParallelizationFactor: stream.parallelization,
          TumblingWindowInSeconds: 0,
          DestinationConfig: stream.onFailure ?? { OnFailure: {} },
          LastProcessingResult: positions(context).get(mapping.uuid)?.result ?? "No records processed",
        }
      : {}),
  };
}
