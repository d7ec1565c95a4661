import type { Clock } from "@turnpike/kernel";
import type { Changes } from "../live/index.ts";
import type { ExecutionStore, ObservedExecution, Pipelines } from "../pipelines/index.ts";
import { type Outcome, releaseChange } from "./document.ts";
import type { ReleaseStore } from "./ports.ts";
import type { Release } from "./release.ts";
import type { ReleaseStatus } from "./views.ts";

export interface FollowDeps {
  readonly releases: ReleaseStore;
  readonly executions: Pick<ExecutionStore, "get">;
  readonly pipelines: Pick<Pipelines, "answerApproval">;
  readonly changes: Changes;
  readonly clock: Clock;
}

const TURNPIKE = { name: "Turnpike", email: "turnpike@users.noreply.github.com" };
const open: readonly ReleaseStatus[] = ["waiting", "approved", "rejected", "deploying"];

/**
 * Takes the next step of every release that isn't concluded: tells the pipeline a committed decision, follows the
 * deployment, and commits the outcome. Level-triggered and idempotent: run it as often as you like, on any number of
 * workers; a crash between two steps is repaired by the next run.
 *
 * @returns the releases that could not be followed now, with the error: the others were
 */
export async function followReleases(
  deps: FollowDeps,
  service?: string,
): Promise<{ release: Release; error: unknown }[]> {
  const failures: { release: Release; error: unknown }[] = [];
  const releases = await deps.releases.list({ only: "open", ...(service ? { service } : {}) });
  for (const release of releases) {
    try {
      await followRelease(deps, release);
    } catch (error) {
      failures.push({ release, error });
    }
  }
  return failures;
}

async function followRelease(deps: FollowDeps, release: Release): Promise<void> {
  if (release.status === "approved" || release.status === "rejected") return answer(deps, release);
  const execution = await deps.executions.get(release.service, release.executionId);
  if (!execution) return;
  const result = release.status === "deploying" ? outcomeOf(execution, release) : abandonedBy(execution, release);
  if (result) await conclude(deps, release, result.status, result.reason);
}

/** Tells the pipeline what was decided, once the platform repository says so. */
async function answer(deps: FollowDeps, release: Release): Promise<void> {
  if (!(await deps.releases.isCommitted(release))) return;
  const decision = release.decisions.at(-1);
  if (!decision) return;
  const result = await deps.pipelines.answerApproval({
    pipeline: release.pipeline,
    executionId: release.executionId,
    approval: release.approval,
    decision: decision.decision,
    summary: `${decision.decision === "approve" ? "Approved" : "Rejected"} by ${decision.by.email} in Turnpike (${release.id})`,
  });
  if (result.kind === "refused") return conclude(deps, release, "stopped", result.reason);
  if (release.status === "rejected") {
    // Its commit carries the outcome already: only the read model is left to say so.
    await deps.releases.move({
      id: release.id,
      from: ["rejected"],
      to: "rejected",
      outcome: { at: deps.clock.now(), reason: decision.comment },
    });
  } else {
    await deps.releases.move({ id: release.id, from: ["approved"], to: "deploying" });
  }
  await publish(deps, release);
}

/** What became of the deployment that was approved; undefined while it goes on. */
export function outcomeOf(
  execution: ObservedExecution,
  release: Pick<Release, "approval">,
): { status: "deployed" | "failed" | "stopped"; reason: string | undefined } | undefined {
  const stage = execution.stages.find(({ name }) => name === release.approval.stage);
  const deploy = stage?.groups.flat().find(({ kind }) => kind === "deploy");
  if (deploy?.status === "succeeded") return { status: "deployed", reason: undefined };
  if (deploy?.status === "failed") return { status: "failed", reason: deploy.error ?? "The deployment failed." };
  if (execution.status === "failed") return { status: "failed", reason: "The pipeline failed before the deployment." };
  if (execution.status === "stopped" || execution.status === "superseded") {
    return { status: "stopped", reason: "The execution was stopped before the deployment." };
  }
  return undefined;
}

/** Why a waiting release can't be decided any more; undefined while it can. */
export function abandonedBy(
  execution: ObservedExecution,
  release: Pick<Release, "approval">,
): { status: "expired" | "stopped" | "superseded"; reason: string } | undefined {
  if (execution.status === "superseded") return { status: "superseded", reason: "A newer execution took its place." };
  if (execution.status === "stopped") return { status: "stopped", reason: "Its execution was stopped." };
  const stage = execution.stages.find(({ name }) => name === release.approval.stage);
  const approval = stage?.groups.flat().find(({ name }) => name === release.approval.action);
  if (approval?.status === "failed") {
    return { status: "expired", reason: approval.error ?? "The pipeline stopped waiting for a decision." };
  }
  if (approval?.status === "succeeded") {
    return { status: "stopped", reason: "It was answered outside Turnpike, in AWS itself." };
  }
  return undefined;
}

async function conclude(
  deps: FollowDeps,
  release: Release,
  status: Exclude<Outcome["status"], "rejected">,
  reason: string | undefined,
): Promise<void> {
  const at = deps.clock.now();
  const outcome: Outcome = { status, at: at.toISOString(), ...(reason ? { reason } : {}) };
  const before = await deps.releases.running(release.service, release.environment);
  const running = status === "deployed" ? release : before;
  // Nobody decided it: nothing in Git speaks of it, and nothing needs to.
  const decided = release.decisions.length > 0;
  // One document speaks of an environment. A candidate that was decided since must not be written over: its document
  // is kept, and only what runs is brought up to date.
  const subject = (await decidedSince(deps, release)) ?? release;
  await deps.releases.move({
    id: release.id,
    from: open,
    to: status,
    outcome: { at, reason },
    ...(decided
      ? {
          intent: {
            change: releaseChange(subject, subject.decisions, subject === release ? outcome : undefined, running),
            message: `Record ${release.service} ${release.evidence.commit.slice(0, 7)} as ${status} in ${release.environment}`,
            author: TURNPIKE,
          },
        }
      : {}),
  });
  if (decided) await deps.changes.publish("intents");
  await publish(deps, release);
}

/** The release of the same environment that was decided last, if that was after this one. */
async function decidedSince(deps: FollowDeps, release: Release): Promise<Release | undefined> {
  const decidedAt = ({ decisions }: Release) => decisions.at(-1)?.at.getTime() ?? 0;
  const releases = await deps.releases.list({ service: release.service });
  return releases
    .filter((other) => other.id !== release.id && other.environment === release.environment)
    .filter((other) => other.decisions.length > 0 && decidedAt(other) >= decidedAt(release))
    .sort((one, other) => decidedAt(other) - decidedAt(one))[0];
}

async function publish(deps: FollowDeps, release: Release): Promise<void> {
  await deps.changes.publish("approvals");
  await deps.changes.publish(`service:${release.service}`);
}
