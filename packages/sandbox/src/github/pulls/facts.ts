import type { GitHub } from "../api.ts";
import { readRefs } from "../bare.ts";
import { changedFiles } from "../commits.ts";
import { git, gitLine } from "../git.ts";
import type { PullRecord, RepositoryRecord } from "../rows.ts";
import type { PullFacts } from "../shapes/pulls.ts";
import { obstacleTo } from "./rules.ts";

/** What a pull request would bring, and whether it could be merged. */

/** The tree of both sides merged; undefined where they conflict. Needs git 2.38. */
export async function mergedTree(directory: string, base: string, head: string): Promise<string | undefined> {
  return gitLine(directory, ["merge-tree", "--write-tree", "--no-messages", base, head]);
}

/** The commits of a pull request as a range of git's, and the base that it is compared with. */
export function rangeOf(github: GitHub, repository: RepositoryRecord, pull: PullRecord) {
  const directory = github.directoryOf(repository);
  const live = pull.state === "open" ? readRefs(directory).get(`refs/heads/${pull.baseRef}`) : undefined;
  const base = live ?? pull.baseSha;
  return { directory, base, range: `${base}..${pull.headSha}` };
}

/** Files that a pull request changes: against the commit that both sides come from. */
export async function filesOf(github: GitHub, repository: RepositoryRecord, pull: PullRecord) {
  const { directory, base } = rangeOf(github, repository, pull);
  const from = await gitLine(directory, ["merge-base", base, pull.headSha]);
  return from ? changedFiles(directory, from, pull.headSha) : [];
}

async function stateOf(github: GitHub, repository: RepositoryRecord, pull: PullRecord, base: string) {
  if (pull.draft) return "draft";
  const obstacle = await obstacleTo(github, repository, pull, base);
  if (obstacle) return obstacle.kind;
  const said = github.records.latestStatuses(repository, pull.headSha);
  return said.some(({ state }) => state !== "success") ? "unstable" : "clean";
}

export async function factsOf(github: GitHub, repository: RepositoryRecord, pull: PullRecord): Promise<PullFacts> {
  const { directory, base, range } = rangeOf(github, repository, pull);
  const [files, commits] = await Promise.all([
    filesOf(github, repository, pull),
    git(directory, ["rev-list", "--count", range]),
  ]);
  const open = pull.state === "open";
  const mergeable = open ? (await mergedTree(directory, base, pull.headSha)) !== undefined : null;
  return {
    mergeable,
    mergeableState: mergeable ? await stateOf(github, repository, pull, base) : open ? "dirty" : "unknown",
    commits: Number(commits?.toString("utf8") ?? 0),
    additions: files.reduce((sum, { additions }) => sum + additions, 0),
    deletions: files.reduce((sum, { deletions }) => sum + deletions, 0),
    changedFiles: files.length,
  };
}
