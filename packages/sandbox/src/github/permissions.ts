import { type Access, type Account, accesses } from "./accounts.ts";
import { type GitHub, GitHubError } from "./api.ts";
import type { Principal } from "./authentication.ts";
import type { RepositoryRecord } from "./records.ts";

/** Who may do what. An installation has what the App was granted, which includes the administration of repositories. */

/** Of one person: what the repository grants them, and otherwise what the organisation does. */
export function accessOfAccount(github: GitHub, repository: RepositoryRecord, account: Account): Access | undefined {
  const member = github.accounts.member(account.login);
  if (!member) return undefined;
  if (member.access === "admin") return "admin";
  return github.records.collaborator(repository, member.login) ?? member.access;
}

export function accessOf(github: GitHub, repository: RepositoryRecord, principal: Principal): Access | undefined {
  if (principal.kind === "app") return undefined;
  return principal.kind === "installation" ? "admin" : accessOfAccount(github, repository, principal.account);
}

export function includes(access: Access | undefined, needed: Access): boolean {
  return access !== undefined && accesses.indexOf(access) >= accesses.indexOf(needed);
}

/** Raises GitHub's 403 when who asks may not do that. */
export function requireAccess(
  github: GitHub,
  repository: RepositoryRecord,
  principal: Principal,
  needed: "write" | "admin",
): void {
  if (includes(accessOf(github, repository, principal), needed)) return;
  const rights = needed === "admin" ? "admin rights to Repository." : "push access to Repository.";
  throw new GitHubError(403, `Must have ${rights}`);
}

/** Whether who asks may make repositories in the organisation: an installation, and whoever may write anything in it. */
export function mayCreate(github: GitHub, principal: Principal): boolean {
  if (principal.kind !== "user") return principal.kind === "installation";
  return includes(github.accounts.member(principal.account.login)?.access, "write");
}
