import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from "@aws-sdk/client-codedeploy";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { logger } from "./logger.ts";

/** What CodeDeploy hands to a hook, and what it wants back. */
interface Hook {
  readonly DeploymentId: string;
  readonly LifecycleEventHookExecutionId: string;
}

const lambda = new LambdaClient();
const codeDeploy = new CodeDeployClient();

/** No time of the schedule: the code and its configuration come up, and nothing is done. */
const nothingDue = {};

/**
 * Asks the new version whether it comes up, before it gets a run. CodeDeploy waits an hour for an answer, so it gets one
 * whatever happens; "Failed" ends the deployment, and the version before keeps the schedule.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
 */
export async function handler({ DeploymentId, LifecycleEventHookExecutionId }: Hook): Promise<void> {
  const problem = await tryVersion(process.env.NEW_VERSION).catch((error: Error) => error.message);
  if (problem) logger.error("the new version is refused", { version: process.env.NEW_VERSION, problem });
  await codeDeploy.send(
    new PutLifecycleEventHookExecutionStatusCommand({
      deploymentId: DeploymentId,
      lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
      status: problem ? "Failed" : "Succeeded",
    }),
  );
}

/** What is wrong with a version of the function, or nothing. */
async function tryVersion(version: string | undefined): Promise<string | undefined> {
  const invocation = new InvokeCommand({ FunctionName: version, Payload: JSON.stringify(nothingDue) });
  const { FunctionError, Payload } = await lambda.send(invocation);
  const answer = Payload?.transformToString() ?? "";
  if (FunctionError) return `it failed: ${answer}`;
  const { ran } = JSON.parse(answer) as { ran?: boolean };
  return ran === false ? undefined : `it answered ${answer}`;
}
