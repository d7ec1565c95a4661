import type { Access } from "../accounts.ts";
import type { GitHub } from "../api.ts";
import type { RepositoryRecord } from "../rows.ts";
import { accountShape } from "./accounts.ts";
import { nodeId, type Schemas } from "./schemas.ts";

/** Repositories as GitHub shows them. Source: https://docs.github.com/en/rest/repos, API version 2022-11-28. */

/** `read` may pull, `write` may push too, `admin` may everything. */
export function permissionsShape(access: Access) {
  const push = access !== "read";
  const admin = access === "admin";
  return { admin, maintain: admin, push, triage: push, pull: true };
}

/** @param access of who asks */
export function repositoryShape(github: GitHub, repository: RepositoryRecord, access: Access = "read") {
  const { url, accounts } = github;
  const fullName = `${repository.owner}/${repository.name}`;
  const api = `${url}/repos/${fullName}`;
  return {
    id: repository.id,
    node_id: nodeId("Repository", repository.id),
    name: repository.name,
    full_name: fullName,
    private: repository.private,
    visibility: repository.private ? "private" : "public",
    owner: accountShape(url, accounts.find(repository.owner) ?? accounts.organisation),
    html_url: `${url}/${fullName}`,
    description: repository.description,
    fork: false,
    created_at: repository.createdAt,
    updated_at: repository.updatedAt,
    pushed_at: repository.pushedAt ?? repository.createdAt,
    default_branch: repository.defaultBranch,
    permissions: permissionsShape(access),
    ...addresses(url, fullName, api),
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    size: 0,
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    subscribers_count: 0,
    network_count: 0,
    open_issues: 0,
    open_issues_count: 0,
    has_issues: false,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    has_downloads: false,
    archived: false,
    disabled: false,
    topics: [],
  } satisfies Schemas["full-repository"];
}

function addresses(url: string, fullName: string, api: string) {
  return {
    url: api,
    clone_url: `${url}/${fullName}.git`,
    git_url: `${url.replace(/^http/, "git")}/${fullName}.git`,
    ssh_url: `ssh://git@localhost/${fullName}.git`,
    svn_url: `${url}/${fullName}`,
    archive_url: `${api}/{archive_format}{/ref}`,
    assignees_url: `${api}/assignees{/user}`,
    blobs_url: `${api}/git/blobs{/sha}`,
    branches_url: `${api}/branches{/branch}`,
    collaborators_url: `${api}/collaborators{/collaborator}`,
    comments_url: `${api}/comments{/number}`,
    commits_url: `${api}/commits{/sha}`,
    compare_url: `${api}/compare/{base}...{head}`,
    contents_url: `${api}/contents/{+path}`,
    contributors_url: `${api}/contributors`,
    deployments_url: `${api}/deployments`,
    downloads_url: `${api}/downloads`,
    events_url: `${api}/events`,
    forks_url: `${api}/forks`,
    git_commits_url: `${api}/git/commits{/sha}`,
    git_refs_url: `${api}/git/refs{/sha}`,
    git_tags_url: `${api}/git/tags{/sha}`,
    hooks_url: `${api}/hooks`,
    issue_comment_url: `${api}/issues/comments{/number}`,
    issue_events_url: `${api}/issues/events{/number}`,
    issues_url: `${api}/issues{/number}`,
    keys_url: `${api}/keys{/key_id}`,
    labels_url: `${api}/labels{/name}`,
    languages_url: `${api}/languages`,
    merges_url: `${api}/merges`,
    milestones_url: `${api}/milestones{/number}`,
    notifications_url: `${api}/notifications{?since,all,participating}`,
    pulls_url: `${api}/pulls{/number}`,
    releases_url: `${api}/releases{/id}`,
    stargazers_url: `${api}/stargazers`,
    statuses_url: `${api}/statuses/{sha}`,
    subscribers_url: `${api}/subscribers`,
    subscription_url: `${api}/subscription`,
    tags_url: `${api}/tags`,
    teams_url: `${api}/teams`,
    trees_url: `${api}/git/trees{/sha}`,
  };
}
