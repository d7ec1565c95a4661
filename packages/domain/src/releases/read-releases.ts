import { type Actor, authorise, isPlatformAdmin, may, teamsWith } from "../identity/index.ts";
import type { ReleaseStore } from "./ports.ts";
import { judge, productionGate, type Release } from "./release.ts";
import type { ReleaseDetail, ReleaseSummary } from "./views.ts";

export interface ReadReleasesDeps {
  readonly releases: Pick<ReleaseStore, "get" | "list">;
}

function summarise(release: Release): ReleaseSummary {
  const { id, service, owner, environment, status, waitingSince, executionId, decisions } = release;
  const { commit, title } = release.evidence;
  return { id, service, owner, environment, status, commit, title, waitingSince, executionId, decisions };
}

/** Releases that wait for a decision in the teams that `actor` sees, the longest waiting first. */
export async function listWaitingReleases(deps: ReadReleasesDeps, actor: Actor): Promise<ReleaseSummary[]> {
  const releases = await deps.releases.list({ only: "waiting" });
  return releases
    .filter((release) => may(actor, "release:read", release.owner))
    .map(summarise)
    .sort((a, b) => a.waitingSince.getTime() - b.waitingSince.getTime());
}

const PAST_LISTED = 50;

/** The newest 50 releases that no longer wait, of the teams that `actor` sees. */
export async function listPastReleases(deps: ReadReleasesDeps, actor: Actor): Promise<ReleaseSummary[]> {
  const owners = isPlatformAdmin(actor) ? {} : { owners: teamsWith(actor, "release:read") };
  return (await deps.releases.list({ only: "past", limit: PAST_LISTED, ...owners })).map(summarise);
}

/** All releases of a service that `actor` sees, newest first. */
export async function listReleases(
  deps: ReadReleasesDeps,
  actor: Actor,
  input: { service: string },
): Promise<ReleaseSummary[]> {
  const releases = await deps.releases.list({ service: input.service });
  return releases.filter((release) => may(actor, "release:read", release.owner)).map(summarise);
}

/** One release with its evidence and whether `actor` may decide it. Raises `ForbiddenError`. */
export async function getRelease(
  deps: ReadReleasesDeps,
  actor: Actor,
  releaseId: string,
): Promise<ReleaseDetail | undefined> {
  const release = await deps.releases.get(releaseId);
  if (!release) return undefined;
  authorise(actor, "release:read", release.owner);
  const { evidence, fingerprint, outcome } = release;
  return {
    ...summarise(release),
    ...evidence,
    fingerprint,
    outcome,
    standing: judge(productionGate, release, actor),
  };
}
