import { createHash, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";

const MIGRATIONS = path.resolve(import.meta.dirname, "../../../prisma/migrations");
/** The key under which Prisma's own command line takes its lock: the two never migrate at the same time. */
const LOCK = 72_707_369;

/** A migration that failed, or was edited after it had been applied. The database is as it was before this run. */
export class MigrationError extends Error {}

/**
 * Applies the migrations that a database lacks, in order, each in one transaction, and returns their names. Keeps
 * Prisma's own history table, so that `prisma migrate` accepts what it finds. Safe to run from several processes.
 *
 * @throws MigrationError when a migration fails, or its text differs from what was applied under its name
 */
export async function migrate(databaseUrl: string, directory: string = MIGRATIONS): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [LOCK]);
    await client.query(`CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
      "id" VARCHAR(36) PRIMARY KEY NOT NULL, "checksum" VARCHAR(64) NOT NULL, "finished_at" TIMESTAMPTZ,
      "migration_name" VARCHAR(255) NOT NULL, "logs" TEXT, "rolled_back_at" TIMESTAMPTZ,
      "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(), "applied_steps_count" INTEGER NOT NULL DEFAULT 0)`);
    const { rows } = await client.query<{ migration_name: string; checksum: string }>(
      "SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL",
    );
    const applied = new Map(rows.map((row) => [row.migration_name, row.checksum]));
    const now: string[] = [];
    for (const name of migrationNames(directory)) {
      const sql = readFileSync(path.join(directory, name, "migration.sql"), "utf8");
      const checksum = createHash("sha256").update(sql).digest("hex");
      const before = applied.get(name);
      if (before === checksum) continue;
      if (before) throw new MigrationError(`The migration ${name} was edited after it had been applied.`);
      await applyOne(client, name, sql, checksum);
      now.push(name);
    }
    return now;
  } finally {
    await client.end();
  }
}

function migrationNames(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function applyOne(client: pg.Client, name: string, sql: string, checksum: string): Promise<void> {
  await client.query("BEGIN");
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw new MigrationError(`The migration ${name} failed; the database is as it was before it.`, { cause: error });
  }
}
