import { type Access, type Account, accesses } from "./accounts.ts";
import type { GitHub } from "./api.ts";
import { includesNeed, type Needs } from "./app-permissions.ts";
import type { Principal } from "./authentication.ts";
import { GitHubError, notAccessible } from "./errors.ts";
import type { RepositoryRecord } from "./rows.ts";

/** Who may do what with a repository. What an installation may is in its token: `app-permissions.ts`. */

/** Of one person: what the repository grants them, and otherwise what the organisation does. */
export function accessOfAccount(github: GitHub, repository: RepositoryRecord, account: Account): Access | undefined {
  const member = github.accounts.member(account.login);
  if (!member) return undefined;
  if (member.access === "admin") return "admin";
  return github.records.collaborator(repository, member.login) ?? member.access;
}

export function accessOf(github: GitHub, repository: RepositoryRecord, principal: Principal): Access | undefined {
  if (principal.kind === "user") return accessOfAccount(github, repository, principal.account);
  if (principal.kind === "app") return undefined;
  if (includesNeed(principal.permissions, "administration:write")) return "admin";
  if (includesNeed(principal.permissions, "contents:write")) return "write";
  return includesNeed(principal.permissions, "contents:read") ? "read" : undefined;
}

/** Under which account something is done; what the App itself does is its bot's. */
export const actorOf = (github: GitHub, principal: Principal): Account =>
  principal.kind === "app" ? github.accounts.bot : principal.account;

export function includes(access: Access | undefined, needed: Access): boolean {
  return access !== undefined && accesses.indexOf(access) >= accesses.indexOf(needed);
}

/** Raises GitHub's 403 when a person who asks may not do that; an installation was judged by what the endpoint needs. */
export function requireAccess(
  github: GitHub,
  repository: RepositoryRecord,
  principal: Principal,
  needed: "write" | "admin",
): void {
  if (principal.kind === "installation" || includes(accessOf(github, repository, principal), needed)) return;
  const rights = needed === "admin" ? "admin rights to Repository." : "push access to Repository.";
  throw new GitHubError(403, `Must have ${rights}`);
}

/** Whether who asks may make repositories in the organisation: an installation for all of it, and whoever may write there. */
export function mayCreate(github: GitHub, principal: Principal): boolean {
  if (principal.kind !== "user") return principal.kind === "installation" && !principal.repositories;
  return includes(github.accounts.member(principal.account.login)?.access, "write");
}

/** Raises GitHub's 401 or 403 where who asks hasn't what the endpoint needs; the 403 names it in a header, as GitHub's. */
export function requireNeeds(principal: Principal, needs: Needs): void {
  if (needs === "app") {
    if (principal.kind !== "app") throw new GitHubError(401, "A JSON web token could not be decoded");
    return;
  }
  if (needs === "nothing" || principal.kind !== "installation") return;
  const wanted = typeof needs === "string" ? [needs] : needs;
  if (wanted.some((need) => includesNeed(principal.permissions, need))) return;
  const accepted = wanted.map((need) => need.replace(":", "=")).join("; ");
  throw notAccessible({ "x-accepted-github-permissions": accepted });
}
