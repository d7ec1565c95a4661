import { announce } from "../announce.ts";
import {
  type ApiAnswer,
  type ApiRequest,
  boundedText,
  type Endpoint,
  type GitHub,
  repositoryOf,
  timestamp,
} from "../api.ts";
import { invalid, notFound } from "../errors.ts";
import { pageOf } from "../paging.ts";
import { actorOf } from "../permissions.ts";
import type { CommentRecord, RepositoryRecord } from "../rows.ts";
import { commentShape, issueShape } from "../shapes/pulls.ts";
import { pullOf, requireAuthorOrWriter } from "./pulls.ts";

/** What is said under a pull request, which to GitHub is an issue too. Source: https://docs.github.com/en/rest/issues/comments */

function bodyOf({ body }: ApiRequest): string {
  const said = boundedText("IssueComment", "body", body.body);
  if (!said?.trim()) throw invalid("IssueComment", "body", "body can't be blank");
  return said;
}

function create(github: GitHub, request: ApiRequest): ApiAnswer {
  const repository = repositoryOf(github, request);
  const pull = pullOf(github, repository, request);
  const account = actorOf(github, request.principal);
  const at = timestamp(github);
  const comment = github.records.addComment(repository, {
    pull: pull.number,
    author: account.login,
    body: bodyOf(request),
    createdAt: at,
    updatedAt: at,
  });
  announce(github, repository, account, "issue_comment", () => ({
    action: "created",
    issue: issueShape(github, repository, pull),
    comment: commentShape(github, repository, comment),
  }));
  return { status: 201, body: commentShape(github, repository, comment) };
}

function commentOf(github: GitHub, repository: RepositoryRecord, { params }: ApiRequest): CommentRecord {
  const comment = github.records.comment(repository, Number(params.id));
  if (!comment) throw notFound();
  return comment;
}

/** The comment that a request names, for whoever wrote it or may write in its repository. */
function changeable(github: GitHub, request: ApiRequest) {
  const repository = repositoryOf(github, request);
  const comment = commentOf(github, repository, request);
  requireAuthorOrWriter(github, repository, request, comment.author);
  return { repository, comment };
}

const OF_PULL = "/repos/{owner}/{repo}/issues/{number}/comments";
const COMMENT = "/repos/{owner}/{repo}/issues/comments/{id}";
const reading = ["issues:read", "pull_requests:read"] as const;
const writing = ["issues:write", "pull_requests:write"] as const;

export const commentEndpoints: readonly Endpoint[] = [
  { method: "POST", path: OF_PULL, needs: writing, handle: create },
  {
    method: "GET",
    path: OF_PULL,
    needs: reading,
    handle(github, request) {
      const repository = repositoryOf(github, request);
      const { number } = pullOf(github, repository, request);
      const { items, headers } = pageOf(github, request, github.records.comments(repository, number).reverse());
      return { status: 200, body: items.map((comment) => commentShape(github, repository, comment)), headers };
    },
  },
  {
    method: "GET",
    path: COMMENT,
    needs: reading,
    handle(github, request) {
      const repository = repositoryOf(github, request);
      return { status: 200, body: commentShape(github, repository, commentOf(github, repository, request)) };
    },
  },
  {
    method: "PATCH",
    path: COMMENT,
    needs: writing,
    handle(github, request) {
      const { repository, comment } = changeable(github, request);
      const changed = { ...comment, body: bodyOf(request), updatedAt: timestamp(github) };
      github.records.saveComment(repository, changed);
      return { status: 200, body: commentShape(github, repository, changed) };
    },
  },
  {
    method: "DELETE",
    path: COMMENT,
    needs: writing,
    handle(github, request) {
      const { repository, comment } = changeable(github, request);
      github.records.removeComment(repository, comment);
      return { status: 204 };
    },
  },
];
