import { addressOf } from "../accounts.ts";
import { type GitHub, timestamp } from "../api.ts";
import type { Principal } from "../authentication.ts";
import { readRefs } from "../bare.ts";
import { log, writeCommit } from "../commits.ts";
import { GitHubError } from "../errors.ts";
import { git } from "../git.ts";
import { actorOf } from "../permissions.ts";
import { moveRefs } from "../ref-moves.ts";
import type { PullRecord, RepositoryRecord } from "../rows.ts";
import { mergedTree } from "./facts.ts";
import { isExempt, NOT_AUTHORIZED, names, obstacleTo } from "./rules.ts";

/** Merging a pull request. Source: https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request */

export interface MergeRequest {
  readonly method: "merge" | "squash";
  /** The head that is meant, where the caller says so. */
  readonly sha: string | undefined;
  readonly title: string | undefined;
  readonly message: string | undefined;
}

const MOST_SQUASHED = 250;

const notMergeable = (why = "Pull Request is not mergeable") => new GitHubError(405, why);

/** The message of a merge's commit, as GitHub writes it where the caller says nothing. */
async function messageOf(
  directory: string,
  repository: RepositoryRecord,
  pull: PullRecord,
  { method, title, message }: MergeRequest,
  base: string,
): Promise<string> {
  if (method === "merge") {
    const head = `${repository.owner}/${pull.headRef}`;
    return `${title ?? `Merge pull request #${pull.number} from ${head}`}\n\n${message ?? pull.title}`;
  }
  const commits = (await log(directory, { range: `${base}..${pull.headSha}`, limit: MOST_SQUASHED })) ?? [];
  const messages = commits.toReversed().map((commit) => commit.message);
  const told = messages.length === 1 ? (messages[0] ?? "").split("\n").slice(1).join("\n").trim() : listed(messages);
  return `${title ?? `${pull.title} (#${pull.number})`}\n\n${message ?? told}`.trim();
}

const listed = (messages: readonly string[]) => messages.map((message) => `* ${message}`).join("\n\n");

/**
 * Merges a pull request and moves its base, under the lock of its repository, which the caller holds. Raises GitHub's 405
 * where a rule or a conflict is in the way, 409 where the head isn't the one that is meant.
 *
 * @returns sha of the commit that the base is at now
 */
export async function mergePull(
  github: GitHub,
  repository: RepositoryRecord,
  principal: Principal,
  pull: PullRecord,
  request: MergeRequest,
): Promise<string> {
  const directory = github.directoryOf(repository);
  const base = readRefs(directory).get(`refs/heads/${pull.baseRef}`);
  if (pull.state !== "open" || !base) throw notMergeable();
  if (pull.draft) throw notMergeable("Pull Request is still a draft");
  if (request.sha !== undefined && request.sha !== pull.headSha) {
    throw new GitHubError(409, "Head branch was modified. Review and try the merge again.");
  }
  const protection = github.records.protection(repository, pull.baseRef);
  if (protection && !isExempt(github, repository, principal, protection)) {
    if (protection.restrictions && !names(github, protection.restrictions, principal))
      throw notMergeable(NOT_AUTHORIZED);
    const obstacle = await obstacleTo(github, repository, pull, base);
    if (obstacle) throw notMergeable(obstacle.why);
  }
  const tree = await mergedTree(directory, base, pull.headSha);
  if (!tree) throw notMergeable();
  const merger = actorOf(github, principal);
  const author = request.method === "squash" ? (github.accounts.find(pull.author) ?? merger) : merger;
  const date = timestamp(github);
  const parents = request.method === "merge" ? [base, pull.headSha] : [base];
  const message = await messageOf(directory, repository, pull, request, base);
  const person = { name: author.name, email: addressOf(author), date };
  const committer = { name: "GitHub", email: "noreply@github.com", date };
  const sha = await writeCommit(directory, { tree, parents, message, author: person, committer });
  if (!sha) throw notMergeable();
  const update = { ref: `refs/heads/${pull.baseRef}`, before: base, after: sha };
  await moveRefs(github, repository, { account: merger, updates: [update], pull: pull.number }, async () => {
    if (!(await git(directory, ["update-ref", update.ref, sha, base]))) throw notMergeable();
    return [update];
  });
  return sha;
}
