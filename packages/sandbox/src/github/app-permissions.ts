/**
 * What the App was granted, what a token of it may have less, and what each endpoint asks for. People's tokens aren't
 * judged here: theirs is what `permissions.ts` says they may do with a repository.
 * Source: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
 */

const levels = ["read", "write"] as const;
type Level = (typeof levels)[number];

export const granted = {
  administration: "write",
  checks: "write",
  contents: "write",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "write",
} as const satisfies Record<string, Level>;

type AppPermission = keyof typeof granted;
export type AppPermissions = Readonly<Partial<Record<AppPermission, Level>>>;
export type Need = `${AppPermission}:${Level}`;

/** Of an endpoint: the App itself, nothing, one permission of an installation, or one of several. */
export type Needs = "app" | "nothing" | Need | readonly Need[];

/** What the App is told about. */
export const subscribedEvents = [
  "check_run",
  "issue_comment",
  "pull_request",
  "pull_request_review",
  "push",
  "repository",
  "status",
] as const;
export type EventName = (typeof subscribedEvents)[number];

export function includesNeed(permissions: AppPermissions, need: Need): boolean {
  const [name, level] = need.split(":") as [AppPermission, Level];
  const held = permissions[name];
  return held !== undefined && levels.indexOf(held) >= levels.indexOf(level);
}

/** Reads the permissions that a token shall have: all where none are named; undefined where one isn't granted. */
export function narrowedPermissions(asked: unknown): AppPermissions | undefined {
  if (asked === undefined || asked === null) return granted;
  const named = Object.entries(asked as Record<string, unknown>);
  for (const [name, level] of named) {
    const known = Object.hasOwn(granted, name) && levels.some((candidate) => candidate === level);
    if (!known || !includesNeed(granted, `${name}:${level}` as Need)) return undefined;
  }
  // Metadata is in every token.
  return named.length === 0 ? granted : { ...Object.fromEntries(named), metadata: "read" };
}
