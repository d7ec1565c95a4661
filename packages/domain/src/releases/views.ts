import type { TestReport } from "../pipelines/index.ts";
import type { Commit } from "../scaffolding/index.ts";

export type ReleaseStatus =
  | "waiting" // for a decision
  | "approved" // decided; the pipeline is being told
  | "rejected"
  | "deploying"
  | "deployed"
  | "failed"
  | "expired"
  | "stopped"
  | "superseded";

export interface ResourceChange {
  readonly action: "add" | "modify" | "remove" | "import" | "dynamic";
  readonly logicalId: string;
  readonly physicalId: string | undefined;
  readonly type: string;
  readonly replacement: "never" | "conditional" | "always";
  /** Property paths that change, with values where CloudFormation tells them. */
  readonly properties: readonly { readonly path: string; readonly before?: string; readonly after?: string }[];
}

export interface Decision {
  readonly by: { readonly email: string; readonly name: string };
  readonly decision: "approve" | "reject";
  readonly at: Date;
  readonly comment: string | undefined;
}

export interface ReleaseSummary {
  readonly id: string;
  readonly service: string;
  readonly owner: string;
  readonly environment: string;
  readonly status: ReleaseStatus;
  readonly commit: string;
  readonly title: string;
  readonly waitingSince: Date;
  readonly executionId: string;
  /** In the order they were made. Empty when nobody decided. */
  readonly decisions: readonly Decision[];
}

/** Whether the person who looks may decide, and if not, why. */
export type Standing =
  | { readonly kind: "may-decide" }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "closed"; readonly reason: string };

/** What a decision is made on: gathered once, when the candidate reached its gate. The fingerprint binds it. */
export interface Evidence {
  readonly commit: string;
  readonly title: string;
  readonly artifactDigest: string;
  readonly accountId: string;
  readonly region: string;
  /** What ran there then, or undefined before the first deployment. */
  readonly runningCommit: string | undefined;
  readonly commits: readonly Commit[];
  /** GitHub logins (or the e-mail address of a requester without one) that pushed, merged or requested any of it. */
  readonly contributors: readonly string[];
  readonly changeSet: { readonly arn: string; readonly name: string; readonly stackName: string };
  readonly changes: readonly ResourceChange[];
  readonly tests: readonly TestReport[];
}

export interface ReleaseDetail extends ReleaseSummary, Evidence {
  readonly fingerprint: string;
  readonly outcome: { readonly at: Date; readonly reason: string | undefined } | undefined;
  readonly standing: Standing;
}

export type DecisionResult =
  | { readonly kind: "recorded"; readonly status: ReleaseStatus }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "changed"; readonly message: string };
