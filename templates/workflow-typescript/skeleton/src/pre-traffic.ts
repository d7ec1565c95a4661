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
 * Asks the new versions for their health before one of them gets traffic. CodeDeploy waits an hour for an answer, so it gets one
 * whatever happens; "Failed" ends the deployment, and callers stay with the version before.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
 */
export async function handler({ DeploymentId, LifecycleEventHookExecutionId }: Hook): Promise<void> {
  const problem = await tryVersions().catch((error: Error) => error.message);
  if (problem) logger.error("the new version is refused", { problem });
  await codeDeploy.send(
    new PutLifecycleEventHookExecutionStatusCommand({
      deploymentId: DeploymentId,
      lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
      status: problem ? "Failed" : "Succeeded",
    }),
  );
}

/** What is wrong with the new versions, or nothing: both are tried, whichever of them is about to get traffic. */
async function tryVersions(): Promise<string | undefined> {
  const { statusCode } = (await ask(process.env.NEW_API, request)) as { statusCode?: number };
  if (statusCode !== 200) return `the API answered ${statusCode}`;
  const { done } = (await ask(process.env.NEW_STEPS, {})) as { done?: boolean };
  return done ? undefined : "the steps didn't come up";
}

/** What a version answers. Raises an `Error` when it fails. */
async function ask(version: string | undefined, event: object): Promise<unknown> {
  const invocation = new InvokeCommand({ FunctionName: version, Payload: JSON.stringify(event) });
  const { FunctionError, Payload } = await lambda.send(invocation);
  const answer = Payload?.transformToString() ?? "";
  if (FunctionError) throw new Error(`${version} failed: ${answer}`);
  return JSON.parse(answer);
}
