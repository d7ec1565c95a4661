import { type ApiAnswer, type ApiRequest, type Endpoint, type GitHub, repositoryOf, text } from "../api.ts";
import { log, requireCommit } from "../commits.ts";
import { invalid, missing, notFound } from "../errors.ts";
import { gitLine } from "../git.ts";
import { pageLinks, pageOf, paging } from "../paging.ts";
import { requireAccess } from "../permissions.ts";
import { filesOf, rangeOf } from "../pulls/facts.ts";
import { mergePull } from "../pulls/merging.ts";
import type { PullRecord } from "../rows.ts";
import { commitShape, fileShape } from "../shapes/commits.ts";
import { pullShape } from "../shapes/pulls.ts";
import type { Schemas } from "../shapes/schemas.ts";
import { pullOf } from "./pulls.ts";

/** What a pull request brings, and its merge. Source: https://docs.github.com/en/rest/pulls/pulls */

/** GitHub's longest list of a pull request's commits. */
const MOST_COMMITS = 250;

async function merge(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const named = repositoryOf(github, request);
  const { principal, body } = request;
  requireAccess(github, named, principal, "write");
  const method = text(body.merge_method) ?? "merge";
  if (method === "rebase") throw missing("merges by rebase");
  if (method !== "merge" && method !== "squash")
    throw invalid("PullRequest", "merge_method", "merge_method is not one of merge, squash, rebase");
  return github.locked(named, async () => {
    const repository = repositoryOf(github, request);
    const sha = await mergePull(github, repository, principal, pullOf(github, repository, request), {
      method,
      sha: text(body.sha),
      title: text(body.commit_title),
      message: text(body.commit_message),
    });
    const answered: Schemas["pull-request-merge-result"] = {
      sha,
      merged: true,
      message: "Pull Request successfully merged",
    };
    return { status: 200, body: answered };
  });
}

async function commits(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  const { directory, range } = rangeOf(github, repository, pullOf(github, repository, request));
  const { perPage, page, skip } = paging(request.query);
  const all = ((await log(directory, { range, limit: MOST_COMMITS })) ?? []).reverse();
  const body = all.slice(skip, skip + perPage).map((commit) => commitShape(github, repository, commit));
  return { status: 200, body, headers: pageLinks(github, request, page, all.length > skip + perPage) };
}

async function files(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  const pull = pullOf(github, repository, request);
  const { items, headers } = pageOf(github, request, await filesOf(github, repository, pull));
  return { status: 200, body: items.map((file) => fileShape(github, repository, pull.headSha, file)), headers };
}

/** The pull requests that brought a commit: those whose head or merge it is, or whose range holds it. */
async function ofCommit(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  const directory = github.directoryOf(repository);
  const sha = await requireCommit(directory, request.params.ref ?? "");
  const holding: PullRecord[] = [];
  for (const pull of github.records.pulls(repository)) {
    const { range } = rangeOf(github, repository, pull);
    const inside = (await gitLine(directory, ["rev-list", range]))?.split("\n") ?? [];
    if (pull.merge?.sha === sha || inside.includes(sha)) holding.push(pull);
  }
  const { items, headers } = pageOf(github, request, holding);
  return { status: 200, body: items.map((pull) => pullShape(github, repository, pull)), headers };
}

const PULL = "/repos/{owner}/{repo}/pulls/{number}";

export const pullCommitEndpoints: readonly Endpoint[] = [
  { method: "GET", path: `${PULL}/commits`, needs: "pull_requests:read", handle: commits },
  { method: "GET", path: `${PULL}/files`, needs: "pull_requests:read", handle: files },
  { method: "PUT", path: `${PULL}/merge`, needs: "contents:write", handle: merge },
  {
    method: "GET",
    path: `${PULL}/merge`,
    needs: "pull_requests:read",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      if (!pullOf(github, repository, request).merge) throw notFound();
      return { status: 204 };
    },
  },
  { method: "GET", path: "/repos/{owner}/{repo}/commits/{ref+}/pulls", needs: "pull_requests:read", handle: ofCommit },
];
