import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { ServiceRuntime } from "../core/context.ts";
import type { FrontHandler, HttpFront } from "../core/fronts.ts";
import { type ApiAnswer, type Endpoint, type GitHub, GitHubError } from "./api.ts";
import { createAuthentication, type Principal } from "./authentication.ts";
import { appEndpoints } from "./endpoints-app.ts";
import { repositoryEndpoints } from "./endpoints-repositories.ts";
import { botLogin, type GitHubOptions } from "./options.ts";
import { commitPage, filePage, repositoryPage } from "./page.ts";
import { takePush } from "./push.ts";
import { type Account, openRecords, type RepositoryRecord, users } from "./records.ts";
import { advertiseRefs, type GitService, uploadPack } from "./smart-http.ts";
import { createWebhooks } from "./webhooks.ts";

/**
 * GitHub, as much as Turnpike needs of it: App authentication, repositories, branches and their protection, commits,
 * the activity record, webhooks with redelivery, and git over smart HTTP. Known gaps: no pull requests, statuses or
 * checks yet, no rate limits; an endpoint that isn't here answers 501 and names itself.
 */

interface Route {
  readonly endpoint: Endpoint;
  readonly pattern: RegExp;
}

const routes: readonly Route[] = [...appEndpoints, ...repositoryEndpoints].map((endpoint) => ({
  endpoint,
  pattern: new RegExp(`^${endpoint.path.replace(/\{(\w+)\}/g, "(?<$1>[^/]+)").replace(/\{(\w+)\+\}/g, "(?<$1>.+)")}$`),
}));

/** `/acme/orders.git/info/refs` and its kin. */
const GIT_PATH = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-upload-pack|git-receive-pack)$/;

function openGitHub(runtime: ServiceRuntime, options: GitHubOptions): GitHub {
  const records = openRecords(runtime.storeOf("", ""));
  const organisation: Account = {
    id: 1,
    login: options.organisation,
    type: "Organization",
    name: options.organisation,
    email: "",
  };
  const authentication = createAuthentication(options, records, runtime.clock);
  const locks = new Map<number, Promise<unknown>>();
  const root = path.join(runtime.surroundings.dataDir, "github");
  return {
    options,
    records,
    authentication,
    webhooks: createWebhooks(options, records, runtime.clock, runtime.random),
    clock: runtime.clock,
    signals: runtime.signals,
    url: runtime.surroundings.githubUrl,
    // Named as people name it; lower case, because GitHub's names differ in more than case.
    directoryOf: (repository) =>
      path.join(root, repository.owner.toLowerCase(), `${repository.name.toLowerCase()}.git`),
    accountOf(login) {
      const wanted = login.toLowerCase();
      if (wanted === options.organisation.toLowerCase()) return organisation;
      if (wanted === botLogin(options).toLowerCase()) return authentication.bot;
      const user = users.find((candidate) => candidate.login === wanted);
      if (!user) throw new GitHubError(404, "Not Found");
      return user;
    },
    async locked<T>(repository: RepositoryRecord, work: () => Promise<T>): Promise<T> {
      const before = locks.get(repository.id) ?? Promise.resolve();
      const mine = before.then(work, work);
      locks.set(
        repository.id,
        mine.catch(() => undefined),
      );
      return mine;
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  if (request.method === "GET" || request.method === "DELETE") return {};
  const sent = await text(request);
  if (sent === "") return {};
  try {
    const body: unknown = JSON.parse(sent);
    return body && typeof body === "object" ? (body as Record<string, unknown>) : {};
  } catch {
    throw new GitHubError(400, "Problems parsing JSON");
  }
}

async function callApi(github: GitHub, principal: Principal, url: URL, request: IncomingMessage): Promise<ApiAnswer> {
  for (const { endpoint, pattern } of routes) {
    if (endpoint.method !== request.method) continue;
    const match = pattern.exec(url.pathname);
    if (!match) continue;
    const params = Object.fromEntries(
      Object.entries(match.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    );
    return endpoint.handle(github, {
      principal,
      params,
      query: url.searchParams,
      body: await bodyOf(request),
      raw: request,
    });
  }
  throw new GitHubError(501, `The sandbox's GitHub has no ${request.method} ${url.pathname}`);
}

function send(response: ServerResponse, answer: ApiAnswer, requestId: string): void {
  response.writeHead(answer.status, {
    ...(answer.body === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    "x-github-request-id": requestId,
    "x-github-media-type": "github.v3; format=json",
    ...answer.headers,
  });
  response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
}

async function serveGit(
  github: GitHub,
  match: RegExpExecArray,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const [, owner = "", name = "", what] = match;
  const principal = github.authentication.principalOf(request);
  if (!principal || principal === "unknown" || principal.kind === "app") {
    response.writeHead(401, { "www-authenticate": 'Basic realm="GitHub"', "content-type": "text/plain" });
    response.end(principal ? "Invalid username or token.\n" : "Authentication required.\n");
    return;
  }
  const repository = github.records.repository(owner, name);
  if (!repository) {
    response.writeHead(404, { "content-type": "text/plain" });
    response.end("Repository not found.\n");
    return;
  }
  const directory = github.directoryOf(repository);
  if (what === "info/refs") {
    const service = url.searchParams.get("service");
    if (service !== "git-upload-pack" && service !== "git-receive-pack")
      throw new GitHubError(403, "Use git's smart protocol.");
    await advertiseRefs(service satisfies GitService, directory, request, response);
  } else if (what === "git-upload-pack") {
    await uploadPack(directory, request, response);
  } else {
    await takePush(github, repository, principal, request, response);
  }
}

/** Pages for people, without sign-in: whoever reaches the sandbox's loopback port may read its repositories. */
async function pageOf(github: GitHub, url: URL): Promise<string | undefined> {
  const [owner = "", name = "", kind, ref = "", ...rest] = url.pathname.split("/").slice(1).map(decodeURIComponent);
  const repository = github.records.repository(owner, name);
  if (!repository) return undefined;
  if (kind === undefined || kind === "") return repositoryPage(github, repository);
  if (kind === "commit") return commitPage(github, repository, ref);
  return kind === "blob" ? filePage(github, repository, ref, rest.join("/")) : undefined;
}

async function handle(
  github: GitHub,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
): Promise<void> {
  const url = new URL(request.url ?? "/", github.url);
  const gitMatch = GIT_PATH.exec(url.pathname);
  if (gitMatch) {
    await serveGit(github, gitMatch, url, request, response);
    return;
  }
  if (request.method === "GET" && request.headers.accept?.includes("text/html")) {
    const page = await pageOf(github, url);
    response.writeHead(page ? 200 : 404, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    });
    response.end(page ?? "<!doctype html><title>Not found</title><p>There is no such page in the sandbox's GitHub.");
    return;
  }
  const principal = github.authentication.principalOf(request);
  if (principal === "unknown") throw new GitHubError(401, "Bad credentials");
  if (!principal) throw new GitHubError(401, "Requires authentication");
  send(response, await callApi(github, principal, url, request), requestId);
}

/** The front of GitHub; `options` is `GitHubOptions`. */
export const githubFront: HttpFront = {
  name: "github",
  handler(runtime, options): FrontHandler {
    const github = openGitHub(runtime, options as GitHubOptions);
    return {
      gitDirectory(repository) {
        const [owner = "", name = ""] = repository.split("/");
        const record = github.records.repository(owner, name);
        return record && github.directoryOf(record);
      },
      async handle(request, response) {
        const requestId = runtime.random.uuid();
        try {
          await handle(github, request, response, requestId);
        } catch (error) {
          const known = error instanceof GitHubError ? error : new GitHubError(500, "Server Error");
          if (known !== error) runtime.log("github.failed", { requestId, error: String(error) });
          if (response.headersSent) {
            response.destroy();
            return;
          }
          const { message, errors, status } = known;
          const body = { message, ...(errors ? { errors } : {}), documentation_url: "https://docs.github.com/rest" };
          send(response, { status, body }, requestId);
        }
      },
      stop: () => github.webhooks.settle(),
    };
  },
};
