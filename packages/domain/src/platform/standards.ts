import type { Advisories, Standards } from "../standards/index.ts";
import type { Verifier } from "./ports.ts";
import { findAccount } from "./read-platform.ts";
import type { PlatformStore } from "./store.ts";

const OWN: Standards = { effects: {}, waivers: [] };

/** What `standards.yaml` says; where there is none, every rule has its own effect and nobody has a waiver. */
export async function findStandards(platform: Pick<PlatformStore, "list">): Promise<Standards> {
  const [found] = await platform.list("Standards");
  return found?.document.spec ?? OWN;
}

/**
 * Puts the verifier, with the standards and what else it judges by, where pipelines take it from: the next execution of each judges
 * by it. Idempotent; before the platform repository names a tooling account there is no such place, and nothing happens.
 */
export async function publishStandards(deps: {
  platform: Pick<PlatformStore, "find" | "list">;
  advisories: Advisories;
  verifier: Verifier;
}): Promise<void> {
  const [platform] = await deps.platform.list("Platform");
  const tooling = platform && (await findAccount(deps.platform, platform.document.spec.tooling));
  if (!tooling?.artifactBucket) return;
  await deps.verifier.publish(tooling.artifactBucket, {
    standards: await findStandards(deps.platform),
    running: Object.fromEntries(await runningCommits(deps.platform)),
    advisories: (await deps.advisories.current())?.text,
  });
}

/** By service: the commit that its last environment runs, as the platform repository says. */
export async function runningCommits(platform: Pick<PlatformStore, "list">): Promise<ReadonlyMap<string, string>> {
  const releases = await platform.list("Release");
  const production = (await platform.list("Platform"))[0]?.document.spec.environments.at(-1);
  return new Map(
    releases.flatMap(({ document: { spec } }) =>
      spec.environment === production && spec.running ? [[spec.service, spec.running.commit] as const] : [],
    ),
  );
}
