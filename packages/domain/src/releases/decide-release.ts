import type { Clock } from "@turnpike/kernel";
import { type Actor, authorise } from "../identity/index.ts";
import type { Changes } from "../live/index.ts";
import type { PlatformStore } from "../platform/index.ts";
import { releaseChange } from "./document.ts";
import { ReleaseNotFoundError } from "./errors.ts";
import type { ReleaseStore } from "./ports.ts";
import { judge, productionGate } from "./release.ts";
import type { Decision, DecisionResult } from "./views.ts";

export interface DecideDeps {
  readonly releases: ReleaseStore;
  readonly platform: Pick<PlatformStore, "find">;
  readonly changes: Changes;
  readonly clock: Clock;
}

export interface DecideRelease {
  readonly releaseId: string;
  readonly decision: "approve" | "reject";
  /** Of the release as the person saw it. */
  readonly fingerprint: string;
  readonly comment?: string;
}

const past = { approve: "approved", reject: "rejected" } as const;

/**
 * Records a person's decision as an intent to commit `releases/<service>/<environment>.yaml`. The pipeline is told
 * once that commit is in the platform repository.
 *
 * @returns `refused` with the reason when this person may not decide it, `changed` when the release isn't any more
 *   what the person saw; nothing was written in either case
 * @throws ReleaseNotFoundError, ForbiddenError (not even a viewer of the owning team)
 */
export async function decideRelease(deps: DecideDeps, actor: Actor, input: DecideRelease): Promise<DecisionResult> {
  const release = await deps.releases.get(input.releaseId);
  if (!release) throw new ReleaseNotFoundError(input.releaseId);
  authorise(actor, "release:read", release.owner);
  const standing = judge(productionGate, release, actor);
  if (standing.kind === "refused") return standing;
  if (standing.kind === "closed")
    return { kind: "changed", message: `${standing.reason} Your decision was not recorded.` };
  const [service, running] = await Promise.all([
    deps.platform.find("Service", release.service),
    deps.releases.running(release.service, release.environment),
  ]);
  if (input.decision === "approve" && !service) {
    const reason = `services/${release.service}.yaml is no longer in the platform repository, so nothing of ${release.service} is released. Your decision was not recorded. Restore the document to go on, or reject the release.`;
    return { kind: "refused", reason };
  }

  const decision: Decision = {
    by: { email: actor.email, name: actor.name },
    decision: input.decision,
    at: deps.clock.now(),
    comment: input.comment?.trim() || undefined,
  };
  const status = past[input.decision];
  const outcome =
    status === "rejected" ? ({ status, at: decision.at.toISOString(), ...reasonOf(decision) } as const) : undefined;
  const recorded = await deps.releases.decide({
    id: release.id,
    fingerprint: input.fingerprint,
    decision,
    status,
    intent: {
      change: releaseChange(release, [...release.decisions, decision], outcome, running),
      message: `${status === "approved" ? "Approve" : "Reject"} ${release.service} ${release.evidence.commit.slice(0, 7)} for ${release.environment}`,
      author: { name: actor.name, email: actor.email },
    },
  });
  if (!recorded) {
    return {
      kind: "changed",
      message: "This release changed after you opened it. Your decision was not recorded. Review it again.",
    };
  }
  await deps.changes.publish("intents");
  await deps.changes.publish("approvals");
  await deps.changes.publish(`service:${release.service}`);
  return { kind: "recorded", status };
}

function reasonOf({ comment }: Decision) {
  return comment ? { reason: comment } : {};
}
