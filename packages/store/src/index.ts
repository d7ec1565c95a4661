import type { Logger } from "@turnpike/kernel";
import { createChanges } from "./changes.ts";
import { openDatabase } from "./database.ts";
import { createDeliveryStore } from "./deliveries.ts";
import { createIndexes } from "./indexes.ts";
import { createLeases } from "./leases.ts";
import { createExecutionStore } from "./pipelines/executions.ts";
import { createIntentStore } from "./platform/intents.ts";
import { createPlatformStore } from "./platform/platform.ts";
import { createReleaseStore } from "./releases/releases.ts";
import { createServiceStore } from "./scaffolding/services.ts";
import { createScorecardStore } from "./scorecards/scorecards.ts";

export { createAdvisories } from "./advisories.ts";
export { type EmbeddedPostgres, startEmbeddedPostgres } from "./embedded/server.ts";
export { MigrationError, migrate } from "./migrate.ts";

/**
 * Every slice's store on one PostgreSQL. Call `start` before `changes` is used, and `stop` at the end.
 *
 * `prisma` is for better-auth's adapter alone: no other code outside this package writes queries.
 */
export function createStore({ databaseUrl, log }: { databaseUrl: string; log: Logger }) {
  const prisma = openDatabase(databaseUrl);
  const changes = createChanges(databaseUrl, log);
  const leases = createLeases(databaseUrl);
  const platform = createPlatformStore(prisma);
  const services = createServiceStore(prisma);
  const executions = createExecutionStore(prisma);
  return {
    prisma,
    changes,
    leases,
    platform,
    services,
    executions,
    intents: createIntentStore(prisma),
    releases: createReleaseStore(prisma),
    scorecards: createScorecardStore(prisma),
    deliveries: createDeliveryStore(prisma),
    ...createIndexes({ platform, services, executions }),
    start: () => changes.start(),
    async stop() {
      await changes.stop();
      await leases.stop();
      await prisma.$disconnect();
    },
  };
}

export type Store = ReturnType<typeof createStore>;
