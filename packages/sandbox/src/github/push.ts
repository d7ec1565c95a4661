import type { IncomingMessage, ServerResponse } from "node:http";
import { type GitHub, mayWrite } from "./api.ts";
import type { Principal } from "./authentication.ts";
import { git, log } from "./git.ts";
import { type ActivityRecord, type RepositoryRecord, ZERO_SHA } from "./records.ts";
import { accountShape, repositoryShape } from "./shapes.ts";
import { type RefUpdate, receivePack } from "./smart-http.ts";

const COMMITS_IN_PAYLOAD = 20;

/** Why an update isn't allowed, in the words that git shows; undefined when it is. */
function refusalOf(
  github: GitHub,
  repository: RepositoryRecord,
  principal: Principal,
  update: RefUpdate,
): string | undefined {
  if (!mayWrite(principal)) return `permission to ${repository.owner}/${repository.name}.git denied`;
  const branch = /^refs\/heads\/(.+)$/.exec(update.ref)?.[1];
  const protection = branch && github.records.protection(repository, branch);
  if (!protection) return undefined;
  const allowed =
    principal.kind === "installation"
      ? protection.apps.includes(github.options.app.slug)
      : principal.kind === "user" && protection.users.includes(principal.account.login);
  if (!allowed)
    return `GH006: Protected branch update failed for ${update.ref}. You're not authorized to push to this branch.`;
  if (update.after === ZERO_SHA)
    return `GH006: Protected branch update failed for ${update.ref}. Cannot delete a protected branch.`;
  return undefined;
}

async function typeOf(directory: string, { before, after }: RefUpdate): Promise<ActivityRecord["type"]> {
  if (before === ZERO_SHA) return "branch_creation";
  if (after === ZERO_SHA) return "branch_deletion";
  const forward = await git(directory, ["merge-base", "--is-ancestor", before, after]);
  return forward ? "push" : "force_push";
}

/** Takes a push: what moved is recorded under the account that authenticated, signalled, and sent as a webhook. */
export async function takePush(
  github: GitHub,
  repository: RepositoryRecord,
  principal: Exclude<Principal, { kind: "app" }>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const directory = github.directoryOf(repository);
  await github.locked(repository, () =>
    receivePack(
      directory,
      request,
      response,
      (update) => refusalOf(github, repository, principal, update),
      async (updates) => {
        for (const update of updates) await record(github, repository, principal, directory, update);
      },
    ),
  );
}

async function record(
  github: GitHub,
  repository: RepositoryRecord,
  { account }: Exclude<Principal, { kind: "app" }>,
  directory: string,
  update: RefUpdate,
): Promise<void> {
  const at = github.clock
    .now()
    .toISOString()
    .replace(/\.\d+Z$/, "Z");
  const type = await typeOf(directory, update);
  github.records.transaction(() => {
    github.records.addActivity(repository, { ...update, at, type, actor: account.login });
    github.records.saveRepository({ ...repository, pushedAt: at, updatedAt: at });
  });
  const fullName = `${repository.owner}/${repository.name}`;
  github.signals.emit({ type: "github.push", repository: fullName, ...update, pusher: account.login });
  await publish(github, repository, account.login, directory, update, type);
}

async function publish(
  github: GitHub,
  repository: RepositoryRecord,
  login: string,
  directory: string,
  update: RefUpdate,
  type: ActivityRecord["type"],
): Promise<void> {
  const range = update.before === ZERO_SHA ? update.after : `${update.before}..${update.after}`;
  const commits = update.after === ZERO_SHA ? [] : ((await log(directory, range, COMMITS_IN_PAYLOAD)) ?? []);
  const shapes = commits.toReversed().map((commit) => ({
    id: commit.sha,
    tree_id: commit.tree,
    distinct: true,
    message: commit.message,
    timestamp: commit.committer.date,
    url: `${github.url}/${repository.owner}/${repository.name}/commit/${commit.sha}`,
    author: { name: commit.author.name, email: commit.author.email },
    committer: { name: commit.committer.name, email: commit.committer.email },
  }));
  const sender = github.accountOf(login);
  github.webhooks.publish("push", `${repository.owner}/${repository.name}`, {
    ref: update.ref,
    before: update.before,
    after: update.after,
    created: type === "branch_creation",
    deleted: type === "branch_deletion",
    forced: type === "force_push",
    base_ref: null,
    compare: `${github.url}/${repository.owner}/${repository.name}/compare/${update.before.slice(0, 12)}...${update.after.slice(0, 12)}`,
    commits: shapes,
    head_commit: shapes.at(-1) ?? null,
    repository: repositoryShape(github.url, repository, github.accountOf(repository.owner)),
    pusher: { name: sender.login, email: sender.email },
    sender: accountShape(github.url, sender),
  });
}
