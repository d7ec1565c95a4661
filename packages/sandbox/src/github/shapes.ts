import type { GitCommit } from "./git.ts";
import type { Account, ActivityRecord, ProtectionRecord, RepositoryRecord } from "./records.ts";

/** GitHub's JSON. Source: https://docs.github.com/en/rest, API version 2022-11-28. */

const nodeId = (kind: string, id: number) => Buffer.from(`${kind}:${id}`).toString("base64");

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
  };
}

export function repositoryShape(url: string, repository: RepositoryRecord, owner: Account) {
  const fullName = `${repository.owner}/${repository.name}`;
  const api = `${url}/repos/${fullName}`;
  return {
    id: repository.id,
    node_id: nodeId("Repository", repository.id),
    name: repository.name,
    full_name: fullName,
    private: repository.private,
    visibility: repository.private ? "private" : "public",
    owner: accountShape(url, owner),
    html_url: `${url}/${fullName}`,
    description: repository.description,
    fork: false,
    url: api,
    branches_url: `${api}/branches{/branch}`,
    commits_url: `${api}/commits{/sha}`,
    compare_url: `${api}/compare/{base}...{head}`,
    contents_url: `${api}/contents/{+path}`,
    created_at: repository.createdAt,
    updated_at: repository.updatedAt,
    pushed_at: repository.pushedAt,
    git_url: `${url.replace(/^http/, "git")}/${fullName}.git`,
    ssh_url: `ssh://git@localhost/${fullName}.git`,
    clone_url: `${url}/${fullName}.git`,
    default_branch: repository.defaultBranch,
    archived: false,
    disabled: false,
    topics: [],
    permissions: { admin: true, maintain: true, push: true, triage: true, pull: true },
  };
}

export function commitShape(
  url: string,
  repository: RepositoryRecord,
  commit: GitCommit,
  accountOf: (email: string) => Account | undefined,
) {
  const fullName = `${repository.owner}/${repository.name}`;
  const api = `${url}/repos/${fullName}`;
  const account = (email: string) => {
    const found = accountOf(email);
    return found ? accountShape(url, found) : null;
  };
  return {
    sha: commit.sha,
    node_id: Buffer.from(commit.sha).toString("base64"),
    commit: {
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      url: `${api}/git/commits/${commit.sha}`,
      comment_count: 0,
      verification: { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null },
    },
    url: `${api}/commits/${commit.sha}`,
    html_url: `${url}/${fullName}/commit/${commit.sha}`,
    comments_url: `${api}/commits/${commit.sha}/comments`,
    author: account(commit.author.email),
    committer: account(commit.committer.email),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url: `${url}/${fullName}/commit/${sha}`,
    })),
  };
}

export function activityShape(url: string, activity: ActivityRecord, actor: Account) {
  return {
    id: activity.id,
    node_id: nodeId("Push", activity.id),
    before: activity.before,
    after: activity.after,
    ref: activity.ref,
    timestamp: activity.at,
    activity_type: activity.type,
    actor: accountShape(url, actor),
  };
}

export function protectionShape(
  url: string,
  repository: RepositoryRecord,
  branch: string,
  protection: ProtectionRecord,
) {
  const api = `${url}/repos/${repository.owner}/${repository.name}/branches/${branch}/protection`;
  return {
    url: api,
    enforce_admins: { url: `${api}/enforce_admins`, enabled: true },
    allow_force_pushes: { enabled: false },
    allow_deletions: { enabled: false },
    restrictions: {
      url: `${api}/restrictions`,
      users_url: `${api}/restrictions/users`,
      teams_url: `${api}/restrictions/teams`,
      apps_url: `${api}/restrictions/apps`,
      users: protection.users.map((login) => ({ login })),
      teams: [],
      apps: protection.apps.map((slug) => ({ slug })),
    },
  };
}
