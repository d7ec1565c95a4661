import type { CommitRequest, PlatformRepository } from "@turnpike/domain/platform";
import { RepositoryHostError } from "@turnpike/domain/scaffolding";
import { parseBatch } from "./batch.ts";
import type { GitHub } from "./client.ts";
import { importStream } from "./fast-import.ts";
import { type GitResult, requireGit, runGit } from "./git.ts";
import { initMirror, isBroken, readRef, removeMirror, writeRef } from "./mirror.ts";
import { remoteOf, runRemoteGit } from "./remote.ts";

const TURNPIKE = { name: "Turnpike", email: "turnpike[bot]@users.noreply.github.com" };
const BRANCH = "refs/heads/main";
/** Where new commits are made before they are pushed: never mistaken for what the host has. */
const DRAFT = "refs/turnpike/draft";
/** A mirror is made in one fetch of everything, which may take longer than an answer. */
const CLONE_DEADLINE_MS = 120_000;
/** git looks for garbage once in so many fetches, not each time: the look is a process. */
const FETCHES_PER_GC = 200;

/**
 * What a host says to a push when its branch is elsewhere: seen by git before it sends anything, or by the host, which
 * another push reached first. A refusal by a rule of the branch is none of these.
 */
const MOVED = /\[rejected\]|fetch first|non-fast-forward|cannot lock ref|failed to update ref|incorrect old value/;

const pairOf = (path: string, text: string | undefined): [string, string][] =>
  text === undefined ? [] : [[path, text]];

/**
 * The platform repository through a bare mirror on this machine, which is a cache: it may be deleted at any time, and
 * one that git finds broken is. Every method raises `RepositoryHostError`.
 *
 * @param fullName `acme/platform`
 * @param mirrorDir one process at a time uses it
 */
export function createPlatformRepository(
  github: GitHub,
  { fullName, mirrorDir }: { fullName: string; mirrorDir: string },
): PlatformRepository {
  const options = { directory: mirrorDir, deadlineMs: github.deadlineMs };
  const remote = remoteOf(github, fullName);
  let fetches = 0;
  /** What the last push changed: it is read again at once, and needs no process then. */
  let last: { from: string; to: string; files: Map<string, string | undefined> } | undefined;
  /** What writes to the mirror goes one after the other. */
  let queue: Promise<unknown> = Promise.resolve();
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = queue.then(work, work);
    queue = mine.catch(() => undefined);
    return mine;
  }

  async function localHead(): Promise<string | undefined> {
    initMirror(mirrorDir);
    return readRef(mirrorDir, BRANCH);
  }

  async function fetchOnce(): Promise<GitResult> {
    const deadlineMs = (await localHead()) ? options.deadlineMs : Math.max(options.deadlineMs, CLONE_DEADLINE_MS);
    const maintenance = ++fetches % FETCHES_PER_GC === 0 ? [] : ["--no-auto-maintenance"];
    const settings = ["-c", "gc.packRefs=false", "-c", "gc.autoDetach=false"];
    const fetch = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", ...maintenance];
    const args = [...settings, ...fetch, remote, `+${BRANCH}:${BRANCH}`];
    return runRemoteGit(github, fullName, args, { ...options, deadlineMs });
  }

  async function fetchHead(): Promise<string> {
    let fetched = await fetchOnce();
    if (fetched.code !== 0 && isBroken(fetched.stderr)) {
      await removeMirror(mirrorDir);
      fetched = await fetchOnce();
    }
    if (fetched.code !== 0) {
      throw new RepositoryHostError(`be asked for ${fullName}`, { cause: new Error(fetched.stderr.trim()) });
    }
    const head = await localHead();
    if (!head) throw new RepositoryHostError(`show the branch main of ${fullName}`);
    return head;
  }

  /** Writes commits to the mirror, one on the other, and returns their shas. */
  async function draft(parent: string, commits: readonly CommitRequest[]): Promise<string[]> {
    const stream = importStream(
      DRAFT,
      parent,
      commits.map(({ changes, message, author, at }) => ({
        message,
        author,
        committer: TURNPIKE,
        at,
        files: changes.map(({ path, content }) => ({
          path,
          content: content === undefined ? undefined : Buffer.from(content),
          executable: false,
        })),
      })),
    );
    const args = ["fast-import", "--quiet", "--done", "--force"];
    const output = await requireGit("write commits", args, { ...options, input: stream });
    return output.toString("utf8").trim().split("\n");
  }

  async function push(commits: readonly CommitRequest[]): ReturnType<PlatformRepository["push"]> {
    const [first] = commits;
    if (!first) return { kind: "pushed", shas: [] };
    const shas = await draft(first.parent, commits);
    const head = shas.at(-1) ?? "";
    const args = ["push", "--quiet", "--porcelain", remote, `${head}:${BRANCH}`];
    const { code, stdout, stderr } = await runRemoteGit(github, fullName, args, options);
    if (code === 0) {
      // What the host has just taken is the head here too.
      await writeRef(mirrorDir, BRANCH, head);
      const files = commits.flatMap(({ changes }) => changes.map(({ path, content }) => [path, content] as const));
      last = { from: first.parent, to: head, files: new Map(files) };
      return { kind: "pushed", shas };
    }
    if (MOVED.test(stdout.toString("utf8") + stderr)) return { kind: "moved" };
    throw new RepositoryHostError(`take the commits to ${fullName}`, { cause: new Error(stderr.trim()) });
  }

  return {
    fetch: () => alone(fetchHead),
    head: async () => (await localHead()) ?? alone(fetchHead),
    push: (commits) => alone(() => push(commits)),

    async changedPaths(from, to) {
      if (last && from === last.from && to === last.to) return [...last.files.keys()];
      // After a rewritten history, or with a new mirror, the old commit may be gone: then everything may have changed.
      const compare = ["diff-tree", "-r", "-z", "--name-only", "--no-renames"];
      const compared = from ? await runGit([...compare, from, to], options) : undefined;
      const output =
        compared?.code === 0
          ? compared.stdout
          : await requireGit("list a commit's files", ["ls-tree", "-r", "-z", "--name-only", to], options);
      return output.toString("utf8").split("\0").filter(Boolean);
    },

    async read(commit, paths) {
      // No file of a document has a line's end in its name, and a question is a line.
      const wanted = paths.filter((path) => !path.includes("\n"));
      if (wanted.length === 0) return new Map();
      const { files } = commit === last?.to ? last : {};
      if (files && wanted.every((path) => files.has(path))) {
        return new Map(wanted.flatMap((path) => pairOf(path, files.get(path))));
      }
      const input = [`${commit}^{commit}`, ...wanted.map((path) => `${commit}:${path}`), ""].join("\n");
      const output = await requireGit("read files", ["cat-file", "--batch"], { ...options, input });
      const [known, ...contents] = parseBatch(output, wanted.length + 1);
      // Without the commit every file would seem to be gone.
      if (known?.type !== "commit") throw new RepositoryHostError(`show the commit ${commit} of ${fullName}`);
      return new Map(
        wanted.flatMap((path, index) => {
          const found = contents[index];
          return pairOf(path, found?.type === "blob" ? found.content.toString("utf8") : undefined);
        }),
      );
    },

    async findCommit(commit, path, text) {
      const args = ["log", "-1", "--format=%H", "--fixed-strings", `--grep=${text}`, commit, "--", path];
      const output = await requireGit("read history", args, options);
      return output.toString("utf8").trim() || undefined;
    },
  };
}
