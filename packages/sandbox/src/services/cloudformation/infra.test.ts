import { DeleteStackCommand } from "@aws-sdk/client-cloudformation";
import { BatchGetProjectsCommand } from "@aws-sdk/client-codebuild";
import { GetPipelineCommand, ListPipelinesCommand } from "@aws-sdk/client-codepipeline";
import { GetFunctionCommand } from "@aws-sdk/client-lambda";
import { GetBucketPolicyCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { DEV, PROD, REGION, sandboxForTest, TOOLING } from "../../../test/support.ts";
import { deploy, deployPipeline, EXTERNAL_ID, httpApi, infra, targetParameters } from "./testing.ts";

describe("the platform's accounts", () => {
  it("are set up by their templates, the target first or last, and each role lets in who it names alone", async () => {
    const sandbox = await sandboxForTest();
    const { ArtifactBucketName } = targetParameters;
    const dev = await deploy(sandbox, DEV, "turnpike-account", infra("target-account.yaml"), targetParameters);
    const tooling = await deploy(sandbox, TOOLING, "turnpike-tooling", infra("tooling-account.yaml"), {
      DevAccountId: DEV,
      ProdAccountId: PROD,
    });

    expect(dev).toEqual({
      ReaderRoleArn: `arn:aws:iam::${DEV}:role/turnpike-reader`,
      PipelineActionRoleArn: `arn:aws:iam::${DEV}:role/turnpike-pipeline-action`,
      ExecutionRoleArn: `arn:aws:iam::${DEV}:role/turnpike-cloudformation-execution`,
      AlarmTopicArn: `arn:aws:sns:${REGION}:${DEV}:turnpike-alarms`,
    });
    expect(tooling.ArtifactBucketName).toBe(ArtifactBucketName);
    expect(tooling.PipelineRoleArn).toBe(`arn:aws:iam::${TOOLING}:role/turnpike-pipeline`);
    const { Policy: policy = "" } = await sandbox.send(new GetBucketPolicyCommand({ Bucket: ArtifactBucketName }));
    expect(policy).toContain("aws:SecureTransport");

    const assume = (RoleArn = "", more: object = {}, roleArn?: string) =>
      sandbox.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: "test", ...more }), roleArn ? { roleArn } : {});
    const right = { ExternalId: EXTERNAL_ID, SourceIdentity: "turnpike" };
    await expect(assume(dev.ReaderRoleArn, right)).resolves.toBeDefined();
    await expect(assume(dev.ReaderRoleArn, { ...right, ExternalId: "another-one" })).rejects.toThrow();
    await expect(assume(dev.ReaderRoleArn, { ExternalId: EXTERNAL_ID })).rejects.toThrow();
    await expect(assume(dev.PipelineActionRoleArn, {}, tooling.PipelineRoleArn)).resolves.toBeDefined();
    await expect(assume(dev.PipelineActionRoleArn, {}, tooling.BuildRoleArn)).rejects.toThrow();
    await expect(assume(dev.ExecutionRoleArn, {}, tooling.PipelineRoleArn)).rejects.toThrow();

    // A service of dev, from the tooling account's bucket, deployed by the execution role.
    const Body = zipSync({ "index.js": strToU8("exports.handler = async () => ({ statusCode: 200 });") });
    await sandbox.send(new PutObjectCommand({ Bucket: ArtifactBucketName, Key: "orders/code.zip", Body }));
    const stored = await sandbox.send(new HeadObjectCommand({ Bucket: ArtifactBucketName, Key: "orders/code.zip" }));
    expect([stored.ServerSideEncryption, stored.SSEKMSKeyId]).toEqual(["aws:kms", tooling.ArtifactKeyArn]);
    const parameters = {
      Environment: "dev",
      CodeBucket: ArtifactBucketName,
      CodeKey: "orders/code.zip",
    };
    const orders = await deploy(sandbox, DEV, "orders", httpApi, parameters, dev.ExecutionRoleArn);
    const getFunction = new GetFunctionCommand({ FunctionName: orders.FunctionName });
    const { Configuration: made } = await sandbox.send(getFunction, { account: DEV });
    expect(made?.CodeSize).toBe(Body.length);
  });

  it("get a pipeline for each service, with change sets before the approval and the build's own artifact", async () => {
    const sandbox = await sandboxForTest();
    const targets = { DevAccountId: DEV, ProdAccountId: PROD };
    const tooling = await deploy(sandbox, TOOLING, "turnpike-tooling", infra("tooling-account.yaml"), targets);
    await deployPipeline(sandbox, tooling);
    const { pipeline } = await sandbox.send(new GetPipelineCommand({ name: "orders" }));
    expect(
      pipeline?.stages?.map(({ name, actions }) => [name, ...(actions ?? []).map((action) => action.name)]),
    ).toEqual([
      ["Source", "Source", "Standards"],
      ["Build", "Build", "Verify"],
      ["Dev", "ChangeSet", "Deploy", "Integration"],
      ["Prod", "ChangeSet", "Approval", "Deploy"],
    ]);
    const prod = pipeline?.stages?.[3]?.actions?.[0];
    expect(prod?.roleArn).toBe(`arn:aws:iam::${PROD}:role/turnpike-pipeline-action`);
    expect(JSON.parse(prod?.configuration?.ParameterOverrides ?? "")).toEqual({
      CodeBucket: { "Fn::GetArtifactAtt": ["FunctionCode", "BucketName"] },
      CodeKey: { "Fn::GetArtifactAtt": ["FunctionCode", "ObjectKey"] },
    });
    const names = ["orders-build", "orders-verify", "orders-integration"];
    const { projects = [] } = await sandbox.send(new BatchGetProjectsCommand({ names }));
    expect(projects.map((project) => project.source?.buildspec?.startsWith("version: 0.2"))).toEqual([
      true,
      true,
      true,
    ]);

    const gone = new Promise((resolve) =>
      sandbox.signals.on("cloudformation.settled", ({ status }) => resolve(status)),
    );
    await sandbox.send(new DeleteStackCommand({ StackName: "turnpike-orders-pipeline" }));
    expect(await gone).toBe("DELETE_COMPLETE");
    expect((await sandbox.send(new ListPipelinesCommand({}))).pipelines).toEqual([]);
  });
});
