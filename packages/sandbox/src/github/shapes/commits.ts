import type { GitHub } from "../api.ts";
import type { ChangedFile, GitCommit } from "../commits.ts";
import type { RepositoryRecord } from "../rows.ts";
import { accountShape } from "./accounts.ts";
import { apiOf, pageOf } from "./addresses.ts";
import type { Schemas } from "./schemas.ts";

/** Commits as GitHub shows them. Source: https://docs.github.com/en/rest/commits, API version 2022-11-28. */

const unsigned: Schemas["verification"] = {
  verified: false,
  reason: "unsigned",
  signature: null,
  payload: null,
  verified_at: null,
};

export function commitShape(github: GitHub, repository: RepositoryRecord, commit: GitCommit): Schemas["commit"] {
  const api = apiOf(github, repository);
  const page = pageOf(github, repository);
  const account = (email: string) => {
    const found = github.accounts.byEmail(email);
    return found ? accountShape(github.url, found) : null;
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
      verification: unsigned,
    },
    url: `${api}/commits/${commit.sha}`,
    html_url: `${page}/commit/${commit.sha}`,
    comments_url: `${api}/commits/${commit.sha}/comments`,
    author: account(commit.author.email),
    committer: account(commit.committer.email),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
    })),
  };
}

/** A commit as the Git data endpoints show it. */
export function gitCommitShape(github: GitHub, repository: RepositoryRecord, commit: GitCommit): Schemas["git-commit"] {
  const api = apiOf(github, repository);
  const page = pageOf(github, repository);
  return {
    sha: commit.sha,
    node_id: Buffer.from(commit.sha).toString("base64"),
    url: `${api}/git/commits/${commit.sha}`,
    html_url: `${page}/commit/${commit.sha}`,
    author: commit.author,
    committer: commit.committer,
    message: commit.message,
    tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/git/commits/${sha}`,
      html_url: `${page}/commit/${sha}`,
    })),
    verification: unsigned,
  };
}

/** A commit as events and check suites carry it. */
export function simpleCommitShape({ sha, tree, message, author, committer }: GitCommit) {
  return {
    id: sha,
    tree_id: tree,
    message,
    timestamp: committer.date,
    author: { name: author.name, email: author.email },
    committer: { name: committer.name, email: committer.email },
  } satisfies Schemas["simple-commit"];
}

/** A changed file, without its patch. @param sha of the commit after the change */
export function fileShape(
  github: GitHub,
  repository: RepositoryRecord,
  sha: string,
  file: ChangedFile,
): Schemas["diff-entry"] {
  const place = file.path.split("/").map(encodeURIComponent).join("/");
  const page = pageOf(github, repository);
  return {
    sha: file.status === "removed" ? null : file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${page}/blob/${sha}/${place}`,
    raw_url: `${page}/raw/${sha}/${place}`,
    contents_url: `${apiOf(github, repository)}/contents/${place}?ref=${sha}`,
  };
}
