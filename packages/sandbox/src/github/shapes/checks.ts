import type { GitHub } from "../api.ts";
import type { AnnotationRecord, CheckRunRecord, CheckSuiteRecord, RepositoryRecord } from "../rows.ts";
import { apiOf, pageOf } from "./addresses.ts";
import { appShape } from "./apps.ts";
import { repositoryShape } from "./repositories.ts";
import { nodeId, type Schemas } from "./schemas.ts";

/** Check runs and suites as GitHub shows them. Source: https://docs.github.com/en/rest/checks, API version 2022-11-28. */

/** The open pull requests whose head a commit is. */
function pullsAt(github: GitHub, repository: RepositoryRecord, sha: string): Schemas["pull-request-minimal"][] {
  const url = apiOf(github, repository);
  const repo = { id: repository.id, url, name: repository.name };
  return github.records
    .pulls(repository)
    .filter(({ state, headSha }) => state === "open" && headSha === sha)
    .map(({ id, number, headRef, headSha, baseRef, baseSha }) => ({
      id,
      number,
      url: `${url}/pulls/${number}`,
      head: { ref: headRef, sha: headSha, repo },
      base: { ref: baseRef, sha: baseSha, repo },
    }));
}

export function checkRunShape(github: GitHub, repository: RepositoryRecord, run: CheckRunRecord) {
  const url = `${apiOf(github, repository)}/check-runs/${run.id}`;
  const html = `${pageOf(github, repository)}/runs/${run.id}`;
  const { title, summary, text, annotations } = run.output;
  return {
    id: run.id,
    node_id: nodeId("CheckRun", run.id),
    name: run.name,
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: html,
    details_url: run.detailsUrl ?? html,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt,
    completed_at: run.completedAt,
    output: { title, summary, text, annotations_count: annotations.length, annotations_url: `${url}/annotations` },
    check_suite: { id: run.suiteId },
    app: appShape(github),
    pull_requests: pullsAt(github, repository, run.headSha),
  } satisfies Schemas["check-run"];
}

export function annotationShape(
  github: GitHub,
  repository: RepositoryRecord,
  sha: string,
  annotation: AnnotationRecord,
): Schemas["check-annotation"] {
  const place = annotation.path.split("/").map(encodeURIComponent).join("/");
  return {
    path: annotation.path,
    start_line: annotation.startLine,
    end_line: annotation.endLine,
    start_column: null,
    end_column: null,
    annotation_level: annotation.level,
    title: annotation.title,
    message: annotation.message,
    raw_details: null,
    blob_href: `${pageOf(github, repository)}/blob/${sha}/${place}`,
  };
}

/** What the runs of a suite come to: the worst that one of them says. */
function outcomeOf(runs: readonly CheckRunRecord[]): Pick<CheckRunRecord, "status" | "conclusion"> {
  const running = runs.find(({ status }) => status !== "completed");
  if (running) return { status: running.status, conclusion: null };
  const worst = (["failure", "timed_out", "cancelled", "action_required", "success"] as const).find((conclusion) =>
    runs.some((run) => run.conclusion === conclusion),
  );
  return { status: "completed", conclusion: worst ?? "neutral" };
}

export function checkSuiteShape(
  github: GitHub,
  repository: RepositoryRecord,
  suite: CheckSuiteRecord,
  { branch, commit }: { branch: string | null; commit: Schemas["simple-commit"] },
) {
  const runs = github.records.checkRuns(repository, suite.headSha);
  const url = `${apiOf(github, repository)}/check-suites/${suite.id}`;
  return {
    id: suite.id,
    node_id: nodeId("CheckSuite", suite.id),
    head_branch: branch,
    head_sha: suite.headSha,
    ...outcomeOf(runs),
    url,
    before: null,
    after: suite.headSha,
    pull_requests: pullsAt(github, repository, suite.headSha),
    app: appShape(github),
    repository: repositoryShape(github, repository),
    created_at: suite.createdAt,
    updated_at: runs[0]?.completedAt ?? suite.createdAt,
    head_commit: commit,
    latest_check_runs_count: runs.length,
    check_runs_url: `${url}/check-runs`,
  } satisfies Schemas["check-suite"];
}
