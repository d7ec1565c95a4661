import {
  type ActionExecutionDetail,
  CodePipelineClient,
  GetPipelineCommand,
  GetPipelineExecutionCommand,
  GetPipelineStateCommand,
  ListPipelineExecutionsCommand,
  type PipelineDeclaration,
  PutApprovalResultCommand,
  paginateListActionExecutions,
} from "@aws-sdk/client-codepipeline";
import {
  type ObservedExecution,
  type Pipelines,
  PipelineUnavailableError,
  type WaitingApproval,
} from "@turnpike/domain/pipelines";
import { type Accounts, errorName } from "./accounts.ts";
import { readBuildLog, readTestReports } from "./builds.ts";
import { observedStages, statusOfExecution, triggerOf } from "./pipeline-shapes.ts";

const gone = new Set([
  "PipelineNotFoundException",
  "PipelineExecutionNotFoundException",
  "PipelineVersionNotFoundException",
]);

/**
 * CodePipeline and CodeBuild of the tooling account.
 *
 * @param githubUrl `https://github.com`: where a commit's page is
 */
export function createPipelines(accounts: Accounts, githubUrl: string): Pipelines {
  const client = accounts.tooling(CodePipelineClient);
  /** A pipeline's structure never changes under one version. */
  const declarations = new Map<string, PipelineDeclaration>();

  /** Runs a read; what AWS says isn't there is undefined, any other failure is `PipelineUnavailableError`. */
  async function read<T>(pipeline: string, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (gone.has(errorName(error))) return undefined;
      throw new PipelineUnavailableError(pipeline, { cause: error });
    }
  }

  async function declarationOf(name: string, version: number | undefined): Promise<PipelineDeclaration> {
    const key = `${name} ${version}`;
    const known = declarations.get(key);
    if (known) return known;
    const { pipeline } = await client.send(new GetPipelineCommand({ name, ...(version ? { version } : {}) }));
    if (!pipeline) throw new Error("GetPipeline answered without a pipeline");
    declarations.set(key, pipeline);
    return pipeline;
  }

  async function actionsOf(pipelineName: string, pipelineExecutionId: string): Promise<ActionExecutionDetail[]> {
    const details: ActionExecutionDetail[] = [];
    const pages = paginateListActionExecutions({ client }, { pipelineName, filter: { pipelineExecutionId } });
    for await (const page of pages) details.push(...(page.actionExecutionDetails ?? []));
    return details;
  }

  /** Only the pipeline's state carries the token of a waiting approval. */
  async function approvalOf(name: string, executionId: string): Promise<WaitingApproval | undefined> {
    const { stageStates } = await client.send(new GetPipelineStateCommand({ name }));
    for (const stage of stageStates ?? []) {
      if (stage.latestExecution?.pipelineExecutionId !== executionId) continue;
      for (const action of stage.actionStates ?? []) {
        const { token, lastStatusChange, status } = action.latestExecution ?? {};
        if (!token || status !== "InProgress" || !stage.stageName || !action.actionName) continue;
        return { stage: stage.stageName, action: action.actionName, token, since: lastStatusChange ?? new Date(0) };
      }
    }
    return undefined;
  }

  return {
    list: (pipeline) =>
      read(pipeline, async () => {
        const answer = await client.send(new ListPipelineExecutionsCommand({ pipelineName: pipeline, maxResults: 50 }));
        return (answer.pipelineExecutionSummaries ?? []).flatMap((summary) =>
          summary.pipelineExecutionId
            ? [
                {
                  id: summary.pipelineExecutionId,
                  status: statusOfExecution(summary.status),
                  updatedAt: summary.lastUpdateTime ?? new Date(0),
                },
              ]
            : [],
        );
      }),

    observe: (service, pipeline, executionId) =>
      read(pipeline, async () => {
        const [{ pipelineExecution }, details] = await Promise.all([
          client.send(new GetPipelineExecutionCommand({ pipelineName: pipeline, pipelineExecutionId: executionId })),
          actionsOf(pipeline, executionId),
        ]);
        const declaration = await declarationOf(pipeline, pipelineExecution?.pipelineVersion);
        const stages = observedStages(declaration, details);
        const actions = stages.flatMap((stage) => stage.groups.flat());
        const waits = actions.some(({ kind, status }) => kind === "approval" && status === "waiting-for-person");
        const approval = waits ? await approvalOf(pipeline, executionId) : undefined;
        const status = statusOfExecution(pipelineExecution?.status);
        const starts = details.flatMap(({ startTime }) => (startTime ? [startTime.getTime()] : []));
        const ends = details.flatMap(({ lastUpdateTime }) => (lastUpdateTime ? [lastUpdateTime.getTime()] : []));
        const source = actions.find(({ kind }) => kind === "source")?.outputs ?? {};
        const { CommitId: sha, CommitMessage: message, FullRepositoryName: repository } = source;
        const observed: ObservedExecution = {
          id: executionId,
          service,
          status: status === "running" && approval ? "waiting-for-person" : status,
          commit: sha
            ? { sha, title: message?.split("\n", 1)[0] ?? "", url: `${githubUrl}/${repository}/commit/${sha}` }
            : undefined,
          trigger: triggerOf(pipelineExecution?.trigger),
          startedAt: new Date(Math.min(...starts, Date.now())),
          ...(status === "running" || ends.length === 0 ? {} : { endedAt: new Date(Math.max(...ends)) }),
          stages,
          approval,
        };
        return observed;
      }),

    async answerApproval({ pipeline, executionId, approval, decision, summary }) {
      try {
        await client.send(
          new PutApprovalResultCommand({
            pipelineName: pipeline,
            stageName: approval.stage,
            actionName: approval.action,
            token: approval.token,
            result: { status: decision === "approve" ? "Approved" : "Rejected", summary: summary.slice(0, 512) },
          }),
        );
        return { kind: "accepted" };
      } catch (error) {
        const name = errorName(error);
        if (name !== "InvalidApprovalTokenException" && name !== "ApprovalAlreadyCompletedException") {
          throw new PipelineUnavailableError(pipeline, { cause: error });
        }
        // The answer to an earlier call may have been lost: it was taken when the action ended with our words.
        const details = (await read(pipeline, () => actionsOf(pipeline, executionId))) ?? [];
        const ended = details.find(
          (detail) => detail.stageName === approval.stage && detail.actionName === approval.action,
        );
        if (ended?.output?.executionResult?.externalExecutionSummary === summary) return { kind: "accepted" };
        return {
          kind: "refused",
          reason: "The pipeline doesn't take this decision any more: it was answered in AWS, stopped, or expired.",
        };
      }
    },

    buildLog: (buildId, cursor) => readBuildLog(accounts, buildId, cursor),
    testReports: (buildId) => readTestReports(accounts, buildId),
  };
}
