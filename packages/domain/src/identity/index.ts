export type { Actor, Membership, Role } from "./actor.ts";
export { ForbiddenError, UnauthenticatedError } from "./errors.ts";
export { authorise, isPlatformAdmin, may, type Permission, teamsWith } from "./permissions.ts";
export { type Person, resolveActor, type TeamDirectory } from "./resolve-actor.ts";
