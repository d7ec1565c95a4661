export { type Changes, localChanges } from "./changes.ts";
export type { Leases } from "./leases.ts";
