import { type ApiRequest, type Endpoint, type GitHub, GitHubError, missing, notFound, requireApp } from "../api.ts";
import { INSTALLATION_ID } from "../options.ts";
import { pageOf } from "../paging.ts";
import { accountShape, FOUNDED } from "../shapes/accounts.ts";
import { repositoryShape } from "../shapes/repositories.ts";
import type { Schemas } from "../shapes/schemas.ts";
import { deliveryEndpoints } from "./deliveries.ts";

/** The App, its installation and its tokens. Source: https://docs.github.com/en/rest/apps */

const permissions = {
  administration: "write",
  checks: "write",
  contents: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "write",
} as const;
const events = ["push", "repository"];

function appShape({ options, accounts, url }: GitHub): Schemas["integration"] {
  const { id, slug } = options.app;
  return {
    id,
    slug,
    node_id: "A_1",
    client_id: `Iv1.${id}`,
    owner: accountShape(url, accounts.organisation),
    name: "Turnpike",
    description: "",
    external_url: url,
    html_url: `${url}/apps/${slug}`,
    created_at: FOUNDED,
    updated_at: FOUNDED,
    permissions,
    events,
  };
}

function installationShape({ options, accounts, url }: GitHub): Schemas["installation"] {
  return {
    id: INSTALLATION_ID,
    account: accountShape(url, accounts.organisation),
    repository_selection: "all",
    access_tokens_url: `${url}/app/installations/${INSTALLATION_ID}/access_tokens`,
    repositories_url: `${url}/installation/repositories`,
    html_url: `${url}/organizations/${options.organisation}/settings/installations/${INSTALLATION_ID}`,
    app_id: options.app.id,
    app_slug: options.app.slug,
    target_id: accounts.organisation.id,
    target_type: "Organization",
    permissions,
    events,
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
    created_at: FOUNDED,
    updated_at: FOUNDED,
  };
}

function installationOf(path: string, isIt: (github: GitHub, request: ApiRequest) => boolean): Endpoint {
  return {
    method: "GET",
    path,
    handle(github, request) {
      requireApp(request);
      if (!isIt(github, request)) throw notFound();
      return { status: 200, body: installationShape(github) };
    },
  };
}

const ofOrganisation = ({ accounts }: GitHub, { params }: ApiRequest) => accounts.isOrganisation(params.owner ?? "");
const ofRepository = ({ records }: GitHub, { params }: ApiRequest) =>
  records.repository(params.owner ?? "", params.repo ?? "") !== undefined;
const ofId = (_github: GitHub, { params }: ApiRequest) => params.id === String(INSTALLATION_ID);

export const appEndpoints: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/app",
    handle(github, request) {
      requireApp(request);
      return { status: 200, body: appShape(github) };
    },
  },
  {
    method: "GET",
    path: "/app/installations",
    handle(github, request) {
      requireApp(request);
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
    handle(github, request) {
      requireApp(request);
      if (!ofId(github, request)) throw notFound();
      const { repositories, repository_ids: ids, permissions: narrowed } = request.body;
      if (repositories || ids || narrowed) {
        throw missing("installation tokens for single repositories or permissions");
      }
      const { token, expiresAt } = github.authentication.issueToken();
      const body: Schemas["installation-token"] = {
        token,
        expires_at: expiresAt,
        permissions,
        repository_selection: "all",
      };
      return { status: 201, body };
    },
  },
  {
    method: "GET",
    path: "/installation/repositories",
    handle(github, request) {
      if (request.principal.kind !== "installation") {
        throw new GitHubError(403, "You must authenticate with an installation access token");
      }
      const all = github.records.repositories(github.options.organisation);
      const { items, headers } = pageOf(github, request, all);
      const repositories = items.map((repository) => repositoryShape(github, repository, "admin"));
      return { status: 200, body: { total_count: all.length, repository_selection: "all", repositories }, headers };
    },
  },
  ...deliveryEndpoints,
];
