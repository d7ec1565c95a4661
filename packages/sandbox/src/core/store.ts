import { DatabaseSync } from "node:sqlite";

/** JSON documents under string keys, in key order. Every write is on disk when the call returns. */
export interface Collection<T> {
  get(key: string): T | undefined;
  put(key: string, value: T): void;
  delete(key: string): boolean;
  /** All documents whose key starts with `prefix`, in key order. */
  list(prefix?: string): { key: string; value: T }[];
}

/** The documents of one service in one account and region. */
export interface Store {
  collection<T>(name: string): Collection<T>;
  /** All or nothing; may be nested; must not await. */
  transaction<T>(work: () => T): T;
  /**
   * The database itself, for a service that needs tables of its own (log events, metric samples, trace segments):
   * it creates `<service>_…` tables with `CREATE TABLE IF NOT EXISTS` in its `start`.
   */
  readonly sql: DatabaseSync;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS documents (
    service TEXT NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, collection TEXT NOT NULL, key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (service, account, region, collection, key)
  ) WITHOUT ROWID;
`;

/**
 * Opens (or creates) the sandbox's state: one SQLite file with a write-ahead log, synced at each commit. The file is
 * locked for this process, because two sandboxes on one state would hand out the same things twice; the lock dies with
 * the process. Waits a moment for a predecessor that is still stopping, then raises.
 */
export function openState(file: string) {
  const db = new DatabaseSync(file);
  try {
    db.exec("PRAGMA busy_timeout = 3000; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;");
    db.exec("PRAGMA synchronous = FULL;");
    db.exec(SCHEMA);
  } catch (error) {
    db.close();
    throw new Error(`The sandbox's state ${file} can't be opened; is another sandbox running on it?`, { cause: error });
  }
  const get = db.prepare(
    "SELECT value FROM documents WHERE service = ? AND account = ? AND region = ? AND collection = ? AND key = ?",
  );
  const put = db.prepare(
    `INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value`,
  );
  const remove = db.prepare(
    "DELETE FROM documents WHERE service = ? AND account = ? AND region = ? AND collection = ? AND key = ?",
  );
  const list = db.prepare(
    `SELECT key, value FROM documents
     WHERE service = ? AND account = ? AND region = ? AND collection = ? AND key >= ? AND key < ? ORDER BY key`,
  );
  const scopes = db.prepare("SELECT DISTINCT account, region FROM documents WHERE service = ? AND account <> ''");
  let depth = 0;

  const transaction = <T>(work: () => T): T => {
    if (depth > 0) return work();
    db.exec("BEGIN IMMEDIATE");
    depth++;
    try {
      const result = work();
      db.exec("COMMIT");
      return result;
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    } finally {
      depth--;
    }
  };

  const storeOf = (service: string, account: string, region: string): Store => ({
    sql: db,
    transaction,
    collection: <T>(name: string): Collection<T> => ({
      get: (key) => {
        const row = get.get(service, account, region, name, key);
        return row ? (JSON.parse(row.value as string) as T) : undefined;
      },
      put: (key, value) => {
        put.run(service, account, region, name, key, JSON.stringify(value));
      },
      delete: (key) => remove.run(service, account, region, name, key).changes > 0,
      list: (prefix = "") =>
        list
          .all(service, account, region, name, prefix, `${prefix}\u{10ffff}`)
          .map((row) => ({ key: row.key as string, value: JSON.parse(row.value as string) as T })),
    }),
  });

  return {
    sql: db,
    storeOf,
    scopes: (service: string) =>
      scopes.all(service).map((row) => ({ account: row.account as string, region: row.region as string })),
    close: () => db.close(),
  };
}

export type State = ReturnType<typeof openState>;
