import type { Account } from "../accounts.ts";
import { nodeId, type Schemas } from "./schemas.ts";

/** Accounts as GitHub shows them. Source: https://docs.github.com/en/rest/users, API version 2022-11-28. */

/** When the sandbox's accounts were made. */
export const FOUNDED = "2026-01-01T00:00:00Z";

export function accountShape(url: string, account: Account) {
  const login = encodeURIComponent(account.login);
  const api = `${url}/users/${login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.type, account.id),
    avatar_url: `${url}/avatars/${account.id}`,
    gravatar_id: "",
    url: api,
    html_url: `${url}/${login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: account.type,
    site_admin: false,
  } satisfies Schemas["simple-user"];
}

export function userShape(url: string, account: Account): Schemas["public-user"] {
  return {
    ...accountShape(url, account),
    name: account.name,
    company: null,
    blog: "",
    location: null,
    email: account.email || null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: FOUNDED,
    updated_at: FOUNDED,
  };
}

/** As an event carries it. */
export function organisationSummary(url: string, account: Account): Schemas["organization-simple-webhooks"] {
  const api = `${url}/orgs/${account.login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId("Organization", account.id),
    url: api,
    repos_url: `${api}/repos`,
    events_url: `${api}/events`,
    hooks_url: `${api}/hooks`,
    issues_url: `${api}/issues`,
    members_url: `${api}/members{/member}`,
    public_members_url: `${api}/public_members{/member}`,
    avatar_url: `${url}/avatars/${account.id}`,
    description: null,
  };
}

export function organisationShape(url: string, account: Account): Schemas["organization-full"] {
  return {
    ...organisationSummary(url, account),
    name: account.name,
    html_url: `${url}/${account.login}`,
    has_organization_projects: false,
    has_repository_projects: false,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    type: "Organization",
    created_at: FOUNDED,
    updated_at: FOUNDED,
    archived_at: null,
  };
}
