import type { Clock, Logger } from "@turnpike/kernel";
import type { Changes } from "../live/index.ts";
import { isDocumentPath, parseDocument } from "./parse-document.ts";
import type { PlatformRepository } from "./ports.ts";
import type { PlatformStore } from "./store.ts";

export interface SyncPlatformDeps {
  readonly repository: PlatformRepository;
  readonly platform: PlatformStore;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Reads what changed in the platform repository since the last run and takes it over. Idempotent.
 *
 * @param fetch false: only what the mirror has already, when this process has just pushed it
 * @returns names of the services whose documents changed
 */
export async function syncPlatform(deps: SyncPlatformDeps, { fetch }: { fetch: boolean }): Promise<string[]> {
  const head = fetch ? await deps.repository.fetch() : await deps.repository.head();
  const known = await deps.platform.head();
  if (head === known) return [];
  const paths = (await deps.repository.changedPaths(known, head)).filter(isDocumentPath);
  const texts = await deps.repository.read(head, paths);
  const valid = [];
  const problems = [];
  const removed = [];
  for (const path of paths) {
    const text = texts.get(path);
    if (text === undefined) {
      removed.push(path);
      continue;
    }
    const parsed = parseDocument(path, text);
    if (parsed.kind === "valid") valid.push({ path, document: parsed.document });
    else problems.push(...parsed.problems);
  }
  await deps.platform.apply({ head, at: deps.clock.now(), valid, removed, problems });
  deps.log.info({ head, documents: valid.length, removed: removed.length, problems: problems.length }, "platform read");
  const services = paths.flatMap((path) => /^services\/([^/]+)\.yaml$/.exec(path)?.[1] ?? []);
  await Promise.all(services.map((service) => deps.changes.publish(`service:${service}`)));
  if (paths.length > 0) await deps.changes.publish("services");
  return services;
}
