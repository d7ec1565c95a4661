import type * as sdk from "@aws-sdk/client-dynamodb";
import type { Context } from "../../core/context.ts";
import { type GlobalIndexRecord, invalidParameters, type StreamRecord } from "./records.ts";

/** Stands for `alias/aws/dynamodb`, which the sandbox's KMS doesn't hold. */
const MANAGED_KEY_ID = "d1a4b0db-0000-4000-8000-000000000001";

export function indexRecord(given: sdk.GlobalSecondaryIndex): GlobalIndexRecord {
  return {
    name: given.IndexName ?? "",
    keySchema: given.KeySchema ?? [],
    projection: given.Projection ?? {},
    throughput: { ReadCapacityUnits: 0, WriteCapacityUnits: 0, ...given.ProvisionedThroughput },
  };
}

/** A label is the time at which the stream was made, to the millisecond. */
export function streamFor(
  context: Context,
  tableArn: string,
  given: sdk.StreamSpecification | undefined,
): StreamRecord | undefined {
  if (!given?.StreamEnabled) {
    if (given?.StreamViewType) throw invalidParameters("UpdateStreamSpecification: StreamViewType without a stream");
    return undefined;
  }
  if (!given.StreamViewType) throw invalidParameters("StreamViewType must be given when StreamEnabled is true");
  const label = context.clock.now().toISOString().slice(0, -1);
  return { arn: `${tableArn}/stream/${label}`, label, viewType: given.StreamViewType };
}

/** The key by its ARN; AWS's own where none is named. Nothing is encrypted with it. */
export function sseKeyOf(context: Context, given: sdk.SSESpecification | undefined): string | undefined {
  if (!given?.Enabled) return undefined;
  const key = given.KMSMasterKeyId ?? MANAGED_KEY_ID;
  if (key.startsWith("arn:")) return key;
  return `arn:aws:kms:${context.region}:${context.account}:${key.startsWith("alias/") ? key : `key/${key}`}`;
}
