import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MigrationError, migrate } from "../src/index.ts";
import { query, testPostgres } from "./postgres.ts";

const postgres = testPostgres();

function migrations(files: Record<string, string>): string {
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-migrations-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, sql] of Object.entries(files)) write(folder, name, sql);
  return folder;
}

function write(folder: string, name: string, sql: string): void {
  mkdirSync(path.join(folder, name), { recursive: true });
  writeFileSync(path.join(folder, name, "migration.sql"), sql);
}

const empty = () => postgres.database({ migrated: false });

test("a database gets each migration once, however many processes start at the same moment", async () => {
  const url = await empty();
  const folder = migrations({ "1_first": "CREATE TABLE a (id int);", "2_second": "CREATE TABLE b (id int);" });
  const applied = await Promise.all([migrate(url, folder), migrate(url, folder), migrate(url, folder)]);
  expect(applied.flat().sort()).toEqual(["1_first", "2_second"]);
  expect(await migrate(url, folder)).toEqual([]);
});

test("a migration that was edited after it had been applied is refused by name", async () => {
  const url = await empty();
  const folder = migrations({ "1_first": "CREATE TABLE a (id int);" });
  await migrate(url, folder);
  write(folder, "1_first", "CREATE TABLE a (id bigint);");
  await expect(migrate(url, folder)).rejects.toThrow(/1_first was edited/);
});

test("a migration that fails leaves nothing of itself, and is applied once it is corrected", async () => {
  const url = await empty();
  const folder = migrations({ "1_first": "CREATE TABLE a (id int); SELECT no_such_function();" });
  await expect(migrate(url, folder)).rejects.toThrow(MigrationError);
  expect(await query(url, "SELECT to_regclass('a') AS a")).toEqual([{ a: null }]);
  write(folder, "1_first", "CREATE TABLE a (id int);");
  expect(await migrate(url, folder)).toEqual(["1_first"]);
});

test("the product's own migrations apply to an empty database, and then to none", async () => {
  const url = await empty();
  const folder = mkdtempSync(path.join(tmpdir(), "turnpike-migrations-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(path.resolve(import.meta.dirname, "../../../prisma/migrations"), folder, { recursive: true });
  expect((await migrate(url, folder)).length).toBeGreaterThan(0);
  expect(await migrate(url, folder)).toEqual([]);
});
