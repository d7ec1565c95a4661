import path from "node:path";
import { createAccounts, createPipelines, createTelemetryReader } from "@turnpike/aws";
import { loadConfig } from "@turnpike/config";
import { verifyDelivery } from "@turnpike/github";
import { systemClock } from "@turnpike/kernel";
import { createAdvisories, createStore } from "@turnpike/store";
import { createTemplates } from "@turnpike/templating";
import { pino } from "pino";
import { createAuth } from "./auth.ts";
import { coalesce } from "./coalesce.ts";
import { createLiveHub } from "./live-hub.ts";

/** Longest wait for one answer of AWS: a person is looking at a page. */
const AWS_DEADLINE_MS = 5000;

/**
 * The portal's composition root: the only place in it that knows an adapter. Loaded once, when the server starts; pages
 * and routes get what it made from deps.ts, so that the bundles of both stay free of SDKs.
 */
export async function createContainer() {
  const config = loadConfig();
  const log = pino({ level: config.logLevel, base: { process: "portal" } });
  const store = createStore({ databaseUrl: config.databaseUrl, log });
  await store.start();
  const accounts = createAccounts({
    region: config.region,
    externalId: config.readerExternalId,
    sourceIdentity: "turnpike-portal",
    deadlineMs: AWS_DEADLINE_MS,
    readerRoleOf: store.readerRoleOf,
  });
  const templates = createTemplates({
    directory: config.templatesDir,
    cacheDir: path.join(config.dataDir, "portal", "templates"),
  });
  const stopping = new AbortController();
  return {
    ...store,
    config,
    log,
    clock: systemClock,
    templates,
    advisories: createAdvisories(config.advisoriesFile, log),
    pipelines: createPipelines(accounts, config.github.url),
    reader: coalesce(createTelemetryReader(accounts), systemClock),
    githubUrl: config.github.url,
    releaseOf: async (service: string, executionId: string) =>
      (await store.releases.list({ service })).find((release) => release.executionId === executionId)?.id,
    verifyWebhook: (body: string, signature: string) => verifyDelivery(config.github.webhookSecret, body, signature),
    auth: createAuth(config, store.prisma, log),
    live: createLiveHub(store.changes),
    /** Aborted when the process is asked to end: what would keep a connection open lets go of it. */
    stopping: stopping.signal,
    /** The store stays: requests that are being answered still need it. */
    async stop() {
      stopping.abort();
      await templates.close();
    },
  };
}

export type Container = Awaited<ReturnType<typeof createContainer>>;
