import { type ApiAnswer, type ApiRequest, type Endpoint, type GitHub, maySee } from "../api.ts";
import { narrowedPermissions } from "../app-permissions.ts";
import { GitHubError, notFound } from "../errors.ts";
import { INSTALLATION_ID } from "../options.ts";
import { pageOf } from "../paging.ts";
import { accessOf } from "../permissions.ts";
import type { RepositoryRecord } from "../rows.ts";
import { appShape, installationShape } from "../shapes/apps.ts";
import { repositoryShape } from "../shapes/repositories.ts";
import type { Schemas } from "../shapes/schemas.ts";
import { deliveryEndpoints } from "./deliveries.ts";

/** The App, its installation and its tokens. Source: https://docs.github.com/en/rest/apps */

function installationOf(path: string, isIt: (github: GitHub, request: ApiRequest) => boolean): Endpoint {
  return {
    method: "GET",
    path,
    needs: "app",
    handle(github, request) {
      if (!isIt(github, request)) throw notFound();
      return { status: 200, body: installationShape(github) };
    },
  };
}

const ofOrganisation = ({ accounts }: GitHub, { params }: ApiRequest) => accounts.isOrganisation(params.owner ?? "");
const ofRepository = ({ records }: GitHub, { params }: ApiRequest) =>
  records.repository(params.owner ?? "", params.repo ?? "") !== undefined;
const ofId = (_github: GitHub, { params }: ApiRequest) => params.id === String(INSTALLATION_ID);

/** The only repositories that a token shall be for, by what names them; undefined: all. */
function selectedRepositories(github: GitHub, { body }: ApiRequest): readonly RepositoryRecord[] | undefined {
  const { repositories: names, repository_ids: ids } = body;
  if (!Array.isArray(names) && !Array.isArray(ids)) return undefined;
  const all = github.records.repositories(github.options.organisation);
  const named = [
    ...(Array.isArray(names)
      ? names.map((name) => github.records.repository(github.options.organisation, String(name)))
      : []),
    ...(Array.isArray(ids) ? ids.map((id) => all.find((candidate) => candidate.id === id)) : []),
  ];
  const found = named.filter((repository) => repository !== undefined);
  if (found.length < named.length || found.length === 0) {
    const why = "There is at least one repository that does not exist or is not accessible to the parent installation.";
    throw new GitHubError(422, why);
  }
  return found;
}

/** A token for everything that was granted, or for less; 422 for more. */
function createToken(github: GitHub, request: ApiRequest): ApiAnswer {
  if (!ofId(github, request)) throw notFound();
  const permissions = narrowedPermissions(request.body.permissions);
  if (!permissions) throw new GitHubError(422, "The permissions requested are not granted to this installation.");
  const selected = selectedRepositories(github, request);
  const { token, expiresAt } = github.authentication.issueToken(
    permissions,
    selected?.map(({ id }) => id),
  );
  const body: Schemas["installation-token"] = {
    token,
    expires_at: expiresAt,
    permissions,
    repository_selection: selected ? "selected" : "all",
    ...(selected && { repositories: selected.map((repository) => repositoryShape(github, repository, "admin")) }),
  };
  return { status: 201, body };
}

export const appEndpoints: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/app",
    needs: "app",
    handle(github) {
      return { status: 200, body: appShape(github) };
    },
  },
  {
    method: "GET",
    path: "/app/installations",
    needs: "app",
    handle(github, request) {
      const { items, headers } = pageOf(github, request, [installationShape(github)]);
      return { status: 200, body: items, headers };
    },
  },
  installationOf("/app/installations/{id}", ofId),
  installationOf("/orgs/{owner}/installation", ofOrganisation),
  installationOf("/users/{owner}/installation", ofOrganisation),
  installationOf("/repos/{owner}/{repo}/installation", ofRepository),
  {
    method: "POST",
    path: "/app/installations/{id}/access_tokens",
    needs: "app",
    handle: createToken,
  },
  {
    method: "GET",
    path: "/installation/repositories",
    needs: "metadata:read",
    handle(github, request) {
      if (request.principal.kind !== "installation") {
        throw new GitHubError(403, "You must authenticate with an installation access token");
      }
      const all = github.records
        .repositories(github.options.organisation)
        .filter((repository) => maySee(request.principal, repository));
      const { items, headers } = pageOf(github, request, all);
      const repositories = items.map((repository) =>
        repositoryShape(github, repository, accessOf(github, repository, request.principal)),
      );
      const selection = request.principal.repositories ? "selected" : "all";
      return { status: 200, body: { total_count: all.length, repository_selection: selection, repositories }, headers };
    },
  },
  ...deliveryEndpoints,
];
