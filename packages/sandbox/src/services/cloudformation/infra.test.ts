import { readFileSync } from "node:fs";
import { CreateStackCommand, DescribeStackEventsCommand, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetBucketPolicyCommand } from "@aws-sdk/client-s3";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { describe, expect, it } from "vitest";
import { DEV, PROD, REGION, sandboxForTest, TOOLING } from "../../../test/support.ts";
import type { Sandbox } from "../../sandbox.ts";
import { codeConnections } from "../codeconnections/index.ts";
import { eventBridge } from "../eventbridge/index.ts";
import { iam } from "../iam/index.ts";
import { kms } from "../kms/index.ts";
import { s3 } from "../s3/index.ts";
import { sqs } from "../sqs/index.ts";
import { sts } from "../sts/index.ts";
import { cloudFormation } from "./index.ts";

const services = [iam, sts, s3, kms, sqs, eventBridge, codeConnections, cloudFormation];
const infra = (name: string) => readFileSync(new URL(`../../../../../infra/${name}`, import.meta.url), "utf8");

/** Deploys a stack and gives its outputs; what failed is the error. */
async function deploy(
  sandbox: Sandbox,
  account: string,
  name: string,
  file: string,
  parameters: Record<string, string>,
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
    TemplateBody: infra(file),
    Capabilities: ["CAPABILITY_NAMED_IAM"],
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

describe("the platform's accounts", () => {
  it("are set up by their templates, the target first or last, and each role lets in who it names alone", async () => {
    const sandbox = await sandboxForTest({ services });
    const ArtifactKeyArn = `arn:aws:kms:${REGION}:${TOOLING}:key/00000000-0000-0000-0000-000000000000`;
    const ArtifactBucketName = `turnpike-artifacts-${TOOLING}-${REGION}`;
    const target = { ToolingAccountId: TOOLING, ExternalId: "an-external-id", ArtifactBucketName, ArtifactKeyArn };
    const dev = await deploy(sandbox, DEV, "turnpike-account", "target-account.yaml", target);
    const tooling = await deploy(sandbox, TOOLING, "turnpike-tooling", "tooling-account.yaml", {
      DevAccountId: DEV,
      ProdAccountId: PROD,
    });

    expect(dev).toEqual({
      ReaderRoleArn: `arn:aws:iam::${DEV}:role/turnpike-reader`,
      PipelineActionRoleArn: `arn:aws:iam::${DEV}:role/turnpike-pipeline-action`,
      ExecutionRoleArn: `arn:aws:iam::${DEV}:role/turnpike-cloudformation-execution`,
      BoundaryPolicyArn: `arn:aws:iam::${DEV}:policy/turnpike-service-boundary`,
    });
    expect(tooling.ArtifactBucketName).toBe(ArtifactBucketName);
    expect(tooling.PipelineRoleArn).toBe(`arn:aws:iam::${TOOLING}:role/turnpike-pipeline`);
    const { Policy: policy = "" } = await sandbox.send(new GetBucketPolicyCommand({ Bucket: ArtifactBucketName }));
    expect(policy).toContain("aws:SecureTransport");

    const assume = (RoleArn = "", more: object = {}, roleArn?: string) =>
      sandbox.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "test", ...more }), roleArn ? { roleArn } : {});
    const right = { ExternalId: "an-external-id", SourceIdentity: "turnpike" };
    await expect(assume(dev.ReaderRoleArn, right)).resolves.toBeDefined();
    await expect(assume(dev.ReaderRoleArn, { ...right, ExternalId: "another-one" })).rejects.toThrow();
    await expect(assume(dev.ReaderRoleArn, { ExternalId: "an-external-id" })).rejects.toThrow();
    await expect(assume(dev.PipelineActionRoleArn, {}, tooling.PipelineRoleArn)).resolves.toBeDefined();
    await expect(assume(dev.PipelineActionRoleArn, {}, tooling.BuildRoleArn)).rejects.toThrow();
    await expect(assume(dev.ExecutionRoleArn, {}, tooling.PipelineRoleArn)).rejects.toThrow();
  });
});
