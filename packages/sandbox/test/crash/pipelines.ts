import {
  CodePipelineClient,
  CreatePipelineCommand,
  GetPipelineExecutionCommand,
  GetPipelineStateCommand,
  PutApprovalResultCommand,
  StartPipelineExecutionCommand,
} from "@aws-sdk/client-codepipeline";
import { CodeStarConnectionsClient, CreateConnectionCommand } from "@aws-sdk/client-codestar-connections";
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { attempt, type Ledger, type Settings } from "./ledger.ts";

const NAME = "crash";
const ROLE = "crash-pipeline";
const STAGE = "Gate";
const ACTION = "Approval";
/** An execution that was approved ends within it, and what a kill cut off goes on. */
const LONGEST_REST_MS = 20_000;
/** More than these wait for their turn at the gate. */
const MOST_OPEN = 8;

/** A pipeline that fetches `repository` and waits for an approval. */
export async function makePipeline(settings: Settings, repository: string): Promise<void> {
  const iam = new IAMClient(settings);
  const trust = { Effect: "Allow", Principal: { Service: "codepipeline.amazonaws.com" }, Action: "sts:AssumeRole" };
  const may = { Effect: "Allow", Action: ["s3:*", "codestar-connections:UseConnection"], Resource: "*" };
  const document = (statement: object) => JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  await iam.send(new CreateRoleCommand({ RoleName: ROLE, AssumeRolePolicyDocument: document(trust) }));
  await iam.send(new PutRolePolicyCommand({ RoleName: ROLE, PolicyName: "may", PolicyDocument: document(may) }));
  const connection = new CreateConnectionCommand({ ConnectionName: NAME, ProviderType: "GitHub" });
  const { ConnectionArn = "" } = await new CodeStarConnectionsClient(settings).send(connection);
  await new CodePipelineClient(settings).send(new CreatePipelineCommand(pipeline(ConnectionArn, repository)));
}

const pipeline = (ConnectionArn: string, FullRepositoryId: string) => ({
  pipeline: {
    name: NAME,
    roleArn: `arn:aws:iam::111111111111:role/${ROLE}`,
    pipelineType: "V2" as const,
    executionMode: "QUEUED" as const,
    artifactStore: { type: "S3" as const, location: "crash" },
    stages: [
      {
        name: "Source",
        actions: [
          {
            name: "Source",
            actionTypeId: {
              ...{ category: "Source" as const, owner: "AWS" as const },
              ...{ provider: "CodeStarSourceConnection", version: "1" },
            },
            configuration: { ConnectionArn, FullRepositoryId, BranchName: "main", DetectChanges: "false" },
            outputArtifacts: [{ name: "Source" }],
          },
        ],
      },
      {
        name: STAGE,
        actions: [
          {
            name: ACTION,
            actionTypeId: {
              ...{ category: "Approval" as const, owner: "AWS" as const },
              ...{ provider: "Manual", version: "1" },
            },
          },
        ],
      },
    ],
  },
});

/** Starts executions and approves the one at the gate, until nothing answers any more. */
export async function workOnPipelines(settings: Settings, ledger: Ledger): Promise<void> {
  const client = new CodePipelineClient(settings);
  for (;;) {
    const open = [...ledger.executions.values()].filter((state) => state !== "ended").length;
    if (open < MOST_OPEN) {
      const started = await answered(ledger, client.send(new StartPipelineExecutionCommand({ name: NAME })));
      if (!started) return;
      ledger.executions.set(started.pipelineExecutionId ?? "", "started");
    }
    const looked = await answered(ledger, waiting(client));
    if (!looked) return;
    if (looked.token === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      continue;
    }
    const place = { pipelineName: NAME, stageName: STAGE, actionName: ACTION, token: looked.token };
    const approved = new PutApprovalResultCommand({ ...place, result: { status: "Approved", summary: "seen" } });
    if (!(await answered(ledger, client.send(approved)))) return;
    ledger.executions.set(looked.id, "approved");
  }
}

/** What a request answered; undefined for one that a kill cut off. */
async function answered<T>(ledger: Ledger, work: Promise<T>): Promise<T | undefined> {
  let answer: T | undefined;
  const keep = work.then((given) => {
    answer = given;
  });
  return (await attempt(ledger, keep)) ? answer : undefined;
}

/** The execution at the gate, and the token of its approval once that waits. */
async function waiting(client: CodePipelineClient): Promise<{ id: string; token: string | undefined }> {
  const { stageStates = [] } = await client.send(new GetPipelineStateCommand({ name: NAME }));
  const gate = stageStates.find(({ stageName }) => stageName === STAGE);
  const latest = gate?.actionStates?.[0]?.latestExecution;
  const isWaiting = latest?.status === "InProgress";
  return { id: gate?.latestExecution?.pipelineExecutionId ?? "", token: isWaiting ? latest.token : undefined };
}

/** Every execution that was started is there and hasn't failed; every one that was approved succeeds; the next comes on. */
export async function checkPipelines(settings: Settings, ledger: Ledger): Promise<void> {
  const client = new CodePipelineClient(settings);
  for (const [id, state] of ledger.executions) {
    if (state === "ended") continue;
    const status = await restOf(client, id, state);
    ledger.checked++;
    if (status === "Succeeded") ledger.executions.set(id, "ended");
    else if (status !== "InProgress" || state === "approved") {
      ledger.lost.push(`pipeline: execution ${id} was ${state} and is ${status}`);
      ledger.executions.set(id, "ended");
    }
  }
  const isOpen = [...ledger.executions.values()].includes("started");
  if (isOpen && !(await comesToTheGate(client))) ledger.lost.push("pipeline: no execution comes to the gate");
}

async function comesToTheGate(client: CodePipelineClient): Promise<boolean> {
  for (const deadline = performance.now() + LONGEST_REST_MS; performance.now() < deadline; ) {
    if ((await waiting(client)).token !== undefined) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

async function restOf(client: CodePipelineClient, pipelineExecutionId: string, state: string): Promise<string> {
  const command = new GetPipelineExecutionCommand({ pipelineName: NAME, pipelineExecutionId });
  for (const deadline = performance.now() + LONGEST_REST_MS; ; ) {
    const status = await client.send(command).then(
      ({ pipelineExecution: found }) => found?.status ?? "without a status",
      (error: Error) => error.name,
    );
    if (status !== "InProgress" || state !== "approved" || performance.now() > deadline) return status;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
