import type { ActionDeclaration } from "@aws-sdk/client-codepipeline";
import type { Context } from "../../../core/context.ts";
import type { ActionRecord, ActionResult, ExecutionRecord, PipelineRecord } from "../records.ts";

/** What an action's provider is given. */
export interface ActionRun {
  /** The pipeline's account and region. */
  readonly context: Context;
  readonly pipeline: PipelineRecord;
  /** As it was when the action started. */
  readonly execution: ExecutionRecord;
  readonly action: ActionDeclaration;
  /** As it was when the action started, or, when resumed, as the last run of the sandbox left it. */
  readonly record: ActionRecord;
  /** With its variables replaced. */
  readonly configuration: Readonly<Record<string, string>>;
  readonly pipelineRole: string;
  /** The action's own role, else the pipeline's. */
  readonly roleArn: string;
  readonly encryptionKey: string | undefined;
  /** True when the sandbox ended while this action ran: what it had begun outside may be there. */
  readonly resumed: boolean;
  /** Aborted when the action is over by other means, or the sandbox stops; what the provider answers then is dropped. */
  readonly signal: AbortSignal;
  /** Remembers what the action tells of itself while it runs. */
  note(result: ActionResult): void;
}

export interface ActionSuccess {
  readonly result?: ActionResult;
  readonly variables?: Record<string, string>;
  readonly revision?: { id: string; summary: string; url: string };
}

/** Runs one kind of action to its end. Raises `ActionFailure`; any other error fails the action, too, with its message. */
export type ActionProvider = (run: ActionRun) => Promise<ActionSuccess>;

/** Why an action failed. `code` is one of CodePipeline's: `JobFailed`, `ConfigurationError`, `PermissionError`. */
export class ActionFailure extends Error {
  readonly code: string;
  readonly result: ActionResult;

  constructor(code: string, message: string, result: ActionResult = {}) {
    super(message);
    this.code = code;
    this.result = result;
  }
}
