import { type ApiAnswer, type ApiRequest, type Endpoint, type GitHub, repositoryOf, text } from "../api.ts";
import { type RefUpdate, readRefs } from "../bare.ts";
import { GitHubError, notFound } from "../errors.ts";
import { git, isForward, resolveCommit } from "../git.ts";
import { pageOf } from "../paging.ts";
import { requireAccess } from "../permissions.ts";
import { moveRefs, mustMoveForward, refusalOf } from "../ref-moves.ts";
import { type RepositoryRecord, ZERO_SHA } from "../rows.ts";
import { refShape } from "../shapes/refs.ts";

/** Branches and tags as git refs, moved without a push. Source: https://docs.github.com/en/rest/git/refs */

/** Moves a ref under the rules of a push, and records it as one. The caller holds the repository's lock. */
async function move(github: GitHub, repository: RepositoryRecord, request: ApiRequest, update: RefUpdate) {
  const { principal } = request;
  if (principal.kind === "app") throw notFound();
  const reason = refusalOf(github, repository, principal, update);
  if (reason) throw new GitHubError(422, reason);
  const change =
    update.after === ZERO_SHA ? ["-d", update.ref, update.before] : [update.ref, update.after, update.before];
  await moveRefs(github, repository, { account: principal.account, updates: [update] }, async () => {
    const moved = await git(github.directoryOf(repository), ["update-ref", ...change]);
    if (!moved) throw new GitHubError(422, "Reference cannot be updated");
    return [update];
  });
}

async function create(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const named = repositoryOf(github, request);
  requireAccess(github, named, request.principal, "write");
  return github.locked(named, async () => {
    const repository = repositoryOf(github, request);
    const directory = github.directoryOf(repository);
    const ref = text(request.body.ref) ?? "";
    const wellFormed = /^refs\/(heads|tags)\/./.test(ref) && (await git(directory, ["check-ref-format", ref]));
    if (!wellFormed)
      throw new GitHubError(422, "Reference name is not valid: it starts with refs/heads/ or refs/tags/");
    if (readRefs(directory).has(ref)) throw new GitHubError(422, "Reference already exists");
    const sha = text(request.body.sha) ?? "";
    if ((await resolveCommit(directory, sha)) !== sha) throw new GitHubError(422, "Object does not exist");
    await move(github, repository, request, { ref, before: ZERO_SHA, after: sha });
    return { status: 201, body: refShape(github, repository, ref, sha) };
  });
}

async function update(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const named = repositoryOf(github, request);
  requireAccess(github, named, request.principal, "write");
  return github.locked(named, async () => {
    const repository = repositoryOf(github, request);
    const directory = github.directoryOf(repository);
    const ref = `refs/${request.params.ref}`;
    const before = readRefs(directory).get(ref);
    if (!before) throw new GitHubError(422, "Reference does not exist");
    const after = text(request.body.sha) ?? "";
    if ((await resolveCommit(directory, after)) !== after) throw new GitHubError(422, "Object does not exist");
    const forced = request.body.force === true && !mustMoveForward(github, repository, ref);
    if (!forced && !(await isForward(directory, before, after))) {
      throw new GitHubError(422, "Update is not a fast forward");
    }
    if (before !== after) await move(github, repository, request, { ref, before, after });
    return { status: 200, body: refShape(github, repository, ref, after) };
  });
}

async function remove(github: GitHub, request: ApiRequest): Promise<ApiAnswer> {
  const named = repositoryOf(github, request);
  requireAccess(github, named, request.principal, "write");
  return github.locked(named, async () => {
    const repository = repositoryOf(github, request);
    const ref = `refs/${request.params.ref}`;
    const before = readRefs(github.directoryOf(repository)).get(ref);
    if (!before) throw new GitHubError(422, "Reference does not exist");
    await move(github, repository, request, { ref, before, after: ZERO_SHA });
    return { status: 204 };
  });
}

export const refEndpoints: readonly Endpoint[] = [
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/git/ref/{ref+}",
    needs: "contents:read",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      const refs = readRefs(github.directoryOf(repository));
      if (refs.size === 0) throw new GitHubError(409, "Git Repository is empty.");
      const ref = `refs/${request.params.ref}`;
      const sha = refs.get(ref);
      if (!sha) throw notFound();
      return { status: 200, body: refShape(github, repository, ref, sha) };
    },
  },
  {
    method: "GET",
    path: "/repos/{owner}/{repo}/git/matching-refs/{ref+}",
    needs: "contents:read",
    handle(github, request) {
      const repository = repositoryOf(github, request);
      const prefix = `refs/${request.params.ref}`;
      const matching = [...readRefs(github.directoryOf(repository))]
        .filter(([ref]) => ref.startsWith(prefix))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([ref, sha]) => refShape(github, repository, ref, sha));
      const { items, headers } = pageOf(github, request, matching);
      return { status: 200, body: items, headers };
    },
  },
  { method: "POST", path: "/repos/{owner}/{repo}/git/refs", needs: "contents:write", handle: create },
  { method: "PATCH", path: "/repos/{owner}/{repo}/git/refs/{ref+}", needs: "contents:write", handle: update },
  { method: "DELETE", path: "/repos/{owner}/{repo}/git/refs/{ref+}", needs: "contents:write", handle: remove },
];
