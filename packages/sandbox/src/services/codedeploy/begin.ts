import type { RevisionLocation } from "@aws-sdk/client-codedeploy";
import type { ServiceRuntime } from "../../core/context.ts";
import {
  agenda,
  type DeploymentRecord,
  deployments,
  type GroupRecord,
  type Lifecycle,
  type LifecycleName,
  type Target,
} from "./records.ts";

export interface Scope {
  readonly account: string;
  readonly region: string;
}

const LIFECYCLE: readonly LifecycleName[] = ["BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic"];

interface Beginning {
  readonly group: GroupRecord;
  readonly configName: string;
  readonly description: string | undefined;
  readonly revision: RevisionLocation;
  readonly target: Target;
  readonly creator: DeploymentRecord["creator"];
  readonly rollbackOn: readonly string[];
  readonly rollback?: DeploymentRecord["rollback"];
}

/** Keeps a new deployment and puts it on the agenda, where the engine finds it. */
export function beginDeployment(runtime: ServiceRuntime, scope: Scope, given: Beginning): DeploymentRecord {
  const { group } = given;
  const store = runtime.storeOf(scope.account, scope.region);
  const now = runtime.clock.now();
  const isWatched = group.alarms?.enabled === true && given.creator === "user";
  const deployment: DeploymentRecord = {
    id: `d-${runtime.random.token(9)}`,
    application: group.application,
    group: group.name,
    configName: given.configName,
    description: given.description,
    revision: given.revision,
    target: given.target,
    status: "Created",
    creator: given.creator,
    lifecycle: LIFECYCLE.map((name): Lifecycle => ({ name, status: "Pending" })),
    percent: 0,
    shifts: [],
    hook: undefined,
    roleArn: group.roleArn,
    alarms: isWatched ? (group.alarms?.alarms ?? []).flatMap(({ name }) => name ?? []) : [],
    alarmsMayBeUnreadable: group.alarms?.ignorePollAlarmFailure === true,
    rollbackOn: given.rollbackOn,
    createdAt: now.toISOString(),
    startedAt: undefined,
    completedAt: undefined,
    error: undefined,
    rollback: given.rollback,
  };
  store.transaction(() => {
    deployments(store).put(deployment.id, deployment);
    agenda(store).put(deployment.id, { dueAtMs: now.getTime() });
  });
  return deployment;
}
