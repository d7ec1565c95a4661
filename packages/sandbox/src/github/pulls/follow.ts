import type { Account } from "../accounts.ts";
import { announce } from "../announce.ts";
import { type GitHub, timestamp } from "../api.ts";
import { branchOf, type RefUpdate } from "../bare.ts";
import { git, isForward } from "../git.ts";
import { type PullRecord, type RepositoryRecord, ZERO_SHA } from "../rows.ts";
import { fullPullShape } from "../shapes/pulls.ts";
import { factsOf } from "./facts.ts";

/** What becomes of pull requests when the branches that they name move. */

export function announcePull(
  github: GitHub,
  repository: RepositoryRecord,
  pull: PullRecord,
  sender: Account,
  event: { readonly action: string } & Readonly<Record<string, unknown>>,
): void {
  announce(github, repository, sender, "pull_request", async () => ({
    ...event,
    number: pull.number,
    pull_request: fullPullShape(github, repository, pull, await factsOf(github, repository, pull)),
  }));
}

/** `refs/pull/7/head`: a pull request's head outlives its branch. */
export async function keepHead(github: GitHub, repository: RepositoryRecord, pull: PullRecord): Promise<void> {
  await git(github.directoryOf(repository), ["update-ref", `refs/pull/${pull.number}/head`, pull.headSha]);
}

/** @param change what is different at the end; `merge` where it was merged */
export function closePull(
  github: GitHub,
  repository: RepositoryRecord,
  pull: PullRecord,
  account: Account,
  change: Partial<Pick<PullRecord, "merge" | "baseSha">> = {},
): PullRecord {
  const at = timestamp(github);
  const closed: PullRecord = { ...pull, ...change, state: "closed", closedAt: at, updatedAt: at };
  github.records.savePull(repository, closed);
  announcePull(github, repository, closed, account, { action: "closed" });
  return closed;
}

/** A head that moved on: approvals of what it was may end. */
async function moveHead(
  github: GitHub,
  repository: RepositoryRecord,
  pull: PullRecord,
  account: Account,
  { before, after }: RefUpdate,
): Promise<void> {
  const moved: PullRecord = { ...pull, headSha: after, updatedAt: timestamp(github) };
  const { records } = github;
  records.transaction(() => {
    records.savePull(repository, moved);
    if (!records.protection(repository, pull.baseRef)?.requiredReviews?.dismissStale) return;
    for (const review of records.reviews(repository, pull.number)) {
      if (review.state === "APPROVED") records.saveReview(repository, { ...review, state: "DISMISSED" });
    }
  });
  await keepHead(github, repository, moved);
  announcePull(github, repository, moved, account, { action: "synchronize", before, after });
}

/**
 * Moves, ends or marks as merged the open pull requests of branches that moved. What reaches its base by a push is merged
 * by whoever pushed, as on GitHub. Doing it again changes nothing. The caller holds the repository's lock.
 *
 * @param merged number of the pull request whose merge the move is: its head needn't be in it
 */
export async function followMoves(
  github: GitHub,
  repository: RepositoryRecord,
  account: Account,
  updates: readonly RefUpdate[],
  merged: number | null,
): Promise<void> {
  const directory = github.directoryOf(repository);
  const arrived = async (pull: PullRecord, { after }: RefUpdate) =>
    pull.number === merged || isForward(directory, pull.headSha, after);
  for (const update of updates) {
    const branch = branchOf(update.ref);
    if (branch === undefined) continue;
    const gone = update.after === ZERO_SHA;
    for (const pull of github.records.pulls(repository).filter(({ state }) => state === "open")) {
      if (gone) {
        if (pull.headRef === branch || pull.baseRef === branch) closePull(github, repository, pull, account);
      } else if (pull.headRef === branch) {
        if (pull.headSha !== update.after) await moveHead(github, repository, pull, account, update);
      } else if (pull.baseRef === branch && (await arrived(pull, update))) {
        const merge = { at: timestamp(github), by: account.login, sha: update.after };
        closePull(github, repository, pull, account, { merge, baseSha: update.before });
      }
    }
  }
}
