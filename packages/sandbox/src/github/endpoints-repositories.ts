import { rmSync } from "node:fs";
import {
  type ApiRequest,
  type Endpoint,
  type GitHub,
  GitHubError,
  linkHeader,
  mayWrite,
  notFound,
  paging,
  repositoryOf,
  text,
} from "./api.ts";
import { git, initBare, log, readRefs, resolveCommit } from "./git.ts";
import { type RepositoryRecord, users } from "./records.ts";
import { activityShape, commitShape, protectionShape, repositoryShape } from "./shapes.ts";

const NAME = /^[A-Za-z0-9._-]{1,100}$/;

function shapeOf(github: GitHub, repository: RepositoryRecord) {
  return repositoryShape(github.url, repository, github.accountOf(repository.owner));
}

function create(github: GitHub, request: ApiRequest) {
  const owner = request.params.owner ?? "";
  if (owner.toLowerCase() !== github.options.organisation.toLowerCase()) throw notFound();
  if (!mayWrite(request.principal) || request.principal.kind === "app") {
    throw new GitHubError(403, "Resource not accessible by integration");
  }
  const name = text(request.body.name) ?? "";
  if (!NAME.test(name) || name === "." || name === ".." || name.endsWith(".git")) {
    throw new GitHubError(422, "Repository creation failed.", [
      { resource: "Repository", code: "custom", field: "name", message: "name is invalid" },
    ]);
  }
  if (github.records.repository(owner, name)) {
    throw new GitHubError(422, "Repository creation failed.", [
      { resource: "Repository", code: "custom", field: "name", message: "name already exists on this account" },
    ]);
  }
  const now = github.clock
    .now()
    .toISOString()
    .replace(/\.\d+Z$/, "Z");
  const repository: RepositoryRecord = {
    id: github.records.nextId(),
    owner: github.options.organisation,
    name,
    description: text(request.body.description) ?? null,
    private: request.body.private === true || request.body.visibility === "private",
    createdAt: now,
    updatedAt: now,
    pushedAt: null,
    defaultBranch: "main",
  };
  // A folder left by a crash before its record was written belongs to nobody.
  rmSync(github.directoryOf(repository), { recursive: true, force: true });
  initBare(github.directoryOf(repository), repository.defaultBranch);
  github.records.saveRepository(repository);
  const shape = shapeOf(github, repository);
  github.webhooks.publish("repository", shape.full_name, { action: "created", repository: shape });
  return { status: 201, body: shape };
}

async function requireCommit(github: GitHub, repository: RepositoryRecord, ref: string): Promise<string> {
  const sha = await resolveCommit(github.directoryOf(repository), ref);
  if (!sha) throw new GitHubError(422, `No commit found for SHA: ${ref}`);
  return sha;
}

const accountByEmail = (email: string) => users.find((user) => user.email === email);

export const repositoryEndpoints: readonly Endpoint[] = [
  { method: "POST", path: "/orgs/{owner}/repos", handle: create },
  {
    method: "GET",
    path: "/orgs/{owner}/repos",
    handle(github, request) {
      const { perPage, page, skip } = paging(request.query);
      const all = github.records.repositories(request.params.owner ?? "");
      const next = all.length > skip + perPage ? { page: String(page + 1) } : undefined;
      const body = all.slice(skip, skip + perPage).map((repository) => shapeOf(github, repository));
      return { status: 200, body, headers: linkHeader(github, request, next) };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}",
    handle: (github, request) => ({ status: 200, body: shapeOf(github, repositoryOf(github, request)) }),
  },
  {
    method: "PATCH",
    path: "/repos/{owner}/{repo}",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      if (!mayWrite(request.principal)) throw new GitHubError(403, "Must have admin rights to Repository.");
      const changed = { ...repository, description: text(request.body.description) ?? repository.description };
      github.records.saveRepository(changed);
      return { status: 200, body: shapeOf(github, changed) };
    },
  },
  {
    method: "DELETE",
    path: "/repos/{owner}/{repo}",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      if (!mayWrite(request.principal)) throw new GitHubError(403, "Must have admin rights to Repository.");
      github.records.removeRepository(repository);
      rmSync(github.directoryOf(repository), { recursive: true, force: true });
      return { status: 204 };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/activity",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      const { perPage } = paging(request.query);
      const ref = request.query.get("ref");
      const wanted = ref && (ref.startsWith("refs/") ? ref : `refs/heads/${ref}`);
      const after = Number(request.query.get("after") ?? Number.POSITIVE_INFINITY);
      const all = github.records
        .activities(repository)
        .filter((activity) => (!wanted || activity.ref === wanted) && activity.id < after);
      const shown = all.slice(0, perPage);
      const last = shown.at(-1);
      const next = all.length > shown.length && last ? { after: String(last.id) } : undefined;
      const body = shown.map((activity) => activityShape(github.url, activity, github.accountOf(activity.actor)));
      return { status: 200, body, headers: linkHeader(github, request, next) };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/commits",
    async handle(github, request) {
      const repository = repositoryOf(github, request);
      const { perPage, page, skip } = paging(request.query);
      const directory = github.directoryOf(repository);
      if (readRefs(directory).size === 0) throw new GitHubError(409, "Git Repository is empty.");
      const sha = await resolveCommit(directory, request.query.get("sha") ?? repository.defaultBranch);
      if (!sha) throw notFound();
      const commits = (await log(directory, sha, perPage + 1, skip)) ?? [];
      const next = commits.length > perPage ? { page: String(page + 1) } : undefined;
      const body = commits
        .slice(0, perPage)
        .map((commit) => commitShape(github.url, repository, commit, accountByEmail));
      return { status: 200, body, headers: linkHeader(github, request, next) };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/commits/{ref+}",
    async handle(github, request) {
      const repository = repositoryOf(github, request);
      const sha = await requireCommit(github, repository, request.params.ref ?? "");
      const [commit] = (await log(github.directoryOf(repository), sha, 1)) ?? [];
      if (!commit) throw notFound();
      return { status: 200, body: commitShape(github.url, repository, commit, accountByEmail) };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/compare/{basehead+}",
    async handle(github, request) {
      const repository = repositoryOf(github, request);
      const [baseRef = "", headRef = ""] = (request.params.basehead ?? "").split("...");
      const directory = github.directoryOf(repository);
      const [base, head] = await Promise.all([resolveCommit(directory, baseRef), resolveCommit(directory, headRef)]);
      if (!base || !head) throw notFound();
      const { perPage, skip } = paging(new URLSearchParams({ per_page: "100", ...Object.fromEntries(request.query) }));
      const ahead = (await log(directory, `${base}..${head}`, 1000)) ?? [];
      const behind = (await log(directory, `${head}..${base}`, 1000)) ?? [];
      const [baseCommit] = (await log(directory, base, 1)) ?? [];
      const status =
        ahead.length > 0 ? (behind.length > 0 ? "diverged" : "ahead") : behind.length > 0 ? "behind" : "identical";
      return {
        status: 200,
        body: {
          status,
          ahead_by: ahead.length,
          behind_by: behind.length,
          total_commits: ahead.length,
          base_commit: baseCommit && commitShape(github.url, repository, baseCommit, accountByEmail),
          // Oldest first, as GitHub lists them.
          commits: ahead
            .toReversed()
            .slice(skip, skip + perPage)
            .map((commit) => commitShape(github.url, repository, commit, accountByEmail)),
        },
      };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/branches/{branch}",
    async handle(github, request) {
      const repository = repositoryOf(github, request);
      const branch = request.params.branch ?? "";
      const sha = readRefs(github.directoryOf(repository)).get(`refs/heads/${branch}`);
      const [commit] = sha ? ((await log(github.directoryOf(repository), sha, 1)) ?? []) : [];
      if (!commit) throw new GitHubError(404, "Branch not found");
      return {
        status: 200,
        body: {
          name: branch,
          commit: commitShape(github.url, repository, commit, accountByEmail),
          protected: github.records.protection(repository, branch) !== undefined,
        },
      };
    },
  },
  {
    method: "PUT",
    path: "/repos/{owner}/{repo}/branches/{branch}/protection",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      if (!mayWrite(request.principal)) throw new GitHubError(403, "Must have admin rights to Repository.");
      const restrictions = (request.body.restrictions ?? {}) as { users?: string[]; apps?: string[] };
      const protection = { users: restrictions.users ?? [], apps: restrictions.apps ?? [] };
      const branch = request.params.branch ?? "";
      github.records.saveProtection(repository, branch, protection);
      return { status: 200, body: protectionShape(github.url, repository, branch, protection) };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/branches/{branch}/protection",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      const branch = request.params.branch ?? "";
      const protection = github.records.protection(repository, branch);
      if (!protection) throw new GitHubError(404, "Branch not protected");
      return { status: 200, body: protectionShape(github.url, repository, branch, protection) };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/git/ref/{ref+}",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      const ref = `refs/${request.params.ref}`;
      const sha = readRefs(github.directoryOf(repository)).get(ref);
      if (!sha) throw notFound();
      const api = `${github.url}/repos/${repository.owner}/${repository.name}/git`;
      return {
        status: 200,
        body: {
          ref,
          node_id: Buffer.from(ref).toString("base64"),
          url: `${api}/${ref}`,
          object: { sha, type: "commit", url: `${api}/commits/${sha}` },
        },
      };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/contents/{path+}",
    async handle(github, request) {
      const repository = repositoryOf(github, request);
      const directory = github.directoryOf(repository);
      const sha = await resolveCommit(directory, request.query.get("ref") ?? repository.defaultBranch);
      const path = request.params.path ?? "";
      const content = sha && (await git(directory, ["cat-file", "blob", `${sha}:${path}`]));
      const object = sha && (await git(directory, ["rev-parse", "--verify", "--end-of-options", `${sha}:${path}`]));
      if (!content || !object) throw notFound();
      return {
        status: 200,
        body: {
          type: "file",
          encoding: "base64",
          size: content.length,
          name: path.split("/").at(-1),
          path,
          content: content.toString("base64"),
          sha: object.toString("utf8").trim(),
        },
      };
    },
  },
];
