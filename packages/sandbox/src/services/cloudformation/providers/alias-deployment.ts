import {
  CreateDeploymentCommand,
  GetDeploymentCommand,
  ListDeploymentsCommand,
  StopDeploymentCommand,
} from "@aws-sdk/client-codedeploy";
import { GetAliasCommand } from "@aws-sdk/client-lambda";
import type { JsonObject } from "@turnpike/cloudformation";
import { AwsError } from "../../../core/errors.ts";
import type { ProviderCall } from "../provider.ts";
import { object, text } from "./values.ts";

/** How often a deployment is asked for its end, in sandbox time. */
const LOOK_AGAIN_MS = 5_000;
/** The same for a deployment that only takes an alias back. */
const STOPPED_AGAIN_MS = 50;

/**
 * Moves an alias to another version by CodeDeploy where the template's `UpdatePolicy` says so; false where it doesn't, or
 * where the alias is there already (a rollback after CodeDeploy's own). Raises when the deployment doesn't succeed. After a
 * restart it goes on with the deployment that it had begun.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
 */
export async function deployAlias(call: ProviderCall): Promise<boolean> {
  const policy = object(call.updatePolicy?.CodeDeployLambdaAliasUpdate);
  if (Object.keys(policy).length === 0) return false;
  const group = {
    applicationName: text(policy.ApplicationName) ?? "",
    deploymentGroupName: text(policy.DeploymentGroupName) ?? "",
  };
  const running = await runningDeployment(call, group);
  if (running !== undefined && !call.isRepeated) await stop(call, running, group);
  const underWay = call.isRepeated ? running : undefined;
  const id = underWay ?? (await begin(call, policy, group));
  if (id === undefined) return false;
  await wait(call, id);
  return true;
}

type Group = { readonly applicationName: string; readonly deploymentGroupName: string };

async function runningDeployment(call: ProviderCall, group: Group): Promise<string | undefined> {
  const includeOnlyStatuses: ("Created" | "InProgress")[] = ["Created", "InProgress"];
  const { deployments = [] } = await call.send(new ListDeploymentsCommand({ ...group, includeOnlyStatuses }));
  return deployments[0];
}

/** What a cancelled update left under way goes back first. */
async function stop(call: ProviderCall, deploymentId: string, group: Group): Promise<void> {
  await call.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }));
  while ((await runningDeployment(call, group)) !== undefined) await call.clock.sleep(STOPPED_AGAIN_MS, call.signal);
}

async function begin(call: ProviderCall, policy: JsonObject, group: Group): Promise<string | undefined> {
  const { properties } = call;
  const FunctionName = text(properties.FunctionName) ?? "";
  const Name = text(properties.Name) ?? "";
  const alias = await call.send(new GetAliasCommand({ FunctionName, Name }));
  const TargetVersion = text(properties.FunctionVersion);
  const isWhole = Object.keys(alias.RoutingConfig?.AdditionalVersionWeights ?? {}).length === 0;
  if (alias.FunctionVersion === TargetVersion && isWhole) return undefined;
  const hooks = [
    { BeforeAllowTraffic: text(policy.BeforeAllowTrafficHook) },
    { AfterAllowTraffic: text(policy.AfterAllowTrafficHook) },
  ].filter((hook) => Object.values(hook).some((value) => value !== undefined));
  const Properties = {
    // CodeDeploy's role may be limited to names; an ARN says the name last.
    Name: FunctionName.startsWith("arn:") ? (FunctionName.split(":")[6] ?? "") : FunctionName,
    Alias: Name,
    CurrentVersion: alias.FunctionVersion,
    TargetVersion,
  };
  const content = JSON.stringify({
    version: 0.0,
    Resources: [{ [call.logicalId]: { Type: "AWS::Lambda::Function", Properties } }],
    ...(hooks.length > 0 ? { Hooks: hooks } : {}),
  });
  const revision = { revisionType: "AppSpecContent" as const, appSpecContent: { content } };
  const { deploymentId = "" } = await call.send(new CreateDeploymentCommand({ ...group, revision }));
  return deploymentId;
}

async function wait(call: ProviderCall, deploymentId: string): Promise<void> {
  for (;;) {
    const { deploymentInfo: info } = await call.send(new GetDeploymentCommand({ deploymentId }));
    if (info?.status === "Succeeded") return;
    if (info?.status === "Failed" || info?.status === "Stopped") {
      const why = info.errorInformation?.message ?? info.status;
      throw new AwsError("GeneralServiceException", `CodeDeploy deployment ${deploymentId} failed. Reason: ${why}`);
    }
    // Cut off here, by a cancelled update or by the sandbox's end, the deployment goes on: the stack's rollback stops it,
    // and a new start of the sandbox finds it again.
    await call.clock.sleep(LOOK_AGAIN_MS, call.signal);
  }
}
