import type { ExecutionSummary } from "../pipelines/index.ts";

export type Health = "healthy" | "attention" | "failing" | "in-progress" | "waiting-for-person" | "unknown";

/** One environment of a service: what runs there. */
export interface Lane {
  readonly environment: string;
  readonly accountId: string;
  readonly region: string;
  /** Undefined until the first deployment. */
  readonly deployed:
    | {
        readonly commit: string;
        readonly title: string;
        readonly artifactDigest: string | undefined;
        readonly at: Date;
        readonly executionId: string;
        /** Where callers reach it: the URL of an API or a queue, the ARN of what is invoked. */
        readonly endpoint: string | undefined;
      }
    | undefined;
  readonly commitsBehind: number | undefined;
  readonly health: Health;
  /** Why health is what it is: "last deployment failed", "unknown since 12:03: access denied". */
  readonly reason: string;
  /** A release of this environment that waits for a decision. */
  readonly waitingReleaseId: string | undefined;
}

export interface ServiceSummary {
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  readonly template: string;
  readonly health: Health;
  readonly reason: string;
  readonly lanes: readonly Lane[];
  readonly latestExecution: ExecutionSummary | undefined;
  /** False while its steps are being taken. */
  readonly ready: boolean;
  readonly createdAt: Date;
}

export interface ServiceDetail extends ServiceSummary {
  readonly id: string;
  readonly repository: { readonly fullName: string; readonly htmlUrl: string; readonly cloneUrl: string };
  readonly requestedBy: string;
  readonly pipelineName: string;
}
