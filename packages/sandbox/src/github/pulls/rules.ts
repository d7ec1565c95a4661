import type { GitHub } from "../api.ts";
import type { Principal } from "../authentication.ts";
import { isForward } from "../git.ts";
import { accessOf, accessOfAccount, includes } from "../permissions.ts";
import type {
  CheckRunRecord,
  ProtectionRecord,
  PullRecord,
  RepositoryRecord,
  RequiredChecks,
  RequiredReviews,
  StatusRecord,
} from "../rows.ts";

/**
 * What a protected branch asks of a commit or a pull request. Refusals are in GitHub's words.
 * Source: https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches
 */

type Standing = "success" | "expected" | "pending" | "failing";

const PASSING = new Set(["success", "neutral", "skipped"]);

/** What the newest status or check run of a name says of a commit. */
function standingOf(
  { context, appId }: RequiredChecks["checks"][number],
  runs: readonly CheckRunRecord[],
  statuses: readonly StatusRecord[],
): Standing {
  const run = runs.find(({ name }) => name === context);
  const status = appId === null ? statuses.find((said) => said.context === context) : undefined;
  if (run && (!status || run.createdAt >= status.at)) {
    if (run.conclusion === null) return "pending";
    return PASSING.has(run.conclusion) ? "success" : "failing";
  }
  if (!status) return "expected";
  if (status.state === "pending") return "pending";
  return status.state === "success" ? "success" : "failing";
}

/** Why a commit's checks don't let it in; undefined when they do. */
export function checksRefusal(
  { records }: GitHub,
  repository: RepositoryRecord,
  { checks }: RequiredChecks,
  sha: string,
): string | undefined {
  const [runs, statuses] = [records.checkRuns(repository, sha), records.statuses(repository, sha)];
  const standings = checks.map((check) => ({ ...check, standing: standingOf(check, runs, statuses) }));
  const open = standings.filter(({ standing }) => standing !== "success");
  const [first] = open;
  if (!first) return undefined;
  if (checks.length === 1) return `Required status check "${first.context}" is ${first.standing}.`;
  if (open.every(({ standing }) => standing === "expected")) {
    return `${open.length} of ${checks.length} required status checks are expected.`;
  }
  const counted = (["expected", "pending", "failing"] as const).flatMap((standing) => {
    const count = open.filter((check) => check.standing === standing).length;
    return count > 0 ? [`${count} ${standing}`] : [];
  });
  return `${open.length} of ${checks.length} required status checks have not succeeded: ${counted.join(", ")}.`;
}

/** The newest review that each reviewer holds to: a comment takes nothing back. Only those who may write count. */
function verdictsOf(github: GitHub, repository: RepositoryRecord, { number }: PullRecord): Map<string, string> {
  const verdicts = new Map<string, string>();
  for (const { author, state } of github.records.reviews(repository, number).reverse()) {
    const account = github.accounts.member(author);
    const counts = account && includes(accessOfAccount(github, repository, account), "write");
    if (counts && state !== "COMMENTED") verdicts.set(author, state);
  }
  return verdicts;
}

/** Why a pull request's reviews don't let it in; undefined when they do. */
function reviewsRefusal(
  github: GitHub,
  repository: RepositoryRecord,
  { count, lastPush }: RequiredReviews,
  pull: PullRecord,
): string | undefined {
  const verdicts = verdictsOf(github, repository, pull);
  const approvers = [...verdicts].filter(([, state]) => state === "APPROVED").map(([login]) => login);
  if ([...verdicts.values()].includes("CHANGES_REQUESTED")) {
    return "Changes have been requested by a reviewer with write access.";
  }
  if (approvers.length < count) {
    const reviews = count === 1 ? "1 approving review is" : `${count} approving reviews are`;
    return `At least ${reviews} required by reviewers with write access.`;
  }
  if (!lastPush) return undefined;
  const ref = `refs/heads/${pull.headRef}`;
  const pusher = github.records.activities(repository).find((activity) => activity.ref === ref)?.actor;
  if (approvers.some((login) => login !== pusher)) return undefined;
  return "New changes require approval from someone other than the last pusher.";
}

/** What keeps a pull request out, by the rules of its base: `behind` where its head must first hold the base's. */
export async function obstacleTo(
  github: GitHub,
  repository: RepositoryRecord,
  pull: PullRecord,
  base: string,
): Promise<{ readonly kind: "blocked" | "behind"; readonly why: string } | undefined> {
  const { requiredReviews, requiredChecks } = github.records.protection(repository, pull.baseRef) ?? {};
  const refused =
    (requiredReviews && reviewsRefusal(github, repository, requiredReviews, pull)) ||
    (requiredChecks && checksRefusal(github, repository, requiredChecks, pull.headSha));
  if (refused) return { kind: "blocked", why: refused };
  if (!requiredChecks?.strict || (await isForward(github.directoryOf(repository), base, pull.headSha)))
    return undefined;
  return { kind: "behind", why: "The head branch is not up to date with the base branch." };
}

export const NOT_AUTHORIZED = "You're not authorized to push to this branch.";

/** Whether the rules of a branch don't hold for who asks: an administrator's privilege, unless the branch takes it away. */
export function isExempt(
  github: GitHub,
  repository: RepositoryRecord,
  principal: Principal,
  { enforceAdmins }: ProtectionRecord,
): boolean {
  return !enforceAdmins && principal.kind === "user" && accessOf(github, repository, principal) === "admin";
}

/** Whether a list of people and Apps names who asks. */
export function names(
  github: GitHub,
  { users, apps }: { readonly users: readonly string[]; readonly apps: readonly string[] },
  principal: Principal,
): boolean {
  if (principal.kind === "installation") return apps.includes(github.options.app.slug);
  return principal.kind === "user" && users.includes(principal.account.login);
}
