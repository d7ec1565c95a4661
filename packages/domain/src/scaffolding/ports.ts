/** A file of a rendered service. */
export interface RenderedFile {
  readonly path: string;
  readonly content: Uint8Array;
  /** 0o644 or 0o755 */
  readonly mode: number;
}

export interface Repository {
  /** `acme/orders` */
  readonly fullName: string;
  readonly htmlUrl: string;
  readonly cloneUrl: string;
  readonly defaultBranch: string;
  /** The request marker found in it, or undefined when it carries none. */
  readonly marker: string | undefined;
}

export interface Commit {
  readonly sha: string;
  /** First line of the message. */
  readonly title: string;
  /** As written in the commit: text that anyone can write, shown but never believed. */
  readonly authorName: string;
  readonly authorEmail: string;
  readonly committedAt: Date;
  readonly htmlUrl: string;
}

/** GitHub's own record that someone moved a branch. */
export interface Push {
  readonly ref: string;
  readonly before: string;
  readonly after: string;
  /** Login of the authenticated account, `turnpike[bot]` for Turnpike itself. */
  readonly login: string;
  readonly at: Date;
  readonly kind: "push" | "force-push" | "merge" | "branch-creation" | "branch-deletion";
}

/** The host of services' repositories. Raises `RepositoryHostError` (kind unavailable or timeout) when it can't answer. */
export interface RepositoryHost {
  find(fullName: string): Promise<Repository | undefined>;
  /**
   * Creates a private repository that carries `marker` (`svc_…`) from its first instant. When the answer was lost, or
   * the name is taken, it is looked up: ours (same marker) is returned as made, another's as `taken`, untouched.
   */
  ensureRepository(request: {
    fullName: string;
    description: string;
    marker: string;
  }): Promise<{ kind: "ours"; repository: Repository } | { kind: "taken"; repository: Repository }>;
  /** Full sha of the branch's head, or undefined while it has none. */
  head(fullName: string, branch: string): Promise<string | undefined>;
  /**
   * Pushes `files` as the first commit of an empty branch. When the branch has a head already, nothing is pushed and
   * that head is returned: safe to repeat.
   */
  ensureFirstCommit(request: {
    fullName: string;
    branch: string;
    files: readonly RenderedFile[];
    message: string;
    author: { name: string; email: string };
    at: Date;
  }): Promise<{ sha: string }>;
  /** Commits reachable from `head` and not from `base`, newest first, at most 100; all of them when base is undefined. */
  commits(fullName: string, base: string | undefined, head: string): Promise<Commit[]>;
  /** The host's record of who moved `branch`, newest first, back to (and without) the push that made `since` its head. */
  pushes(fullName: string, branch: string, since: string | undefined): Promise<Push[]>;
}
