import type { ActionView, ExecutionSummary, LogChunk, RunStatus, StageView, TestReport } from "./views.ts";

/** An action as CodePipeline reports it, with what Turnpike needs beyond what it shows. */
export interface ObservedAction extends ActionView {
  /** Output variables: a stack's outputs, a source's commit, a build's exported variables. */
  readonly outputs: Readonly<Record<string, string>>;
}

export interface ObservedStage extends Omit<StageView, "groups"> {
  readonly groups: readonly (readonly ObservedAction[])[];
}

/** A gate of this execution at which a person must decide. */
export interface WaitingApproval {
  readonly stage: string;
  readonly action: string;
  /** Names this very question to `PutApprovalResult`. Not a credential, and not shown. */
  readonly token: string;
  readonly since: Date;
}

export interface ObservedExecution extends ExecutionSummary {
  readonly stages: readonly ObservedStage[];
  readonly approval: WaitingApproval | undefined;
}

export type Answer =
  | { readonly kind: "accepted" }
  /** The pipeline will never take this answer: the token is spent, the execution stopped, or the approval expired. */
  | { readonly kind: "refused"; readonly reason: string };

/**
 * CodePipeline and CodeBuild of the tooling account. Reads have a deadline and raise `PipelineUnavailableError`; they
 * may be repeated freely.
 */
export interface Pipelines {
  /** The executions of a pipeline, newest first, at most 50; undefined when there is no such pipeline. */
  list(pipeline: string): Promise<{ id: string; status: RunStatus; updatedAt: Date }[] | undefined>;
  observe(service: string, pipeline: string, executionId: string): Promise<ObservedExecution | undefined>;
  /** Idempotent: an answer that the pipeline has already taken counts as accepted. */
  answerApproval(request: {
    pipeline: string;
    executionId: string;
    approval: Pick<WaitingApproval, "stage" | "action" | "token">;
    decision: "approve" | "reject";
    /** Shown in CodePipeline beside the answer; at most 512 characters. */
    summary: string;
  }): Promise<Answer>;
  buildLog(buildId: string, cursor: string | undefined): Promise<LogChunk>;
  /** Reports of a build, empty while it has written none. */
  testReports(buildId: string): Promise<TestReport[]>;
}

/** The read model of executions. */
export interface ExecutionStore {
  /** Inserts or replaces; returns false when nothing differs from what is stored. */
  save(execution: ObservedExecution): Promise<boolean>;
  get(service: string, executionId: string): Promise<ObservedExecution | undefined>;
  /** Newest first. */
  list(service: string, limit: number): Promise<ObservedExecution[]>;
  /** The newest of each service. */
  latest(services: readonly string[]): Promise<Map<string, ObservedExecution>>;
}
