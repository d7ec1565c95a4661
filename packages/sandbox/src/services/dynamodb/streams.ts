import * as sdk from "@aws-sdk/client-dynamodb-streams";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { page } from "../../core/paging.ts";
import { defineService, type Operations } from "../../core/service.ts";
import {
  createStreamTables,
  lastSequence,
  readRecords,
  type StreamRow,
  sequenceNumber,
  sequenceText,
  streamRow,
  streamRows,
} from "./stream-records.ts";
import { fromWire } from "./values.ts";

const ITERATOR_LIVES_MS = 15 * 60 * 1000;
const MOST_RECORDS = 1000;
const MOST_STREAMS = 100;

function getStream(context: Context, arn: string | undefined): StreamRow {
  const row = streamRow(context.store.sql, arn ?? "");
  const [, , , region, account] = (arn ?? "").split(":");
  if (row && account === context.account && region === context.region) return row;
  throw new AwsError("ResourceNotFoundException", `Requested resource not found: Stream: ${arn} not found`);
}

/** A stream has one shard, from its beginning to its end. */
const shardOf = (stream: StreamRow) =>
  `shardId-${String(stream.createdAtMs).padStart(20, "0")}-${Buffer.from(stream.label).toString("hex").slice(-8)}`;

function listStreams(context: Context, input: sdk.ListStreamsInput): sdk.ListStreamsOutput {
  const rows = streamRows(context).filter(
    ({ tableName, arn }) =>
      (input.TableName === undefined || tableName === input.TableName) && arn > (input.ExclusiveStartStreamArn ?? ""),
  );
  const { items, nextToken } = page(rows, ({ arn }) => arn, {
    size: Math.min(input.Limit ?? MOST_STREAMS, MOST_STREAMS),
  });
  return {
    Streams: items.map(({ arn, tableName, label }) => ({ StreamArn: arn, TableName: tableName, StreamLabel: label })),
    ...(nextToken === undefined ? {} : { LastEvaluatedStreamArn: items.at(-1)?.arn }),
  };
}

function describeStream(context: Context, input: sdk.DescribeStreamInput): sdk.DescribeStreamOutput {
  const stream = getStream(context, input.StreamArn);
  const range = {
    StartingSequenceNumber: sequenceText(0),
    ...(stream.closedAtMs === null ? {} : { EndingSequenceNumber: sequenceText(lastSequence(context.store.sql)) }),
  };
  const shard = { ShardId: shardOf(stream), SequenceNumberRange: range };
  return {
    StreamDescription: {
      StreamArn: stream.arn,
      StreamLabel: stream.label,
      StreamStatus: stream.closedAtMs === null ? "ENABLED" : "DISABLED",
      StreamViewType: stream.viewType as sdk.StreamViewType,
      CreationRequestDateTime: new Date(stream.createdAtMs),
      TableName: stream.tableName,
      KeySchema: JSON.parse(stream.keySchema) as sdk.KeySchemaElement[],
      Shards: input.ExclusiveStartShardId === shard.ShardId ? [] : [shard],
    },
  };
}

function getShardIterator(context: Context, input: sdk.GetShardIteratorInput): sdk.GetShardIteratorOutput {
  const stream = getStream(context, input.StreamArn);
  if (input.ShardId !== shardOf(stream)) {
    const message = `Requested resource not found: Shard does not exist: ${input.ShardId}`;
    throw new AwsError("ResourceNotFoundException", message);
  }
  const after = {
    TRIM_HORIZON: () => 0,
    LATEST: () => lastSequence(context.store.sql),
    AT_SEQUENCE_NUMBER: () => sequenceNumber(requiredNumber(input)) - 1,
    AFTER_SEQUENCE_NUMBER: () => sequenceNumber(requiredNumber(input)),
  }[input.ShardIteratorType ?? "TRIM_HORIZON"]();
  return { ShardIterator: iteratorText(context, stream, after) };
}

function requiredNumber(input: sdk.GetShardIteratorInput): string {
  if (/^1\d{20}$/.test(input.SequenceNumber ?? "")) return input.SequenceNumber ?? "";
  throw new AwsError("ValidationException", `Invalid SequenceNumber for ${input.ShardIteratorType}.`);
}

function iteratorText(context: Context, stream: StreamRow, after: number): string {
  const position = Buffer.from(JSON.stringify([after, context.clock.now().getTime()])).toString("base64");
  return `${stream.arn}|1|${position}`;
}

function getRecords(context: Context, input: sdk.GetRecordsInput): sdk.GetRecordsOutput {
  const [arn = "", , position = ""] = (input.ShardIterator ?? "").split("|");
  let after: number;
  let madeAtMs: number;
  try {
    [after, madeAtMs] = JSON.parse(Buffer.from(position, "base64").toString()) as [number, number];
  } catch {
    throw new AwsError("ValidationException", "Invalid ShardIterator");
  }
  const stream = getStream(context, arn);
  const nowMs = context.clock.now().getTime();
  if (nowMs - madeAtMs > ITERATOR_LIVES_MS) throw new AwsError("ExpiredIteratorException", "Iterator expired.");
  const limit = input.Limit ?? MOST_RECORDS;
  if (limit < 1 || limit > MOST_RECORDS) throw new AwsError("ValidationException", "Limit must be between 1 and 1000");
  const found = readRecords(context.store.sql, arn, after, limit, nowMs);
  const last = found.at(-1)?.sequence ?? after;
  // A closed shard that was read to its end has no next iterator.
  const isOver = stream.closedAtMs !== null && found.length < limit;
  return {
    Records: found.map(({ sequence, record }) => shown(sequence, record)),
    ...(isOver ? {} : { NextShardIterator: iteratorText(context, stream, last) }),
  };
}

function shown(sequence: number, stored: sdk._Record): sdk._Record {
  const record = fromWire(stored) as sdk._Record & { dynamodb: { ApproximateCreationDateTime: unknown } };
  const createdAt = new Date(Number(record.dynamodb.ApproximateCreationDateTime) * 1000);
  return {
    ...record,
    dynamodb: { ...record.dynamodb, ApproximateCreationDateTime: createdAt, SequenceNumber: sequenceText(sequence) },
  };
}

const operations: Operations<typeof sdk> = {
  ListStreams: listStreams,
  DescribeStream: describeStream,
  GetShardIterator: getShardIterator,
  GetRecords: getRecords,
};

/**
 * DynamoDB Streams: what changed in a table's items, for 24 hours, with keys, new and old images. Gaps: a stream has one
 * shard that never splits, so that all of a table's changes are in order, which AWS promises for each key only.
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
 */
export const dynamoDbStreams = defineService({
  sdk,
  client: "DynamoDBStreamsClient",
  operations,
  start(runtime) {
    createStreamTables(runtime.storeOf("", "").sql);
    return { stop: async () => undefined };
  },
});
