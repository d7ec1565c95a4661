import type { Standards } from "../standards/index.ts";

/** A file to write, or (content undefined) to remove, in the platform repository. */
export interface FileChange {
  readonly path: string;
  readonly content: string | undefined;
}

export interface CommitRequest {
  /** Full sha of the head that the changes were made against. */
  readonly parent: string;
  readonly changes: readonly FileChange[];
  readonly message: string;
  /** The person who acted; Turnpike's App is the committer. */
  readonly author: { readonly name: string; readonly email: string };
  readonly at: Date;
}

/**
 * The platform repository, read from a bare mirror. All calls are idempotent; each has a deadline and raises
 * `RepositoryHostError` when the host doesn't answer in time.
 */
export interface PlatformRepository {
  /** Fetches, and returns the full sha of the head of the default branch. */
  fetch(): Promise<string>;
  /** Head of the mirror as it is, without asking the host; fetches when there is no mirror yet. */
  head(): Promise<string>;
  /** Paths that differ between two commits; every path when `from` is undefined. */
  changedPaths(from: string | undefined, to: string): Promise<string[]>;
  /** Contents at a commit; a path that isn't there is left out. */
  read(commit: string, paths: readonly string[]): Promise<Map<string, string>>;
  /** Full sha of the newest commit before or at `commit` that touched `path` and has this text in its message. */
  findCommit(commit: string, path: string, text: string): Promise<string | undefined>;
  /**
   * Chains the commits in order and moves the branch once, by a fast-forward push. `moved` means that someone else
   * was first: nothing was written; fetch and try again.
   */
  push(commits: readonly CommitRequest[]): Promise<{ kind: "pushed"; shas: string[] } | { kind: "moved" }>;
}

/** What services are judged by in their pipelines. */
export interface VerifierFacts {
  readonly standards: Standards;
  /** By service: the commit that production runs. */
  readonly running: Readonly<Record<string, string>>;
  /** What is known against components, as text; undefined where nothing is. */
  readonly advisories: string | undefined;
}

/** What judges services in their pipelines: Turnpike's own build action runs it, and no service can change it. */
export interface Verifier {
  /**
   * Makes sure that the bucket has this verifier with these facts. Idempotent. Raises `StandardsUnpublishedError`.
   *
   * @param bucket of the tooling account's artifacts
   */
  publish(bucket: string, facts: VerifierFacts): Promise<void>;
}
