import type { DatabaseSync, StatementSync } from "node:sqlite";

const prepared = new WeakMap<DatabaseSync, Map<string, StatementSync>>();

/**
 * A prepared statement of a service's own tables, compiled once per database: compiling one takes longer than most of
 * them run. The text must be a constant or one of a few. Not for `iterate`: two readers of one statement would share
 * its place.
 */
export function statement(sql: DatabaseSync, text: string): StatementSync {
  const known = prepared.get(sql) ?? new Map<string, StatementSync>();
  prepared.set(sql, known);
  const found = known.get(text) ?? sql.prepare(text);
  known.set(text, found);
  return found;
}
