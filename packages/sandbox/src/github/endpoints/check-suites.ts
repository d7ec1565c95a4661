import { type ApiRequest, type Endpoint, type GitHub, repositoryOf } from "../api.ts";
import { readRefs } from "../bare.ts";
import { readCommit } from "../commits.ts";
import { notFound } from "../errors.ts";
import { pageOf } from "../paging.ts";
import type { CheckSuiteRecord, RepositoryRecord } from "../rows.ts";
import { checkSuiteShape } from "../shapes/checks.ts";
import type { Schemas } from "../shapes/schemas.ts";
import { commitOf, runList } from "./checks.ts";

/** The App's check runs of a commit, as one. Known gap: a push makes no suite of its own. Source: https://docs.github.com/en/rest/checks/suites */

const BRANCHES = "refs/heads/";
const REPOSITORY = "/repos/{owner}/{repo}";
const SUITE = `${REPOSITORY}/check-suites/{id}` as const;

async function suiteShape(github: GitHub, repository: RepositoryRecord, suite: CheckSuiteRecord) {
  const directory = github.directoryOf(repository);
  const commit = await readCommit(directory, suite.headSha);
  if (!commit) throw notFound();
  const [branch] =
    [...readRefs(directory)].find(([ref, sha]) => ref.startsWith(BRANCHES) && sha === suite.headSha) ?? [];
  const { sha, tree, message, author, committer } = commit;
  const simple: Schemas["simple-commit"] = {
    id: sha,
    tree_id: tree,
    message,
    timestamp: committer.date,
    author: { name: author.name, email: author.email },
    committer: { name: committer.name, email: committer.email },
  };
  return checkSuiteShape(github, repository, suite, { branch: branch?.slice(BRANCHES.length) ?? null, commit: simple });
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
      const all = github.records.checkSuites(repository, await commitOf(github, repository, request));
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
