import type { GitHub } from "../api.ts";
import type { ActivityRecord, ProtectionRecord, RepositoryRecord, RequiredChecks, RequiredReviews } from "../rows.ts";
import { accountShape } from "./accounts.ts";
import { apiOf } from "./addresses.ts";
import { appShape } from "./apps.ts";
import { nodeId, type Schemas } from "./schemas.ts";

/** Refs, who moved them, and what protects them, as GitHub shows them. API version 2022-11-28. */

export function refShape(
  github: GitHub,
  { owner, name }: RepositoryRecord,
  ref: string,
  sha: string,
): Schemas["git-ref"] {
  const api = `${github.url}/repos/${owner}/${name}/git`;
  return {
    ref,
    node_id: Buffer.from(`${owner}/${name}:${ref}`).toString("base64"),
    url: `${api}/${ref}`,
    object: { sha, type: "commit", url: `${api}/commits/${sha}` },
  };
}

export function activityShape(github: GitHub, activity: ActivityRecord): Schemas["activity"] {
  const actor = github.accounts.find(activity.actor);
  return {
    id: activity.id,
    node_id: nodeId("Push", activity.id),
    before: activity.before,
    after: activity.after,
    ref: activity.ref,
    timestamp: activity.at,
    activity_type: activity.type,
    actor: actor ? accountShape(github.url, actor) : null,
  };
}

/** @param api of the branch's protection */
function reviewsShape(
  api: string,
  { count, dismissStale, lastPush, bypass }: RequiredReviews,
  actors: (named: RequiredReviews["bypass"]) => {
    users: Schemas["simple-user"][];
    apps: ReturnType<typeof appShape>[];
  },
): Schemas["protected-branch-pull-request-review"] {
  const { users, apps } = actors(bypass);
  return {
    url: `${api}/required_pull_request_reviews`,
    dismiss_stale_reviews: dismissStale,
    require_code_owner_reviews: false,
    required_approving_review_count: count,
    require_last_push_approval: lastPush,
    bypass_pull_request_allowances: { users, teams: [], apps },
  };
}

function checksShape(api: string, { strict, checks }: RequiredChecks): Schemas["status-check-policy"] {
  const url = `${api}/required_status_checks`;
  return {
    url,
    strict,
    contexts: checks.map(({ context }) => context),
    contexts_url: `${url}/contexts`,
    checks: checks.map(({ context, appId }) => ({ context, app_id: appId })),
  };
}

export function protectionShape(
  github: GitHub,
  repository: RepositoryRecord,
  branch: string,
  protection: ProtectionRecord,
): Schemas["branch-protection"] {
  const { restrictions, requiredChecks, requiredReviews } = protection;
  const api = `${apiOf(github, repository)}/branches/${encodeURIComponent(branch)}/protection`;
  const actors = ({ users, apps }: RequiredReviews["bypass"]) => ({
    users: users.flatMap((login) => {
      const found = github.accounts.find(login);
      return found ? [accountShape(github.url, found)] : [];
    }),
    apps: apps.map(() => appShape(github)),
  });
  return {
    url: api,
    enforce_admins: { url: `${api}/enforce_admins`, enabled: protection.enforceAdmins },
    allow_force_pushes: { enabled: protection.allowForcePushes },
    allow_deletions: { enabled: protection.allowDeletions },
    ...(requiredChecks && { required_status_checks: checksShape(api, requiredChecks) }),
    ...(requiredReviews && { required_pull_request_reviews: reviewsShape(api, requiredReviews, actors) }),
    ...(restrictions && {
      restrictions: {
        url: `${api}/restrictions`,
        users_url: `${api}/restrictions/users`,
        teams_url: `${api}/restrictions/teams`,
        apps_url: `${api}/restrictions/apps`,
        ...actors(restrictions),
        teams: [],
      },
    }),
  };
}
