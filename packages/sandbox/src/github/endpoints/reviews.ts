import { announce } from "../announce.ts";
import {
  type ApiAnswer,
  type ApiRequest,
  boundedText,
  type Endpoint,
  type GitHub,
  repositoryOf,
  text,
  timestamp,
} from "../api.ts";
import { GitHubError, missing, notFound } from "../errors.ts";
import { resolveCommit } from "../git.ts";
import { pageOf } from "../paging.ts";
import { actorOf, requireAccess } from "../permissions.ts";
import type { RepositoryRecord, ReviewRecord } from "../rows.ts";
import { pullShape, reviewShape } from "../shapes/pulls.ts";
import { pullOf } from "./pulls.ts";

/** Reviews of pull requests. Known gap: none that are pending, none of single lines. Source: https://docs.github.com/en/rest/pulls/reviews */

const verdicts = { APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED", COMMENT: "COMMENTED" } as const;

const unprocessable = (...errors: readonly string[]) => new GitHubError(422, "Unprocessable Entity", errors);

function announceReview(
  github: GitHub,
  { principal }: ApiRequest,
  repository: RepositoryRecord,
  review: ReviewRecord,
  action: "submitted" | "dismissed",
): void {
  announce(github, repository, actorOf(github, principal), "pull_request_review", () => {
    const pull = github.records.pull(repository, review.pull);
    // In an event the state is written small.
    const shape = {
      ...reviewShape(github, repository, review),
      state: review.state.toLowerCase(),
      updated_at: review.at,
    };
    return { action, review: shape, pull_request: pull && pullShape(github, repository, pull) };
  });
}

async function create(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const named = repositoryOf(github, request);
  const { body, principal } = request;
  const event = text(body.event);
  if (event === undefined) throw missing("pending reviews");
  if (Array.isArray(body.comments) && body.comments.length > 0) throw missing("review comments on lines");
  const state = verdicts[event as keyof typeof verdicts];
  if (!state) throw unprocessable(`Variable $event of type PullRequestReviewEvent was provided invalid value ${event}`);
  return github.locked(named, async () => {
    const repository = repositoryOf(github, request);
    const pull = pullOf(github, repository, request);
    const account = actorOf(github, principal);
    const said = boundedText("PullRequestReview", "body", body.body)?.trim() ?? "";
    if (pull.author === account.login && state !== "COMMENTED") {
      throw unprocessable(`Can not ${state === "APPROVED" ? "approve" : "request changes on"} your own pull request`);
    }
    if (said === "" && state !== "APPROVED") throw unprocessable("Review body can't be blank");
    const sha = text(body.commit_id) ?? pull.headSha;
    if ((await resolveCommit(github.directoryOf(repository), sha)) !== sha) {
      throw unprocessable("The commit_id is not part of the pull request");
    }
    const review = github.records.transaction(() => {
      const reviewers = pull.reviewers.filter((login) => login !== account.login);
      github.records.savePull(repository, { ...pull, reviewers, updatedAt: timestamp(github) });
      const at = timestamp(github);
      return github.records.addReview(repository, {
        pull: pull.number,
        author: account.login,
        state,
        body: said,
        sha,
        at,
      });
    });
    announceReview(github, request, repository, review, "submitted");
    return { status: 200, body: reviewShape(github, repository, review) };
  });
}

function reviewOf(github: GitHub, repository: RepositoryRecord, request: ApiRequest): ReviewRecord {
  const { number } = pullOf(github, repository, request);
  const review = github.records.review(repository, number, Number(request.params.review));
  if (!review) throw notFound();
  return review;
}

/** Takes a verdict back, by someone who may write, with a reason. */
async function dismiss(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const named = repositoryOf(github, request);
  requireAccess(github, named, request.principal, "write");
  if (!text(request.body.message)?.trim()) throw unprocessable("Message can't be blank");
  return github.locked(named, async () => {
    const repository = repositoryOf(github, request);
    const review = reviewOf(github, repository, request);
    if (review.state === "COMMENTED") throw unprocessable("Can not dismiss a commented pull request review");
    const dismissed: ReviewRecord = { ...review, state: "DISMISSED" };
    github.records.saveReview(repository, dismissed);
    announceReview(github, request, repository, dismissed, "dismissed");
    return { status: 200, body: reviewShape(github, repository, dismissed) };
  });
}

/** Asks people for a review, or no longer. */
async function askReviewers(github: GitHub, request: ApiRequest, wanted: boolean): Promise<ApiAnswer> {
  const named = repositoryOf(github, request);
  const { body, principal } = request;
  requireAccess(github, named, principal, "write");
  const asked = Array.isArray(body.reviewers) ? body.reviewers.map((login) => String(login).toLowerCase()) : [];
  if (Array.isArray(body.team_reviewers) && body.team_reviewers.length > 0) throw missing("teams as reviewers");
  return github.locked(named, async () => {
    const repository = repositoryOf(github, request);
    const pull = pullOf(github, repository, request);
    if (wanted && asked.includes(pull.author)) {
      throw new GitHubError(422, "Review cannot be requested from pull request author.");
    }
    if (asked.some((login) => !github.accounts.member(login))) {
      throw new GitHubError(422, "Reviews may only be requested from collaborators.");
    }
    const others = pull.reviewers.filter((login) => !asked.includes(login));
    const changed = { ...pull, reviewers: wanted ? [...others, ...asked] : others, updatedAt: timestamp(github) };
    github.records.savePull(repository, changed);
    const shape = pullShape(github, repository, changed);
    for (const reviewer of wanted ? shape.requested_reviewers.filter(({ login }) => asked.includes(login)) : []) {
      announce(github, repository, actorOf(github, principal), "pull_request", () => ({
        action: "review_requested",
        number: pull.number,
        pull_request: shape,
        requested_reviewer: reviewer,
      }));
    }
    return { status: wanted ? 201 : 200, body: shape };
  });
}

const PULL = "/repos/{owner}/{repo}/pulls/{number}";
const REVIEWS = `${PULL}/reviews` as const;

export const reviewEndpoints: readonly Endpoint[] = [
  { method: "POST", path: REVIEWS, needs: "pull_requests:write", handle: create },
  {
    method: "GET",
    path: REVIEWS,
    needs: "pull_requests:read",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      const { number } = pullOf(github, repository, request);
      const { items, headers } = pageOf(github, request, github.records.reviews(repository, number).reverse());
      return { status: 200, body: items.map((review) => reviewShape(github, repository, review)), headers };
    },
  },
  {
    method: "GET",
    path: `${REVIEWS}/{review}`,
    needs: "pull_requests:read",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      return { status: 200, body: reviewShape(github, repository, reviewOf(github, repository, request)) };
    },
  },
  { method: "PUT", path: `${REVIEWS}/{review}/dismissals`, needs: "pull_requests:write", handle: dismiss },
  {
    method: "POST",
    path: `${PULL}/requested_reviewers`,
    needs: "pull_requests:write",
    handle: (github, request) => askReviewers(github, request, true),
  },
  {
    method: "DELETE",
    path: `${PULL}/requested_reviewers`,
    needs: "pull_requests:write",
    handle: (github, request) => askReviewers(github, request, false),
  },
];
