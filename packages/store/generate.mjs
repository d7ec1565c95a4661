/**
 * Generates the Prisma client. The command line of Prisma wants to download an engine that generating doesn't need:
 * naming any binary that exists stops it.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

const cli = createRequire(import.meta.url).resolve("prisma/build/index.js");
const schema = path.join(import.meta.dirname, "../../prisma/schema");
const result = spawnSync(process.execPath, [cli, "generate", "--schema", schema], {
  stdio: ["ignore", "inherit", "inherit"],
  env: {
    ...process.env,
    CHECKPOINT_DISABLE: "1",
    PRISMA_HIDE_UPDATE_MESSAGE: "1",
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  },
});
process.exit(result.status ?? 1);
