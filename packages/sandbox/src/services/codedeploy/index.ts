import * as sdk from "@aws-sdk/client-codedeploy";
import { defineService } from "../../core/service.ts";
import { configOperations } from "./configs.ts";
import { deploymentOperations } from "./deployments.ts";
import { startDeployments } from "./engine.ts";
import { groupOperations } from "./groups.ts";

/**
 * AWS CodeDeploy for Lambda: an alias moves from one version to the next, all at once, canary, linear or as a custom
 * configuration says, on the sandbox's clock and across restarts. Hooks are invoked as the group's role and report by
 * PutLifecycleEventHookExecutionStatus; CloudWatch alarms stop a deployment; what failed or was stopped is rolled back by
 * a deployment of its own, where the group wants it; EventBridge hears of each state.
 *
 * Gaps, refused by name: the compute platforms Server and ECS, revisions in S3 and GitHub, triggers, several functions in
 * one AppSpec, alarms of a single deployment. Lists come in one page. Alarms are asked every ten seconds of sandbox time.
 * https://docs.aws.amazon.com/codedeploy/latest/APIReference/
 */
export const codeDeploy = defineService({
  sdk,
  client: "CodeDeployClient",
  operations: { ...groupOperations, ...configOperations, ...deploymentOperations },
  start: (runtime) => startDeployments(runtime),
});
