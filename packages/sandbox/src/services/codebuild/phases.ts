import type { BuildPhaseType, StatusType } from "@aws-sdk/client-codebuild";
import type { Context } from "../../core/context.ts";
import { announcePhase, announceState } from "./events.ts";
import { type BuildRecord, builds } from "./records.ts";

/** Why a phase didn't succeed. `code` is AWS's own: `COMMAND_EXECUTION_ERROR`, `YAML_FILE_ERROR`, `CLIENT_ERROR`. */
export class PhaseFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Ends a build from outside, as the reason of its abort signal. */
export class BuildInterrupted extends Error {
  readonly status: "STOPPED" | "TIMED_OUT" | "FAILED";
  readonly code: string;

  constructor(status: "STOPPED" | "TIMED_OUT" | "FAILED", code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Drops a running build when the sandbox ends, as the reason of its abort signal. */
export class SandboxClosing extends Error {}

function saveBuild(context: Context, record: BuildRecord): void {
  builds(context).put(record.id, record);
}

/** Writes the phase down before anything of it happens. */
export function beginPhase(context: Context, record: BuildRecord, type: BuildPhaseType): void {
  record.currentPhase = type;
  record.phases.push({ type, startedAt: context.clock.now().toISOString() });
  saveBuild(context, record);
}

/** Ends the phase that is under way. */
export function endPhase(
  context: Context,
  record: BuildRecord,
  status: StatusType,
  failure?: { code: string; message: string },
): void {
  const phase = record.phases.at(-1);
  if (!phase || phase.endedAt) return;
  phase.endedAt = context.clock.now().toISOString();
  phase.status = status;
  if (failure) {
    phase.statusCode = failure.code;
    phase.message = failure.message;
  }
  saveBuild(context, record);
  announcePhase(context, record, phase);
}

/** The last step: from here on the record doesn't change, and who waits for the build is told. */
export function completeBuild(context: Context, record: BuildRecord, status: StatusType): void {
  const now = context.clock.now().toISOString();
  record.status = status;
  record.currentPhase = "COMPLETED";
  record.phases.push({ type: "COMPLETED", startedAt: now });
  record.endedAt = now;
  saveBuild(context, record);
  announceState(context, record);
  const { account, region } = context;
  context.signals.emit({ type: "codebuild.build-ended", account, region, id: record.id });
}

declare module "../../core/context.ts" {
  interface SandboxSignals {
    "codebuild.build-ended": { type: "codebuild.build-ended"; account: string; region: string; id: string };
  }
}
