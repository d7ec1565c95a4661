/** Pipeline state as the portal shows it; CodePipeline's vocabulary, without its shapes. */

export type RunStatus =
  | "waiting" // not started
  | "running"
  | "waiting-for-person"
  | "succeeded"
  | "failed"
  | "stopped"
  | "superseded"
  | "unknown";

export type ActionKind = "source" | "build" | "test" | "change-set" | "deploy" | "approval";

export interface ActionView {
  readonly name: string;
  readonly kind: ActionKind;
  readonly status: RunStatus;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  readonly summary?: string;
  readonly error?: string;
  /** CodeBuild build id, when the action has a log. */
  readonly buildId?: string;
  /** `acme:222222222222`-style account that a deployment acts in. */
  readonly accountId?: string;
}

export interface StageView {
  readonly name: string;
  readonly status: RunStatus;
  /** Groups run one after the other, the actions of a group side by side. */
  readonly groups: readonly (readonly ActionView[])[];
}

export interface ExecutionSummary {
  readonly id: string;
  readonly service: string;
  readonly status: RunStatus;
  readonly commit: { readonly sha: string; readonly title: string; readonly url: string } | undefined;
  /** "push", "pipeline created", "started by hand" … */
  readonly trigger: string;
  readonly startedAt: Date;
  readonly endedAt?: Date;
}

export interface ExecutionView extends ExecutionSummary {
  readonly stages: readonly StageView[];
  /** Set at the gate. */
  readonly releaseId?: string;
}

export interface LogChunk {
  readonly lines: readonly { readonly at: Date; readonly text: string }[];
  /** Pass it on to read what came after. */
  readonly cursor: string | undefined;
  readonly ended: boolean;
}

export interface TestReport {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cases: readonly {
    readonly name: string;
    readonly suite: string | undefined;
    readonly status: "passed" | "failed" | "skipped";
    readonly durationMs: number | undefined;
    readonly message: string | undefined;
  }[];
}
