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

/** A request as the API would hand it on, in what the handler reads of it. */
const request = {
  version: "2.0",
  routeKey: "GET /health",
  rawPath: "/health",
  rawQueryString: "",
  headers: { "x-correlation-id": "pre-traffic" },
  requestContext: { requestId: "pre-traffic", http: { method: "GET", path: "/health" } },
  isBase64Encoded: false,
};

/**
 * Asks the new version for its health before it gets traffic. CodeDeploy waits an hour for an answer, so it gets one
 * whatever happens; "Failed" ends the deployment, and callers stay with the version before.
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
  const invocation = new InvokeCommand({ FunctionName: version, Payload: JSON.stringify(request) });
  const { FunctionError, Payload } = await lambda.send(invocation);
  const answer = Payload?.transformToString() ?? "";
  if (FunctionError) return `it failed: ${answer}`;
  const { statusCode } = JSON.parse(answer) as { statusCode?: number };
  return statusCode === 200 ? undefined : `it answered ${answer}`;
}
