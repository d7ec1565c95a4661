import type { FileChange } from "../platform/index.ts";
import type { Release } from "./release.ts";
import type { Decision, Evidence, ReleaseStatus, ResourceChange } from "./views.ts";

/** Change sets of a workload account, read with its reader role. Raises `AccountUnreadableError`. */
export interface ChangeSets {
  /** Undefined when the stack has no change set of this name (any more). */
  describe(request: {
    accountId: string;
    region: string;
    stackName: string;
    changeSetName: string;
  }): Promise<{ arn: string; changes: ResourceChange[] } | undefined>;
}

/** A change to the platform repository that goes with a change of state, in one transaction. */
export interface PlatformIntent {
  readonly change: FileChange;
  readonly message: string;
  /** Who acted: the commit's author. */
  readonly author: { readonly name: string; readonly email: string };
}

export interface NewRelease
  extends Pick<
    Release,
    "service" | "owner" | "environment" | "executionId" | "pipeline" | "approval" | "waitingSince" | "fingerprint"
  > {
  readonly id: string;
  readonly evidence: Evidence;
}

/** What Turnpike committed to services' repositories because somebody asked for it. */
export interface ProposedChanges {
  /** Who asked for this commit: GitHub login, else address; undefined for one that isn't Turnpike's. */
  requesterOf(service: string, commit: string): Promise<string | undefined>;
}

export interface ReleaseStore {
  /** One release per (service, environment, execution): the stored one is returned when it is there already. */
  propose(release: NewRelease): Promise<{ release: Release; created: boolean }>;
  get(id: string): Promise<Release | undefined>;
  find(service: string, environment: string, executionId: string): Promise<Release | undefined>;
  /** Newest first. `open`: those without an outcome; `waiting`: those that nobody has decided; `past`: all others. */
  list(filter: {
    service?: string;
    owners?: readonly string[];
    only?: "open" | "waiting" | "past";
    limit?: number;
  }): Promise<Release[]>;
  /** The release whose outcome was deployed last. */
  running(service: string, environment: string): Promise<Release | undefined>;
  /**
   * Records a decision, its intent and its audit event together, and only if the release still waits with this
   * fingerprint: `false` means that it doesn't, and nothing was written.
   */
  decide(request: {
    id: string;
    fingerprint: string;
    decision: Decision;
    status: Extract<ReleaseStatus, "approved" | "rejected">;
    intent: PlatformIntent;
  }): Promise<boolean>;
  /** Moves a release from one of `from` to `to`, with an intent when Git must say so too; false when it wasn't there. */
  move(request: {
    id: string;
    from: readonly ReleaseStatus[];
    to: ReleaseStatus;
    outcome?: { at: Date; reason: string | undefined };
    intent?: PlatformIntent;
  }): Promise<boolean>;
  /** Whether the platform repository, as last read, holds this decision: only then is the pipeline told. */
  isCommitted(release: Pick<Release, "id" | "service" | "environment" | "fingerprint">): Promise<boolean>;
}
