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

/** A batch without a message: the code, its configuration and its role come up, and nothing is done. */
const batch = { Records: [] };

/**
 * Gives the new version an empty batch before it gets any work. CodeDeploy waits an hour for an answer, so it gets one
 * whatever happens; "Failed" ends the deployment, and the version before keeps the work.
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
  const invocation = new InvokeCommand({ FunctionName: version, Payload: JSON.stringify(batch) });
  const { FunctionError, Payload } = await lambda.send(invocation);
  const answer = Payload?.transformToString() ?? "";
  if (FunctionError) return `it failed: ${answer}`;
  const { batchItemFailures } = JSON.parse(answer) as { batchItemFailures?: unknown[] };
  return batchItemFailures?.length === 0 ? undefined : `it answered ${answer}`;
}
