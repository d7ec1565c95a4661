import { GetConnectionCommand } from "@aws-sdk/client-codestar-connections";
import { AwsError } from "../../../core/errors.ts";
import { writeCloneReference } from "../../codebuild/clone-reference.ts";
import { git, isCommitId } from "../../codebuild/git.ts";
import { writeObject } from "../../codebuild/objects.ts";
import { repositoryDirectory } from "../../codebuild/repositories.ts";
import { ActionFailure, type ActionRun, type ActionSuccess } from "./action.ts";

/**
 * A commit of a GitHub repository, through a connection: as a ZIP of its files or as a reference that CodeBuild clones.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodestarConnectionSource.html
 */
export async function fetchSource(run: ActionRun): Promise<ActionSuccess> {
  const { context, configuration, record, signal } = run;
  const {
    FullRepositoryId: repository = "",
    BranchName: branch = "",
    ConnectionArn: connectionArn = "",
  } = configuration;
  await requireConnection(run, connectionArn);
  const directory = await repositoryDirectory(context, repository).catch(() => {
    const message = `Unable to use Connection: ${connectionArn}. The connection can't see the repository ${repository}`;
    throw new ActionFailure("ConfigurationError", message);
  });
  const override = run.execution.overrides[record.action];
  const commit = await readCommit(directory, override ?? `refs/heads/${branch}`, signal);
  if (!commit) {
    const what = override ? `commit [${override}]` : `Branch [${branch}]`;
    throw new ActionFailure("ConfigurationError", `No ${what} found for FullRepositoryName [${repository}]`);
  }
  const [output] = Object.values(record.outputs);
  if (!output) throw new ActionFailure("ConfigurationError", "This action has no output artifact");
  const place = { ...output, roleArn: run.pipelineRole };
  if (configuration.OutputArtifactFormat === "CODEBUILD_CLONE_REF") {
    const reference = writeCloneReference({ repository, commit: commit.id, branch, connectionArn });
    await writeObject(context, place, reference, { contentType: "application/json", encryptionKey: run.encryptionKey });
  } else {
    const archive = await git(["--git-dir", directory, "archive", "--format=zip", commit.id], { signal });
    await writeObject(context, place, archive, { contentType: "application/zip", encryptionKey: run.encryptionKey });
  }
  const { region } = context;
  const url = `https://${region}.console.aws.amazon.com/codesuite/settings/connections/redirect?connectionArn=${connectionArn}&referenceType=COMMIT&FullRepositoryId=${repository}&Commit=${commit.id}`;
  const summary = JSON.stringify({ ProviderType: "GitHub", CommitMessage: commit.message });
  return {
    result: { externalExecutionId: commit.id, externalExecutionUrl: url, externalExecutionSummary: summary },
    revision: { id: commit.id, summary, url },
    variables: {
      AuthorDate: commit.authoredAt,
      AuthorDisplayName: commit.author,
      BranchName: branch,
      CommitId: commit.id,
      CommitMessage: commit.message,
      ConnectionArn: connectionArn,
      FullRepositoryName: repository,
    },
  };
}

async function requireConnection({ context }: ActionRun, arn: string): Promise<void> {
  try {
    const { Connection } = await context.send(new GetConnectionCommand({ ConnectionArn: arn }));
    if (Connection?.ConnectionStatus === "AVAILABLE") return;
    throw new ActionFailure(
      "ConfigurationError",
      `Unable to use Connection: ${arn}. The connection is ${Connection?.ConnectionStatus}`,
    );
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== "ResourceNotFoundException") throw error;
    throw new ActionFailure("ConfigurationError", `Unable to use Connection: ${arn}. There is no such connection`);
  }
}

interface Commit {
  readonly id: string;
  readonly author: string;
  readonly authoredAt: string;
  readonly message: string;
}

/** What a branch or a commit id names, or undefined. One call of git: a source action is in everybody's way. */
async function readCommit(directory: string, version: string, signal: AbortSignal): Promise<Commit | undefined> {
  if (!version.startsWith("refs/heads/") && !isCommitId(version)) return undefined;
  const format = "--format=%H%x00%an%x00%aI%x00%B";
  const args = [
    "--git-dir",
    directory,
    "log",
    "-1",
    "--no-show-signature",
    format,
    "--end-of-options",
    `${version}^{commit}`,
    "--",
  ];
  const answer = await git(args, { signal }).catch(() => undefined);
  const [id = "", author = "", authoredAt = "", message = ""] = answer?.toString().split("\0") ?? [];
  if (!isCommitId(id)) return undefined;
  return {
    id,
    author,
    authoredAt: new Date(authoredAt).toISOString().replace(/\.\d+Z$/, "Z"),
    message: message.trimEnd(),
  };
}
