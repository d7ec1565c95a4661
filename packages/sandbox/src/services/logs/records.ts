import type { DatabaseSync } from "node:sqlite";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Collection } from "../../core/store.ts";

export interface GroupRecord {
  readonly name: string;
  readonly createdAtMs: number;
  readonly retentionDays: number | undefined;
  readonly kmsKeyId: string | undefined;
  readonly groupClass: string;
  readonly tags: Readonly<Record<string, string>>;
}

export const groups = (from: Pick<Context, "collection">): Collection<GroupRecord> => from.collection("groups");

/** Streams and events: too many for documents. `ordinal` breaks ties in one millisecond and is an event's id. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS logs_streams (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, log_group TEXT NOT NULL, name TEXT NOT NULL,
    created_ms INTEGER NOT NULL, first_ms INTEGER, last_ms INTEGER, ingested_ms INTEGER, bytes INTEGER NOT NULL,
    UNIQUE (account, region, log_group, name)
  );
  CREATE TABLE IF NOT EXISTS logs_events (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT, stream INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    ingested_ms INTEGER NOT NULL, message TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS logs_events_by_time ON logs_events (stream, at_ms, ordinal);
`;

export const createTables = (runtime: ServiceRuntime) => runtime.storeOf("", "").sql.exec(SCHEMA);

export interface Stream {
  readonly id: number;
  readonly name: string;
  readonly createdAtMs: number;
  readonly firstMs: number | undefined;
  readonly lastMs: number | undefined;
  readonly ingestedMs: number | undefined;
  readonly bytes: number;
}

/** A name, or the ARN that `logGroupIdentifier` also takes (with or without `:*`). */
export function groupName({
  logGroupName,
  logGroupIdentifier,
}: {
  logGroupName?: string | undefined;
  logGroupIdentifier?: string | undefined;
}): string {
  const given = logGroupName ?? logGroupIdentifier ?? "";
  return given.startsWith("arn:") ? given.split(":").slice(6).join(":").replace(/:\*$/, "") : given;
}

export const groupArn = ({ account, region }: Pick<Context, "account" | "region">, name: string) =>
  `arn:aws:logs:${region}:${account}:log-group:${name}`;

export function getGroup(context: Context, name: string): GroupRecord {
  const group = groups(context).get(name);
  if (group) return group;
  throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
}

const toStream = (row: Record<string, unknown>): Stream => ({
  id: Number(row.id),
  name: String(row.name),
  createdAtMs: Number(row.created_ms),
  firstMs: row.first_ms === null ? undefined : Number(row.first_ms),
  lastMs: row.last_ms === null ? undefined : Number(row.last_ms),
  ingestedMs: row.ingested_ms === null ? undefined : Number(row.ingested_ms),
  bytes: Number(row.bytes),
});

/** Streams of a group, by name; `prefix` narrows. */
export function listStreams(
  context: Pick<Context, "account" | "region" | "store">,
  group: string,
  prefix = "",
): Stream[] {
  return context.store.sql
    .prepare(
      "SELECT * FROM logs_streams WHERE account = ? AND region = ? AND log_group = ? AND name >= ? AND name < ? ORDER BY name",
    )
    .all(context.account, context.region, group, prefix, `${prefix}\u{10ffff}`)
    .map(toStream);
}

export function findStream(context: Context, group: string, name: string): Stream | undefined {
  const row = context.store.sql
    .prepare("SELECT * FROM logs_streams WHERE account = ? AND region = ? AND log_group = ? AND name = ?")
    .get(context.account, context.region, group, name);
  return row && toStream(row);
}

export function getStream(context: Context, group: string, name: string): Stream {
  getGroup(context, group);
  const stream = findStream(context, group, name);
  if (stream) return stream;
  throw new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
}

export function deleteStreams(sql: DatabaseSync, ids: readonly number[]): void {
  const events = sql.prepare("DELETE FROM logs_events WHERE stream = ?");
  const stream = sql.prepare("DELETE FROM logs_streams WHERE id = ?");
  for (const id of ids) {
    events.run(id);
    stream.run(id);
  }
}

export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}
