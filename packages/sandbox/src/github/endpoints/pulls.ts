import type { Account } from "../accounts.ts";
import {
  type ApiAnswer,
  type ApiRequest,
  boundedText,
  type Endpoint,
  type GitHub,
  repositoryOf,
  text,
  timestamp,
} from "../api.ts";
import { readRefs } from "../bare.ts";
import { GitHubError, missing, notFound } from "../errors.ts";
import { gitLine } from "../git.ts";
import { pageOf } from "../paging.ts";
import { actorOf, requireAccess } from "../permissions.ts";
import { factsOf } from "../pulls/facts.ts";
import { announcePull, closePull, keepHead } from "../pulls/follow.ts";
import type { PullRecord, RepositoryRecord } from "../rows.ts";
import { fullPullShape, pullShape } from "../shapes/pulls.ts";

/** Pull requests between branches of one repository. Source: https://docs.github.com/en/rest/pulls/pulls */

const refused = (...errors: readonly object[]) => new GitHubError(422, "Validation Failed", errors);
const wrong = (field: string) => refused({ resource: "PullRequest", field, code: "invalid" });
const told = (message: string) => refused({ resource: "PullRequest", code: "custom", message });

/** The pull request that a request names. */
export function pullOf(github: GitHub, repository: RepositoryRecord, { params }: ApiRequest): PullRecord {
  const pull = github.records.pull(repository, Number(params.number));
  if (!pull) throw notFound();
  return pull;
}

/** Raises GitHub's 403 unless what an account wrote is changed by itself, or by whoever may write. */
export function requireAuthorOrWriter(
  github: GitHub,
  repository: RepositoryRecord,
  { principal }: ApiRequest,
  author: string,
): void {
  if (actorOf(github, principal).login !== author) requireAccess(github, repository, principal, "write");
}

async function answer(
  github: GitHub,
  repository: RepositoryRecord,
  pull: PullRecord,
  status = 200,
): Promise<ApiAnswer> {
  const body = fullPullShape(github, repository, pull, await factsOf(github, repository, pull));
  return { status, body };
}

/** `acme:feature` or `feature`, as a branch of this repository. */
function branchIn({ owner }: RepositoryRecord, name: string | undefined, field: string): string {
  const [first = "", rest] = (name ?? "").split(":");
  if (rest !== undefined && first.toLowerCase() !== owner.toLowerCase()) {
    throw missing("pull requests from another repository");
  }
  const branch = rest ?? first;
  if (branch === "") throw wrong(field);
  return branch;
}

async function create(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const named = repositoryOf(github, request);
  const { body, principal } = request;
  if (body.issue !== undefined) throw missing("pull requests made of issues");
  return github.locked(named, async () => {
    const repository = repositoryOf(github, request);
    const directory = github.directoryOf(repository);
    const headRef = branchIn(repository, text(body.head), "head");
    const baseRef = branchIn(repository, text(body.base), "base");
    const refs = readRefs(directory);
    const headSha = refs.get(`refs/heads/${headRef}`);
    const baseSha = refs.get(`refs/heads/${baseRef}`);
    if (!headSha) throw wrong("head");
    if (!baseSha) throw wrong("base");
    const title = text(body.title)?.trim();
    if (!title) throw refused({ resource: "PullRequest", field: "title", code: "missing_field" });
    const same = github.records
      .pulls(repository)
      .find((pull) => pull.state === "open" && pull.headRef === headRef && pull.baseRef === baseRef);
    if (same) throw told(`A pull request already exists for ${repository.owner}:${headRef}.`);
    const ahead = await gitLine(directory, ["rev-list", "--count", `${baseSha}..${headSha}`]);
    if (ahead === "0") throw told(`No commits between ${baseRef} and ${headRef}`);
    if (!(await gitLine(directory, ["merge-base", baseSha, headSha]))) {
      throw told(`The ${headRef} branch has no history in common with ${baseRef}`);
    }
    const at = timestamp(github);
    const account = actorOf(github, principal);
    const pull = github.records.addPull(repository, {
      title,
      body: boundedText("PullRequest", "body", body.body) ?? null,
      draft: body.draft === true,
      state: "open",
      author: account.login,
      headRef,
      headSha,
      baseRef,
      baseSha,
      reviewers: [],
      createdAt: at,
      updatedAt: at,
      closedAt: null,
      merge: null,
    });
    await keepHead(github, repository, pull);
    announcePull(github, repository, pull, account, { action: "opened" });
    return answer(github, repository, pull, 201);
  });
}

function list(github: GitHub, request: ApiRequest): ApiAnswer {
  const repository = repositoryOf(github, request);
  const { query } = request;
  const state = query.get("state") ?? "open";
  const sort = query.get("sort") ?? "created";
  if (sort !== "created" && sort !== "updated") throw missing(`lists of pull requests by ${sort}`);
  const ascending = (query.get("direction") ?? "desc") === "asc";
  const head = query.has("head") ? branchIn(repository, query.get("head") ?? "", "head") : undefined;
  const base = query.get("base");
  const field = sort === "created" ? "createdAt" : "updatedAt";
  const found = github.records
    .pulls(repository)
    .filter((pull) => state === "all" || pull.state === state)
    .filter((pull) => (!head || pull.headRef === head) && (!base || pull.baseRef === base))
    .sort((a, b) => (a[field] === b[field] ? b.number - a.number : a[field] < b[field] ? 1 : -1));
  const { items, headers } = pageOf(github, request, ascending ? found.reverse() : found);
  return { status: 200, body: items.map((pull) => pullShape(github, repository, pull)), headers };
}

async function change(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const named = repositoryOf(github, request);
  const { body, principal } = request;
  return github.locked(named, async () => {
    const repository = repositoryOf(github, request);
    const pull = pullOf(github, repository, request);
    requireAuthorOrWriter(github, repository, request, pull.author);
    if (body.base !== undefined && body.base !== pull.baseRef) throw missing("another base for a pull request");
    const account = actorOf(github, principal);
    const edited = edit(github, repository, pull, request);
    if (body.state === "closed" && pull.state === "open") {
      return answer(github, repository, closePull(github, repository, edited, account));
    }
    if (body.state === "open" && pull.state === "closed") return reopen(github, repository, edited, account);
    return answer(github, repository, edited);
  });
}

/** A pull request with the title and text that a request gives it; the same where it gives none. */
function edit(github: GitHub, repository: RepositoryRecord, pull: PullRecord, { body, principal }: ApiRequest) {
  const title = text(body.title) ?? pull.title;
  const said = body.body === null ? null : (boundedText("PullRequest", "body", body.body) ?? pull.body);
  if (title === pull.title && said === pull.body) return pull;
  const edited: PullRecord = { ...pull, title, body: said, updatedAt: timestamp(github) };
  github.records.savePull(repository, edited);
  announcePull(github, repository, edited, actorOf(github, principal), { action: "edited", changes: {} });
  return edited;
}

async function reopen(github: GitHub, repository: RepositoryRecord, pull: PullRecord, account: Account) {
  const cannot = (why: string) => told(`state cannot be changed: ${why}`);
  if (pull.merge) throw cannot("it was merged");
  const refs = readRefs(github.directoryOf(repository));
  const headSha = refs.get(`refs/heads/${pull.headRef}`);
  if (!headSha) throw cannot(`the ${pull.headRef} branch has been deleted`);
  if (!refs.has(`refs/heads/${pull.baseRef}`)) throw cannot(`the ${pull.baseRef} branch has been deleted`);
  const opened: PullRecord = { ...pull, state: "open", headSha, closedAt: null, updatedAt: timestamp(github) };
  github.records.savePull(repository, opened);
  await keepHead(github, repository, opened);
  announcePull(github, repository, opened, account, { action: "reopened" });
  return answer(github, repository, opened);
}

const PULLS = "/repos/{owner}/{repo}/pulls";
const PULL = `${PULLS}/{number}` as const;

export const pullEndpoints: readonly Endpoint[] = [
  { method: "POST", path: PULLS, needs: "pull_requests:write", handle: create },
  { method: "GET", path: PULLS, needs: "pull_requests:read", handle: list },
  {
    method: "GET",
    path: PULL,
    needs: "pull_requests:read",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      return answer(github, repository, pullOf(github, repository, request));
    },
  },
  { method: "PATCH", path: PULL, needs: "pull_requests:write", handle: change },
];
