import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ActionDeclaration,
  DeletePipelineCommand,
  DisableStageTransitionCommand,
  EnableStageTransitionCommand,
  GetPipelineCommand,
  GetPipelineStateCommand,
  ListPipelinesCommand,
  PutApprovalResultCommand,
  RetryStageExecutionCommand,
  StartPipelineExecutionCommand,
  StopPipelineExecutionCommand,
  UpdatePipelineCommand,
} from "@aws-sdk/client-codepipeline";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../test/support.ts";
import { createClock, type Sandbox, type SandboxOptions } from "../../index.ts";
import {
  actionsByName,
  approval,
  becomes,
  buildAction,
  client,
  createPipeline,
  declaration,
  gitRepository,
  listed,
  prepareAccounts,
  project,
  push,
  type Repository,
  sandboxWith,
  source,
  statusOf,
} from "./testing.ts";

const SEVEN_DAYS_MS = 7 * 24 * 3600_000;

/** A sandbox with a repository of one commit and a project whose builds wait for the file `go`, and fail beside `fail`. */
async function ready(options: Partial<SandboxOptions> = {}) {
  const repository = gitRepository();
  repository.commit({ README: "hello" });
  const sandbox = await sandboxWith(repository, options);
  const connection = await prepareAccounts(sandbox);
  const folder = temporaryFolder();
  const spec = `
version: 0.2
phases:
  build:
    commands: ["touch ${folder}/began; while [ ! -f ${folder}/go ]; do sleep 0.01; done", "test ! -f ${folder}/fail"]
`;
  await project(sandbox, "slow", spec);
  return {
    repository,
    sandbox,
    connection,
    folder,
    slow: buildAction("Slow", "slow"),
    allow: () => writeFileSync(join(folder, "go"), ""),
  };
}

async function start(sandbox: Sandbox, more: { clientRequestToken?: string } = {}): Promise<string> {
  const answer = await client(sandbox).send(new StartPipelineExecutionCommand({ name: "orders", ...more }));
  return answer.pipelineExecutionId ?? "";
}

async function stages(sandbox: Sandbox) {
  const { stageStates = [] } = await client(sandbox).send(new GetPipelineStateCommand({ name: "orders" }));
  return Object.fromEntries(stageStates.map((state) => [state.stageName ?? "", state]));
}

async function approvalToken(sandbox: Sandbox, stage = "Gate"): Promise<string> {
  const look = async () => (await stages(sandbox))[stage]?.actionStates?.[0]?.latestExecution?.token;
  await expect.poll(look, { timeout: 10_000, interval: 20 }).toBeTruthy();
  return (await look()) ?? "";
}

async function answer(sandbox: Sandbox, token: string, status: "Approved" | "Rejected", summary = "") {
  const place = { pipelineName: "orders", stageName: "Gate", actionName: "Approve" };
  await client(sandbox).send(new PutApprovalResultCommand({ ...place, token, result: { status, summary } }));
}

const gated = (connection: string, build: ActionDeclaration, more: object = {}) =>
  declaration({ Source: [source(connection)], Gate: [approval("Approve")], After: [build] }, more);

test("of executions that wait before a held stage the newest stays, and follows when the stage is free", async () => {
  const { sandbox, connection, slow, allow } = await ready();
  allow();
  const first = await createPipeline(sandbox, gated(connection, slow));
  const token = await approvalToken(sandbox);
  const second = await start(sandbox);
  await expect.poll(async () => (await stages(sandbox)).Gate?.inboundExecution?.pipelineExecutionId).toBe(second);
  const third = await start(sandbox);
  await becomes(sandbox, second, "Superseded");
  await expect.poll(async () => (await stages(sandbox)).Gate?.inboundExecution?.pipelineExecutionId).toBe(third);
  expect(await statusOf(sandbox, first)).toBe("InProgress");
  await answer(sandbox, token, "Approved");
  await becomes(sandbox, first, "Succeeded");
  const next = await approvalToken(sandbox);
  expect(next).not.toBe(token);
  await expect(answer(sandbox, token, "Approved")).rejects.toThrow(
    expect.objectContaining({ name: "InvalidApprovalTokenException" }),
  );
  await answer(sandbox, next, "Rejected", "not today");
  await becomes(sandbox, third, "Failed");
  expect((await actionsByName(sandbox, third)).Approve?.output?.executionResult?.externalExecutionSummary).toBe(
    "not today",
  );
});

test("in the mode QUEUED all executions wait their turn", async () => {
  const { sandbox, connection, slow, allow } = await ready();
  allow();
  const first = await createPipeline(sandbox, gated(connection, slow, { executionMode: "QUEUED" }));
  const others = [await start(sandbox), await start(sandbox)];
  for (const id of [first, ...others]) {
    await expect.poll(async () => (await stages(sandbox)).Gate?.latestExecution?.pipelineExecutionId).toBe(id);
    await answer(sandbox, await approvalToken(sandbox), "Approved");
  }
  for (const id of [first, ...others]) await becomes(sandbox, id, "Succeeded");
});

test("an approval that nobody answers fails after seven days", async () => {
  const clock = createClock();
  const { sandbox, connection, slow } = await ready({ clock });
  const id = await createPipeline(sandbox, gated(connection, slow));
  const token = await approvalToken(sandbox);
  clock.advance(SEVEN_DAYS_MS - 60_000);
  expect(await statusOf(sandbox, id)).toBe("InProgress");
  clock.advance(60_000);
  await becomes(sandbox, id, "Failed");
  await expect(answer(sandbox, token, "Approved")).rejects.toThrow(
    expect.objectContaining({ name: "ApprovalAlreadyCompletedException" }),
  );
});

test("a failed stage is retried from its failed actions, with the artifacts it had", async () => {
  const { repository, sandbox, connection, folder, slow, allow } = await ready();
  allow();
  await project(sandbox, "fine", "version: 0.2\nphases: { build: { commands: ['true'] } }");
  writeFileSync(join(folder, "fail"), "");
  const parallel = [buildAction("Fine", "fine"), slow, buildAction("Last", "fine", { runOrder: 2 })];
  const id = await createPipeline(sandbox, declaration({ Source: [source(connection)], Build: parallel }));
  await becomes(sandbox, id, "Failed");
  const before = await actionsByName(sandbox, id);
  expect([before.Fine?.status, before.Slow?.status, before.Last]).toEqual(["Succeeded", "Failed", undefined]);
  repository.commit({ README: "newer" });
  const retry = (stageName: string, pipelineExecutionId: string) =>
    client(sandbox).send(
      new RetryStageExecutionCommand({
        pipelineName: "orders",
        stageName,
        pipelineExecutionId,
        retryMode: "FAILED_ACTIONS",
      }),
    );
  await retry("Build", id);
  await becomes(sandbox, id, "Failed");
  rmSync(join(folder, "fail"));
  await retry("Build", id);
  await becomes(sandbox, id, "Succeeded");
  const after = await actionsByName(sandbox, id);
  expect(after.Fine?.actionExecutionId).toBe(before.Fine?.actionExecutionId);
  expect(after.Slow?.input?.inputArtifacts).toEqual(before.Slow?.input?.inputArtifacts);
  expect(after.Last?.status).toBe("Succeeded");
  await expect(retry("Build", id)).rejects.toThrow(expect.objectContaining({ name: "StageNotRetryableException" }));
});

test("stopping waits for what runs, abandoning doesn't, and an execution that waits stops at once", async () => {
  const { sandbox, connection, folder, slow, allow } = await ready();
  const pipeline = declaration({ Source: [source(connection)], Build: [slow], Gate: [approval("Approve")] });
  const first = await createPipeline(sandbox, pipeline);
  await expect.poll(() => existsSync(join(folder, "began"))).toBe(true);
  const second = await start(sandbox);
  await expect.poll(async () => (await stages(sandbox)).Build?.inboundExecution?.pipelineExecutionId).toBe(second);
  const stop = (pipelineExecutionId: string, abandon: boolean) =>
    client(sandbox).send(
      new StopPipelineExecutionCommand({ pipelineName: "orders", pipelineExecutionId, abandon, reason: "newer" }),
    );
  await stop(second, false);
  expect(await statusOf(sandbox, second)).toBe("Stopped");
  await stop(first, false);
  expect(await statusOf(sandbox, first)).toBe("Stopping");
  await expect(stop(first, false)).rejects.toThrow(expect.objectContaining({ name: "DuplicatedStopRequestException" }));
  allow();
  await becomes(sandbox, first, "Stopped");
  expect((await actionsByName(sandbox, first)).Slow?.status).toBe("Succeeded");
  await expect(stop(first, true)).rejects.toThrow(
    expect.objectContaining({ name: "PipelineExecutionNotStoppableException" }),
  );

  const third = await start(sandbox);
  const token = await approvalToken(sandbox);
  await stop(third, true);
  expect(await statusOf(sandbox, third)).toBe("Stopped");
  expect((await actionsByName(sandbox, third)).Approve?.status).toBe("Abandoned");
  await expect(answer(sandbox, token, "Approved")).rejects.toThrow(
    expect.objectContaining({ name: "ApprovalAlreadyCompletedException" }),
  );
});

test("a closed stage lets nobody in until it is opened", async () => {
  const { sandbox, connection, slow, allow } = await ready();
  allow();
  const id = await createPipeline(sandbox, declaration({ Source: [source(connection)], Build: [slow] }));
  await becomes(sandbox, id, "Succeeded");
  const transition = { pipelineName: "orders", stageName: "Build", transitionType: "Inbound" as const };
  await client(sandbox).send(new DisableStageTransitionCommand({ ...transition, reason: "frozen" }));
  const next = await start(sandbox);
  await expect.poll(async () => (await stages(sandbox)).Build?.inboundExecution?.pipelineExecutionId).toBe(next);
  expect((await stages(sandbox)).Build?.inboundTransitionState).toMatchObject({
    enabled: false,
    disabledReason: "frozen",
  });
  await client(sandbox).send(new EnableStageTransitionCommand(transition));
  await becomes(sandbox, next, "Succeeded");
});

test("after a restart an approval still waits, a build that ran has failed, and what comes next goes on", async () => {
  const dataDir = temporaryFolder();
  const { repository, sandbox, connection, folder, slow, allow } = await ready({ dataDir });
  const stageList = { Source: [source(connection)], Gate: [approval("Approve")], Build: [slow] };
  const first = await createPipeline(sandbox, declaration(stageList));
  await answer(sandbox, await approvalToken(sandbox), "Approved");
  await expect.poll(() => existsSync(join(folder, "began"))).toBe(true);
  const second = await start(sandbox);
  const token = await approvalToken(sandbox);
  await sandbox.stop();

  const again = await sandboxWith(repository, { dataDir });
  await becomes(again, first, "Failed");
  expect((await actionsByName(again, first)).Slow?.output?.executionResult?.errorDetails?.message).toContain(
    "sandbox was restarted",
  );
  expect(await approvalToken(again)).toBe(token);
  allow();
  await answer(again, token, "Approved");
  await becomes(again, second, "Succeeded");
});

test("a push starts the pipelines that follow its branch, with the commit that was pushed", async () => {
  const { repository, sandbox, connection, slow, allow } = await ready();
  allow();
  const id = await createPipeline(sandbox, declaration({ Source: [source(connection)], Build: [slow] }));
  await becomes(sandbox, id, "Succeeded");
  const [older, newer] = [commit(repository, "a"), commit(repository, "b")];
  push(sandbox, newer, "other");
  push(sandbox, "0".repeat(40));
  expect(await listed(sandbox)).toHaveLength(1);
  push(sandbox, older);
  const [pushed] = await listed(sandbox);
  await becomes(sandbox, pushed?.pipelineExecutionId ?? "", "Succeeded");
  expect((await listed(sandbox))[0]?.sourceRevisions).toMatchObject([{ actionName: "Source", revisionId: older }]);
  expect(pushed?.trigger?.triggerType).toBe("WebhookV2");
  const token = "one-request";
  expect(await start(sandbox, { clientRequestToken: token })).toBe(await start(sandbox, { clientRequestToken: token }));
});

test("an update cancels what is under way and takes a new version; a deleted pipeline is gone", async () => {
  const { sandbox, connection, slow } = await ready();
  const pipeline = gated(connection, slow);
  const id = await createPipeline(sandbox, pipeline);
  await approvalToken(sandbox);
  await client(sandbox).send(new UpdatePipelineCommand({ pipeline }));
  expect(await statusOf(sandbox, id)).toBe("Cancelled");
  const got = await client(sandbox).send(new GetPipelineCommand({ name: "orders" }));
  expect(got.pipeline?.version).toBe(2);
  const next = await start(sandbox);
  await approvalToken(sandbox);
  await client(sandbox).send(new DeletePipelineCommand({ name: "orders" }));
  expect((await client(sandbox).send(new ListPipelinesCommand({}))).pipelines).toEqual([]);
  await expect(statusOf(sandbox, next)).rejects.toThrow(expect.objectContaining({ name: "PipelineNotFoundException" }));
});

test("a declaration that AWS refuses is refused, and what isn't here is named", async () => {
  const { sandbox, connection, slow } = await ready();
  const refused = (stageList: Record<string, ActionDeclaration[]>, more: object = {}) =>
    expect(createPipeline(sandbox, declaration({ Source: [source(connection)], ...stageList }, more))).rejects;
  await refused({}).toThrow(expect.objectContaining({ name: "InvalidStructureException" }));
  await refused({ Build: [{ ...slow, configuration: { ProjectName: "slow", Projct: "x" } }] }).toThrow(
    "unknown configuration 'Projct'",
  );
  await refused({ Build: [{ ...slow, inputArtifacts: [{ name: "Nothing" }] }] }).toThrow(
    "not an output of an earlier action",
  );
  await refused({ Build: [approval("A", { configuration: { CustomData: "#{Later.X}" } })] }).toThrow("'Later'");
  await refused({ Build: [slow] }, { executionMode: "PARALLEL" }).toThrow("PARALLEL is not implemented");
  const lambda = {
    ...slow,
    actionTypeId: { category: "Invoke", owner: "AWS", provider: "Lambda", version: "1" } as const,
  };
  await refused({ Build: [lambda] }).toThrow("Invoke/AWS/Lambda/1 is not implemented");
});

const commit = (repository: Repository, text: string) => repository.commit({ README: text });
