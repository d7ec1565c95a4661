import { type ApiAnswer, type ApiRequest, type Endpoint, type GitHub, repositoryOf } from "../api.ts";
import { readRefs } from "../bare.ts";
import { changedFiles, EMPTY_TREE, log, readCommit } from "../commits.ts";
import { GitHubError, missing, noCommit, notFound } from "../errors.ts";
import { gitLine, resolveCommit } from "../git.ts";
import { pageLinks, paging } from "../paging.ts";
import { commitShape, fileShape } from "../shapes/commits.ts";
import type { Schemas } from "../shapes/schemas.ts";

/** Commits, one, many and compared. Source: https://docs.github.com/en/rest/commits */

/** GitHub's longest list of files in one answer. */
const MOST_FILES = 300;

async function list(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const { query } = request;
  if (query.has("author") || query.has("committer")) throw missing("author and committer in a list of commits");
  const repository = repositoryOf(github, request);
  const { perPage, page, skip } = paging(query);
  const directory = github.directoryOf(repository);
  if (readRefs(directory).size === 0) throw new GitHubError(409, "Git Repository is empty.");
  const sha = await resolveCommit(directory, query.get("sha") ?? repository.defaultBranch);
  if (!sha) throw notFound();
  const filter = {
    path: query.get("path") ?? undefined,
    since: query.get("since") ?? undefined,
    until: query.get("until") ?? undefined,
  };
  const commits = (await log(directory, { range: sha, limit: perPage + 1, skip, ...filter })) ?? [];
  const headers = pageLinks(github, request, page, commits.length > perPage);
  const body = commits.slice(0, perPage).map((commit) => commitShape(github, repository, commit));
  return { status: 200, body, headers };
}

async function get(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  const directory = github.directoryOf(repository);
  const { ref = "" } = request.params;
  const sha = await resolveCommit(directory, ref);
  const commit = sha && (await readCommit(directory, sha));
  if (!commit) throw noCommit(ref);
  const files = await changedFiles(directory, commit.parents[0] ?? EMPTY_TREE, commit.sha);
  const sum = (count: "additions" | "deletions") => files.reduce((total, file) => total + file[count], 0);
  const [additions, deletions] = [sum("additions"), sum("deletions")];
  const body: Schemas["commit"] = {
    ...commitShape(github, repository, commit),
    stats: { additions, deletions, total: additions + deletions },
    files: files.slice(0, MOST_FILES).map((file) => fileShape(github, repository, commit.sha, file)),
  };
  return { status: 200, body };
}

function statusOf(ahead: number, behind: number): Schemas["commit-comparison"]["status"] {
  if (ahead > 0) return behind > 0 ? "diverged" : "ahead";
  return behind > 0 ? "behind" : "identical";
}

/** What `head` has that `base` hasn't: its commits oldest first, page by page, and on the first page the files. */
async function compare(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  const [baseRef = "", headRef] = (request.params.basehead ?? "").split("...");
  if (headRef === undefined) throw notFound();
  if (baseRef.includes(":") || headRef.includes(":")) throw missing("comparisons between repositories");
  const directory = github.directoryOf(repository);
  const [base, head] = await Promise.all([resolveCommit(directory, baseRef), resolveCommit(directory, headRef)]);
  if (!base || !head) throw notFound();
  const [counts, mergeBase, baseCommit] = await Promise.all([
    gitLine(directory, ["rev-list", "--left-right", "--count", `${base}...${head}`]),
    gitLine(directory, ["merge-base", base, head]),
    readCommit(directory, base),
  ]);
  // Two histories without a common commit can't be compared.
  if (!mergeBase || !baseCommit) throw notFound();
  const [behind = 0, ahead = 0] = (counts ?? "").split("\t").map(Number);
  const { perPage, page, skip } = paging(request.query, 100);
  const [commits, mergeBaseCommit, files] = await Promise.all([
    // git counts from the newest: the page of the oldest is the last one there.
    log(directory, {
      range: `${base}..${head}`,
      limit: Math.min(perPage, ahead - skip),
      skip: Math.max(0, ahead - skip - perPage),
    }),
    mergeBase === base ? baseCommit : readCommit(directory, mergeBase),
    page === 1 ? changedFiles(directory, mergeBase, head) : [],
  ]);
  if (!mergeBaseCommit) throw notFound();
  const place = `${repository.owner}/${repository.name}`;
  const range = `${base}...${head}`;
  const html = `${github.url}/${place}/compare/${range}`;
  const body: Schemas["commit-comparison"] = {
    url: `${github.url}/repos/${place}/compare/${range}`,
    html_url: html,
    permalink_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    status: statusOf(ahead, behind),
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    base_commit: commitShape(github, repository, baseCommit),
    merge_base_commit: commitShape(github, repository, mergeBaseCommit),
    commits: (commits ?? []).toReversed().map((commit) => commitShape(github, repository, commit)),
    files: files.slice(0, MOST_FILES).map((file) => fileShape(github, repository, head, file)),
  };
  const headers = pageLinks(github, request, page, ahead > skip + perPage, Math.ceil(ahead / perPage));
  return { status: 200, body, headers };
}

export const commitEndpoints: readonly Endpoint[] = [
  { method: "GET", path: "/repos/{owner}/{repo}/commits", needs: "contents:read", handle: list },
  { method: "GET", path: "/repos/{owner}/{repo}/commits/{ref+}", needs: "contents:read", handle: get },
  { method: "GET", path: "/repos/{owner}/{repo}/compare/{basehead+}", needs: "contents:read", handle: compare },
];
