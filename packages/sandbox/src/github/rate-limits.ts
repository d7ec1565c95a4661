import type { SandboxClock } from "../core/context.ts";
import type { Principal } from "./authentication.ts";
import { GitHubError, tooManyRequests } from "./errors.ts";
import { INSTALLATION_ID } from "./options.ts";

/**
 * How much may be asked of GitHub. Requests an hour are always counted and told in headers; all limits are enforced where
 * `rateLimits` is switched on. Kept in memory: a sandbox that starts again has counted nothing.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */

const HOUR_MS = 3600_000;
const MINUTE_MS = 60_000;
const AN_HOUR = 5000;
/** An installation has more where it has many repositories. */
const REPOSITORIES_INCLUDED = 20;
const PER_MORE_REPOSITORY = 50;
const MOST_AN_HOUR = 12_500;
const AT_ONCE = 100;
const POINTS_A_MINUTE = 900;
const CREATIONS_A_MINUTE = 80;
const CREATIONS_AN_HOUR = 500;

interface Account {
  /** When the hour of the primary limit began, how many requests it has and how many were used. */
  began: number;
  limit: number;
  used: number;
  atOnce: number;
  /** Of the last minute. */
  points: { at: number; points: number }[];
  /** Of the last hour. */
  creations: number[];
}

const isReading = (method: string) => method === "GET" || method === "HEAD" || method === "OPTIONS";

/** What puts something into a repository or an organisation. */
const isCreating = (method: string, path: string) => method === "POST" && /^\/(repos|orgs)\//.test(path);

function nameOf(principal: Principal): string {
  if (principal.kind === "user") return `user ID ${principal.account.id}`;
  return principal.kind === "app" ? "the app" : `installation ID ${INSTALLATION_ID}`;
}

export function createRateLimits({
  clock,
  enforced,
  repositories,
}: {
  readonly clock: SandboxClock;
  readonly enforced: boolean;
  /** How many the installation has. */
  readonly repositories: () => number;
}) {
  const accounts = new Map<string, Account>();

  function accountOf(principal: Principal): Account {
    const now = clock.now().getTime();
    const name = nameOf(principal);
    const known = accounts.get(name) ?? { began: 0, limit: 0, used: 0, atOnce: 0, points: [], creations: [] };
    accounts.set(name, known);
    if (now - known.began >= HOUR_MS) Object.assign(known, { began: now, limit: hourlyOf(principal), used: 0 });
    known.points = known.points.filter(({ at }) => now - at < MINUTE_MS);
    known.creations = known.creations.filter((at) => now - at < HOUR_MS);
    return known;
  }

  function hourlyOf(principal: Principal): number {
    if (principal.kind !== "installation") return AN_HOUR;
    const more = Math.max(0, repositories() - REPOSITORIES_INCLUDED) * PER_MORE_REPOSITORY;
    return Math.min(MOST_AN_HOUR, AN_HOUR + more);
  }

  /** The primary limit as it stands: `reset` in seconds since 1970. */
  function standing(principal: Principal) {
    const { began, limit, used } = accountOf(principal);
    return { limit, used, remaining: Math.max(0, limit - used), reset: Math.ceil((began + HOUR_MS) / 1000) };
  }

  function headersOf(principal: Principal): Record<string, string> {
    const { limit, used, remaining, reset } = standing(principal);
    return {
      "x-ratelimit-limit": String(limit),
      "x-ratelimit-used": String(used),
      "x-ratelimit-remaining": String(remaining),
      "x-ratelimit-reset": String(reset),
      "x-ratelimit-resource": "core",
    };
  }

  /** Seconds until the oldest of what counts is forgotten; undefined where there is room. */
  function secondaryWait(account: Account, points: number, creating: boolean): number | undefined {
    const now = clock.now().getTime();
    const until = (at: number | undefined, window: number) => Math.ceil(((at ?? now) + window - now) / 1000);
    const spent = account.points.reduce((sum, each) => sum + each.points, 0);
    const recent = account.creations.filter((at) => now - at < MINUTE_MS);
    if (account.atOnce >= AT_ONCE) return 1;
    if (spent + points > POINTS_A_MINUTE) return until(account.points[0]?.at, MINUTE_MS);
    if (creating && recent.length >= CREATIONS_A_MINUTE) return until(recent[0], MINUTE_MS);
    if (creating && account.creations.length >= CREATIONS_AN_HOUR) return until(account.creations[0], HOUR_MS);
    return undefined;
  }

  /** Raises GitHub's 403 where a limit is reached; what is refused isn't counted. */
  function requireRoom(principal: Principal, account: Account, points: number, creating: boolean): void {
    if (account.used >= account.limit) {
      throw new GitHubError(403, `API rate limit exceeded for ${nameOf(principal)}.`);
    }
    const wait = secondaryWait(account, points, creating);
    if (wait !== undefined) throw tooManyRequests({ "retry-after": String(wait) });
  }

  return {
    standing,
    headersOf,
    /** Runs a request within the limits of who asks, and counts it. Raises GitHub's 403 where there is no room. */
    async within<T>(principal: Principal, method: string, path: string, run: () => Promise<T>): Promise<T> {
      if (path === "/rate_limit") return run();
      const account = accountOf(principal);
      if (enforced) {
        const points = isReading(method) ? 1 : 5;
        const creating = isCreating(method, path);
        requireRoom(principal, account, points, creating);
        const at = clock.now().getTime();
        account.points.push({ at, points });
        if (creating) account.creations.push(at);
      }
      account.used += 1;
      account.atOnce += 1;
      try {
        return await run();
      } finally {
        account.atOnce -= 1;
      }
    },
  };
}

export type RateLimits = ReturnType<typeof createRateLimits>;
