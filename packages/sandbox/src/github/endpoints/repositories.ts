import { rmSync } from "node:fs";
import { announce } from "../announce.ts";
import {
  type ApiAnswer,
  type ApiRequest,
  type Endpoint,
  type GitHub,
  maySee,
  repositoryOf,
  text,
  timestamp,
} from "../api.ts";
import { initBare, readRefs, setHead } from "../bare.ts";
import { GitHubError, invalid, missing, notAccessible, notFound } from "../errors.ts";
import { linkHeader, pageOf, paging } from "../paging.ts";
import { accessOf, actorOf, mayCreate, requireAccess } from "../permissions.ts";
import type { ActivityRecord, RepositoryRecord } from "../rows.ts";
import { activityShape } from "../shapes/refs.ts";
import { repositoryShape } from "../shapes/repositories.ts";

/** Repositories, and the record of who pushed to them. Source: https://docs.github.com/en/rest/repos */

const NAME = /^[A-Za-z0-9._-]{1,100}$/;

const shapeOf = (github: GitHub, { principal }: ApiRequest, repository: RepositoryRecord) =>
  repositoryShape(github, repository, accessOf(github, repository, principal));

function create(github: GitHub, request: ApiRequest): ApiAnswer {
  const { principal, params, body } = request;
  const owner = params.owner ?? "";
  if (!github.accounts.isOrganisation(owner)) throw notFound();
  if (!mayCreate(github, principal)) throw notAccessible();
  const refuse = (message: string) =>
    new GitHubError(422, "Repository creation failed.", [
      { resource: "Repository", code: "custom", field: "name", message },
    ]);
  const name = text(body.name) ?? "";
  if (!NAME.test(name) || name === "." || name === ".." || name.endsWith(".git")) throw refuse("name is invalid");
  if (github.records.repository(owner, name)) throw refuse("name already exists on this account");
  if (body.auto_init === true || body.gitignore_template || body.license_template) {
    throw missing("repositories with a first commit (auto_init, gitignore_template, license_template)");
  }
  const now = timestamp(github);
  const draft = {
    owner: github.options.organisation,
    name,
    description: text(body.description) ?? null,
    private: body.private === true || body.visibility === "private",
    createdAt: now,
    updatedAt: now,
    pushedAt: null,
    defaultBranch: "main",
  };
  const directory = github.directoryOf(draft);
  // A folder left by a crash before its record was written belongs to nobody.
  rmSync(directory, { recursive: true, force: true });
  initBare(directory, draft.defaultBranch);
  const repository = github.records.addRepository(
    draft,
    principal.kind === "user" ? principal.account.login : undefined,
  );
  announceRepository(github, request, repository, "created");
  return { status: 201, body: shapeOf(github, request, repository) };
}

function announceRepository(
  github: GitHub,
  { principal }: ApiRequest,
  repository: RepositoryRecord,
  action: "created" | "deleted",
): void {
  announce(github, repository, actorOf(github, principal), "repository", () => ({ action }));
}

async function change(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const named = repositoryOf(github, request);
  requireAccess(github, named, request.principal, "admin");
  if (request.body.name !== undefined && request.body.name !== named.name) throw missing("renaming of repositories");
  return github.locked(named, async () => {
    const repository = repositoryOf(github, request);
    const { body } = request;
    const defaultBranch = text(body.default_branch) ?? repository.defaultBranch;
    const directory = github.directoryOf(repository);
    if (defaultBranch !== repository.defaultBranch) {
      if (!readRefs(directory).has(`refs/heads/${defaultBranch}`)) {
        throw invalid("Repository", "default_branch", `The branch ${defaultBranch} was not found.`);
      }
      setHead(directory, defaultBranch);
    }
    const changed: RepositoryRecord = {
      ...repository,
      defaultBranch,
      description: body.description === null ? null : (text(body.description) ?? repository.description),
      private:
        typeof body.private === "boolean"
          ? body.private
          : body.visibility
            ? body.visibility !== "public"
            : repository.private,
      updatedAt: timestamp(github),
    };
    github.records.saveRepository(changed);
    return { status: 200, body: shapeOf(github, request, changed) };
  });
}

async function remove(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  requireAccess(github, repository, request.principal, "admin");
  return github.locked(repository, async () => {
    if (repositoryOf(github, request).id !== repository.id) throw notFound();
    github.records.removeRepository(repository);
    rmSync(github.directoryOf(repository), { recursive: true, force: true });
    announceRepository(github, request, repository, "deleted");
    return { status: 204 };
  });
}

/** GitHub's own record of who moved which ref, newest first (or oldest first), page by page from a cursor. */
function activity(github: GitHub, request: ApiRequest): ApiAnswer {
  const { query } = request;
  if (query.has("time_period") || query.has("before")) throw missing("time_period and before in a list of activities");
  const repository = repositoryOf(github, request);
  const { perPage } = paging(query);
  const ref = query.get("ref");
  const fullRef = ref && (ref.startsWith("refs/") ? ref : `refs/heads/${ref}`);
  const actor = query.get("actor")?.toLowerCase();
  const type = query.get("activity_type");
  const oldestFirst = query.get("direction") === "asc";
  const cursor = query.has("after") ? Number(query.get("after")) : undefined;
  const wanted = (entry: ActivityRecord) =>
    (!fullRef || entry.ref === fullRef) &&
    (!actor || entry.actor.toLowerCase() === actor) &&
    (!type || entry.type === type) &&
    (cursor === undefined || (oldestFirst ? entry.id > cursor : entry.id < cursor));
  const found = github.records.activities(repository).filter(wanted);
  const all = oldestFirst ? found.reverse() : found;
  const shown = all.slice(0, perPage);
  const last = shown.at(-1);
  const next = last && all.length > shown.length ? { after: String(last.id) } : undefined;
  const headers = linkHeader(github, request, { next });
  return { status: 200, body: shown.map((entry) => activityShape(github, entry)), headers };
}

export const repositoryEndpoints: readonly Endpoint[] = [
  { method: "POST", path: "/orgs/{owner}/repos", needs: "administration:write", handle: create },
  {
    method: "GET",
    path: "/orgs/{owner}/repos",
    needs: "metadata:read",
    handle(github, request) {
      const { owner = "" } = request.params;
      if (!github.accounts.isOrganisation(owner)) throw notFound();
      const { items, headers } = pageOf(
        github,
        request,
        github.records.repositories(owner).filter((repository) => maySee(request.principal, repository)),
      );
      return { status: 200, body: items.map((repository) => shapeOf(github, request, repository)), headers };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}",
    needs: "metadata:read",
    handle: (github, request) => ({ status: 200, body: shapeOf(github, request, repositoryOf(github, request)) }),
  },
  { method: "PATCH", path: "/repos/{owner}/{repo}", needs: "administration:write", handle: change },
  { method: "DELETE", path: "/repos/{owner}/{repo}", needs: "administration:write", handle: remove },
  { method: "GET", path: "/repos/{owner}/{repo}/activity", needs: "contents:read", handle: activity },
];
