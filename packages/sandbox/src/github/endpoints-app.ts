import { type ApiRequest, type Endpoint, type GitHub, GitHubError, notFound, paging } from "./api.ts";
import { INSTALLATION_ID } from "./options.ts";
import type { DeliveryRecord } from "./records.ts";
import { accountShape } from "./shapes.ts";

/** The App, its installation, its tokens and its webhook deliveries; users and the organisation. */

const permissions = {
  administration: "write",
  contents: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "write",
  checks: "write",
};

const organisationAccount = (github: GitHub) => github.accountOf(github.options.organisation);

function requireApp({ principal }: ApiRequest): void {
  if (principal.kind !== "app") throw new GitHubError(401, "A JSON web token could not be decoded");
}

function appShape(github: GitHub) {
  const { id, slug } = github.options.app;
  return {
    id,
    slug,
    node_id: "A_1",
    client_id: `Iv1.${id}`,
    owner: accountShape(github.url, organisationAccount(github)),
    name: "Turnpike",
    description: "",
    external_url: github.url,
    html_url: `${github.url}/apps/${slug}`,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
    permissions,
    events: ["push", "repository"],
  };
}

function installationShape(github: GitHub) {
  const api = `${github.url}/app/installations/${INSTALLATION_ID}`;
  return {
    id: INSTALLATION_ID,
    account: accountShape(github.url, organisationAccount(github)),
    repository_selection: "all",
    access_tokens_url: `${api}/access_tokens`,
    repositories_url: `${github.url}/installation/repositories`,
    html_url: `${github.url}/organizations/${github.options.organisation}/settings/installations/${INSTALLATION_ID}`,
    app_id: github.options.app.id,
    app_slug: github.options.app.slug,
    target_id: organisationAccount(github).id,
    target_type: "Organization",
    permissions,
    events: ["push", "repository"],
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
    created_at: "2026-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
  };
}

function deliveryShape(delivery: DeliveryRecord) {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: delivery.deliveredAt,
    redelivery: delivery.redelivery,
    duration: delivery.durationSeconds,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: INSTALLATION_ID,
    repository_id: null,
    throttled_at: null,
  };
}

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
      return { status: 200, body: [installationShape(github)] };
    },
  },
  ...["/orgs/{owner}/installation", "/repos/{owner}/{repo}/installation", "/users/{owner}/installation"].map(
    (path): Endpoint => ({
      method: "GET",
      path,
      handle(github, request) {
        requireApp(request);
        if (request.params.owner?.toLowerCase() !== github.options.organisation.toLowerCase()) throw notFound();
        return { status: 200, body: installationShape(github) };
      },
    }),
  ),
  {
    method: "POST",
    path: "/app/installations/{id}/access_tokens",
    handle(github, request) {
      requireApp(request);
      if (request.params.id !== String(INSTALLATION_ID)) throw notFound();
      const { token, expiresAt } = github.authentication.issueToken();
      return { status: 201, body: { token, expires_at: expiresAt, permissions, repository_selection: "all" } };
    },
  },
  {
    method: "GET",
    path: "/app/hook/deliveries",
    handle(github, request) {
      requireApp(request);
      const { perPage } = paging(request.query);
      return { status: 200, body: github.records.deliveries().slice(0, perPage).map(deliveryShape) };
    },
  },
  {
    method: "POST",
    path: "/app/hook/deliveries/{id}/attempts",
    async handle(github, request) {
      requireApp(request);
      const delivery = github.records.delivery(Number(request.params.id));
      if (!delivery) throw notFound();
      await github.webhooks.redeliver(delivery);
      return { status: 202, body: {} };
    },
  },
  {
    method: "GET",
    path: "/user",
    handle(github, { principal }) {
      if (principal.kind !== "user") throw new GitHubError(403, "Resource not accessible by integration");
      return { status: 200, body: accountShape(github.url, principal.account) };
    },
  },
  {
    method: "GET",
    path: "/users/{login}",
    handle: (github, { params }) => ({
      status: 200,
      body: accountShape(github.url, github.accountOf(params.login ?? "")),
    }),
  },
  {
    method: "GET",
    path: "/orgs/{owner}",
    handle(github, { params }) {
      const account = github.accountOf(params.owner ?? "");
      if (account.type !== "Organization") throw notFound();
      return { status: 200, body: accountShape(github.url, account) };
    },
  },
];
