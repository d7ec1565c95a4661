import type * as sdk from "@aws-sdk/client-codedeploy";
import type { DeploymentInfo, DeploymentTarget, ErrorCode, LambdaTarget } from "@aws-sdk/client-codedeploy";
import { GetAliasCommand } from "@aws-sdk/client-lambda";
import type { Context } from "../../core/context.ts";
import { AwsError } from "../../core/errors.ts";
import type { Operations } from "../../core/service.ts";
import { readAppSpec } from "./app-spec.ts";
import { beginDeployment } from "./begin.ts";
import { requireConfig } from "./configs.ts";
import { pokeDeployments } from "./engine.ts";
import { finish } from "./outcome.ts";
import {
  agenda,
  arnOf,
  type DeploymentRecord,
  deployments,
  isOver,
  type Lifecycle,
  requireApplication,
  requireDeployment,
  requireGroup,
  timeRangeHolds,
  unsupported,
} from "./records.ts";

export const deploymentOperations: Operations<typeof sdk> = {
  async CreateDeployment(context, input) {
    const { name } = requireApplication(context, input.applicationName);
    const group = requireGroup(context, name, input.deploymentGroupName);
    if (input.overrideAlarmConfiguration) throw unsupported("overrideAlarmConfiguration");
    const target = readAppSpec(input.revision);
    const configName = requireConfig(context, input.deploymentConfigName ?? group.configName).name;
    await requireAlias(context, target.functionName, target.alias, target.currentVersion, group.roleArn);
    const active = ofGroup(context, name, group.name).find((one) => !isOver(one));
    if (active) {
      const message = `The Deployment Group '${group.name}' already has an active Deployment '${active.id}'`;
      throw new AwsError("DeploymentLimitExceededException", message);
    }
    const { enabled = false, events = [] } = input.autoRollbackConfiguration ?? group.autoRollback ?? {};
    const deployment = beginDeployment(context.runtime, context, {
      ...{ group, configName, target, description: input.description, revision: input.revision ?? {} },
      ...{ creator: "user", rollbackOn: enabled ? events : [] },
    });
    pokeDeployments(context.runtime);
    return { deploymentId: deployment.id };
  },

  GetDeployment: (context, { deploymentId }) => ({ deploymentInfo: show(requireDeployment(context, deploymentId)) }),

  BatchGetDeployments: (context, { deploymentIds = [] }) => ({
    deploymentsInfo: deploymentIds.flatMap((id) => {
      const found = deployments(context).get(id);
      return found ? [show(found)] : [];
    }),
  }),

  ListDeployments(context, input) {
    if ((input.applicationName === undefined) !== (input.deploymentGroupName === undefined)) {
      throw new AwsError(
        "DeploymentGroupNameRequiredException",
        "Give an application and a deployment group, or none.",
      );
    }
    const all =
      input.applicationName === undefined
        ? deployments(context)
            .list()
            .map(({ value }) => value)
        : ofGroup(context, input.applicationName, input.deploymentGroupName ?? "");
    const wanted = all
      .filter(({ status }) => !input.includeOnlyStatuses?.length || input.includeOnlyStatuses.includes(status))
      .filter(({ createdAt }) => timeRangeHolds(createdAt, input.createTimeRange))
      .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
    return { deployments: wanted.map(({ id }) => id) };
  },

  async StopDeployment(context, { deploymentId, autoRollbackEnabled }) {
    const deployment = requireDeployment(context, deploymentId);
    if (isOver(deployment)) {
      throw new AwsError("DeploymentAlreadyCompletedException", `The deployment ${deployment.id} is already completed`);
    }
    const cause = "DEPLOYMENT_STOP_ON_REQUEST";
    const rollbackOn = autoRollbackEnabled === undefined ? deployment.rollbackOn : autoRollbackEnabled ? [cause] : [];
    const error = { code: "MANUAL_STOP", message: "The deployment was stopped by a user." };
    await finish(context.runtime, context, { ...deployment, rollbackOn }, { status: "Stopped", error, cause });
    pokeDeployments(context.runtime);
    return { status: "Succeeded", statusMessage: "No more commands will be scheduled for execution." };
  },

  async PutLifecycleEventHookExecutionStatus(context, { deploymentId, lifecycleEventHookExecutionId: id, status }) {
    const deployment = requireDeployment(context, deploymentId);
    if (status !== "Succeeded" && status !== "Failed") {
      const message = `The lifecycle event hook execution status ${status} is not valid.`;
      throw new AwsError("InvalidLifecycleEventHookExecutionStatusException", message);
    }
    const { hook } = deployment;
    if (isOver(deployment) || hook?.executionId !== id || hook === undefined) {
      const known = deployment.lifecycle.some((one) => one.status !== "Pending");
      const code = known ? "LifecycleEventAlreadyCompletedException" : "InvalidLifecycleEventHookExecutionIdException";
      throw new AwsError(code, `The lifecycle event hook execution ${id} isn't waited for.`);
    }
    if (status === "Failed") {
      const message = `The ${hook.name} lifecycle event hook reported a failure.`;
      const error = { code: "HOOK_EXECUTION_FAILURE", message };
      await finish(context.runtime, context, deployment, { status, error, cause: "DEPLOYMENT_FAILURE" });
    } else {
      const endedAt = context.clock.now().toISOString();
      const lifecycle = deployment.lifecycle.map(
        (one): Lifecycle => (one.name === hook.name ? { ...one, status, endedAt } : one),
      );
      context.store.transaction(() => {
        deployments(context).put(deployment.id, { ...deployment, hook: undefined, lifecycle });
        agenda(context).put(deployment.id, { dueAtMs: context.clock.now().getTime() });
      });
    }
    pokeDeployments(context.runtime);
    return { lifecycleEventHookExecutionId: id };
  },

  ListDeploymentTargets: (context, { deploymentId }) => ({
    targetIds: [targetIdOf(requireDeployment(context, deploymentId))],
  }),

  GetDeploymentTarget(context, { deploymentId, targetId }) {
    const deployment = requireDeployment(context, deploymentId);
    if (targetId !== targetIdOf(deployment)) {
      throw new AwsError("DeploymentTargetDoesNotExistException", `No target found for id: ${targetId}`);
    }
    return { deploymentTarget: showTarget(context, deployment) };
  },

  BatchGetDeploymentTargets: (context, { deploymentId }) => ({
    deploymentTargets: [showTarget(context, requireDeployment(context, deploymentId))],
  }),
};

const targetIdOf = ({ target }: DeploymentRecord) => `${target.functionName}:${target.alias}`;

const ofGroup = (context: Context, application: string, group: string): DeploymentRecord[] =>
  deployments(context)
    .list()
    .map(({ value }) => value)
    .filter((one) => one.application === application && one.group === group);

/** The alias must be at the version that the AppSpec calls current. */
async function requireAlias(
  context: Context,
  FunctionName: string,
  Name: string,
  version: string,
  roleArn: string,
): Promise<void> {
  const scope = { roleArn, region: context.region };
  const { FunctionVersion } = await context.send(new GetAliasCommand({ FunctionName, Name }), scope).catch((error) => {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError("InvalidRevisionException", `The alias ${FunctionName}:${Name} can't be read: ${error.message}`);
  });
  if (FunctionVersion === version) return;
  const message = `The alias ${FunctionName}:${Name} points to version ${FunctionVersion}, not to the current version ${version} of the AppSpec.`;
  throw new AwsError("InvalidRevisionException", message);
}

function show(deployment: DeploymentRecord): DeploymentInfo {
  const { rollback, error } = deployment;
  const isRunning = deployment.status === "InProgress";
  return {
    applicationName: deployment.application,
    deploymentGroupName: deployment.group,
    deploymentConfigName: deployment.configName,
    deploymentId: deployment.id,
    ...(deployment.description ? { description: deployment.description } : {}),
    revision: deployment.revision,
    status: deployment.status,
    ...(error ? { errorInformation: { code: error.code as ErrorCode, message: error.message } } : {}),
    createTime: new Date(deployment.createdAt),
    ...(deployment.startedAt ? { startTime: new Date(deployment.startedAt) } : {}),
    ...(deployment.completedAt ? { completeTime: new Date(deployment.completedAt) } : {}),
    deploymentOverview: {
      ...{ Pending: 0, InProgress: isRunning ? 1 : 0, Skipped: 0, Ready: 0 },
      Succeeded: deployment.status === "Succeeded" ? 1 : 0,
      Failed: deployment.status === "Failed" || deployment.status === "Stopped" ? 1 : 0,
    },
    creator: deployment.creator,
    ignoreApplicationStopFailures: false,
    updateOutdatedInstancesOnly: false,
    autoRollbackConfiguration: {
      enabled: deployment.rollbackOn.length > 0,
      events: [...deployment.rollbackOn] as "DEPLOYMENT_FAILURE"[],
    },
    ...(rollback
      ? {
          rollbackInfo: {
            ...(rollback.deploymentId ? { rollbackDeploymentId: rollback.deploymentId } : {}),
            ...(rollback.triggeredBy ? { rollbackTriggeringDeploymentId: rollback.triggeredBy } : {}),
            rollbackMessage: rollback.message,
          },
        }
      : {}),
    deploymentStyle: { deploymentType: "BLUE_GREEN", deploymentOption: "WITH_TRAFFIC_CONTROL" },
    computePlatform: "Lambda",
    instanceTerminationWaitTimeStarted: false,
  };
}

function showTarget(context: Context, deployment: DeploymentRecord): DeploymentTarget {
  const { target, lifecycle } = deployment;
  const last = deployment.completedAt ?? deployment.startedAt ?? deployment.createdAt;
  const statuses = { Created: "Pending", InProgress: "InProgress", Succeeded: "Succeeded" } as const;
  const lambdaTarget: LambdaTarget = {
    deploymentId: deployment.id,
    targetId: targetIdOf(deployment),
    targetArn: arnOf(context, `deployment/${deployment.id}/target/${targetIdOf(deployment)}`),
    status: statuses[deployment.status as keyof typeof statuses] ?? "Failed",
    lastUpdatedAt: new Date(last),
    lifecycleEvents: lifecycle.map(({ name, status, startedAt, endedAt, message }) => ({
      lifecycleEventName: name,
      status,
      ...(startedAt ? { startTime: new Date(startedAt) } : {}),
      ...(endedAt ? { endTime: new Date(endedAt) } : {}),
      ...(message ? { diagnostics: { errorCode: "ScriptFailed" as const, message } } : {}),
    })),
    lambdaFunctionInfo: {
      functionName: target.functionName,
      functionAlias: target.alias,
      currentVersion: target.currentVersion,
      targetVersion: target.targetVersion,
      targetVersionWeight: deployment.percent / 100,
    },
  };
  return { deploymentTargetType: "LambdaTarget", lambdaTarget };
}
