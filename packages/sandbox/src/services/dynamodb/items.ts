import type { DatabaseSync } from "node:sqlite";
import { Readable } from "node:stream";
import type { Context } from "../../core/context.ts";
import type { DynaliteError, DynaliteSpace, DynaliteStore, DynaliteTable, KeyRange } from "./engine.ts";
import { LARGEST_ITEM_BYTES } from "./engine.ts";
import { type TableRecord, tableName, tables } from "./records.ts";
import { recordChange } from "./stream-records.ts";
import type { WireItem } from "./values.ts";

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS dynamodb_items (
    space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (space, key)
  ) WITHOUT ROWID;
`;

export function createItemTable(sql: DatabaseSync): void {
  sql.exec(SCHEMA);
}

/** Names the items of a table, or of one of its indexes, in the store. */
export const spaceOf = (table: TableRecord, index?: string) =>
  index === undefined ? table.id : `${table.id}/${index}`;

/** All items of a table and its indexes. */
export function dropItems(sql: DatabaseSync, table: TableRecord): void {
  sql.prepare("DELETE FROM dynamodb_items WHERE space = ? OR space LIKE ? || '/%'").run(table.id, table.id);
}

export function dropIndex(sql: DatabaseSync, table: TableRecord, index: string): void {
  sql.prepare("DELETE FROM dynamodb_items WHERE space = ?").run(spaceOf(table, index));
}

export function itemsOf(sql: DatabaseSync, table: TableRecord): WireItem[] {
  return sql
    .prepare("SELECT value FROM dynamodb_items WHERE space = ?")
    .all(spaceOf(table))
    .map(({ value }) => JSON.parse(value as string) as WireItem);
}

/** How many items a table has, and their size; both exact, where AWS's are up to six hours old. */
export function sizeOf(sql: DatabaseSync, space: string): { count: number; sizeBytes: number } {
  const row = sql
    .prepare("SELECT count(*) AS count, coalesce(sum(length(value)), 0) AS size FROM dynamodb_items WHERE space = ?")
    .get(space) as { count: number; size: number };
  return { count: row.count, sizeBytes: row.size };
}

/** Rows that one step of a query reads at once. */
const PIECE = 200;

/**
 * The storage under dynalite: one SQLite table instead of LevelDB. It answers at once, so that an item, its index
 * entries and its stream record are written in one transaction of the sandbox's own state, and a transaction of many
 * items is one of SQLite. dynalite's locks are then not needed: nothing comes between the read and the write.
 * `service`: who deletes, where it isn't a caller (time to live).
 */
export function itemStore(context: Context, options: { deletedBy?: string } = {}): DynaliteStore {
  const { sql } = context.store;
  const recordOf = (given: string) => tables(context).get(tableName(context, given));

  const space = (name: string, changed?: (before: WireItem | undefined, after: WireItem | undefined) => void) => {
    const read = (key: string): WireItem | undefined => {
      const row = sql.prepare("SELECT value FROM dynamodb_items WHERE space = ? AND key = ?").get(name, key);
      return row ? (JSON.parse(row.value as string) as WireItem) : undefined;
    };
    const result: DynaliteSpace = {
      lock: (_, work) => work((done) => done),
      get: (key, done) => done(null, read(key)),
      put(key, item, done) {
        const before = changed ? read(key) : undefined;
        sql
          .prepare("INSERT INTO dynamodb_items VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value")
          .run(name, key, JSON.stringify(item));
        changed?.(before, item);
        done(null);
      },
      del(key, done) {
        const before = changed ? read(key) : undefined;
        sql.prepare("DELETE FROM dynamodb_items WHERE space = ? AND key = ?").run(name, key);
        changed?.(before, undefined);
        done(null);
      },
      createValueStream: (range) => Readable.from(readRange(sql, name, range)),
    };
    return result;
  };

  return {
    options: { maxItemSize: LARGEST_ITEM_BYTES },
    getTable(name, check, done) {
      const callback = typeof check === "function" ? check : done;
      const record = recordOf(name);
      if (record) callback?.(null, dynaliteTable(record));
      else callback?.(notFound(check === false ? name : undefined));
    },
    getItemDb(name) {
      const record = recordOf(name);
      if (!record) throw notFound(undefined);
      return space(spaceOf(record), (before, after) => recordChange(context, record, before, after, options.deletedBy));
    },
    getIndexDb(_, name, index) {
      const record = recordOf(name);
      if (!record) throw notFound(undefined);
      return space(spaceOf(record, index));
    },
  };
}

/** Piece by piece, each after the last key of the one before: a query of a large table holds no more than it shows. */
function* readRange(sql: DatabaseSync, name: string, range: KeyRange): Generator<WireItem> {
  const order = range.reverse ? "DESC" : "ASC";
  let { gt, gte, lt, lte } = range;
  let left = range.limit === undefined || range.limit < 0 ? Number.POSITIVE_INFINITY : range.limit;
  while (left > 0) {
    const bounds = { ">": gt, ">=": gte, "<": lt, "<=": lte };
    const given = Object.entries(bounds).filter((bound): bound is [string, string] => bound[1] !== undefined);
    const where = given.map(([operator]) => ` AND key ${operator} ?`).join("");
    const size = Math.min(PIECE, left);
    const rows = sql
      .prepare(`SELECT key, value FROM dynamodb_items WHERE space = ?${where} ORDER BY key ${order} LIMIT ${size}`)
      .all(name, ...given.map(([, bound]) => bound));
    for (const { value } of rows) yield JSON.parse(value as string) as WireItem;
    if (rows.length < size) return;
    left -= rows.length;
    const last = rows.at(-1)?.key as string;
    if (range.reverse) [lt, lte] = [last, undefined];
    else [gt, gte] = [last, undefined];
  }
}

export function dynaliteTable(record: TableRecord): DynaliteTable {
  const index = ({ name, keySchema, projection }: TableRecord["localIndexes"][number]) => ({
    IndexName: name,
    KeySchema: keySchema,
    Projection: projection,
  });
  return {
    TableName: record.name,
    TableStatus: "ACTIVE",
    KeySchema: record.keySchema,
    AttributeDefinitions: record.attributes,
    ...(record.localIndexes.length > 0 ? { LocalSecondaryIndexes: record.localIndexes.map(index) } : {}),
    ...(record.globalIndexes.length > 0 ? { GlobalSecondaryIndexes: record.globalIndexes.map(index) } : {}),
  };
}

function notFound(name: string | undefined): DynaliteError {
  const message = `Requested resource not found${name === undefined ? "" : `: Table: ${name} not found`}`;
  return Object.assign(new Error(message), {
    statusCode: 400,
    body: { __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", message },
  });
}
