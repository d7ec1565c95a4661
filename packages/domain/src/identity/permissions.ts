import type { Actor, Role } from "./actor.ts";
import { ForbiddenError } from "./errors.ts";

const rank: Record<Role, number> = { viewer: 0, developer: 1, approver: 2, admin: 3 };

/** The least role that holds each permission in the team that owns the resource. */
const needed = {
  "service:read": "viewer",
  "service:create": "developer",
  "release:read": "viewer",
  "release:decide": "approver",
} as const satisfies Record<string, Role>;

export type Permission = keyof typeof needed;

/** Whether `actor` holds `permission` in `team`; an admin of any team named `platform` holds all of them everywhere. */
export function may(actor: Actor, permission: Permission, team: string): boolean {
  return actor.memberships.some(
    (membership) =>
      (membership.team === team || (membership.team === "platform" && membership.role === "admin")) &&
      rank[membership.role] >= rank[needed[permission]],
  );
}

/** Raises `ForbiddenError`, naming the permission, the team and the role that would hold it. */
export function authorise(actor: Actor, permission: Permission, team: string): void {
  if (!may(actor, permission, team)) throw new ForbiddenError(permission, team, needed[permission]);
}

/** The teams in which `actor` holds `permission`. */
export function teamsWith(actor: Actor, permission: Permission): string[] {
  return actor.memberships.map(({ team }) => team).filter((team) => may(actor, permission, team));
}
