import type { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import type { _Record } from "@aws-sdk/client-dynamodb-streams";
import type { Context } from "../../core/context.ts";
import type { TableRecord } from "./records.ts";
import type { WireItem } from "./values.ts";

declare module "../../core/context.ts" {
  interface SandboxSignals {
    /** Records were added to a table's stream; they can be read now. */
    "dynamodb.streamed": { type: "dynamodb.streamed"; streamArn: string };
  }
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html#Streams.Processing */
const KEPT_MS = 24 * 3600 * 1000;

/** Streams outlive their table by a day; `closed` says that nothing will be added any more. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS dynamodb_streams (
    arn TEXT PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, tableName TEXT NOT NULL, label TEXT NOT NULL,
    viewType TEXT NOT NULL, keySchema TEXT NOT NULL, createdAtMs INTEGER NOT NULL, closedAtMs INTEGER
  );
  CREATE TABLE IF NOT EXISTS dynamodb_stream_records (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, stream TEXT NOT NULL, atMs INTEGER NOT NULL, record TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS dynamodb_stream_records_by_stream ON dynamodb_stream_records (stream, sequence);
`;

export interface StreamRow {
  readonly arn: string;
  readonly tableName: string;
  readonly label: string;
  readonly viewType: string;
  readonly keySchema: string;
  readonly createdAtMs: number;
  readonly closedAtMs: number | null;
}

export function createStreamTables(sql: DatabaseSync): void {
  sql.exec(SCHEMA);
}

export function openStream(context: Context, table: TableRecord): void {
  if (!table.stream) return;
  const { arn, label, viewType } = table.stream;
  context.store.sql
    .prepare("INSERT INTO dynamodb_streams VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)")
    .run(
      arn,
      context.account,
      context.region,
      table.name,
      label,
      viewType,
      JSON.stringify(table.keySchema),
      context.clock.now().getTime(),
    );
}

export function closeStream(context: Context, arn: string): void {
  const now = context.clock.now().getTime();
  context.store.sql.prepare("UPDATE dynamodb_streams SET closedAtMs = ? WHERE arn = ?").run(now, arn);
  context.signals.emit({ type: "dynamodb.streamed", streamArn: arn });
}

/** As AWS writes them: 21 digits, growing within a shard. */
export const sequenceText = (sequence: number) => `1${String(sequence).padStart(20, "0")}`;
export const sequenceNumber = (text: string) => Number(text.slice(1));

/**
 * Adds what happened to an item to the table's stream, within the transaction that changes the item. Nothing is added
 * where nothing changed. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_Record.html
 */
export function recordChange(
  context: Context,
  table: TableRecord,
  before: WireItem | undefined,
  after: WireItem | undefined,
  deletedBy: string | undefined,
): void {
  const { stream } = table;
  if (!stream || (!before && !after) || isDeepStrictEqual(plain(before), plain(after))) return;
  const some = after ?? before ?? {};
  const Keys = Object.fromEntries(
    table.keySchema.map(({ AttributeName = "" }) => [AttributeName, some[AttributeName]]),
  ) as WireItem;
  const hasNew = after && /^NEW_(IMAGE|AND_OLD_IMAGES)$/.test(stream.viewType);
  const hasOld = before && /OLD_IMAGE/.test(stream.viewType);
  const nowMs = context.clock.now().getTime();
  const images = { Keys, ...(hasNew ? { NewImage: after } : {}), ...(hasOld ? { OldImage: before } : {}) };
  const record = {
    eventID: context.random.hex(32),
    eventName: before ? (after ? "MODIFY" : "REMOVE") : "INSERT",
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: context.region,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(nowMs / 1000),
      ...images,
      SizeBytes: sizeOf(images),
      StreamViewType: stream.viewType,
    },
    ...(deletedBy === undefined ? {} : { userIdentity: { PrincipalId: deletedBy, Type: "Service" } }),
  };
  context.store.sql
    .prepare("INSERT INTO dynamodb_stream_records (stream, atMs, record) VALUES (?, ?, ?)")
    .run(stream.arn, nowMs, JSON.stringify(record));
  context.signals.emit({ type: "dynamodb.streamed", streamArn: stream.arn });
}

const plain = (item: WireItem | undefined): unknown => (item ? JSON.parse(JSON.stringify(item)) : undefined);

const sizeOf = (images: Readonly<Record<string, WireItem>>) =>
  Object.values(images)
    .flatMap((item) => Object.entries(item))
    .reduce((sum, [name, value]) => sum + name.length + String(Object.values(value)[0]).length, 0);

export interface ReadRecord {
  readonly sequence: number;
  /** Binary values in base 64, times in seconds. */
  readonly record: _Record;
}

/** Records of a stream after a sequence number. Forgets those older than a day. */
export function readRecords(sql: DatabaseSync, arn: string, after: number, limit: number, nowMs: number): ReadRecord[] {
  sql.prepare("DELETE FROM dynamodb_stream_records WHERE stream = ? AND atMs < ?").run(arn, nowMs - KEPT_MS);
  return sql
    .prepare(
      "SELECT sequence, record FROM dynamodb_stream_records WHERE stream = ? AND sequence > ? ORDER BY sequence LIMIT ?",
    )
    .all(arn, after, limit)
    .map((row) => ({ sequence: row.sequence as number, record: JSON.parse(row.record as string) as _Record }));
}

/** The last record's sequence number of all streams, 0 where there was none. */
export function lastSequence(sql: DatabaseSync): number {
  const row = sql.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'dynamodb_stream_records'").get();
  return (row?.seq as number | undefined) ?? 0;
}

export function streamRow(sql: DatabaseSync, arn: string): StreamRow | undefined {
  return sql.prepare("SELECT * FROM dynamodb_streams WHERE arn = ?").get(arn) as unknown as StreamRow | undefined;
}

/** Streams of an account and region by ARN; those closed for more than a day are forgotten. */
export function streamRows(context: Context): StreamRow[] {
  const { sql } = context.store;
  sql.prepare("DELETE FROM dynamodb_streams WHERE closedAtMs < ?").run(context.clock.now().getTime() - KEPT_MS);
  return sql
    .prepare("SELECT * FROM dynamodb_streams WHERE account = ? AND region = ? ORDER BY arn")
    .all(context.account, context.region) as unknown as StreamRow[];
}
