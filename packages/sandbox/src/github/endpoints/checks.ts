import { announce } from "../announce.ts";
import { type ApiAnswer, type ApiRequest, type Endpoint, type GitHub, repositoryOf, text, timestamp } from "../api.ts";
import { runFields } from "../checks/run-fields.ts";
import { requireCommit } from "../commits.ts";
import { GitHubError, invalid, noCommit, notFound } from "../errors.ts";
import { resolveCommit } from "../git.ts";
import { pageOf } from "../paging.ts";
import { actorOf } from "../permissions.ts";
import type { CheckRunRecord, RepositoryRecord } from "../rows.ts";
import { annotationShape, checkRunShape } from "../shapes/checks.ts";

/** What the App's checks say of a commit. Source: https://docs.github.com/en/rest/checks */

function requireInstallation({ principal }: ApiRequest): void {
  if (principal.kind !== "installation") throw new GitHubError(403, "You must authenticate via a GitHub App.");
}

function announceRun(
  github: GitHub,
  { principal }: ApiRequest,
  repository: RepositoryRecord,
  run: CheckRunRecord,
  action: "created" | "completed" | "rerequested",
): void {
  announce(github, repository, actorOf(github, principal), "check_run", () => {
    const shape = checkRunShape(github, repository, run);
    return { action, check_run: { ...shape, check_suite: { id: run.suiteId, head_sha: run.headSha } } };
  });
}

async function create(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  requireInstallation(request);
  const repository = repositoryOf(github, request);
  const { body } = request;
  const name = text(body.name);
  const headSha = await resolveCommit(github.directoryOf(repository), text(body.head_sha) ?? "");
  if (!name) throw invalid("CheckRun", "name", "name wasn't supplied");
  if (!headSha || headSha !== body.head_sha) throw noCommit(body.head_sha);
  const now = timestamp(github);
  const draft = {
    name,
    headSha,
    status: "queued" as const,
    conclusion: null,
    createdAt: now,
    startedAt: now,
    completedAt: null,
    externalId: "",
    detailsUrl: null,
    output: { title: null, summary: null, text: null, annotations: [] },
  };
  const run = github.records.addCheckRun(repository, { ...draft, ...runFields(github, draft, request) });
  announceRun(github, request, repository, run, run.status === "completed" ? "completed" : "created");
  return { status: 201, body: checkRunShape(github, repository, run) };
}

function runOf(github: GitHub, repository: RepositoryRecord, { params }: ApiRequest): CheckRunRecord {
  const run = github.records.checkRun(repository, Number(params.id));
  if (!run) throw notFound();
  return run;
}

function update(github: GitHub, request: ApiRequest): ApiAnswer {
  requireInstallation(request);
  const repository = repositoryOf(github, request);
  const before = runOf(github, repository, request);
  const run = { ...before, ...runFields(github, before, request) };
  github.records.saveCheckRun(repository, run);
  if (run.status === "completed" && before.status !== "completed") {
    announceRun(github, request, repository, run, "completed");
  }
  return { status: 200, body: checkRunShape(github, repository, run) };
}

/** Runs as a list shows them: of each name the newest, unless all are asked for. */
export function runList(
  github: GitHub,
  request: ApiRequest,
  repository: RepositoryRecord,
  runs: readonly CheckRunRecord[],
) {
  const { query } = request;
  const status = query.get("status");
  const name = query.get("check_name");
  const seen = new Set<string>();
  const newest = runs.filter((run) => query.get("filter") === "all" || (!seen.has(run.name) && seen.add(run.name)));
  const wanted = newest.filter((run) => (!status || run.status === status) && (!name || run.name === name));
  const { items, headers } = pageOf(github, request, wanted);
  const shapes = items.map((run) => checkRunShape(github, repository, run));
  return { status: 200, body: { total_count: wanted.length, check_runs: shapes }, headers };
}

const REPOSITORY = "/repos/{owner}/{repo}";
const RUN = `${REPOSITORY}/check-runs/{id}` as const;

export const checkEndpoints: readonly Endpoint[] = [
  { method: "POST", path: `${REPOSITORY}/check-runs`, needs: "checks:write", handle: create },
  { method: "PATCH", path: RUN, needs: "checks:write", handle: update },
  {
    method: "GET",
    path: RUN,
    needs: "checks:read",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      return { status: 200, body: checkRunShape(github, repository, runOf(github, repository, request)) };
    },
  },
  {
    method: "GET",
    path: `${RUN}/annotations`,
    needs: "checks:read",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      const { headSha, output } = runOf(github, repository, request);
      const { items, headers } = pageOf(github, request, output.annotations);
      return { status: 200, body: items.map((item) => annotationShape(github, repository, headSha, item)), headers };
    },
  },
  {
    method: "POST",
    path: `${RUN}/rerequest`,
    needs: "checks:write",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      announceRun(github, request, repository, runOf(github, repository, request), "rerequested");
      return { status: 201, body: {} };
    },
  },
  {
    method: "GET",
    path: `${REPOSITORY}/commits/{ref+}/check-runs`,
    needs: "checks:read",
    async handle(github, request) {
      const repository = repositoryOf(github, request);
      const sha = await requireCommit(github.directoryOf(repository), request.params.ref ?? "");
      return runList(github, request, repository, github.records.checkRuns(repository, sha));
    },
  },
];
