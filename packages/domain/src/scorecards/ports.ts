import type { FileChange } from "../platform/index.ts";
import type { RuleView } from "../standards/index.ts";
import type { FixView } from "./views.ts";

/** The sources of repositories. Raises `RepositoryHostError` (kind unavailable or timeout) when the host can't answer. */
export interface Sources {
  /** Full sha of the branch's head; undefined where there is no such repository, or no such branch. */
  head(fullName: string, branch: string): Promise<string | undefined>;
  /**
   * The text files of a commit by path; links, submodules and what isn't UTF-8 are left out. Undefined where it is more
   * than can be read: 5,000 files, 20 MB, or 512 KB for one.
   */
  files(fullName: string, commit: string): Promise<ReadonlyMap<string, string> | undefined>;
  /**
   * A branch with one commit on `base`, and a pull request for it. Safe to repeat: what is there already under this
   * branch's name is returned.
   */
  propose(request: {
    fullName: string;
    /** Into which it shall be merged. */
    into: string;
    base: string;
    branch: string;
    files: ReadonlyMap<string, string>;
    message: string;
    author: { name: string; email: string };
    at: Date;
    title: string;
    body: string;
  }): Promise<{ sha: string; url: string }>;
}

/** A repository as it was judged at one commit. */
export interface Judged {
  readonly name: string;
  readonly commit: string;
  /** Of what it was judged by: the standards, and the day. */
  readonly basis: string;
  readonly judgedAt: Date;
  /** Why it couldn't be: the rules are then none. */
  readonly problem: string | undefined;
  readonly rules: readonly RuleView[];
}

/** A fix that was asked for. */
export interface FixRequest {
  readonly id: string;
  /** Name of the service or the imported repository. */
  readonly name: string;
  readonly rule: string;
  readonly base: string;
  readonly requestedBy: { readonly email: string; readonly name: string; readonly github?: string | undefined };
  readonly requestedAt: Date;
}

export interface ScorecardStore {
  /** Replaces what was known of this name and commit. */
  save(judged: Judged): Promise<void>;
  /** As judged last; undefined before the first time. */
  latest(name: string): Promise<Judged | undefined>;
  /** By name, what the latest of each was judged by. */
  bases(): Promise<ReadonlyMap<string, string>>;
  /** The latest of each name. */
  latestOfAll(): Promise<Judged[]>;
  /** Newest first. */
  history(name: string, limit: number): Promise<Judged[]>;
  /** Stores the wish and its audit event; false where one for this rule at this commit is there already. */
  requestFix(request: FixRequest): Promise<boolean>;
  waitingFixes(): Promise<FixRequest[]>;
  /** `commit`: what the fix's branch holds. */
  fixOpened(id: string, opened: { commit: string; url: string }): Promise<void>;
  fixFailed(id: string, error: string): Promise<void>;
  /** Newest first, at most 50. */
  fixes(name: string): Promise<FixView[]>;
  /** Who asked for the fix that this commit is: GitHub login, else address. */
  requesterOf(name: string, commit: string): Promise<string | undefined>;
  /** Stores the intent to commit a repository's document, with its audit event. */
  importRepository(request: {
    name: string;
    owner: string;
    at: Date;
    intent: { change: FileChange; message: string; author: { name: string; email: string } };
  }): Promise<void>;
}
