import { type Clock, newId } from "@turnpike/kernel";
import type { Changes } from "../live/index.ts";
import { digestOf, type ObservedExecution, type ObservedStage, type Pipelines, reportsOf } from "../pipelines/index.ts";
import { findAccount, type PlatformStore } from "../platform/index.ts";
import { type RepositoryHost, SERVICE_BRANCH } from "../scaffolding/index.ts";
import type { ChangeSets, ProposedChanges, ReleaseStore } from "./ports.ts";
import { fingerprintOf, productionGate, type Release } from "./release.ts";

export interface ProposeDeps {
  readonly platform: Pick<PlatformStore, "find">;
  readonly releases: ReleaseStore;
  readonly pipelines: Pick<Pipelines, "testReports">;
  readonly changeSets: ChangeSets;
  readonly scorecards: ProposedChanges;
  readonly host: Pick<RepositoryHost, "commits" | "pushes">;
  readonly changes: Changes;
  readonly clock: Clock;
}

function changeSetNamesOf(stage: ObservedStage) {
  const action = stage.groups.flat().find(({ kind }) => kind === "change-set");
  const { StackName: stackName, ChangeSetName: changeSetName } = action?.outputs ?? {};
  return stackName && changeSetName ? { stackName, changeSetName } : undefined;
}

/**
 * Makes the release of an execution that waits at a gate: gathers the evidence once, and stores it under the
 * fingerprint that a decision will be valid for. Safe to repeat; what is stored already is returned unchanged.
 *
 * @returns undefined while evidence is missing that will still come (the change set is being made)
 * @throws AccountUnreadableError, RepositoryHostError, PipelineUnavailableError: try again later
 */
export async function proposeRelease(
  deps: ProposeDeps,
  service: string,
  execution: ObservedExecution,
): Promise<Release | undefined> {
  const { approval, commit } = execution;
  if (!approval || !commit) return undefined;
  const environment = approval.stage.toLowerCase();
  const stored = await deps.releases.find(service, environment, execution.id);
  if (stored) return stored;

  const spec = (await deps.platform.find("Service", service))?.document.spec;
  const account = await findAccount(deps.platform, environment);
  const stage = execution.stages.find(({ name }) => name === approval.stage);
  const names = stage && changeSetNamesOf(stage);
  const digest = digestOf(execution);
  if (!spec || !account || !names || !digest) return undefined;
  const scope = { accountId: account.accountId, region: account.region };
  const described = await deps.changeSets.describe({ ...scope, ...names });
  if (!described) return undefined;

  const running = await deps.releases.running(service, environment);
  const base = running?.evidence.commit;
  const [commits, tests] = await Promise.all([
    deps.host.commits(spec.repository, base, commit.sha),
    reportsOf(deps.pipelines, execution),
  ]);
  const pushes = await deps.host.pushes(spec.repository, SERVICE_BRANCH, {
    ...(running ? { base: { sha: running.evidence.commit, at: running.waitingSince } } : {}),
    commits: commits.map(({ sha }) => sha),
  });
  const contributors = new Set<string>();
  for (const { login, byTurnpike, after } of pushes) {
    // What Turnpike pushed, it pushed for whoever asked: for this change, or else for the service.
    const asked = byTurnpike ? await deps.scorecards.requesterOf(service, after) : undefined;
    contributors.add(byTurnpike ? (asked ?? spec.requestedBy.github ?? spec.requestedBy.email) : login);
  }

  const evidence = {
    commit: commit.sha,
    title: commit.title,
    artifactDigest: digest,
    ...scope,
    runningCommit: base,
    commits,
    contributors: [...contributors].sort(),
    changeSet: { arn: described.arn, name: names.changeSetName, stackName: names.stackName },
    changes: described.changes,
    tests,
  };
  const identity = {
    service,
    environment,
    executionId: execution.id,
    approval: { stage: approval.stage, action: approval.action, token: approval.token },
  };
  const { release, created } = await deps.releases.propose({
    ...identity,
    id: newId("release", deps.clock.now()),
    owner: spec.owner,
    pipeline: service,
    waitingSince: approval.since,
    evidence,
    fingerprint: fingerprintOf({ ...identity, evidence }, productionGate),
  });
  if (created) {
    await deps.changes.publish("approvals");
    await deps.changes.publish(`service:${service}`);
  }
  return release;
}
