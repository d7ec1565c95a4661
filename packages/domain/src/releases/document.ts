import { stringify } from "yaml";
import { type FileChange, type ReleaseDocument, releasePath } from "../platform/index.ts";
import type { Release } from "./release.ts";
import type { Decision } from "./views.ts";

export type Outcome = NonNullable<ReleaseDocument["spec"]["outcome"]>;

/**
 * The document of a decided release, and of its outcome once there is one.
 *
 * @param running what runs in the environment once this is written; undefined before the first deployment
 */
export function releaseChange(
  release: Release,
  decisions: readonly Decision[],
  outcome: Outcome | undefined,
  running: Release | undefined,
): FileChange {
  const document: ReleaseDocument = {
    apiVersion: "turnpike.dev/v1",
    kind: "Release",
    metadata: { name: `${release.service}-${release.environment}` },
    spec: {
      id: release.id,
      service: release.service,
      environment: release.environment,
      commit: release.evidence.commit,
      artifactDigest: release.evidence.artifactDigest,
      changeSetArn: release.evidence.changeSet.arn,
      executionId: release.executionId,
      fingerprint: release.fingerprint,
      decisions: decisions.map((decision) => ({
        by: { email: decision.by.email },
        at: decision.at.toISOString(),
        decision: decision.decision,
        ...(decision.comment ? { comment: decision.comment } : {}),
      })),
      ...(outcome ? { outcome } : {}),
      ...(running
        ? {
            running: {
              commit: running.evidence.commit,
              artifactDigest: running.evidence.artifactDigest,
              release: running.id,
            },
          }
        : {}),
    },
  };
  return { path: releasePath(release), content: stringify(document, { lineWidth: 0 }) };
}
