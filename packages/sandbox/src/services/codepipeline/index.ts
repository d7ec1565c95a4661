import * as sdk from "@aws-sdk/client-codepipeline";
import { defineService } from "../../core/service.ts";
import { startEngine } from "./engine.ts";
import { executionOperations } from "./execution-operations.ts";
import { pipelineOperations } from "./pipeline-operations.ts";
import { stateOperations } from "./state-operations.ts";

/**
 * AWS CodePipeline, type V2. Executions are real: sources come from the sandbox's GitHub, builds from CodeBuild, stacks
 * from CloudFormation in whatever account the action's role is of, and all of it goes on after a restart.
 *
 * Supported: the modes SUPERSEDED and QUEUED with stage locks, run orders, artifacts in S3, variables, source revision
 * overrides, retries of a stage, stopping and abandoning, transitions, approvals with tokens and their timeout, the start
 * on creation and on a push, EventBridge events.
 * Actions: CodeStarSourceConnection, S3 (without polling), CodeBuild, CloudFormation, Manual approval.
 * Gaps, refused by name: the mode PARALLEL, triggers with filters, stage conditions and rollback, other actions, other
 * regions. A manual approval's NotificationArn tells nobody. Identity policies aren't asked; trust policies are.
 * https://docs.aws.amazon.com/codepipeline/latest/APIReference/Welcome.html
 */
export const codepipeline = defineService({
  sdk,
  client: "CodePipelineClient",
  operations: { ...pipelineOperations, ...executionOperations, ...stateOperations },
  start: startEngine,
});
