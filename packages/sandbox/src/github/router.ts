import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import type { ApiAnswer, Endpoint, GitHub } from "./api.ts";
import type { Principal } from "./authentication.ts";
import { appEndpoints } from "./endpoints/app.ts";
import { branchEndpoints } from "./endpoints/branches.ts";
import { checkSuiteEndpoints } from "./endpoints/check-suites.ts";
import { checkEndpoints } from "./endpoints/checks.ts";
import { commentEndpoints } from "./endpoints/comments.ts";
import { commitEndpoints } from "./endpoints/commits.ts";
import { contentEndpoints } from "./endpoints/contents.ts";
import { gitDataEndpoints } from "./endpoints/git-data.ts";
import { peopleEndpoints } from "./endpoints/people.ts";
import { protectionEndpoints } from "./endpoints/protections.ts";
import { pullCommitEndpoints } from "./endpoints/pull-commits.ts";
import { pullEndpoints } from "./endpoints/pulls.ts";
import { refEndpoints } from "./endpoints/refs.ts";
import { repositoryEndpoints } from "./endpoints/repositories.ts";
import { reviewEndpoints } from "./endpoints/reviews.ts";
import { statusEndpoints } from "./endpoints/statuses.ts";
import { GitHubError, missing } from "./errors.ts";
import { requireNeeds } from "./permissions.ts";

/** The first that matches answers: what is more specific stands before what takes the rest of a path. */
const endpoints: readonly Endpoint[] = [
  ...appEndpoints,
  ...peopleEndpoints,
  ...repositoryEndpoints,
  ...branchEndpoints,
  ...protectionEndpoints,
  ...statusEndpoints,
  ...checkEndpoints,
  ...checkSuiteEndpoints,
  ...pullEndpoints,
  ...pullCommitEndpoints,
  ...reviewEndpoints,
  ...commentEndpoints,
  ...commitEndpoints,
  ...refEndpoints,
  ...gitDataEndpoints,
  ...contentEndpoints,
];

/** What is here, as `GET /repos/{owner}/{repo}`. */
export const githubOperations: readonly string[] = endpoints.map(({ method, path }) => `${method} ${path}`);

const patternOf = (path: string) =>
  new RegExp(
    `^${path
      .replace(/\{(id|number|review)\}/g, "(?<$1>[0-9]{1,15})")
      .replace(/\{(\w+)\}/g, "(?<$1>[^/]+)")
      .replace(/\{(\w+)\+\}/g, "(?<$1>.+)")}$`,
  );

const routes = endpoints.map((endpoint) => ({ endpoint, pattern: patternOf(endpoint.path) }));

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  if (request.method === "GET") return {};
  const sent = await text(request);
  if (sent === "") return {};
  try {
    const body: unknown = JSON.parse(sent);
    return body && typeof body === "object" ? (body as Record<string, unknown>) : {};
  } catch {
    throw new GitHubError(400, "Problems parsing JSON");
  }
}

/** Calls the endpoint that a request names; 501 with its name when it isn't here. */
export async function callApi(
  github: GitHub,
  principal: Principal,
  url: URL,
  request: IncomingMessage,
): Promise<ApiAnswer> {
  for (const { endpoint, pattern } of routes) {
    if (endpoint.method !== request.method) continue;
    const match = pattern.exec(url.pathname);
    if (!match) continue;
    requireNeeds(principal, endpoint.needs);
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
    const body = await bodyOf(request);
    return endpoint.handle(github, { principal, params, query: url.searchParams, body, raw: request });
  }
  throw missing(`${request.method} ${url.pathname}`);
}
