import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { silentLogger } from "@turnpike/kernel";
import pg from "pg";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { createStore, type EmbeddedPostgres, migrate, type Store, startEmbeddedPostgres } from "../src/index.ts";

const TEMPLATE = "turnpike_template";

/** A folder that the server's OS user can reach, and the function that removes it with what was kept elsewhere for it. */
export function serverFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-store-"));
  chmodSync(folder, 0o711);
  return {
    folder,
    remove() {
      const pointer = path.join(folder, "elsewhere");
      if (existsSync(pointer)) rmSync(readFileSync(pointer, "utf8"), { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs one statement on a connection of its own. */
export async function query<Row extends object>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/**
 * One PostgreSQL for the tests of a file, started before the first and stopped after the last; each test gets
 * databases of its own, copied from a migrated one.
 */
export function testPostgres() {
  const { folder, remove } = serverFolder();
  let server: EmbeddedPostgres | undefined;
  let count = 0;

  function urlOf(database: string): string {
    if (!server) throw new Error("The server starts before the first test.");
    const url = new URL(server.url);
    url.pathname = `/${database}`;
    return url.href;
  }

  beforeAll(async () => {
    server = await startEmbeddedPostgres(folder);
    await query(server.url, `CREATE DATABASE ${TEMPLATE}`);
    await migrate(urlOf(TEMPLATE));
  });
  afterAll(async () => {
    await server?.stop();
    remove();
  });

  async function database({ migrated = true } = {}): Promise<string> {
    const name = `test_${++count}`;
    await query(urlOf("postgres"), `CREATE DATABASE ${name}${migrated ? ` TEMPLATE ${TEMPLATE}` : ""}`);
    return urlOf(name);
  }

  return {
    database,
    /** A store as one process has it, stopped when the test ends. */
    async store(url?: string): Promise<Store> {
      const store = createStore({ databaseUrl: url ?? (await database()), log: silentLogger });
      await store.start();
      onTestFinished(() => store.stop());
      return store;
    },
  };
}
