import {
  type ApiAnswer,
  type ApiRequest,
  type Endpoint,
  type GitHub,
  GitHubError,
  invalid,
  missing,
  repositoryOf,
} from "../api.ts";
import { readRefs } from "../bare.ts";
import { readCommit } from "../commits.ts";
import { pageOf } from "../paging.ts";
import { requireAccess } from "../permissions.ts";
import type { ProtectionRecord, RepositoryRecord } from "../records.ts";
import { commitShape } from "../shapes/commits.ts";
import { protectionShape } from "../shapes/refs.ts";
import type { Schemas } from "../shapes/schemas.ts";

/** Branches and their protection. Source: https://docs.github.com/en/rest/branches */

const PREFIX = "refs/heads/";

function headOf(github: GitHub, repository: RepositoryRecord, branch: string): string {
  const sha = readRefs(github.directoryOf(repository)).get(`${PREFIX}${branch}`);
  if (!sha) throw new GitHubError(404, "Branch not found");
  return sha;
}

function list(github: GitHub, request: ApiRequest): ApiAnswer {
  const repository = repositoryOf(github, request);
  const { owner, name } = repository;
  const branches = [...readRefs(github.directoryOf(repository))]
    .filter(([ref]) => ref.startsWith(PREFIX))
    .map(([ref, sha]): Schemas["short-branch"] => {
      const branch = ref.slice(PREFIX.length);
      return {
        name: branch,
        commit: { sha, url: `${github.url}/repos/${owner}/${name}/commits/${sha}` },
        protected: github.records.protection(repository, branch) !== undefined,
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const only = request.query.get("protected");
  const wanted = branches.filter((branch) => only === null || String(branch.protected) === only);
  const { items, headers } = pageOf(github, request, wanted);
  return { status: 200, body: items, headers };
}

async function get(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const repository = repositoryOf(github, request);
  const { branch = "" } = request.params;
  const commit = await readCommit(github.directoryOf(repository), headOf(github, repository, branch));
  if (!commit) throw new GitHubError(404, "Branch not found");
  const protection = github.records.protection(repository, branch);
  const place = `${repository.owner}/${repository.name}`;
  const api = `${github.url}/repos/${place}/branches/${encodeURIComponent(branch)}`;
  const body: Schemas["branch-with-protection"] = {
    name: branch,
    commit: commitShape(github, repository, commit),
    _links: { self: api, html: `${github.url}/${place}/tree/${branch}` },
    protected: protection !== undefined,
    protection: { enabled: protection !== undefined },
    protection_url: `${api}/protection`,
  };
  return { status: 200, body };
}

interface Restrictions {
  readonly users?: readonly string[];
  readonly teams?: readonly string[];
  readonly apps?: readonly string[];
}

/** Reads what a branch's protection shall be. Every rule that the sandbox doesn't keep is refused by its name. */
function protectionOf(github: GitHub, { body }: ApiRequest): ProtectionRecord {
  for (const field of ["required_status_checks", "required_pull_request_reviews", "restrictions", "enforce_admins"]) {
    if (body[field] === undefined) throw invalid("ProtectedBranch", field, `${field} wasn't supplied.`);
  }
  if (body.required_status_checks !== null) throw missing("required status checks");
  if (body.required_pull_request_reviews !== null) throw missing("required reviews of pull requests");
  for (const rule of ["required_linear_history", "lock_branch", "required_conversation_resolution"]) {
    if (body[rule] === true) throw missing(`protection by ${rule}`);
  }
  const restrictions = body.restrictions as Restrictions | null;
  if (restrictions?.teams?.length) throw missing("teams in the restrictions of a branch");
  const users = restrictions?.users ?? [];
  const apps = restrictions?.apps ?? [];
  const unknown =
    users.find((login) => !github.accounts.member(login)) ?? apps.find((slug) => slug !== github.options.app.slug);
  if (unknown !== undefined) throw invalid("ProtectedBranch", "restrictions", `Unknown actor: ${unknown}`);
  return {
    restrictions: restrictions && { users: users.map((login) => login.toLowerCase()), apps },
    enforceAdmins: body.enforce_admins === true,
    allowForcePushes: body.allow_force_pushes === true,
    allowDeletions: body.allow_deletions === true,
  };
}

function answerOf(github: GitHub, repository: RepositoryRecord, branch: string): ApiAnswer {
  const protection = github.records.protection(repository, branch);
  if (!protection) throw new GitHubError(404, "Branch not protected");
  return { status: 200, body: protectionShape(github, repository, branch, protection) };
}

const PROTECTION = "/repos/{owner}/{repo}/branches/{branch}/protection";

export const branchEndpoints: readonly Endpoint[] = [
  { method: "GET", path: "/repos/{owner}/{repo}/branches", handle: list },
  { method: "GET", path: "/repos/{owner}/{repo}/branches/{branch}", handle: get },
  {
    method: "GET",
    path: PROTECTION,
    handle(github, request) {
      const repository = repositoryOf(github, request);
      requireAccess(github, repository, request.principal, "admin");
      return answerOf(github, repository, request.params.branch ?? "");
    },
  },
  {
    method: "PUT",
    path: PROTECTION,
    handle(github, request) {
      const repository = repositoryOf(github, request);
      requireAccess(github, repository, request.principal, "admin");
      const { branch = "" } = request.params;
      headOf(github, repository, branch);
      github.records.saveProtection(repository, branch, protectionOf(github, request));
      return answerOf(github, repository, branch);
    },
  },
  {
    method: "DELETE",
    path: PROTECTION,
    handle(github, request) {
      const repository = repositoryOf(github, request);
      requireAccess(github, repository, request.principal, "admin");
      if (!github.records.removeProtection(repository, request.params.branch ?? "")) {
        throw new GitHubError(404, "Branch not protected");
      }
      return { status: 204 };
    },
  },
];
