import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from "@aws-sdk/client-dynamodb-streams";
import type { Context } from "../../../core/context.ts";

/** A record of a stream as a function is given it. */
export interface EventRecord {
  readonly sequence: string;
  readonly createdAtMs: number;
  readonly body: object;
}

/**
 * Reads a stream after a sequence number, from its beginning where none is given, as the function's role. `isOver`: the
 * stream was switched off and read to its end.
 */
export async function readStream(
  context: Context,
  streamArn: string,
  after: string | undefined,
  limit: number,
  roleArn: string | undefined,
): Promise<{ records: EventRecord[]; shardId: string; isOver: boolean }> {
  const region = streamArn.split(":")[3] ?? context.region;
  const scope = roleArn === undefined ? { region } : { roleArn, region };
  const { StreamDescription } = await context.send(new DescribeStreamCommand({ StreamArn: streamArn }), scope);
  const shardId = StreamDescription?.Shards?.[0]?.ShardId ?? "";
  const from =
    after === undefined
      ? { ShardIteratorType: "TRIM_HORIZON" as const }
      : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER" as const, SequenceNumber: after };
  const ask = new GetShardIteratorCommand({ StreamArn: streamArn, ShardId: shardId, ...from });
  const { ShardIterator } = await context.send(ask, scope);
  const answer = await context.send(new GetRecordsCommand({ ShardIterator, Limit: limit }), scope);
  return {
    records: (answer.Records ?? []).map((record) => eventRecord(record, streamArn)),
    shardId,
    isOver: answer.NextShardIterator === undefined,
  };
}

/** The newest record's sequence number: a mapping that starts at LATEST reads what comes after it. */
export async function newestSequence(
  context: Context,
  streamArn: string,
  roleArn: string | undefined,
): Promise<string | undefined> {
  let after: string | undefined;
  for (;;) {
    const { records } = await readStream(context, streamArn, after, 1000, roleArn);
    const last = records.at(-1);
    if (!last) return after;
    after = last.sequence;
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
function eventRecord(record: StreamRecord, streamArn: string): EventRecord {
  const { dynamodb = {}, userIdentity, ...rest } = record;
  const createdAtMs = dynamodb.ApproximateCreationDateTime?.getTime() ?? 0;
  const identity = userIdentity && { principalId: userIdentity.PrincipalId, type: userIdentity.Type };
  return {
    sequence: dynamodb.SequenceNumber ?? "",
    createdAtMs,
    body: toJson({
      ...rest,
      ...(identity ? { userIdentity: identity } : {}),
      dynamodb: { ...dynamodb, ApproximateCreationDateTime: createdAtMs / 1000 },
      eventSourceARN: streamArn,
    }) as object,
  };
}

/** Bytes in base 64, as they are in an event. */
function toJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, toJson(member)]));
}
