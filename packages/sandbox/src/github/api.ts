import type { IncomingMessage } from "node:http";
import type { SandboxClock, Signals } from "../core/context.ts";
import type { Authentication, Principal } from "./authentication.ts";
import type { GitHubOptions } from "./options.ts";
import type { Account, Records, RepositoryRecord } from "./records.ts";
import type { Webhooks } from "./webhooks.ts";

/** What every endpoint is given. */
export interface GitHub {
  readonly options: GitHubOptions;
  readonly records: Records;
  readonly authentication: Authentication;
  readonly webhooks: Webhooks;
  readonly clock: SandboxClock;
  readonly signals: Signals;
  /** `http://127.0.0.1:4568` */
  readonly url: string;
  directoryOf(repository: RepositoryRecord): string;
  accountOf(login: string): Account;
  /** One at a time for each repository. */
  locked<T>(repository: RepositoryRecord, work: () => Promise<T>): Promise<T>;
}

export interface ApiRequest {
  readonly principal: Principal;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly raw: IncomingMessage;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error as GitHub answers it. */
export class GitHubError extends Error {
  readonly status: number;
  readonly errors: readonly object[] | undefined;

  constructor(status: number, message: string, errors?: readonly object[]) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

export const notFound = () => new GitHubError(404, "Not Found");

export interface Endpoint {
  readonly method: string;
  /** `/repos/{owner}/{repo}`; the last `{name+}` takes the rest of the path. */
  readonly path: string;
  handle(github: GitHub, request: ApiRequest): ApiAnswer | Promise<ApiAnswer>;
}

/** The repository that a request names; 404 when there is none, as GitHub tells whoever may not see it. */
export function repositoryOf(github: GitHub, request: ApiRequest): RepositoryRecord {
  const { owner = "", repo = "" } = request.params;
  const repository = github.records.repository(owner, repo);
  if (!repository || request.principal.kind === "app") throw notFound();
  return repository;
}

/** Whether who asks may push: everyone of the organisation but its viewer. */
export function mayWrite(principal: Principal): boolean {
  return principal.kind === "installation" || (principal.kind === "user" && principal.account.login !== "viewer");
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** `per_page` and `page` with GitHub's defaults and limits. */
export function paging(query: URLSearchParams) {
  const perPage = Math.min(100, Math.max(1, Number(query.get("per_page") ?? 30) || 30));
  const page = Math.max(1, Number(query.get("page") ?? 1) || 1);
  return { perPage, page, skip: (page - 1) * perPage };
}

/** The `Link` header of a page, so that clients find the next one. */
export function linkHeader(github: GitHub, request: ApiRequest, next: Record<string, string> | undefined) {
  if (!next) return {};
  const url = new URL(request.raw.url ?? "/", github.url);
  for (const [name, value] of Object.entries(next)) url.searchParams.set(name, value);
  return { link: `<${url.href}>; rel="next"` };
}
