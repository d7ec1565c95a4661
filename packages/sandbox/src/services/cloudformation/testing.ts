import { readFileSync } from "node:fs";
import { CreateStackCommand, DescribeStackEventsCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DEV, PROD, REGION, TOOLING } from "../../../test/support.ts";
import type { Sandbox } from "../../sandbox.ts";

/* What the tests of the platform's own templates share. */

export const infra = (name: string) => readFileSync(new URL(`../../../../../infra/${name}`, import.meta.url), "utf8");
export const httpApi = readFileSync(
  new URL("../../../../cloudformation/test/templates/http-api.yaml", import.meta.url),
  "utf8",
);
export const EXTERNAL_ID = "an-external-id";

/** Deploys a stack and gives its outputs; what failed is the error. */
export async function deploy(
  sandbox: Sandbox,
  account: string,
  name: string,
  TemplateBody: string,
  parameters: Record<string, string>,
  RoleARN?: string,
) {
  const status = new Promise<string>((resolve) => {
    const end = sandbox.signals.on("cloudformation.settled", (signal) => {
      if (signal.stackName !== name || signal.account !== account) return;
      end();
      resolve(signal.status);
    });
  });
  const request = new CreateStackCommand({
    StackName: name,
    TemplateBody,
    Capabilities: ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    ...(RoleARN ? { RoleARN } : {}),
    Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
  });
  await sandbox.send(request, { account });
  if ((await status) !== "CREATE_COMPLETE") {
    const { StackEvents = [] } = await sandbox.send(new DescribeStackEventsCommand({ StackName: name }), { account });
    throw new Error(
      StackEvents.map((event) => event.ResourceStatusReason)
        .filter(Boolean)
        .join("\n"),
    );
  }
  const { Stacks: [stack] = [] } = await sandbox.send(new DescribeStacksCommand({ StackName: name }), { account });
  return Object.fromEntries((stack?.Outputs ?? []).map((output) => [output.OutputKey, output.OutputValue ?? ""]));
}

/** The target account first: its policies name a key that isn't there yet. */
export const targetParameters = {
  ToolingAccountId: TOOLING,
  ExternalId: EXTERNAL_ID,
  ArtifactBucketName: `turnpike-artifacts-${TOOLING}-${REGION}`,
  ArtifactKeyArn: `arn:aws:kms:${REGION}:${TOOLING}:key/00000000-0000-0000-0000-000000000000`,
};

/** The pipeline of `orders` in the tooling account, whose stack has `tooling` as its outputs. */
export const deployPipeline = (sandbox: Sandbox, tooling: Record<string, string>) =>
  deploy(sandbox, TOOLING, "turnpike-orders-pipeline", infra("service-pipeline.yaml"), {
    DevAccountId: DEV,
    ProdAccountId: PROD,
    ServiceName: "orders",
    RepositoryId: "acme/orders",
    ConnectionArn: tooling.ConnectionArn ?? "",
    ArtifactBucket: tooling.ArtifactBucketName ?? "",
    KmsKeyArn: tooling.ArtifactKeyArn ?? "",
    PipelineRoleArn: tooling.PipelineRoleArn ?? "",
    BuildRoleArn: tooling.BuildRoleArn ?? "",
    VerifyRoleArn: tooling.VerifyRoleArn ?? "",
    IntegrationRoleArn: tooling.IntegrationRoleArn ?? "",
  });
