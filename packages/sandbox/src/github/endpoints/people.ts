import type { Access } from "../accounts.ts";
import { type Endpoint, repositoryOf, text } from "../api.ts";
import { invalid, notAccessible, notFound } from "../errors.ts";
import { accessOfAccount, requireAccess } from "../permissions.ts";
import { accountShape, organisationShape, userShape } from "../shapes/accounts.ts";
import { permissionsShape } from "../shapes/repositories.ts";
import type { Schemas } from "../shapes/schemas.ts";

/** People, the organisation, and what people may do with a repository. Source: https://docs.github.com/en/rest/users */

/** GitHub's two names of each permission. */
const accessNames: Record<string, Access> = {
  pull: "read",
  read: "read",
  push: "write",
  write: "write",
  admin: "admin",
};

const SEARCHES_A_MINUTE = 30;

export const peopleEndpoints: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/user",
    needs: "nothing",
    handle({ url }, { principal }) {
      if (principal.kind !== "user") throw notAccessible();
      return { status: 200, body: userShape(url, principal.account) };
    },
  },
  {
    method: "GET",
    path: "/rate_limit",
    needs: "nothing",
    handle({ rateLimits }, { principal }) {
      const rate = rateLimits.standing(principal);
      // There is no search here to use up.
      const search = { limit: SEARCHES_A_MINUTE, used: 0, remaining: SEARCHES_A_MINUTE, reset: rate.reset };
      const body: Schemas["rate-limit-overview"] = { resources: { core: rate, search }, rate };
      return { status: 200, body };
    },
  },
  {
    method: "GET",
    path: "/users/{login}",
    needs: "nothing",
    handle({ url, accounts }, { params }) {
      const account = accounts.find(params.login ?? "");
      if (!account) throw notFound();
      return { status: 200, body: userShape(url, account) };
    },
  },
  {
    method: "GET",
    path: "/orgs/{owner}",
    needs: "nothing",
    handle({ url, accounts }, { params }) {
      if (!accounts.isOrganisation(params.owner ?? "")) throw notFound();
      return { status: 200, body: organisationShape(url, accounts.organisation) };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/collaborators/{login}/permission",
    needs: "metadata:read",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      const account = github.accounts.member(request.params.login ?? "");
      const access = account && accessOfAccount(github, repository, account);
      if (!access) throw notFound();
      const body: Schemas["repository-collaborator-permission"] = {
        permission: access,
        role_name: access,
        user: { ...accountShape(github.url, account), role_name: access, permissions: permissionsShape(access) },
      };
      return { status: 200, body };
    },
  },
  {
    method: "PUT",
    path: "/repos/{owner}/{repo}/collaborators/{login}",
    needs: "administration:write",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      requireAccess(github, repository, request.principal, "admin");
      const account = github.accounts.member(request.params.login ?? "");
      if (!account) throw notFound();
      const access = accessNames[text(request.body.permission) ?? "push"];
      if (!access) throw invalid("Repository", "permission", "permission is not one of pull, push, admin");
      github.records.saveCollaborator(repository, account.login, access);
      // A member of the organisation is added at once; who isn't would be invited.
      return { status: 204 };
    },
  },
];
