import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CodeBuildClient, CreateProjectCommand } from "@aws-sdk/client-codebuild";
import {
  type ActionDeclaration,
  type ActionExecutionDetail,
  CodePipelineClient,
  CreatePipelineCommand,
  GetPipelineExecutionCommand,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
  type PipelineDeclaration,
} from "@aws-sdk/client-codepipeline";
import { CreateConnectionCommand } from "@aws-sdk/client-codestar-connections";
import { CreateBucketCommand, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { clientSettings, DEV, roleForTest, sandboxForTest, TOOLING, temporaryFolder } from "../../../test/support.ts";
import type { HttpFront } from "../../core/fronts.ts";
import type { ServiceDefinition } from "../../core/service.ts";
import type { Sandbox, SandboxOptions } from "../../index.ts";
import { cloudFormation } from "../cloudformation/index.ts";
import { defineCodeBuild } from "../codebuild/index.ts";
import { codeConnections } from "../codeconnections/index.ts";
import { eventBridge } from "../eventbridge/index.ts";
import { iam } from "../iam/index.ts";
import { s3 } from "../s3/index.ts";
import { sqs } from "../sqs/index.ts";
import { sts } from "../sts/index.ts";
import { codepipeline } from "./index.ts";

/* What the tests of pipelines share: a repository, roles in two accounts, an artifact bucket, and short declarations. */

export const BUCKET = "artifacts";
const PIPELINE_ROLE = `arn:aws:iam::${TOOLING}:role/pipeline`;
const ACTION_ROLE = `arn:aws:iam::${DEV}:role/action`;
export const EXECUTION_ROLE = `arn:aws:iam::${DEV}:role/execution`;
const BUILD_ROLE = `arn:aws:iam::${TOOLING}:role/build`;

const services: readonly ServiceDefinition[] = [
  ...[iam, sts, s3, sqs, eventBridge, codeConnections],
  ...[defineCodeBuild({ concurrentBuilds: 2, graceMs: 200 }), cloudFormation, codepipeline],
];

/** A bare repository with a working copy beside it. */
export function gitRepository() {
  const folder = temporaryFolder();
  const [bare, work] = [join(folder, "bare.git"), join(folder, "work")];
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: work, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  mkdirSync(work);
  execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", bare]);
  git("init", "--quiet", "--initial-branch=main");
  git("config", "user.name", "Developer");
  git("config", "user.email", "developer@example.com");
  return {
    bare,
    /** Commits files (those below `script/` executable) and puts the commit on a branch of the bare repository. */
    commit(files: Readonly<Record<string, string>>, branch = "main", message = "change"): string {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(work, path)), { recursive: true });
        writeFileSync(join(work, path), text);
        if (path.startsWith("script/")) chmodSync(join(work, path), 0o755);
      }
      git("add", "--all");
      git("commit", "--quiet", "--allow-empty", "-m", message);
      git("push", "--quiet", "--force", bare, `HEAD:refs/heads/${branch}`);
      return git("rev-parse", "HEAD");
    },
  };
}

export type Repository = ReturnType<typeof gitRepository>;

export async function sandboxWith(repository: Repository, options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const github: HttpFront = {
    name: "github",
    handler: () => ({
      handle: (_request, response) => void response.end(),
      gitDirectory: (name) => (name === "acme/orders" ? repository.bare : undefined),
    }),
  };
  return sandboxForTest({ services, fronts: [github], github: {}, ...options });
}

/** Roles, bucket and connection; answers the connection's ARN. */
export async function prepareAccounts(sandbox: Sandbox): Promise<string> {
  const role = (name: string, principal: object, actions: string[], account = TOOLING) =>
    roleForTest(sandbox, { name, principal, actions, account });
  const objects = ["s3:GetObject", "s3:PutObject"];
  await role("pipeline", { Service: "codepipeline.amazonaws.com" }, [
    ...objects,
    ...["codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild", "sts:AssumeRole"],
    "codestar-connections:UseConnection",
  ]);
  await role("build", { Service: "codebuild.amazonaws.com" }, objects);
  await role("action", { AWS: PIPELINE_ROLE }, [...objects, "cloudformation:*", "iam:PassRole"], DEV);
  await role("execution", { Service: "cloudformation.amazonaws.com" }, ["sqs:*", "iam:*"], DEV);
  await sandbox.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const statement = {
    Effect: "Allow",
    Principal: { AWS: ACTION_ROLE },
    Action: ["s3:GetObject", "s3:PutObject"],
    Resource: `arn:aws:s3:::${BUCKET}/*`,
  };
  await sandbox.send(
    new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: JSON.stringify({ Statement: [statement] }) }),
  );
  const { ConnectionArn } = await sandbox.send(
    new CreateConnectionCommand({ ConnectionName: "github", ProviderType: "GitHub" }),
  );
  return ConnectionArn ?? "";
}

export const client = (sandbox: Sandbox) => new CodePipelineClient(clientSettings(sandbox));

/** A project whose builds are of one pipeline, with its specification written in it. */
export async function project(sandbox: Sandbox, name: string, buildspec: string): Promise<void> {
  await new CodeBuildClient(clientSettings(sandbox)).send(
    new CreateProjectCommand({
      name,
      serviceRole: BUILD_ROLE,
      source: { type: "CODEPIPELINE", buildspec },
      artifacts: { type: "CODEPIPELINE" },
      environment: {
        type: "LINUX_CONTAINER",
        image: "aws/codebuild/standard:7.0",
        computeType: "BUILD_GENERAL1_SMALL",
      },
    }),
  );
}

export const source = (connection: string, more: Record<string, string> = {}): ActionDeclaration => ({
  name: "Source",
  actionTypeId: { category: "Source", owner: "AWS", provider: "CodeStarSourceConnection", version: "1" },
  namespace: "SourceVariables",
  configuration: {
    ConnectionArn: connection,
    FullRepositoryId: "acme/orders",
    BranchName: "main",
    OutputArtifactFormat: "CODEBUILD_CLONE_REF",
    ...more,
  },
  outputArtifacts: [{ name: "SourceOutput" }],
});

export const buildAction = (
  name: string,
  projectName: string,
  more: Partial<ActionDeclaration> = {},
): ActionDeclaration => ({
  name,
  actionTypeId: { category: "Build", owner: "AWS", provider: "CodeBuild", version: "1" },
  inputArtifacts: [{ name: "SourceOutput" }],
  ...more,
  configuration: { ProjectName: projectName, ...more.configuration },
});

export const approval = (name: string, more: Partial<ActionDeclaration> = {}): ActionDeclaration => ({
  name,
  actionTypeId: { category: "Approval", owner: "AWS", provider: "Manual", version: "1" },
  ...more,
});

export const deployment = (
  name: string,
  configuration: Record<string, string>,
  more: Partial<ActionDeclaration> = {},
): ActionDeclaration => ({
  name,
  actionTypeId: { category: "Deploy", owner: "AWS", provider: "CloudFormation", version: "1" },
  roleArn: ACTION_ROLE,
  configuration: { StackName: "orders", ...configuration },
  ...more,
});

export function declaration(
  stages: Readonly<Record<string, ActionDeclaration[]>>,
  more: Partial<PipelineDeclaration> = {},
): PipelineDeclaration {
  return {
    name: "orders",
    roleArn: PIPELINE_ROLE,
    pipelineType: "V2",
    artifactStore: { type: "S3", location: BUCKET },
    stages: Object.entries(stages).map(([name, actions]) => ({ name, actions })),
    ...more,
  };
}

/** Creates a pipeline and answers the id of the execution that this starts. */
export async function createPipeline(sandbox: Sandbox, pipeline: PipelineDeclaration): Promise<string> {
  await client(sandbox).send(new CreatePipelineCommand({ pipeline }));
  return (await listed(sandbox))[0]?.pipelineExecutionId ?? "";
}

/** The executions, the newest first. */
export async function listed(sandbox: Sandbox) {
  const answer = await client(sandbox).send(new ListPipelineExecutionsCommand({ pipelineName: "orders" }));
  return answer.pipelineExecutionSummaries ?? [];
}

export async function statusOf(sandbox: Sandbox, pipelineExecutionId: string) {
  const command = new GetPipelineExecutionCommand({ pipelineName: "orders", pipelineExecutionId });
  return (await client(sandbox).send(command)).pipelineExecution?.status;
}

/** Waits for a status; an execution that ends in another one tells what its actions said. */
export async function becomes(sandbox: Sandbox, id: string, wanted: string): Promise<void> {
  const look = async () => {
    const status = await statusOf(sandbox, id);
    if (status === wanted || status === "InProgress" || status === "Stopping") return status;
    const details = Object.entries(await actionsByName(sandbox, id)).map(
      ([name, { status, output }]) => `${name} ${status} ${output?.executionResult?.errorDetails?.message ?? ""}`,
    );
    return [status, ...details].join("\n");
  };
  await expect.poll(look, { timeout: 20_000, interval: 20 }).toBe(wanted);
}

/** The newest run of each action of an execution, by name. */
export async function actionsByName(
  sandbox: Sandbox,
  pipelineExecutionId: string,
): Promise<Record<string, ActionExecutionDetail>> {
  const command = new ListActionExecutionsCommand({ pipelineName: "orders", filter: { pipelineExecutionId } });
  const { actionExecutionDetails = [] } = await client(sandbox).send(command);
  return Object.fromEntries(actionExecutionDetails.toReversed().map((detail) => [detail.actionName ?? "", detail]));
}

/** Says that a branch was pushed, as GitHub's front does. */
export function push(sandbox: Sandbox, after: string, branch = "main"): void {
  const ref = `refs/heads/${branch}`;
  sandbox.signals.emit({
    type: "github.push",
    repository: "acme/orders",
    ref,
    before: "0".repeat(40),
    after,
    pusher: "developer",
  });
}
