export { type DecideDeps, type DecideRelease, decideRelease } from "./decide-release.ts";
export { AccountUnreadableError, ReleaseNotFoundError } from "./errors.ts";
export { type FollowDeps, followReleases } from "./follow-release.ts";
export type { ChangeSets, NewRelease, PlatformIntent, ProposedChanges, ReleaseStore } from "./ports.ts";
export { type ProposeDeps, proposeRelease } from "./propose-release.ts";
export {
  getRelease,
  listPastReleases,
  listReleases,
  listWaitingReleases,
  type ReadReleasesDeps,
} from "./read-releases.ts";
export { type Gate, judge, productionGate, type Release } from "./release.ts";
export type {
  Decision,
  DecisionResult,
  Evidence,
  ReleaseDetail,
  ReleaseStatus,
  ReleaseSummary,
  ResourceChange,
  Standing,
} from "./views.ts";
