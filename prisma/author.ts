/**
 * Authors migrations without a server or a downloaded engine: Prisma's schema engine as WebAssembly over an in-memory
 * PostgreSQL (PGlite).
 *
 * `node prisma/author.ts NAME` writes `prisma/migrations/<time>_NAME/migration.sql`;
 * `node prisma/author.ts --check` fails when the schema and the migrations differ.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const root = import.meta.dirname;
// These packages belong to the store, which owns the database.
const require = createRequire(path.join(root, "../packages/store/package.json"));
const migrationsDir = path.join(root, "migrations");
const schemaDir = path.join(root, "schema");

/** As much of the global as is used here; its types come with the DOM's, which nothing else here has. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: Record<string, object>) => { exports: object };
};

interface SchemaEngine {
  diff(request: object): Promise<{ exitCode: number; stdout: string | null }>;
}

const files = readdirSync(schemaDir)
  .filter((file) => file.endsWith(".prisma"))
  .sort()
  .map((file) => ({ path: path.join(schemaDir, file), content: readFileSync(path.join(schemaDir, file), "utf8") }));

function migrationsList() {
  const names = existsSync(migrationsDir)
    ? readdirSync(migrationsDir, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort()
    : [];
  return {
    baseDir: migrationsDir,
    lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
    shadowDbInitScript: "",
    migrationDirectories: names.map((name) => ({
      path: name,
      migrationFile: {
        path: "migration.sql",
        content: { tag: "ok", value: readFileSync(path.join(migrationsDir, name, "migration.sql"), "utf8") },
      },
    })),
  };
}

/** A fresh engine over a fresh database: an engine serves one operation. */
async function openEngine(): Promise<{ engine: SchemaEngine; close: () => Promise<void> }> {
  const { PGlite } = await import(require.resolve("@electric-sql/pglite"));
  const { PrismaPGlite } = await import(require.resolve("pglite-prisma-adapter"));
  const { bindMigrationAwareSqlAdapterFactory } = await import(require.resolve("@prisma/driver-adapter-utils"));
  const glue = require.resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const bindings = await import(glue);
  const bytes = readFileSync(path.join(path.dirname(glue), "schema_engine_bg.wasm"));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { "./schema_engine_bg.js": bindings });
  bindings.__wbg_set_wasm(instance.exports);
  (instance.exports as { __wbindgen_start(): void }).__wbindgen_start();
  const database = await PGlite.create();
  const engine = await bindings.SchemaEngine.new(
    { datamodels: files.map(({ path: file, content }) => [file, content]) },
    () => {},
    bindMigrationAwareSqlAdapterFactory(new PrismaPGlite(database)),
  );
  return { engine, close: () => database.close() };
}

const { engine, close } = await openEngine();
const { exitCode, stdout: script } = await engine.diff({
  from: { tag: "migrations", ...migrationsList() },
  to: { tag: "schemaDatamodel", files },
  script: true,
  exitCode: true,
  filters: { externalTables: [], externalEnums: [] },
  shadowDatabaseUrl: null,
});
const [argument] = process.argv.slice(2);
if (argument === "--check") {
  if (exitCode !== 0) {
    console.error(`The schema and the migrations differ. Run: node prisma/author.ts NAME\n${script ?? ""}`);
    process.exitCode = 1;
  }
} else if (!argument || !/^[a-z0-9_]+$/.test(argument)) {
  console.error("Usage: node prisma/author.ts NAME (lower-case letters, digits and _) | --check");
  process.exitCode = 1;
} else if (exitCode === 0 || !script) {
  console.log("The migrations already say what the schema says.");
} else {
  const time = new Date().toISOString().replace(/\D/g, "").slice(0, 14);
  const folder = path.join(migrationsDir, `${time}_${argument}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "migration.sql"), script);
  console.log(`Wrote prisma/migrations/${path.basename(folder)}`);
}
await close();
process.exit();
