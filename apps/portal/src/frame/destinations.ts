/** The pages of the rail, in its order. A page that doesn't exist yet is not here. */
export const destinations = [
  { href: "/", label: "Home", key: "h" },
  { href: "/services", label: "Services", key: "s" },
  { href: "/approvals", label: "Approvals", key: "a" },
  { href: "/standards", label: "Standards", key: "d" },
  { href: "/templates", label: "Templates", key: "t" },
] as const;

export type Destination = (typeof destinations)[number];

/** Which entry of the rail a path belongs to. */
export function isWithin(href: string, path: string): boolean {
  if (href === "/") return path === "/";
  if (href === "/approvals" && path.startsWith("/releases/")) return true;
  return path === href || path.startsWith(`${href}/`);
}
