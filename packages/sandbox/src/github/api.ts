import type { IncomingMessage } from "node:http";
import type { SandboxClock, Signals, Surroundings } from "../core/context.ts";
import type { Accounts } from "./accounts.ts";
import type { Needs } from "./app-permissions.ts";
import type { Authentication, Principal } from "./authentication.ts";
import { invalid, notFound } from "./errors.ts";
import type { GitHubOptions } from "./options.ts";
import type { RateLimits } from "./rate-limits.ts";
import type { Records } from "./records.ts";
import type { RepositoryRecord } from "./rows.ts";
import type { SmartHttp } from "./smart-http.ts";
import type { Webhooks } from "./webhooks.ts";

/** What every endpoint is given. */
export interface GitHub {
  readonly options: GitHubOptions;
  readonly accounts: Accounts;
  readonly records: Records;
  readonly authentication: Authentication;
  readonly webhooks: Webhooks;
  readonly smartHttp: SmartHttp;
  readonly rateLimits: RateLimits;
  readonly clock: SandboxClock;
  readonly signals: Signals;
  readonly faults: Surroundings["faults"];
  /** `http://127.0.0.1:4568` */
  readonly url: string;
  directoryOf(repository: Pick<RepositoryRecord, "owner" | "name">): string;
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

export interface Endpoint {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `/repos/{owner}/{repo}`; `{name+}` takes several segments. */
  readonly path: string;
  /** Of an App or its installation; what a person needs is judged by the endpoint. */
  readonly needs: Needs;
  handle(github: GitHub, request: ApiRequest): ApiAnswer | Promise<ApiAnswer>;
}

/** The repository that a request names; 404 when there is none, as GitHub tells whoever may not see it. */
export function repositoryOf(github: GitHub, request: ApiRequest): RepositoryRecord {
  const { owner = "", repo = "" } = request.params;
  const repository = github.records.repository(owner, repo);
  if (!repository || !maySee(request.principal, repository)) throw notFound();
  return repository;
}

/** Whether a repository is there for who asks: for the App itself none is, for a token of single ones only those. */
export function maySee(principal: Principal, { id }: RepositoryRecord): boolean {
  if (principal.kind === "installation") return principal.repositories?.includes(id) ?? true;
  return principal.kind === "user";
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export type Fields = Readonly<Record<string, unknown>>;

export const fieldsOf = (value: unknown): Fields | undefined =>
  value && typeof value === "object" && !Array.isArray(value) ? (value as Fields) : undefined;

/** The members of a list of objects; undefined for anything else. */
export function fieldsIn(value: unknown): Fields[] | undefined {
  const members = Array.isArray(value) ? value.map(fieldsOf) : [undefined];
  const known = members.filter((member) => member !== undefined);
  return known.length === members.length ? known : undefined;
}

/** GitHub's longest text of a pull request, a comment or a part of a check run's output. */
const LONGEST_TEXT = 65_536;

/** A text as it was sent. Raises GitHub's 422 for one that is too long. */
export function boundedText(resource: string, field: string, value: unknown): string | undefined {
  const sent = text(value);
  if (sent !== undefined && sent.length > LONGEST_TEXT) {
    throw invalid(resource, field, `${field} is too long (maximum is ${LONGEST_TEXT} characters)`);
  }
  return sent;
}

/** Now, as GitHub writes time. */
export function timestamp({ clock }: Pick<GitHub, "clock">): string {
  return clock
    .now()
    .toISOString()
    .replace(/\.\d+Z$/, "Z");
}
