import type { DatabaseSync } from "node:sqlite";
import type { Context, ServiceRuntime } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import { statement } from "../../core/statements.ts";
import type { Collection, Store } from "../../core/store.ts";

export interface GroupRecord {
  readonly name: string;
  readonly createdAtMs: number;
  readonly retentionDays: number | undefined;
  readonly kmsKeyId: string | undefined;
  readonly groupClass: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly deletionProtection?: boolean;
}

export const groups = (from: Pick<Context, "collection">): Collection<GroupRecord> => from.collection("groups");

/**
 * Streams and events: too many for documents. `ordinal` breaks ties in one millisecond and is an event's id. Events are
 * found by time within their group and within their stream; a group's rows have its number, because its name is long.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS logs_groups (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL,
    UNIQUE (account, region, name)
  );
  CREATE TABLE IF NOT EXISTS logs_streams (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, log_group TEXT NOT NULL, name TEXT NOT NULL,
    created_ms INTEGER NOT NULL, first_ms INTEGER, last_ms INTEGER, ingested_ms INTEGER, bytes INTEGER NOT NULL,
    UNIQUE (account, region, log_group, name)
  );
  CREATE TABLE IF NOT EXISTS logs_lines (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT, log_group INTEGER NOT NULL, stream INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, ingested_ms INTEGER NOT NULL, message TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS logs_lines_of_group ON logs_lines (log_group, at_ms, ordinal);
  CREATE INDEX IF NOT EXISTS logs_lines_of_stream ON logs_lines (stream, at_ms, ordinal);
`;

/** Where a sandbox of before 2026-11 kept events, without their group. */
const ADOPT = `
  INSERT OR IGNORE INTO logs_groups (account, region, name) SELECT DISTINCT account, region, log_group FROM logs_streams;
  INSERT INTO logs_lines
    SELECT ordinal, logs_groups.id, stream, at_ms, logs_events.ingested_ms, message FROM logs_events
    JOIN logs_streams ON logs_streams.id = stream
    JOIN logs_groups USING (account, region) WHERE logs_groups.name = logs_streams.log_group;
  DROP TABLE logs_events;
`;

export function createTables(runtime: ServiceRuntime): void {
  const store = runtime.storeOf("", "");
  store.sql.exec(SCHEMA);
  const old = store.sql.prepare("SELECT 1 FROM sqlite_master WHERE name = 'logs_events'").get();
  if (old) store.transaction(() => store.sql.exec(ADOPT));
}

export interface Place {
  readonly account: string;
  readonly region: string;
  readonly store: Store;
}

/** The number by which a group's lines are kept; made on first use. */
export function groupId({ account, region, store }: Place, name: string): number {
  const find = statement(store.sql, "SELECT id FROM logs_groups WHERE account = ? AND region = ? AND name = ?");
  const found = find.get(account, region, name);
  if (found) return Number(found.id);
  const made = statement(store.sql, "INSERT INTO logs_groups (account, region, name) VALUES (?, ?, ?)").run(
    ...[account, region, name],
  );
  return Number(made.lastInsertRowid);
}

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
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) {
    const message = "LogGroup name and LogGroup ARN are mutually exclusive parameters.";
    throw new AwsError("ValidationException", message, { status: 400 });
  }
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
export function listStreams({ account, region, store }: Place, group: string, prefix = ""): Stream[] {
  return statement(
    store.sql,
    "SELECT * FROM logs_streams WHERE account = ? AND region = ? AND log_group = ? AND name >= ? AND name < ? ORDER BY name",
  )
    .all(account, region, group, prefix, `${prefix}\u{10ffff}`)
    .map(toStream);
}

export function findStream({ account, region, store }: Place, group: string, name: string): Stream | undefined {
  const row = statement(
    store.sql,
    "SELECT * FROM logs_streams WHERE account = ? AND region = ? AND log_group = ? AND name = ?",
  ).get(account, region, group, name);
  return row && toStream(row);
}

export function getStream(context: Context, group: string, name: string): Stream {
  getGroup(context, group);
  const stream = findStream(context, group, name);
  if (stream) return stream;
  throw new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
}

export function deleteStream(sql: DatabaseSync, id: number): void {
  statement(sql, "DELETE FROM logs_lines WHERE stream = ?").run(id);
  statement(sql, "DELETE FROM logs_streams WHERE id = ?").run(id);
}

/** Everything of a group but its record. */
export function deleteLines({ account, region, store: { sql } }: Place, name: string): void {
  const id = statement(sql, "SELECT id FROM logs_groups WHERE account = ? AND region = ? AND name = ?").get(
    ...[account, region, name],
  )?.id;
  if (id !== undefined) {
    statement(sql, "DELETE FROM logs_lines WHERE log_group = ?").run(Number(id));
    statement(sql, "DELETE FROM logs_groups WHERE id = ?").run(Number(id));
  }
  statement(sql, "DELETE FROM logs_streams WHERE account = ? AND region = ? AND log_group = ?").run(
    ...[account, region, name],
  );
}

const DAY_MS = 24 * 3600 * 1000;
/** In realistic mode a line can be read so long after it was put. */
const LATE_MS = 3000;

/** From when on a group's lines can still be read, and until when they must have been put; undefined: whenever. */
export function visible(
  { clock }: Pick<Context, "clock">,
  group: GroupRecord,
): { oldestMs: number; putByMs: number | undefined } {
  const nowMs = clock.now().getTime();
  return {
    oldestMs: group.retentionDays === undefined ? 0 : nowMs - group.retentionDays * DAY_MS,
    putByMs: clock.isRealistic ? nowMs - LATE_MS : undefined,
  };
}

export function invalid(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}

/** Coral's words for a value outside its limits. */
export function constraint(value: unknown, name: string, must: string): AwsError {
  return invalid(
    `1 validation error detected: Value '${value}' at '${name}' failed to satisfy constraint: Member must ${must}`,
  );
}

/** A line as it was taken. */
export interface Line {
  readonly ordinal: number;
  readonly atMs: number;
  readonly message: string;
}
