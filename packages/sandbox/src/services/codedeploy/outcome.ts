import { PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type { ServiceRuntime } from "../../core/context.ts";
import { beginDeployment, type Scope } from "./begin.ts";
import { agenda, arnOf, type DeploymentRecord, deployments, groups, type Lifecycle } from "./records.ts";

export type State = "START" | "SUCCESS" | "FAILURE" | "STOP";

/** https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html */
export async function announce(
  runtime: ServiceRuntime,
  scope: Scope,
  { id, application, group }: DeploymentRecord,
  state: State,
): Promise<void> {
  const detail = {
    region: scope.region,
    deploymentId: id,
    instanceGroupId: groups(runtime.storeOf(scope.account, scope.region)).get(`${application}/${group}`)?.id ?? "",
    deploymentGroup: group,
    state,
    application,
  };
  const event = {
    Source: "aws.codedeploy",
    DetailType: "CodeDeploy Deployment State-change Notification",
    Resources: [arnOf(scope, `deploymentgroup:${application}/${group}`), arnOf(scope, `application:${application}`)],
    Detail: JSON.stringify(detail),
    Time: runtime.clock.now(),
  };
  try {
    await runtime.contextFor(scope.account, scope.region).send(new PutEventsCommand({ Entries: [event] }));
  } catch (error) {
    runtime.log("event.lost", { deployment: id, state, error: String(error) });
  }
}

const STATES = { Succeeded: "SUCCESS", Failed: "FAILURE", Stopped: "STOP" } as const;

interface Ending {
  readonly status: "Succeeded" | "Failed" | "Stopped";
  readonly error?: { readonly code: string; readonly message: string };
  /** What a group's automatic rollback calls it. */
  readonly cause?: string;
}

/**
 * Ends a deployment, and begins the one that takes the alias back where its group wants that, in one write: a sandbox
 * that dies between the two would leave an alias half shifted.
 */
export async function finish(
  runtime: ServiceRuntime,
  scope: Scope,
  deployment: DeploymentRecord,
  { status, error, cause }: Ending,
): Promise<void> {
  const store = runtime.storeOf(scope.account, scope.region);
  const now = runtime.clock.now().toISOString();
  const lifecycle = deployment.lifecycle.map((one): Lifecycle => {
    if (one.status === "Pending") return { ...one, status: "Skipped" };
    if (one.status !== "InProgress") return one;
    return { ...one, status: "Failed", endedAt: now, message: error?.message ?? "" };
  });
  const over: DeploymentRecord = {
    ...deployment,
    status,
    error,
    hook: undefined,
    shifts: [],
    completedAt: now,
    lifecycle,
  };
  const group = groups(store).get(`${deployment.application}/${deployment.group}`);
  const goesBack = cause !== undefined && deployment.rollbackOn.includes(cause) && group !== undefined;
  store.transaction(() => {
    agenda(store).delete(deployment.id);
    if (!goesBack) return deployments(store).put(deployment.id, over);
    const { currentVersion, targetVersion } = deployment.target;
    const made = beginDeployment(runtime, scope, {
      group,
      configName: "CodeDeployDefault.LambdaAllAtOnce",
      description: `Rollback of ${deployment.id}`,
      revision: deployment.revision,
      target: { ...deployment.target, currentVersion: targetVersion, targetVersion: currentVersion, hooks: {} },
      creator: "codeDeployRollback",
      rollbackOn: [],
      rollback: { triggeredBy: deployment.id, message: "Rolled back to the version that the alias had before." },
    });
    const message = `Deployment ${deployment.id} is rolled back by ${made.id}.`;
    deployments(store).put(deployment.id, { ...over, rollback: { deploymentId: made.id, message } });
  });
  runtime.log("deployment.ended", { deployment: deployment.id, status, error: error?.message });
  await announce(runtime, scope, deployment, STATES[status]);
}
