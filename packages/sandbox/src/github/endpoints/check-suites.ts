import { type ApiRequest, type Endpoint, type GitHub, repositoryOf } from "../api.ts";
import { branchesAt } from "../bare.ts";
import { readCommit, requireCommit } from "../commits.ts";
import { notFound } from "../errors.ts";
import { pageOf } from "../paging.ts";
import type { CheckSuiteRecord, RepositoryRecord } from "../rows.ts";
import { checkSuiteShape } from "../shapes/checks.ts";
import { simpleCommitShape } from "../shapes/commits.ts";
import { runList } from "./checks.ts";

/** The App's check runs of a commit, as one. Known gap: a push makes no suite of its own. Source: https://docs.github.com/en/rest/checks/suites */

const REPOSITORY = "/repos/{owner}/{repo}";
const SUITE = `${REPOSITORY}/check-suites/{id}` as const;

async function suiteShape(github: GitHub, repository: RepositoryRecord, suite: CheckSuiteRecord) {
  const directory = github.directoryOf(repository);
  const commit = await readCommit(directory, suite.headSha);
  if (!commit) throw notFound();
  const [branch = null] = branchesAt(directory, suite.headSha);
  return checkSuiteShape(github, repository, suite, { branch, commit: simpleCommitShape(commit) });
}

function suiteOf(github: GitHub, repository: RepositoryRecord, { params }: ApiRequest): CheckSuiteRecord {
  const suite = github.records.checkSuite(repository, Number(params.id));
  if (!suite) throw notFound();
  return suite;
}

export const checkSuiteEndpoints: readonly Endpoint[] = [
  {
    method: "GET",
    path: `${REPOSITORY}/commits/{ref+}/check-suites`,
    needs: "checks:read",
    async handle(github, request) {
      const repository = repositoryOf(github, request);
      const sha = await requireCommit(github.directoryOf(repository), request.params.ref ?? "");
      const all = github.records.checkSuites(repository, sha);
      const { items, headers } = pageOf(github, request, all);
      const suites = await Promise.all(items.map((suite) => suiteShape(github, repository, suite)));
      return { status: 200, body: { total_count: all.length, check_suites: suites }, headers };
    },
  },
  {
    method: "GET",
    path: SUITE,
    needs: "checks:read",
    async handle(github, request) {
      const repository = repositoryOf(github, request);
      return { status: 200, body: await suiteShape(github, repository, suiteOf(github, repository, request)) };
    },
  },
  {
    method: "GET",
    path: `${SUITE}/check-runs`,
    needs: "checks:read",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      const { id, headSha } = suiteOf(github, repository, request);
      const runs = github.records.checkRuns(repository, headSha).filter(({ suiteId }) => suiteId === id);
      return runList(github, request, repository, runs);
    },
  },
];
