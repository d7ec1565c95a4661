import { createHash } from "node:crypto";
import type { CommitRequest, PlatformRepository } from "../src/platform/index.ts";

interface StoredCommit {
  readonly sha: string;
  readonly parent: string | undefined;
  readonly files: ReadonlyMap<string, string>;
  readonly touched: readonly string[];
  readonly message: string;
}

/**
 * A Git repository in memory: a host with one branch, and the mirror of one process, which sees the host's head only
 * by `fetch` or by its own push.
 */
export function createMemoryPlatformRepository(files: Readonly<Record<string, string>> = {}) {
  const commits = new Map<string, StoredCommit>();
  const faults: ((commits: readonly CommitRequest[], push: () => void) => void)[] = [];

  function commit(parent: string | undefined, change: Pick<CommitRequest, "changes" | "message">): string {
    const tree = new Map(parent ? commits.get(parent)?.files : undefined);
    for (const { path, content } of change.changes) {
      if (content === undefined) tree.delete(path);
      else tree.set(path, content);
    }
    const sha = createHash("sha1")
      .update(JSON.stringify([parent, commits.size, change]))
      .digest("hex");
    const touched = change.changes.map(({ path }) => path);
    commits.set(sha, { sha, parent, files: tree, touched, message: change.message });
    return sha;
  }

  const changesOf = (changed: Readonly<Record<string, string | undefined>>) =>
    Object.entries(changed).map(([path, content]) => ({ path, content }));
  let hostHead = commit(undefined, { changes: changesOf(files), message: "Start" });
  let mirrorHead = hostHead;

  function* history(from: string): Generator<StoredCommit> {
    for (let found = commits.get(from); found; found = found.parent ? commits.get(found.parent) : undefined)
      yield found;
  }

  function fastForward(requests: readonly CommitRequest[]): string[] | undefined {
    const [first] = requests;
    if (first?.parent !== hostHead) return undefined;
    const shas: string[] = [];
    for (const request of requests) {
      hostHead = commit(hostHead, request);
      shas.push(hostHead);
    }
    return shas;
  }

  const repository: PlatformRepository = {
    async fetch() {
      mirrorHead = hostHead;
      return mirrorHead;
    },
    async head() {
      return mirrorHead;
    },
    async changedPaths(from, to) {
      const before = from ? commits.get(from)?.files : undefined;
      const after = commits.get(to)?.files ?? new Map<string, string>();
      return [...new Set([...(before?.keys() ?? []), ...after.keys()])].filter(
        (path) => before?.get(path) !== after.get(path),
      );
    },
    async read(sha, paths) {
      const tree = commits.get(sha)?.files;
      return new Map(
        paths.flatMap((path) => {
          const text = tree?.get(path);
          return text === undefined ? [] : [[path, text] as const];
        }),
      );
    },
    async findCommit(sha, path, text) {
      for (const found of history(sha))
        if (found.touched.includes(path) && found.message.includes(text)) return found.sha;
      return undefined;
    },
    async push(requests) {
      faults.shift()?.(requests, () => fastForward(requests));
      const shas = fastForward(requests);
      if (!shas) return { kind: "moved" };
      mirrorHead = hostHead;
      return { kind: "pushed", shas };
    },
  };

  return {
    repository,
    /** What the branch on the host holds. */
    file: (path: string) => commits.get(hostHead)?.files.get(path),
    /** First lines of the messages of the branch on the host, newest first. */
    messages: () => [...history(hostHead)].map(({ message }) => message.split("\n", 1)[0]),
    hostHead: () => hostHead,
    /** Someone else's commit, which this process's mirror doesn't have yet. */
    commitByOther(changed: Readonly<Record<string, string | undefined>>, message = "By someone else"): string {
      hostHead = commit(hostHead, { changes: changesOf(changed), message });
      return hostHead;
    },
    /** Runs `fault` at the start of the next push; it may raise, or push first and raise then. */
    atNextPush(fault: (commits: readonly CommitRequest[], push: () => void) => void) {
      faults.push(fault);
    },
  };
}
