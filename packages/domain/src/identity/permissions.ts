import type { Actor, Membership, Role } from "./actor.ts";
import { ForbiddenError } from "./errors.ts";

const rank: Record<Role, number> = { viewer: 0, developer: 1, approver: 2, admin: 3 };

/** The least role that holds each permission in the team that owns the resource. */
const needed = {
  "service:read": "viewer",
  "service:create": "developer",
  "service:change": "developer",
  "release:read": "viewer",
  "release:decide": "approver",
} as const satisfies Record<string, Role>;

export type Permission = keyof typeof needed;

/** An admin of the team named `platform` holds every permission in every team. */
export function isPlatformAdmin(actor: Actor): boolean {
  return actor.memberships.some(({ team, role }) => team === "platform" && role === "admin");
}

/** Whether `actor` holds `permission` in `team`. */
export function may(actor: Actor, permission: Permission, team: string): boolean {
  const holds = ({ role }: Membership) => rank[role] >= rank[needed[permission]];
  return isPlatformAdmin(actor) || actor.memberships.some((each) => each.team === team && holds(each));
}

/** Raises `ForbiddenError`, naming the permission, the team and the role that would hold it. */
export function authorise(actor: Actor, permission: Permission, team: string): void {
  if (!may(actor, permission, team)) throw new ForbiddenError(permission, team, needed[permission]);
}

/** The teams in which `actor` holds `permission`. */
export function teamsWith(actor: Actor, permission: Permission): string[] {
  const teams = new Set(actor.memberships.map(({ team }) => team));
  return [...teams].filter((team) => may(actor, permission, team));
}
