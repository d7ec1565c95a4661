import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import type { ServiceRuntime } from "../core/context.ts";
import { CutConnection, type FaultWords } from "../core/faults.ts";
import type { FrontHandler, HttpFront } from "../core/fronts.ts";
import { createAccounts } from "./accounts.ts";
import { type ApiAnswer, type GitHub, maySee } from "./api.ts";
import { createAuthentication } from "./authentication.ts";
import { GitHubError, notAccessible, notFound, tooManyRequests } from "./errors.ts";
import type { GitHubOptions } from "./options.ts";
import { servePage } from "./pages/serve.ts";
import { accessOf, includes } from "./permissions.ts";
import { takePush } from "./push.ts";
import { createRateLimits } from "./rate-limits.ts";
import { openRecords } from "./records.ts";
import { recoverMoves } from "./ref-moves.ts";
import { callApi } from "./router.ts";
import type { RepositoryRecord } from "./rows.ts";
import { createSmartHttp } from "./smart-http.ts";
import { createWebhooks } from "./webhooks.ts";

/**
 * GitHub, as much as Turnpike needs of it: App authentication and permissions, repositories and who may do what with them,
 * branches and their protection, commits, Git data, pull requests with reviews and merges, statuses, check runs, the
 * activity record, webhooks with redelivery, rate limits, git over smart HTTP, and plain pages for people. Its answers
 * have the types of GitHub's own description (`@octokit/openapi-types`), and tests hold them against it.
 *
 * Known gaps: no teams, forks, issues or rulesets; merges and squashes, no rebase; no pending reviews and none of lines;
 * no `refs/pull/<n>/merge`; hooks of the App only; no conditional requests. An endpoint that isn't here, or a parameter
 * that would change the answer, is answered with 501 and named. https://docs.github.com/en/rest
 */

/** `/acme/orders.git/info/refs` and its kin. */
const GIT_PATH = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

const FAULT_WORDS: FaultWords = {
  throttled: () => tooManyRequests(),
  expired: () => new GitHubError(401, "Bad credentials"),
  refused: () => notAccessible(),
  failed: (status) => new GitHubError(status, "Server Error"),
};

/** Work on one thing after the other, for each key. */
function createLocks() {
  const last = new Map<number, Promise<unknown>>();
  return async <T>({ id }: RepositoryRecord, work: () => Promise<T>): Promise<T> => {
    const mine = (last.get(id) ?? Promise.resolve()).then(work, work);
    const settled = mine.catch(() => undefined);
    last.set(id, settled);
    try {
      return await mine;
    } finally {
      if (last.get(id) === settled) last.delete(id);
    }
  };
}

function openGitHub(runtime: ServiceRuntime, options: GitHubOptions): GitHub {
  const { clock, random, signals, surroundings, log } = runtime;
  const records = openRecords(runtime.storeOf("", ""));
  const accounts = createAccounts(options);
  const root = path.join(surroundings.dataDir, "github");
  return {
    options,
    accounts,
    records,
    authentication: createAuthentication(options, { accounts, records, clock }),
    webhooks: createWebhooks(options, { records, clock, random, log, faults: surroundings.faults }),
    smartHttp: createSmartHttp(),
    rateLimits: createRateLimits({
      clock,
      enforced: options.rateLimits === true,
      repositories: () => records.repositories(options.organisation).length,
    }),
    clock,
    signals,
    faults: surroundings.faults,
    url: surroundings.githubUrl,
    // Lower case, because two names that differ in case alone are one repository.
    directoryOf: ({ owner, name }) => path.join(root, owner.toLowerCase(), `${name.toLowerCase()}.git`),
    locked: createLocks(),
  };
}

function send(response: ServerResponse, { status, body, headers }: ApiAnswer, requestId: string): void {
  response.writeHead(status, {
    ...(body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    "x-github-request-id": requestId,
    "x-github-media-type": "github.v3; format=json",
    ...headers,
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

async function serveGit(
  github: GitHub,
  [, owner = "", name = "", what]: RegExpExecArray,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refuse = (status: number, message: string, headers: Record<string, string> = {}) =>
    void response.writeHead(status, { "content-type": "text/plain", ...headers }).end(`${message}\n`);
  const principal = github.authentication.principalOf(request);
  if (!principal || principal === "unknown" || principal.kind === "app") {
    const message = principal ? "Invalid username or token." : "Authentication required.";
    return refuse(401, message, { "www-authenticate": 'Basic realm="GitHub"' });
  }
  const repository = github.records.repository(decodeURIComponent(owner), decodeURIComponent(name));
  if (!repository || !maySee(principal, repository)) return refuse(404, "Repository not found.");
  const directory = github.directoryOf(repository);
  const access = accessOf(github, repository, principal);
  if (!access) return refuse(403, `Permission to ${repository.owner}/${repository.name}.git denied.`);
  const reading = request.method === "GET";
  if (what === "info/refs" && reading) {
    const service = url.searchParams.get("service");
    if (service !== "git-upload-pack" && service !== "git-receive-pack")
      return refuse(403, "Use git's smart protocol.");
    if (service === "git-receive-pack" && !includes(access, "write")) {
      const { owner, name } = repository;
      return refuse(403, `Permission to ${owner}/${name}.git denied to ${principal.account.login}.`);
    }
    return github.smartHttp.advertise(service, directory, request, response);
  }
  if (what === "info/refs" || request.method !== "POST") return refuse(405, "Use git's smart protocol.");
  if (what === "git-upload-pack") return github.smartHttp.uploadPack(directory, request, response);
  return takePush(github, repository, principal, request, response);
}

async function serveApi(
  github: GitHub,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<ApiAnswer> {
  const principal = github.authentication.principalOf(request);
  if (principal === "unknown") throw new GitHubError(401, "Bad credentials");
  if (!principal) throw new GitHubError(401, "Requires authentication");
  const { method = "GET" } = request;
  const target = { service: "github", operation: `${method} ${url.pathname}` };
  try {
    return await github.rateLimits.within(principal, method, url.pathname, () =>
      github.faults.around(target, FAULT_WORDS, () => callApi(github, principal, url, request)),
    );
  } finally {
    // What was refused tells them too.
    for (const [name, value] of Object.entries(github.rateLimits.headersOf(principal))) response.setHeader(name, value);
  }
}

async function serve(github: GitHub, request: IncomingMessage, response: ServerResponse, requestId: string) {
  const asked = request.url ?? "/";
  if (!asked.startsWith("/") || asked.startsWith("//")) throw notFound();
  const url = new URL(asked, github.url);
  const git = GIT_PATH.exec(url.pathname);
  if (git) {
    const target = { service: "github", operation: `${git[3]} ${git[1]}/${git[2]}` };
    return github.faults.around(target, FAULT_WORDS, () => serveGit(github, git, url, request, response));
  }
  if (request.method === "GET" && request.headers.accept?.includes("text/html"))
    return servePage(github, url, response);
  return send(response, await serveApi(github, url, request, response), requestId);
}

/** What went wrong, as GitHub says it; what it wouldn't say is logged. */
function errorOf(error: unknown, log: (error: unknown) => void): GitHubError {
  if (error instanceof GitHubError) return error;
  if (error instanceof URIError) return new GitHubError(400, "The address is malformed");
  log(error);
  return new GitHubError(500, "Server Error");
}

/** The front of GitHub; `options` is `GitHubOptions`. */
export const githubFront: HttpFront = {
  name: "github",
  async handler(runtime, options): Promise<FrontHandler> {
    const github = openGitHub(runtime, options as GitHubOptions);
    await recoverMoves(github);
    return {
      gitDirectory(repository) {
        const [owner = "", name = ""] = repository.split("/");
        const record = github.records.repository(owner, name);
        return record && github.directoryOf(record);
      },
      async handle(request, response) {
        const requestId = runtime.random.uuid();
        try {
          await serve(github, request, response, requestId);
        } catch (error) {
          if (error instanceof CutConnection) return request.socket.destroy();
          const { status, message, errors, headers } = errorOf(error, (unknown) =>
            runtime.log("github.failed", {
              requestId,
              error: unknown instanceof Error ? unknown.stack : String(unknown),
            }),
          );
          if (response.headersSent) {
            response.destroy();
            return;
          }
          const body = { message, ...(errors ? { errors } : {}), documentation_url: "https://docs.github.com/rest" };
          send(response, { status, body, headers }, requestId);
        }
      },
      stop: () => github.webhooks.stop(),
    };
  },
};
