import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { CreateLogGroupCommand, DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetPipelineCommand } from "@aws-sdk/client-codepipeline";
import { PipelineUnavailableError } from "@turnpike/domain/pipelines";
import type { PipelineStacks } from "@turnpike/domain/scaffolding";
import { type Sandbox, startSandbox } from "@turnpike/sandbox";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createAccounts, createPipelineStacks } from "../src/index.ts";

const TEMPLATE = path.resolve(import.meta.dirname, "../../../infra/service-pipeline.yaml");
const REGION = "eu-west-1";
const TOOLING = "111111111111";
const workload = (accountId: string) => ({
  accountId,
  region: REGION,
  purpose: "workload" as const,
  readerRoleArn: `arn:aws:iam::${accountId}:role/turnpike-reader`,
  pipelineActionRoleArn: `arn:aws:iam::${accountId}:role/turnpike-pipeline-action`,
  cloudFormationExecutionRoleArn: `arn:aws:iam::${accountId}:role/turnpike-cloudformation-execution`,
});

let folder: string;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "turnpike-aws-"));
  sandbox = await startSandbox({ dataDir: folder, fronts: [] });
  const { accessKeyId, secretAccessKey } = sandbox.credentials(TOOLING);
  vi.stubEnv("AWS_ENDPOINT_URL", sandbox.awsUrl);
  vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
});

function stacks(): PipelineStacks {
  const accounts = createAccounts({
    region: REGION,
    externalId: "an-external-id",
    sourceIdentity: "turnpike-test",
    readerRoleOf: async () => undefined,
    deadlineMs: 5000,
  });
  return createPipelineStacks(accounts, TEMPLATE);
}

function wish(service: string, serviceId = `svc_${service}`): Parameters<PipelineStacks["ensure"]>[0] {
  return {
    service,
    serviceId,
    owner: "payments",
    repository: `acme/${service}`,
    branch: "main",
    tooling: {
      accountId: TOOLING,
      region: REGION,
      purpose: "tooling",
      artifactBucket: `turnpike-artifacts-${TOOLING}-${REGION}`,
      kmsKeyArn: `arn:aws:kms:${REGION}:${TOOLING}:key/00000000-0000-0000-0000-000000000000`,
      connectionArn: `arn:aws:codeconnections:${REGION}:${TOOLING}:connection/00000000-0000-0000-0000-000000000000`,
      pipelineRoleArn: `arn:aws:iam::${TOOLING}:role/turnpike-pipeline`,
      buildRoleArn: `arn:aws:iam::${TOOLING}:role/turnpike-build`,
      verifyRoleArn: `arn:aws:iam::${TOOLING}:role/turnpike-verify`,
      integrationRoleArn: `arn:aws:iam::${TOOLING}:role/turnpike-integration`,
    },
    targets: [
      { environment: "dev", account: workload("222222222222") },
      { environment: "prod", account: workload("333333333333") },
    ],
  };
}

/** Asks until it is more than a promise. */
async function settled(port: PipelineStacks, request: Parameters<PipelineStacks["ensure"]>[0]) {
  for (let look = 0; look < 200; look++) {
    const result = await port.ensure(request);
    if (result.kind !== "in-progress") return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The stack did not settle.");
}

async function stackOf(service: string) {
  const { Stacks: [stack] = [] } = await sandbox.send(
    new DescribeStacksCommand({ StackName: `turnpike-${service}-pipeline` }),
  );
  return stack;
}

test("a service's pipeline is a stack that carries its marker, made once however often it is asked for", async () => {
  const port = stacks();
  expect(await port.ensure(wish("orders"))).toMatchObject({ kind: "in-progress" });
  expect(await settled(port, wish("orders"))).toEqual({ kind: "ready", pipeline: "orders" });
  const { pipeline } = await sandbox.send(new GetPipelineCommand({ name: "orders" }));
  expect(pipeline?.stages?.map(({ name }) => name)).toEqual(["Source", "Build", "Dev", "Prod"]);
  const stack = await stackOf("orders");
  expect(stack?.Tags).toContainEqual({ Key: "turnpike:service-id", Value: "svc_orders" });
  expect(await settled(port, wish("orders"))).toEqual({ kind: "ready", pipeline: "orders" });
  expect((await stackOf("orders"))?.StackId).toBe(stack?.StackId);
});

test("two workers that ask at once make one stack", async () => {
  const [one, two] = [stacks(), stacks()];
  // The one that comes second may be told that AWS was busy with it: it asks again.
  await Promise.allSettled([one.ensure(wish("racing")), two.ensure(wish("racing"))]);
  expect(await Promise.all([settled(one, wish("racing")), settled(two, wish("racing"))])).toEqual([
    { kind: "ready", pipeline: "racing" },
    { kind: "ready", pipeline: "racing" },
  ]);
});

test("a stack of that name that was made for something else is refused and left untouched", async () => {
  const TemplateBody = JSON.stringify({ Resources: { Group: { Type: "AWS::Logs::LogGroup" } } });
  await sandbox.send(new CreateStackCommand({ StackName: "turnpike-foreign-pipeline", TemplateBody }));
  const before = await stackOf("foreign");
  expect(await settled(stacks(), wish("foreign"))).toMatchObject({
    kind: "failed",
    reason: expect.stringMatching(/turnpike-foreign-pipeline exists .* left untouched/),
  });
  expect((await stackOf("foreign"))?.StackId).toBe(before?.StackId);
});

test("a stack that fails names the resource and AWS's reason, and is made again once it has been deleted", async () => {
  const logGroupName = "/turnpike/pipeline/broken";
  await sandbox.send(new CreateLogGroupCommand({ logGroupName }));
  const port = stacks();
  const failed = await settled(port, wish("broken"));
  expect(failed).toMatchObject({ kind: "failed", final: false, reason: expect.stringMatching(/BuildLogs: .*exists/i) });
  await sandbox.send(new DeleteLogGroupCommand({ logGroupName }));
  await sandbox.send(new DeleteStackCommand({ StackName: "turnpike-broken-pipeline" }));
  await vi.waitFor(async () => expect(await stackOf("broken").catch(() => undefined)).toBeUndefined(), {
    timeout: 10_000,
  });
  expect(await settled(port, wish("broken"))).toEqual({ kind: "ready", pipeline: "broken" });
});

test("the stack makes one pipeline, its three build projects and their log group, and nothing else", async () => {
  await settled(stacks(), wish("placed"));
  const { StackResources = [] } = await sandbox.send(
    new DescribeStackResourcesCommand({ StackName: "turnpike-placed-pipeline" }),
  );
  expect(StackResources.map(({ PhysicalResourceId }) => PhysicalResourceId).sort()).toEqual(
    ["/turnpike/pipeline/placed", "placed", "placed-build", "placed-integration", "placed-verify"].sort(),
  );
});

test("AWS that doesn't answer is an unavailable pipeline, with AWS's error as its cause", async () => {
  vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
  try {
    const asked = stacks().ensure(wish("nowhere"));
    await expect(asked).rejects.toThrow(PipelineUnavailableError);
    await expect(asked).rejects.toMatchObject({ kind: "unavailable", cause: expect.any(Error) });
  } finally {
    vi.stubEnv("AWS_ENDPOINT_URL", sandbox.awsUrl);
  }
});
