import type { GitHub } from "../api.ts";
import type { CommentRecord, PullRecord, RepositoryRecord, ReviewRecord } from "../rows.ts";
import { accountShape } from "./accounts.ts";
import { apiOf, pageOf } from "./addresses.ts";
import { repositoryShape } from "./repositories.ts";
import { nodeId, type Schemas } from "./schemas.ts";

/** Pull requests, their reviews and comments as GitHub shows them. Source: https://docs.github.com/en/rest/pulls, API version 2022-11-28. */

/** What a pull request amounts to, beside its own row: counted from git and from the rules of its base. */
export interface PullFacts {
  readonly mergeable: boolean | null;
  /** `clean`, `blocked`, `dirty`, … */
  readonly mergeableState: string;
  readonly commits: number;
  readonly additions: number;
  readonly deletions: number;
  readonly changedFiles: number;
}

/** An account that acts here; the App's bot where the record names none that is known. */
function shapeOf({ accounts, url }: GitHub, login: string) {
  return accountShape(url, accounts.find(login) ?? accounts.bot);
}

/** Everyone here belongs to the organisation; an App's bot to nobody. */
const associationOf = ({ accounts }: GitHub, login: string) => (accounts.member(login) ? "MEMBER" : "NONE");

function sideOf(github: GitHub, repository: RepositoryRecord, ref: string, sha: string) {
  const owner = github.accounts.find(repository.owner) ?? github.accounts.organisation;
  const repo = { ...repositoryShape(github, repository), allow_forking: false, is_template: false };
  const user = accountShape(github.url, owner);
  return { label: `${repository.owner}:${ref}`, ref, sha, user, repo: { ...repo, web_commit_signoff_required: false } };
}

export function pullShape(github: GitHub, repository: RepositoryRecord, pull: PullRecord) {
  const api = apiOf(github, repository);
  const html = `${pageOf(github, repository)}/pull/${pull.number}`;
  const self = `${api}/pulls/${pull.number}`;
  const issue = `${api}/issues/${pull.number}`;
  const statuses = `${api}/statuses/${pull.headSha}`;
  const addresses = {
    issue_url: issue,
    commits_url: `${self}/commits`,
    review_comments_url: `${self}/comments`,
    review_comment_url: `${api}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: statuses,
  };
  return {
    url: self,
    id: pull.id,
    node_id: nodeId("PullRequest", pull.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    ...addresses,
    number: pull.number,
    state: pull.state,
    locked: false,
    active_lock_reason: null,
    title: pull.title,
    user: shapeOf(github, pull.author),
    body: pull.body,
    labels: [],
    milestone: null,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.merge?.at ?? null,
    merge_commit_sha: pull.merge?.sha ?? null,
    assignee: null,
    assignees: [],
    requested_reviewers: pull.reviewers.map((login) => shapeOf(github, login)),
    requested_teams: [],
    head: sideOf(github, repository, pull.headRef, pull.headSha),
    base: sideOf(github, repository, pull.baseRef, pull.baseSha),
    _links: {
      self: { href: self },
      html: { href: html },
      issue: { href: issue },
      comments: { href: addresses.comments_url },
      review_comments: { href: addresses.review_comments_url },
      review_comment: { href: addresses.review_comment_url },
      commits: { href: addresses.commits_url },
      statuses: { href: statuses },
    },
    author_association: associationOf(github, pull.author),
    auto_merge: null,
    draft: pull.draft,
  } satisfies Schemas["pull-request-simple"];
}

export function fullPullShape(
  github: GitHub,
  repository: RepositoryRecord,
  pull: PullRecord,
  facts: PullFacts,
): Schemas["pull-request"] {
  return {
    ...pullShape(github, repository, pull),
    merged: pull.merge !== null,
    mergeable: facts.mergeable,
    rebaseable: false,
    mergeable_state: facts.mergeableState,
    merged_by: pull.merge && shapeOf(github, pull.merge.by),
    comments: github.records.comments(repository, pull.number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: facts.commits,
    additions: facts.additions,
    deletions: facts.deletions,
    changed_files: facts.changedFiles,
  };
}

export function reviewShape(github: GitHub, repository: RepositoryRecord, review: ReviewRecord) {
  const html = `${pageOf(github, repository)}/pull/${review.pull}#pullrequestreview-${review.id}`;
  const pull = `${apiOf(github, repository)}/pulls/${review.pull}`;
  return {
    id: review.id,
    node_id: nodeId("PullRequestReview", review.id),
    user: shapeOf(github, review.author),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: pull,
    _links: { html: { href: html }, pull_request: { href: pull } },
    submitted_at: review.at,
    commit_id: review.sha,
    author_association: associationOf(github, review.author),
  } satisfies Schemas["pull-request-review"];
}

/** Nobody has any here. */
const reactions = (url: string) => ({
  url: `${url}/reactions`,
  total_count: 0,
  "+1": 0,
  "-1": 0,
  laugh: 0,
  confused: 0,
  heart: 0,
  hooray: 0,
  eyes: 0,
  rocket: 0,
});

/** A pull request as the issue that it is too, as events of its comments carry it. */
export function issueShape(github: GitHub, repository: RepositoryRecord, pull: PullRecord) {
  const shape = pullShape(github, repository, pull);
  const url = shape.issue_url;
  return {
    url,
    repository_url: apiOf(github, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: shape.html_url,
    id: pull.id,
    node_id: shape.node_id,
    number: pull.number,
    title: pull.title,
    user: shape.user,
    labels: [],
    state: pull.state,
    locked: false,
    active_lock_reason: null,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: github.records.comments(repository, pull.number).length,
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    author_association: shape.author_association,
    draft: pull.draft,
    body: pull.body,
    reactions: reactions(url),
    pull_request: {
      url: shape.url,
      html_url: shape.html_url,
      diff_url: shape.diff_url,
      patch_url: shape.patch_url,
      merged_at: shape.merged_at,
    },
  };
}

export function commentShape(github: GitHub, repository: RepositoryRecord, comment: CommentRecord) {
  const api = `${apiOf(github, repository)}/issues`;
  return {
    id: comment.id,
    node_id: nodeId("IssueComment", comment.id),
    url: `${api}/comments/${comment.id}`,
    html_url: `${pageOf(github, repository)}/pull/${comment.pull}#issuecomment-${comment.id}`,
    issue_url: `${api}/${comment.pull}`,
    user: shapeOf(github, comment.author),
    body: comment.body,
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: associationOf(github, comment.author),
    performed_via_github_app: null,
    reactions: reactions(`${api}/comments/${comment.id}`),
  } satisfies Schemas["issue-comment"];
}
