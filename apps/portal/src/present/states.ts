import type { Health } from "@turnpike/domain/catalog";
import type { ActionKind, RunStatus } from "@turnpike/domain/pipelines";
import type { ReleaseStatus } from "@turnpike/domain/releases";
import type { Step } from "@turnpike/domain/scaffolding";
import type { TraceSummary } from "@turnpike/domain/telemetry";
import { type State, stateLabels } from "@turnpike/ui";

/** A state and what it is called where it stands. */
export interface Shown {
  readonly state: State;
  readonly label: string;
}

export function showHealth(health: Health): Shown {
  return { state: health, label: stateLabels[health] };
}

export const runs: Readonly<Record<RunStatus, Shown>> = {
  waiting: { state: "idle", label: "Not started" },
  running: { state: "in-progress", label: "Running" },
  "waiting-for-person": { state: "waiting-for-person", label: "Waiting for approval" },
  succeeded: { state: "healthy", label: "Succeeded" },
  failed: { state: "failing", label: "Failed" },
  stopped: { state: "idle", label: "Stopped" },
  superseded: { state: "idle", label: "Superseded" },
  unknown: { state: "unknown", label: "Unknown" },
};

export const releases: Readonly<Record<ReleaseStatus, Shown>> = {
  waiting: { state: "waiting-for-person", label: "Waiting for a decision" },
  approved: { state: "in-progress", label: "Approved; telling the pipeline" },
  rejected: { state: "attention", label: "Rejected" },
  deploying: { state: "in-progress", label: "Deploying" },
  deployed: { state: "healthy", label: "Deployed" },
  failed: { state: "failing", label: "Deployment failed" },
  expired: { state: "attention", label: "Expired" },
  stopped: { state: "idle", label: "Stopped" },
  superseded: { state: "idle", label: "Superseded" },
};

export const steps: Readonly<Record<Step["status"], Shown>> = {
  waiting: { state: "idle", label: "Not started" },
  running: { state: "in-progress", label: "Running" },
  done: { state: "healthy", label: "Done" },
  failed: { state: "failing", label: "Failed" },
};

export const actionKinds: Readonly<Record<ActionKind, string>> = {
  source: "Source",
  build: "Build",
  test: "Test",
  "change-set": "Change set",
  deploy: "Deployment",
  approval: "Approval",
};

export const traces: Readonly<Record<TraceSummary["status"], Shown>> = {
  ok: { state: "healthy", label: "OK" },
  error: { state: "attention", label: "Client error" },
  fault: { state: "failing", label: "Fault" },
  throttled: { state: "attention", label: "Throttled" },
};
