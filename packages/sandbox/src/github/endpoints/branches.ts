import { type ApiAnswer, type ApiRequest, type Endpoint, type GitHub, repositoryOf } from "../api.ts";
import { readRefs } from "../bare.ts";
import { readCommit } from "../commits.ts";
import { GitHubError } from "../errors.ts";
import { pageOf } from "../paging.ts";
import type { RepositoryRecord } from "../rows.ts";
import { commitShape } from "../shapes/commits.ts";
import type { Schemas } from "../shapes/schemas.ts";

/** Branches and their protection. Source: https://docs.github.com/en/rest/branches */

const PREFIX = "refs/heads/";

export function headOf(github: GitHub, repository: RepositoryRecord, branch: string): string {
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

export const branchEndpoints: readonly Endpoint[] = [
  { method: "GET", path: "/repos/{owner}/{repo}/branches", needs: "contents:read", handle: list },
  { method: "GET", path: "/repos/{owner}/{repo}/branches/{branch}", needs: "contents:read", handle: get },
];
