import type { AccountDocument, FileChange } from "../platform/index.ts";
import type { BrokenTemplate, FieldProblem, Step, TemplateDetail, TemplateSummary } from "./views.ts";

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
  /** Login of the account that authenticated. */
  readonly login: string;
  /** Whether that is Turnpike's own App, and not another one with a like name. */
  readonly byTurnpike: boolean;
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
  /**
   * The host's record of who brought what onto `branch`, newest first: every move of the branch itself since `base` was
   * its head, also a move back to it, and every push of one of `commits` to another branch before it came here.
   * GitHub's adapter reads at most 50 pages of 100 moves, and raises where `base` isn't among them: never a part.
   */
  pushes(fullName: string, branch: string, range: PushRange): Promise<Push[]>;
}

export interface PushRange {
  /** What was the branch's head, at a moment when it was. Left out: all there ever was. */
  readonly base?: { readonly sha: string; readonly at: Date };
  readonly commits: readonly string[];
}

/** What a template is given to render a service, beside the person's own parameters. */
export interface TemplateValues {
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  /** `svc_…` */
  readonly serviceId: string;
  /** `acme/orders` */
  readonly repository: string;
  readonly environments: readonly string[];
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The templates that this installation offers. */
export interface Templates {
  list(): Promise<{ templates: TemplateSummary[]; broken: BrokenTemplate[] }>;
  find(name: string): Promise<TemplateDetail | undefined>;
  /** Problems of a person's parameters, with defaults applied to `parameters` when there are none. */
  validate(
    name: string,
    parameters: Readonly<Record<string, unknown>>,
  ): Promise<{ kind: "valid"; parameters: Record<string, unknown> } | { kind: "invalid"; problems: FieldProblem[] }>;
  /** Runs the template's code in a restricted process. Raises an `AppError` of kind `invalid` that says why it can't be. */
  render(name: string, values: TemplateValues): Promise<RenderedFile[]>;
}

/** The pipelines of services, as infrastructure. Calls are idempotent and return at once: ask again for progress. */
export interface PipelineStacks {
  ensure(request: {
    service: string;
    /** The marker that the stack carries. */
    serviceId: string;
    owner: string;
    repository: string;
    branch: string;
    tooling: AccountDocument["spec"];
    /** In order of promotion, by environment. */
    targets: readonly { environment: string; account: AccountDocument["spec"] }[];
  }): Promise<
    | { kind: "ready"; pipeline: string }
    | { kind: "in-progress"; detail: string }
    /** The stack failed, or one of this name carries another's marker. */
    | { kind: "failed"; reason: string; final: boolean }
  >;
}

/** A service as it was asked for. */
export interface ServiceRequest {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  readonly template: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly repository: string;
  readonly environments: readonly string[];
  readonly requestedBy: { readonly email: string; readonly github?: string | undefined };
  readonly createdAt: Date;
}

/** Services that were asked for, and how far they are. */
export interface ServiceStore {
  /**
   * Takes the name, and stores the intent and the audit event with it, in one transaction: `false` when the name is
   * taken, and nothing was written. Of two people at once one gets it.
   */
  reserve(
    request: ServiceRequest,
    intent: { change: FileChange; message: string; author: { name: string; email: string } },
  ): Promise<boolean>;
  /**
   * Puts a service on record that was never asked for here: its document was committed to the platform repository by
   * hand. Does nothing when it is on record.
   */
  adopt(request: ServiceRequest, document: { readonly path: string; readonly commit: string }): Promise<void>;
  find(name: string): Promise<ServiceRequest | undefined>;
  list(): Promise<ServiceRequest[]>;
  /** Names of services with a step that isn't done and may still be, or that have no steps yet. */
  unfinished(): Promise<string[]>;
  steps(name: string): Promise<StoredStep[]>;
  saveStep(name: string, step: StoredStep): Promise<void>;
  /** What became of the intent that asked for the service. */
  decision(
    name: string,
  ): Promise<{ status: "waiting" | "committed" | "conflict"; commit?: string; error?: string } | undefined>;
}

export interface StoredStep extends Omit<Step, "title"> {
  /** How often it failed in a row. */
  readonly attempts: number;
}
