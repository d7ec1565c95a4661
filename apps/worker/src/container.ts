import { readFileSync } from "node:fs";
import path from "node:path";
import {
  createAccounts,
  createChangeSets,
  createPipelineStacks,
  createPipelines,
  createVerifier,
  receiveEvents,
} from "@turnpike/aws";
import type { Config } from "@turnpike/config";
import { createGitHub, createPlatformRepository, createRepositoryHost, createSources } from "@turnpike/github";
import { type Logger, systemClock } from "@turnpike/kernel";
import { createAdvisories, createStore } from "@turnpike/store";
import { createTemplates } from "@turnpike/templating";

export { receiveEvents };

/** Longest wait for one answer of AWS. */
const AWS_DEADLINE_MS = 10_000;

/** The worker's composition root: the only place in it that knows an adapter. */
export function createContainer(config: Config, log: Logger) {
  const store = createStore({ databaseUrl: config.databaseUrl, log });
  const github = createGitHub({
    apiUrl: config.github.apiUrl,
    url: config.github.url,
    appId: config.github.appId,
    privateKey: readFileSync(config.github.privateKeyFile, "utf8"),
  });
  const accounts = createAccounts({
    region: config.region,
    externalId: config.readerExternalId,
    sourceIdentity: "turnpike-worker",
    deadlineMs: AWS_DEADLINE_MS,
    readerRoleOf: store.readerRoleOf,
  });
  const templates = createTemplates({
    directory: config.templatesDir,
    cacheDir: path.join(config.dataDir, "templates"),
  });
  const host = createRepositoryHost(github);
  return {
    log,
    clock: systemClock,
    store,
    accounts,
    templates,
    host,
    sources: createSources(github, host.head),
    repository: createPlatformRepository(github, {
      fullName: config.platformRepository,
      mirrorDir: path.join(config.dataDir, "worker", "platform.git"),
    }),
    pipelines: createPipelines(accounts, config.github.url),
    stacks: createPipelineStacks(accounts, config.pipelineTemplate),
    changeSets: createChangeSets(accounts),
    advisories: createAdvisories(config.advisoriesFile, log),
    verifier: createVerifier(accounts, config.verifierFile),
    async stop() {
      await templates.close();
      await store.stop();
    },
  };
}

export type Container = ReturnType<typeof createContainer>;
