import { announce } from "../announce.ts";
import { type ApiAnswer, type ApiRequest, type Endpoint, type GitHub, repositoryOf, text, timestamp } from "../api.ts";
import { branchesAt } from "../bare.ts";
import { readCommit, requireCommit } from "../commits.ts";
import { invalid } from "../errors.ts";
import { pageOf } from "../paging.ts";
import { actorOf, requireAccess } from "../permissions.ts";
import type { RepositoryRecord, StatusRecord } from "../rows.ts";
import { accountShape } from "../shapes/accounts.ts";
import { apiOf } from "../shapes/addresses.ts";
import { commitShape } from "../shapes/commits.ts";
import { repositoryShape } from "../shapes/repositories.ts";
import { nodeId, type Schemas } from "../shapes/schemas.ts";

/** What builds and checks say of a commit. Source: https://docs.github.com/en/rest/commits/statuses */

const states = ["error", "failure", "pending", "success"] as const;
const LONGEST_DESCRIPTION = 140;

function simpleShape(api: string, sha: string, status: StatusRecord): Schemas["simple-commit-status"] {
  return {
    id: status.id,
    node_id: nodeId("Status", status.id),
    url: `${api}/statuses/${sha}`,
    avatar_url: null,
    state: status.state,
    context: status.context,
    description: status.description,
    target_url: status.targetUrl,
    created_at: status.at,
    updated_at: status.at,
  };
}

function statusShape(github: GitHub, api: string, sha: string, status: StatusRecord): Schemas["status"] {
  const creator = github.accounts.find(status.creator);
  return { ...simpleShape(api, sha, status), creator: creator ? accountShape(github.url, creator) : null };
}

async function create(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  const { principal, params, body } = request;
  requireAccess(github, repository, principal, "write");
  const sha = await requireCommit(github.directoryOf(repository), params.sha ?? "");
  const state = states.find((candidate) => candidate === body.state);
  if (!state) throw invalid("Status", "state", `state is not one of ${states.join(", ")}`);
  const description = text(body.description) ?? null;
  if (description && description.length > LONGEST_DESCRIPTION) {
    throw invalid("Status", "description", `description is too long (maximum is ${LONGEST_DESCRIPTION} characters)`);
  }
  const status = github.records.addStatus(repository, sha, {
    state,
    context: text(body.context) ?? "default",
    description,
    targetUrl: text(body.target_url) ?? null,
    creator: actorOf(github, principal).login,
    at: timestamp(github),
  });
  announce(github, repository, actorOf(github, principal), "status", () =>
    statusPayload(github, repository, sha, status),
  );
  return { status: 201, body: statusShape(github, apiOf(github, repository), sha, status) };
}

/** Source: https://docs.github.com/en/webhooks/webhook-events-and-payloads#status */
async function statusPayload(github: GitHub, repository: RepositoryRecord, sha: string, status: StatusRecord) {
  const directory = github.directoryOf(repository);
  const commit = await readCommit(directory, sha);
  const api = apiOf(github, repository);
  const branches = branchesAt(directory, sha).map((name) => {
    const isProtected = github.records.protection(repository, name) !== undefined;
    return { name, commit: { sha, url: `${api}/commits/${sha}` }, protected: isProtected };
  });
  return {
    id: status.id,
    sha,
    name: `${repository.owner}/${repository.name}`,
    state: status.state,
    context: status.context,
    description: status.description,
    target_url: status.targetUrl,
    avatar_url: null,
    commit: commit && commitShape(github, repository, commit),
    branches,
    created_at: status.at,
    updated_at: status.at,
  };
}

/** The newest of each context, and what they come to: one that failed fails all, one that is pending keeps all so. */
async function combined(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  const sha = await requireCommit(github.directoryOf(repository), request.params.ref ?? "");
  const statuses = github.records.latestStatuses(repository, sha);
  const failed = statuses.some(({ state }) => state === "error" || state === "failure");
  const done = statuses.length > 0 && statuses.every(({ state }) => state === "success");
  const api = apiOf(github, repository);
  const { items, headers } = pageOf(github, request, statuses);
  const body: Schemas["combined-commit-status"] = {
    state: failed ? "failure" : done ? "success" : "pending",
    statuses: items.map((status) => simpleShape(api, sha, status)),
    sha,
    total_count: statuses.length,
    repository: repositoryShape(github, repository),
    commit_url: `${api}/commits/${sha}`,
    url: `${api}/commits/${sha}/status`,
  };
  return { status: 200, body, headers };
}

export const statusEndpoints: readonly Endpoint[] = [
  { method: "POST", path: "/repos/{owner}/{repo}/statuses/{sha}", needs: "statuses:write", handle: create },
  { method: "GET", path: "/repos/{owner}/{repo}/commits/{ref+}/status", needs: "statuses:read", handle: combined },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/commits/{ref+}/statuses",
    needs: "statuses:read",
    async handle(github, request) {
      const repository = repositoryOf(github, request);
      const sha = await requireCommit(github.directoryOf(repository), request.params.ref ?? "");
      const { items, headers } = pageOf(github, request, github.records.statuses(repository, sha));
      const api = apiOf(github, repository);
      return { status: 200, body: items.map((status) => statusShape(github, api, sha, status)), headers };
    },
  },
];
