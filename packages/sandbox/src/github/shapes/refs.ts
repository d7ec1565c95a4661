import type { GitHub } from "../api.ts";
import type { ActivityRecord, ProtectionRecord, RepositoryRecord } from "../records.ts";
import { accountShape } from "./accounts.ts";
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

export function protectionShape(
  github: GitHub,
  { owner, name }: RepositoryRecord,
  branch: string,
  { restrictions, enforceAdmins, allowForcePushes, allowDeletions }: ProtectionRecord,
): Schemas["protected-branch"] {
  const api = `${github.url}/repos/${owner}/${name}/branches/${encodeURIComponent(branch)}/protection`;
  const account = (login: string) => {
    const found = github.accounts.find(login);
    return found ? [accountShape(github.url, found)] : [];
  };
  const shape: Schemas["protected-branch"] = {
    url: api,
    enforce_admins: { url: `${api}/enforce_admins`, enabled: enforceAdmins },
    allow_force_pushes: { enabled: allowForcePushes },
    allow_deletions: { enabled: allowDeletions },
  };
  if (!restrictions) return shape;
  return {
    ...shape,
    restrictions: {
      url: `${api}/restrictions`,
      users_url: `${api}/restrictions/users`,
      teams_url: `${api}/restrictions/teams`,
      apps_url: `${api}/restrictions/apps`,
      users: restrictions.users.flatMap(account),
      teams: [],
      apps: restrictions.apps.map((slug) => ({ id: github.options.app.id, slug })),
    },
  };
}
