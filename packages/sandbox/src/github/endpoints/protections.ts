import {
  type ApiAnswer,
  type ApiRequest,
  type Endpoint,
  type Fields,
  fieldsIn,
  fieldsOf,
  type GitHub,
  repositoryOf,
} from "../api.ts";
import { GitHubError, missing } from "../errors.ts";
import { requireAccess } from "../permissions.ts";
import type { ProtectionRecord, RepositoryRecord, RequiredChecks, RequiredReviews } from "../rows.ts";
import { protectionShape } from "../shapes/refs.ts";
import { headOf } from "./branches.ts";

/** The rules of a protected branch. Source: https://docs.github.com/en/rest/branches/branch-protection */

/** Rules that GitHub has and the sandbox doesn't keep: refused by name rather than forgotten. */
const unkept = ["required_linear_history", "lock_branch", "required_conversation_resolution", "block_creations"];
const MOST_REVIEWS = 6;

/** Here GitHub's errors are texts. */
const invalidRule = (field: string, message: string) =>
  new GitHubError(422, "Validation Failed", [`${field}: ${message}`]);

const listOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** People and Apps as a rule names them. Raises 422 for one that isn't known, 501 for teams. */
function actorsOf(github: GitHub, field: string, given: Fields): { users: string[]; apps: string[] } {
  if (listOf(given.teams).length > 0) throw missing(`teams in a branch's ${field}`);
  const users = listOf(given.users).map((login) => login.toLowerCase());
  const apps = listOf(given.apps);
  const unknown =
    users.find((login) => !github.accounts.member(login)) ?? apps.find((slug) => slug !== github.options.app.slug);
  if (unknown !== undefined) throw invalidRule(field, `Unknown actor: ${unknown}`);
  return { users, apps };
}

function requiredChecksOf(github: GitHub, given: unknown): RequiredChecks | null {
  const fields = fieldsOf(given);
  if (!fields) return null;
  const strict = fields.strict === true;
  if (!fields.checks) return { strict, checks: listOf(fields.contexts).map((context) => ({ context, appId: null })) };
  const checks = fieldsIn(fields.checks)?.map(({ context, app_id: app }) => {
    const appId = typeof app === "number" && app !== ANY_APP ? app : null;
    if (appId !== null && appId !== github.options.app.id) {
      throw invalidRule("required_status_checks", `Unknown app: ${appId}`);
    }
    return { context: String(context), appId };
  });
  if (!checks) throw invalidRule("required_status_checks", "checks is a list of objects");
  return { strict, checks };
}

/** As `app_id`: a check of any App, or a status. */
const ANY_APP = -1;

function requiredReviewsOf(github: GitHub, given: unknown): RequiredReviews | null {
  const fields = fieldsOf(given);
  if (!fields) return null;
  if (fields.require_code_owner_reviews === true) throw missing("reviews by code owners");
  if (Object.keys(fieldsOf(fields.dismissal_restrictions) ?? {}).length > 0) throw missing("dismissal_restrictions");
  const count = fields.required_approving_review_count ?? 1;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 0 || count > MOST_REVIEWS) {
    throw invalidRule("required_approving_review_count", `A number of reviews is from 0 to ${MOST_REVIEWS}.`);
  }
  const bypass = fieldsOf(fields.bypass_pull_request_allowances) ?? {};
  return {
    count,
    dismissStale: fields.dismiss_stale_reviews === true,
    lastPush: fields.require_last_push_approval === true,
    bypass: actorsOf(github, "bypass_pull_request_allowances", bypass),
  };
}

/** Reads what a branch's protection shall be. */
function protectionOf(github: GitHub, { body }: ApiRequest): ProtectionRecord {
  for (const field of ["required_status_checks", "required_pull_request_reviews", "restrictions", "enforce_admins"]) {
    if (body[field] === undefined) throw invalidRule(field, `${field} wasn't supplied.`);
  }
  for (const rule of unkept) if (body[rule] === true) throw missing(`protection by ${rule}`);
  const restrictions = fieldsOf(body.restrictions);
  return {
    requiredChecks: requiredChecksOf(github, body.required_status_checks),
    requiredReviews: requiredReviewsOf(github, body.required_pull_request_reviews),
    restrictions: restrictions ? actorsOf(github, "restrictions", restrictions) : null,
    enforceAdmins: body.enforce_admins === true,
    allowForcePushes: body.allow_force_pushes === true,
    allowDeletions: body.allow_deletions === true,
  };
}

function answerOf(github: GitHub, repository: RepositoryRecord, branch: string): ApiAnswer {
  const protection = github.records.protection(repository, branch);
  if (!protection) throw new GitHubError(404, "Branch not protected");
  return { status: 200, body: protectionShape(github, repository, branch, protection) };
}

/** The repository that a request names, for whoever administers it. */
function administered(github: GitHub, request: ApiRequest): RepositoryRecord {
  const repository = repositoryOf(github, request);
  requireAccess(github, repository, request.principal, "admin");
  return repository;
}

const PROTECTION = "/repos/{owner}/{repo}/branches/{branch}/protection";

export const protectionEndpoints: readonly Endpoint[] = [
  {
    method: "GET",
    path: PROTECTION,
    needs: "administration:read",
    handle(github, request) {
      const repository = administered(github, request);
      return answerOf(github, repository, request.params.branch ?? "");
    },
  },
  {
    method: "PUT",
    path: PROTECTION,
    needs: "administration:write",
    handle(github, request) {
      const repository = administered(github, request);
      const { branch = "" } = request.params;
      headOf(github, repository, branch);
      github.records.saveProtection(repository, branch, protectionOf(github, request));
      return answerOf(github, repository, branch);
    },
  },
  {
    method: "DELETE",
    path: PROTECTION,
    needs: "administration:write",
    handle(github, request) {
      const repository = administered(github, request);
      if (!github.records.removeProtection(repository, request.params.branch ?? "")) {
        throw new GitHubError(404, "Branch not protected");
      }
      return { status: 204 };
    },
  },
];
