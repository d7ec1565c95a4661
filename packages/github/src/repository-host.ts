import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type Commit,
  type Push,
  type Repository,
  type RepositoryHost,
  RepositoryHostError,
} from "@turnpike/domain/scaffolding";
import type { GitHub } from "./client.ts";
import { importStream } from "./fast-import.ts";
import { requireGit } from "./git.ts";
import { initMirror } from "./mirror.ts";
import { broughtTo, startOf } from "./pushes.ts";
import { remoteOf, runRemoteGit } from "./remote.ts";
import { callGitHub, split, statusOf } from "./repository-call.ts";

const TURNPIKE = { name: "Turnpike", email: "turnpike[bot]@users.noreply.github.com" };
const MAX_COMMITS = 100;
const MAX_ACTIVITY_PAGES = 50;
/** GitHub takes 350 characters, marker included. */
const LONGEST_DESCRIPTION = 300;

/**
 * The marker stands in the repository's description, because that is set by the very request that creates it: there
 * is no moment in which a repository of ours carries none.
 */
const markerOf = (description: string | null) => /\[(svc_[0-9a-z]+)\]\s*$/.exec(description ?? "")?.[1];
const describe = (description: string, marker: string) =>
  `${description
    .replace(/\p{Cc}/gu, " ")
    .slice(0, LONGEST_DESCRIPTION)
    .toWellFormed()} [${marker}]`;

interface RepositoryAnswer {
  full_name: string;
  html_url: string;
  clone_url: string;
  default_branch: string;
  description: string | null;
}

function repositoryOf(data: RepositoryAnswer): Repository {
  return {
    fullName: data.full_name,
    htmlUrl: data.html_url,
    cloneUrl: data.clone_url,
    defaultBranch: data.default_branch,
    marker: markerOf(data.description),
  };
}

interface CommitAnswer {
  sha: string;
  html_url: string;
  commit: {
    message: string;
    author: { name?: string; email?: string; date?: string } | null;
    committer: { date?: string } | null;
  };
}

function commitOf({ sha, html_url: htmlUrl, commit }: CommitAnswer): Commit {
  return {
    sha,
    title: commit.message.split("\n", 1)[0] ?? "",
    authorName: commit.author?.name ?? "unknown",
    authorEmail: commit.author?.email ?? "",
    committedAt: new Date(commit.committer?.date ?? commit.author?.date ?? 0),
    htmlUrl,
  };
}

const kinds: Record<string, Push["kind"]> = {
  push: "push",
  force_push: "force-push",
  branch_creation: "branch-creation",
  branch_deletion: "branch-deletion",
  pr_merge: "merge",
  merge_queue_merge: "merge",
};

/** GitHub as the host of services' repositories, as Turnpike's App. */
export function createRepositoryHost(github: GitHub): RepositoryHost {
  const call = <T>(what: string, fullName: string, ask: Parameters<typeof callGitHub<T>>[3]) =>
    callGitHub(github, what, fullName, ask);

  const find: RepositoryHost["find"] = (fullName) =>
    call(`show ${fullName}`, fullName, async (client) => {
      try {
        const { data } = await client.rest.repos.get(split(fullName));
        return repositoryOf(data);
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    });

  const head: RepositoryHost["head"] = (fullName, branch) =>
    call(`show the branch ${branch} of ${fullName}`, fullName, async (client) => {
      try {
        const { data } = await client.rest.git.getRef({ ...split(fullName), ref: `heads/${branch}` });
        return data.object.sha;
      } catch (error) {
        // 409 is GitHub's answer for a repository without any commit.
        if (statusOf(error) === 404 || statusOf(error) === 409) return undefined;
        throw error;
      }
    });

  return {
    find,
    head,

    async ensureRepository({ fullName, description, marker }) {
      const { owner, repo } = split(fullName);
      const judge = (repository: Repository) =>
        ({ kind: repository.marker === marker ? "ours" : "taken", repository }) as const;
      return call(`create ${fullName}`, fullName, async (client) => {
        try {
          const { data } = await client.rest.repos.createInOrg({
            org: owner,
            name: repo,
            description: describe(description, marker),
            private: true,
          });
          return judge(repositoryOf(data));
        } catch (error) {
          // 422: the name is taken, perhaps by an earlier call of ours. No answer, or 5xx: it may have been made.
          const found = await find(fullName);
          if (found) return judge(found);
          throw error;
        }
      });
    },

    async ensureFirstCommit({ fullName, branch, files, message, author, at }) {
      const directory = await mkdtemp(path.join(tmpdir(), "turnpike-commit-"));
      const options = { directory, deadlineMs: github.deadlineMs };
      try {
        initMirror(directory);
        const stream = importStream(`refs/heads/${branch}`, undefined, [
          {
            message,
            author,
            committer: TURNPIKE,
            at,
            files: files.map(({ path: file, content, mode }) => ({ path: file, content, executable: mode === 0o755 })),
          },
        ]);
        // One pack that is pushed as it is: unpacking it into a file for each object takes longer than all else here.
        const write = ["-c", "fastimport.unpackLimit=1", "fast-import", "--quiet", "--done"];
        const output = await requireGit("write the first commit", write, { ...options, input: stream });
        const sha = output.toString("utf8").trim();
        // The lease expects that the branch isn't there: what is there already is never overwritten.
        const lease = `--force-with-lease=refs/heads/${branch}:`;
        const push = ["push", "--quiet", lease, remoteOf(github, fullName), `refs/heads/${branch}`];
        const pushed = await runRemoteGit(github, fullName, push, options);
        if (pushed.code === 0) return { sha };
        const existing = await head(fullName, branch);
        if (existing) return { sha: existing };
        throw new RepositoryHostError(`take the first commit of ${fullName}`, {
          cause: new Error(pushed.stderr.trim()),
        });
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },

    commits: (fullName, base, headSha) =>
      call(`list the commits of ${fullName}`, fullName, async (client) => {
        const at = split(fullName);
        if (!base) {
          const { data } = await client.rest.repos.listCommits({ ...at, sha: headSha, per_page: MAX_COMMITS });
          return data.map(commitOf);
        }
        const basehead = `${base}...${headSha}`;
        const page = async (number: number) => {
          const request = { ...at, basehead, per_page: MAX_COMMITS, page: number };
          return (await client.rest.repos.compareCommitsWithBasehead(request)).data;
        };
        // GitHub lists the oldest first: the newest are on the last page and, where it isn't full, the one before.
        const first = await page(1);
        const last = Math.ceil(first.total_commits / MAX_COMMITS);
        const pages = [first];
        for (let number = Math.max(2, last - 1); number <= last; number++) pages.push(await page(number));
        return pages
          .flatMap(({ commits }) => commits)
          .slice(-MAX_COMMITS)
          .map(commitOf)
          .reverse();
      }),

    pushes: (fullName, branch, range) =>
      call(`show who pushed to ${fullName}`, fullName, async (client) => {
        const ownLogin = await github.ownLogin(split(fullName).owner);
        const pushes: Push[] = [];
        const pages = client.paginate.iterator("GET /repos/{owner}/{repo}/activity", {
          ...split(fullName),
          per_page: 100,
        });
        let page = 0;
        for await (const { data } of pages) {
          for (const activity of data) {
            const login = activity.actor?.login ?? "unknown";
            pushes.push({
              ref: activity.ref,
              before: activity.before,
              after: activity.after,
              login,
              byTurnpike: login === ownLogin,
              at: new Date(activity.timestamp),
              kind: kinds[activity.activity_type] ?? "push",
            });
          }
          if (++page < MAX_ACTIVITY_PAGES) continue;
          // A part would let someone approve what they pushed themselves: rather none.
          if (startOf(pushes, branch, range) === undefined) {
            throw new Error(`More than ${pushes.length} pushes since ${range.base?.sha}.`);
          }
          break;
        }
        return broughtTo(pushes, branch, range);
      }),
  };
}
