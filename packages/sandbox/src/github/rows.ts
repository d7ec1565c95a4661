import type { AppPermissions } from "./app-permissions.ts";

/** What GitHub keeps on record, row by row. Times are as GitHub writes them: `2026-11-23T12:00:00Z`. */

export interface RepositoryRecord {
  readonly id: number;
  /** `acme` */
  readonly owner: string;
  readonly name: string;
  /** As it was sent: Turnpike keeps its request marker in it. */
  readonly description: string | null;
  readonly private: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly pushedAt: string | null;
  readonly defaultBranch: string;
}

/** Who moved a ref, by the account that authenticated: GitHub's own record. */
export interface ActivityRecord {
  readonly id: number;
  readonly before: string;
  readonly after: string;
  readonly ref: string;
  readonly at: string;
  readonly type: "push" | "force_push" | "branch_creation" | "branch_deletion" | "pr_merge";
  readonly actor: string;
  /** The `PlannedMoves` that it comes from. */
  readonly plan: number;
}

/** Refs that are about to be moved, and on whose behalf: kept until everything that follows is on record too. */
export interface PlannedMoves {
  readonly id: number;
  readonly repository: { readonly owner: string; readonly name: string; readonly id: number };
  readonly actor: string;
  readonly updates: readonly { readonly ref: string; readonly before: string; readonly after: string }[];
  readonly at: string;
  /** Number of the pull request whose merge it is. */
  readonly pull: number | null;
}

/** What must succeed on a commit before it becomes a branch's head. */
export interface RequiredChecks {
  /** Whether a pull request's head must contain the branch's. */
  readonly strict: boolean;
  /** `appId`: the only App whose check run counts; null: any, and any status. */
  readonly checks: readonly { readonly context: string; readonly appId: number | null }[];
}

export interface RequiredReviews {
  readonly count: number;
  /** Whether an approval ends with the next push. */
  readonly dismissStale: boolean;
  /** Whether someone else than the last pusher must have approved. */
  readonly lastPush: boolean;
  /** Who may push without a pull request. */
  readonly bypass: { readonly users: readonly string[]; readonly apps: readonly string[] };
}

/** The rules of a protected branch. */
export interface ProtectionRecord {
  readonly requiredChecks: RequiredChecks | null;
  readonly requiredReviews: RequiredReviews | null;
  /** The only ones who may move it; null: everyone who may write. */
  readonly restrictions: { readonly users: readonly string[]; readonly apps: readonly string[] } | null;
  /** Whether the rules hold for administrators too. */
  readonly enforceAdmins: boolean;
  readonly allowForcePushes: boolean;
  readonly allowDeletions: boolean;
}

/** What someone said of a commit: a build, a check. */
export interface StatusRecord {
  readonly id: number;
  readonly state: "error" | "failure" | "pending" | "success";
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: string;
  readonly at: string;
}

/** What an App's check says of a commit. */
export interface CheckRunRecord {
  readonly id: number;
  readonly suiteId: number;
  readonly name: string;
  readonly headSha: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion:
    | "action_required"
    | "cancelled"
    | "failure"
    | "neutral"
    | "skipped"
    | "success"
    | "timed_out"
    | null;
  readonly createdAt: string;
  readonly startedAt: string;
  readonly completedAt: string | null;
  readonly externalId: string;
  readonly detailsUrl: string | null;
  readonly output: {
    readonly title: string | null;
    readonly summary: string | null;
    readonly text: string | null;
    readonly annotations: readonly AnnotationRecord[];
  };
}

export interface AnnotationRecord {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly level: "failure" | "notice" | "warning";
  readonly message: string;
  readonly title: string | null;
}

/** The App's check runs of one commit. */
export interface CheckSuiteRecord {
  readonly id: number;
  readonly headSha: string;
  readonly createdAt: string;
}

export interface PullRecord {
  readonly id: number;
  /** `#7` */
  readonly number: number;
  readonly title: string;
  readonly body: string | null;
  readonly draft: boolean;
  readonly state: "open" | "closed";
  readonly author: string;
  /** The branch that shall be merged, and its head; what it was when the pull request ended. */
  readonly headRef: string;
  readonly headSha: string;
  readonly baseRef: string;
  readonly baseSha: string;
  readonly reviewers: readonly string[];
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly closedAt: string | null;
  readonly merge: { readonly at: string; readonly by: string; readonly sha: string } | null;
}

export interface ReviewRecord {
  readonly id: number;
  /** Number of the pull request. */
  readonly pull: number;
  readonly author: string;
  readonly state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
  readonly body: string;
  /** The head that was reviewed. */
  readonly sha: string;
  readonly at: string;
}

/** A comment on a pull request as a whole. */
export interface CommentRecord {
  readonly id: number;
  readonly pull: number;
  readonly author: string;
  readonly body: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface DeliveryRecord {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly repositoryId: number | null;
  readonly payload: string;
  readonly deliveredAt: string;
  readonly redelivery: boolean;
  readonly statusCode: number;
  readonly status: string;
  readonly durationSeconds: number;
}

/** Of an installation's token. */
export interface TokenRecord {
  readonly expiresAt: string;
  readonly permissions: AppPermissions;
  readonly repositories?: readonly number[];
}

export const ZERO_SHA = "0".repeat(40);
