import type { Account } from "./accounts.ts";
import { announce } from "./announce.ts";
import { type GitHub, timestamp } from "./api.ts";
import type { Principal } from "./authentication.ts";
import { branchOf, type RefUpdate, readRefs } from "./bare.ts";
import { log } from "./commits.ts";
import { isForward } from "./git.ts";
import { accessOf, includes } from "./permissions.ts";
import { followMoves } from "./pulls/follow.ts";
import { checksRefusal, isExempt, NOT_AUTHORIZED, names } from "./pulls/rules.ts";
import {
  type ActivityRecord,
  type PlannedMoves,
  type ProtectionRecord,
  type RepositoryRecord,
  ZERO_SHA,
} from "./rows.ts";

import { pageOf } from "./shapes/addresses.ts";
import { simpleCommitShape } from "./shapes/commits.ts";

/** What becomes of branches and tags: who may move them, and what is recorded and announced when they moved. */

const COMMITS_IN_PAYLOAD = 20;

function protectionOf(github: GitHub, repository: RepositoryRecord, ref: string) {
  const branch = branchOf(ref);
  return branch === undefined ? undefined : github.records.protection(repository, branch);
}

/** Why an update isn't allowed, in the words that git shows; undefined when it is. Whether it is forced isn't asked. */
export function refusalOf(
  github: GitHub,
  repository: RepositoryRecord,
  principal: Principal,
  update: RefUpdate,
): string | undefined {
  const access = accessOf(github, repository, principal);
  if (!includes(access, "write")) return `Permission to ${repository.owner}/${repository.name}.git denied.`;
  // The heads of pull requests: GitHub's own.
  if (update.ref.startsWith("refs/pull/")) return `deny updating a hidden ref: ${update.ref}`;
  const protection = protectionOf(github, repository, update.ref);
  const reasons = protection ? brokenRules(github, repository, principal, update, protection) : [];
  if (reasons.length === 0) return undefined;
  return `GH006: Protected branch update failed for ${update.ref}.\n\n${reasons.map((why) => `- ${why}`).join("\n\n")}`;
}

/** What a protected branch has against an update that is no pull request's. */
function brokenRules(
  github: GitHub,
  repository: RepositoryRecord,
  principal: Principal,
  { after }: RefUpdate,
  protection: ProtectionRecord,
): string[] {
  const { restrictions, requiredReviews, requiredChecks, allowDeletions } = protection;
  const deleting = after === ZERO_SHA;
  const reasons = deleting && !allowDeletions ? ["Cannot delete this branch."] : [];
  if (isExempt(github, repository, principal, protection)) return reasons;
  if (restrictions && !names(github, restrictions, principal)) {
    reasons.push(NOT_AUTHORIZED);
  }
  if (deleting) return reasons;
  if (requiredReviews && !names(github, requiredReviews.bypass, principal)) {
    reasons.push("Changes must be made through a pull request.");
  }
  const unchecked = requiredChecks && checksRefusal(github, repository, requiredChecks, after);
  return unchecked ? [...reasons, unchecked] : reasons;
}

/** Whether a ref may only move forward. */
export function mustMoveForward(github: GitHub, repository: RepositoryRecord, ref: string): boolean {
  return protectionOf(github, repository, ref)?.allowForcePushes === false;
}

async function typeOf(
  github: GitHub,
  repository: RepositoryRecord,
  { ref, before, after }: RefUpdate,
): Promise<ActivityRecord["type"]> {
  if (before === ZERO_SHA) return "branch_creation";
  if (after === ZERO_SHA) return "branch_deletion";
  // What may only move forward did so, or it wouldn't have moved.
  if (mustMoveForward(github, repository, ref)) return "push";
  const directory = github.directoryOf(repository);
  return (await isForward(directory, before, after)) ? "push" : "force_push";
}

/** Moves of refs on someone's behalf. */
interface MovesRequest {
  readonly account: Account;
  /** What is asked for. */
  readonly updates: readonly RefUpdate[];
  /** Number of the pull request whose merge it is. */
  readonly pull?: number;
}

/**
 * Moves refs, records what moved under the account that authenticated (never under what a commit says), signals it, and
 * sends it as a webhook. It is on record beforehand, so that a process that is killed in between finds at its next start
 * what it had not yet recorded. The caller holds the repository's lock, and read the record under it: otherwise a
 * description that was changed during the push would be undone.
 *
 * @param move what git does; tells what moved, which may be less than what was asked for
 */
export async function moveRefs(
  github: GitHub,
  repository: RepositoryRecord,
  { account, updates, pull }: MovesRequest,
  move: () => Promise<readonly RefUpdate[]>,
): Promise<void> {
  const { id, owner, name } = repository;
  const plan = github.records.planMoves({
    repository: { id, owner, name },
    actor: account.login,
    updates,
    at: timestamp(github),
    pull: pull ?? null,
  });
  const forget = () => github.records.forgetMoves(plan);
  const moved = await move().catch((error: unknown) => {
    forget();
    throw error;
  });
  await recordMoves(github, repository, plan, moved);
  await followMoves(github, repository, account, moved, plan.pull);
  forget();
}

/** Records what a process that was killed had moved and not recorded. For the start, before anyone else moves anything. */
export async function recoverMoves(github: GitHub): Promise<void> {
  for (const plan of github.records.plannedMoves()) {
    const repository = github.records.repository(plan.repository.owner, plan.repository.name);
    if (repository?.id === plan.repository.id) {
      const refs = readRefs(github.directoryOf(repository));
      const moved = plan.updates.filter(
        ({ ref, before, after }) => before !== after && (refs.get(ref) ?? ZERO_SHA) === after,
      );
      const recorded = github.records.activities(repository).filter((activity) => activity.plan === plan.id);
      const isNew = ({ ref }: RefUpdate) => !recorded.some((activity) => activity.ref === ref);
      await recordMoves(github, repository, plan, moved.filter(isNew));
      await followMoves(github, repository, movedBy(github, plan), moved, plan.pull);
    }
    github.records.forgetMoves(plan);
  }
}

const movedBy = ({ accounts }: GitHub, { actor }: PlannedMoves) => accounts.find(actor) ?? accounts.bot;

async function recordMoves(
  github: GitHub,
  repository: RepositoryRecord,
  plan: PlannedMoves,
  updates: readonly RefUpdate[],
): Promise<void> {
  if (updates.length === 0) return;
  const account = movedBy(github, plan);
  const at = timestamp(github);
  const moves = await Promise.all(
    updates.map(async (update) => ({
      update,
      type: plan.pull === null ? await typeOf(github, repository, update) : ("pr_merge" as const),
    })),
  );
  const pushed = github.records.transaction(() => {
    for (const { update, type } of moves) {
      github.records.addActivity(repository, { ...update, at, type, actor: account.login, plan: plan.id });
    }
    const saved = { ...repository, pushedAt: at, updatedAt: at };
    github.records.saveRepository(saved);
    return saved;
  });
  const fullName = `${repository.owner}/${repository.name}`;
  for (const { update, type } of moves) {
    github.signals.emit({ type: "github.push", repository: fullName, ...update, pusher: account.login });
    announce(github, pushed, account, "push", () => pushPayload(github, pushed, account, update, type));
  }
}

/** Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push */
async function pushPayload(
  github: GitHub,
  repository: RepositoryRecord,
  sender: Account,
  { ref, before, after }: RefUpdate,
  type: ActivityRecord["type"],
) {
  const page = pageOf(github, repository);
  const range = before === ZERO_SHA ? after : `${before}..${after}`;
  const commits =
    after === ZERO_SHA ? [] : ((await log(github.directoryOf(repository), { range, limit: COMMITS_IN_PAYLOAD })) ?? []);
  const shapes = commits.toReversed().map((commit) => ({
    ...simpleCommitShape(commit),
    distinct: true,
    url: `${page}/commit/${commit.sha}`,
  }));
  return {
    ref,
    before,
    after,
    created: type === "branch_creation",
    deleted: type === "branch_deletion",
    forced: type === "force_push",
    base_ref: null,
    compare: `${page}/compare/${before.slice(0, 12)}...${after.slice(0, 12)}`,
    commits: shapes,
    head_commit: shapes.at(-1) ?? null,
    pusher: { name: sender.login, email: sender.email },
  };
}
