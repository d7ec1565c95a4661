import { createHash } from "node:crypto";
import { type Actor, may } from "../identity/index.ts";
import type { Decision, Evidence, ReleaseStatus, Standing } from "./views.ts";

/** A candidate at a gate, with the evidence that its decision is made on. */
export interface Release {
  readonly id: string;
  readonly service: string;
  readonly owner: string;
  readonly environment: string;
  readonly status: ReleaseStatus;
  readonly executionId: string;
  readonly pipeline: string;
  readonly approval: { readonly stage: string; readonly action: string; readonly token: string };
  readonly waitingSince: Date;
  readonly evidence: Evidence;
  readonly fingerprint: string;
  readonly decisions: readonly Decision[];
  readonly outcome: { readonly at: Date; readonly reason: string | undefined } | undefined;
}

/**
 * The rules of a gate that a decision is made under. Their hash is part of the fingerprint: a decision made under
 * other rules is no decision.
 */
export interface Gate {
  readonly approvals: number;
  readonly contributorsMayApprove: boolean;
}

export const productionGate: Gate = { approvals: 1, contributorsMayApprove: false };

/** JSON with sorted keys: the same value is always the same text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    item && typeof item === "object" && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}

/**
 * 64 hexadecimal digits that bind everything a decision is about: what is deployed, where, by which execution and
 * question, and under which rules. Another service's change alters none of it.
 */
export function fingerprintOf(
  release: Pick<Release, "service" | "environment" | "executionId" | "approval"> & { evidence: Evidence },
  gate: Gate,
): string {
  const { evidence } = release;
  return createHash("sha256")
    .update(
      canonical({
        service: release.service,
        environment: release.environment,
        executionId: release.executionId,
        token: release.approval.token,
        commit: evidence.commit,
        artifactDigest: evidence.artifactDigest,
        account: evidence.accountId,
        region: evidence.region,
        changeSet: evidence.changeSet.arn,
        changes: evidence.changes,
        gate,
      }),
    )
    .digest("hex");
}

const closed: Record<Exclude<ReleaseStatus, "waiting">, string> = {
  approved: "It is approved; the pipeline is being told.",
  rejected: "It was rejected.",
  deploying: "It is approved and being deployed.",
  deployed: "It is deployed.",
  failed: "Its deployment failed.",
  expired: "Nobody decided within seven days, and the pipeline gave up. Push to get a new candidate.",
  stopped: "Its execution was stopped.",
  superseded: "A newer candidate took its place.",
};

/**
 * Whether `actor` may decide this release. Whoever pushed, merged or asked for any of it can't approve it: one pair of
 * eyes more is the point of the gate. Contributors are known by GitHub's record, never by a commit's author.
 */
export function judge(gate: Gate, release: Release, actor: Actor): Standing {
  if (release.status !== "waiting") return { kind: "closed", reason: closed[release.status] };
  if (!may(actor, "release:decide", release.owner)) {
    return {
      kind: "refused",
      reason: `Deciding needs the role approver in the team ${release.owner}. Ask one of its approvers.`,
    };
  }
  if (actor.githubLogins.length === 0) {
    return {
      kind: "refused",
      reason: `No GitHub account is linked to ${actor.email}, so Turnpike can't tell whether you contributed to this release. Link one in teams/${release.owner}.yaml.`,
    };
  }
  const contributors = new Set(release.evidence.contributors.map((login) => login.toLowerCase()));
  const contributed = [...actor.githubLogins, actor.email].find((name) => contributors.has(name.toLowerCase()));
  // Moves of the branch without anybody who moved it: the record is incomplete, and can't say that this person didn't.
  if (contributors.size === 0 && release.evidence.commits.length > 0) {
    return {
      kind: "refused",
      reason:
        "GitHub's record names nobody who pushed these commits, so nobody can be told apart from them. Push again.",
    };
  }
  if (contributed !== undefined && !gate.contributorsMayApprove) {
    return {
      kind: "refused",
      reason: `You (${contributed}) pushed or asked for a part of this release. Someone else has to approve it.`,
    };
  }
  return { kind: "may-decide" };
}
