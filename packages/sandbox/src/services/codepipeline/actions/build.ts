import {
  BatchGetBuildsCommand,
  type Build,
  type EnvironmentVariable,
  type ProjectArtifacts,
  StartBuildCommand,
} from "@aws-sdk/client-codebuild";
import { HeadObjectCommand } from "@aws-sdk/client-s3";
import type { ArtifactPlace } from "../records.ts";
import { ActionFailure, type ActionRun, type ActionSuccess } from "./action.ts";

/** A build that ended without a word, because its service was restarted, is noticed after this long. */
const LOOK_AGAIN_MS = 5000;

/**
 * Runs a CodeBuild project with the action's artifacts and waits for the build.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html
 */
export async function build(run: ActionRun): Promise<ActionSuccess> {
  const { context, configuration } = run;
  const project = configuration.ProjectName ?? "";
  const id = run.record.result.externalExecutionId ?? (await startBuild(run, project));
  const url = `https://console.aws.amazon.com/codebuild/home?region=${context.region}#/builds/${id}/view/new`;
  run.note({ externalExecutionId: id, externalExecutionUrl: url });
  const ended = await buildEnded(run, id);
  const result = { externalExecutionId: id, externalExecutionUrl: url };
  if (ended.buildStatus !== "SUCCEEDED") {
    const externalExecutionSummary = `Build terminated with state: ${ended.buildStatus}`;
    throw new ActionFailure("JobFailed", reasonOf(ended), { ...result, externalExecutionSummary });
  }
  await requireOutputs(run);
  const variables = (ended.exportedEnvironmentVariables ?? []).map(({ name = "", value = "" }) => [name, value]);
  return { result, variables: Object.fromEntries(variables) };
}

async function startBuild(run: ActionRun, project: string): Promise<string> {
  const { context, configuration, record } = run;
  const inputs = Object.entries(record.inputs);
  const primary = configuration.PrimarySource ?? inputs[0]?.[0] ?? "";
  const source = record.inputs[primary];
  if (!source) throw new ActionFailure("ConfigurationError", `PrimarySource ${primary} isn't an input artifact`);
  const outputs = Object.entries(record.outputs);
  const [only] = outputs;
  const given: EnvironmentVariable[] = [
    ...variablesOf(configuration.EnvironmentVariables),
    { name: "CODEBUILD_INITIATOR", value: `codepipeline/${run.pipeline.name}` },
    ...(source.revision ? [{ name: "CODEBUILD_RESOLVED_SOURCE_VERSION", value: source.revision }] : []),
  ];
  const { build } = await context.send(
    new StartBuildCommand({
      projectName: project,
      sourceVersion: arnOf(source),
      secondarySourcesOverride: inputs
        .filter(([name]) => name !== primary)
        .map(([name, place]) => ({ type: "CODEPIPELINE", sourceIdentifier: name, location: arnOf(place) })),
      artifactsOverride: outputs.length === 1 && only ? target(only[1]) : { type: "NO_ARTIFACTS" },
      secondaryArtifactsOverride:
        outputs.length > 1 ? outputs.map(([name, place]) => ({ ...target(place), artifactIdentifier: name })) : [],
      environmentVariablesOverride: given,
      ...(run.encryptionKey ? { encryptionKeyOverride: run.encryptionKey } : {}),
      idempotencyToken: record.id,
    }),
  );
  return build?.id ?? "";
}

const arnOf = ({ bucket, key }: ArtifactPlace) => `arn:aws:s3:::${bucket}/${key}`;
const target = ({ bucket, key }: ArtifactPlace): ProjectArtifacts => ({
  type: "CODEPIPELINE",
  location: bucket,
  name: key,
  packaging: "ZIP",
});

/** The action's `EnvironmentVariables`: a JSON list of name, value and type. */
function variablesOf(json: string | undefined): EnvironmentVariable[] {
  if (!json) return [];
  try {
    const list = JSON.parse(json) as unknown;
    if (!Array.isArray(list)) throw new Error("it isn't a list");
    return list as EnvironmentVariable[];
  } catch (error) {
    const message = `EnvironmentVariables is not valid JSON: ${error instanceof Error ? error.message : String(error)}`;
    throw new ActionFailure("ConfigurationError", message);
  }
}

/** Listens before it looks, so that an end between the two isn't missed. */
async function buildEnded({ context, signal }: ActionRun, id: string): Promise<Build> {
  for (;;) {
    const listening = new AbortController();
    const told = new Promise<void>((resolve) => {
      const off = context.signals.on("codebuild.build-ended", (ended) => {
        if (ended.id === id) resolve();
      });
      listening.signal.addEventListener("abort", off, { once: true });
    });
    try {
      const { builds } = await context.send(new BatchGetBuildsCommand({ ids: [id] }));
      const [found] = builds ?? [];
      if (!found) throw new ActionFailure("JobFailed", `There is no build ${id}`);
      if (found.buildComplete) return found;
      const waiting = AbortSignal.any([signal, listening.signal]);
      await Promise.race([told, context.clock.sleep(LOOK_AGAIN_MS, waiting)]);
    } finally {
      listening.abort(new Error("No longer waiting."));
    }
  }
}

function reasonOf(build: Build): string {
  const failed = build.phases?.find(({ phaseStatus }) => phaseStatus !== undefined && phaseStatus !== "SUCCEEDED");
  const [why] = failed?.contexts ?? [];
  const head = `Build terminated with state: ${build.buildStatus}.`;
  return failed ? `${head} Phase: ${failed.phaseType}, Code: ${why?.statusCode}, Message: ${why?.message}` : head;
}

/** A build that succeeds without uploading what the action declares fails the action. */
async function requireOutputs({ context, record, pipelineRole }: ActionRun): Promise<void> {
  for (const [name, { bucket, key }] of Object.entries(record.outputs)) {
    await context.send(new HeadObjectCommand({ Bucket: bucket, Key: key }), { roleArn: pipelineRole }).catch(() => {
      throw new ActionFailure("JobFailed", `The build didn't upload the output artifact ${name}`);
    });
  }
}
