import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Context } from "../../core/context.ts";
import type { BuildSpec } from "./buildspec.ts";
import { type BuildRecord, effectiveVariables } from "./records.ts";
import type { Sources } from "./sources.ts";

/**
 * Environment of a build's commands: the machine's named settings, AWS as the project's role, then the specification's
 * variables, the project's, StartBuild's, and CodeBuild's own, which nobody overrides.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-env-vars.html
 */
export async function buildEnvironment(
  context: Context,
  record: BuildRecord,
  spec: BuildSpec,
  sources: Sources,
  workspace: string,
): Promise<Record<string, string>> {
  const { surroundings, region, account } = context;
  const temporary = join(workspace, "tmp");
  await mkdir(temporary, { recursive: true });
  const credentials = surroundings.credentialsFor(record.serviceRole, `AWSCodeBuild-${record.uuid}`);
  const given = effectiveVariables(record).map(({ name, value }) => [name ?? "", value ?? ""] as const);
  const secondaries = [...sources.secondary].map(([id, folder]) => [`CODEBUILD_SRC_DIR_${id}`, folder] as const);
  return {
    ...surroundings.childEnvironment(join(workspace, "home")),
    TMPDIR: temporary,
    // A build in a sandbox folder below some repository must not take that repository for its own.
    GIT_CEILING_DIRECTORIES: workspace,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ENDPOINT_URL: surroundings.awsUrl,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    ...spec.variables,
    ...Object.fromEntries(given.filter(([name]) => name !== "")),
    CODEBUILD_CI: "true",
    CODEBUILD_BUILD_ID: record.id,
    CODEBUILD_BUILD_ARN: record.arn,
    CODEBUILD_BUILD_NUMBER: String(record.number),
    CODEBUILD_BUILD_IMAGE: record.environment.image ?? "",
    CODEBUILD_INITIATOR: record.initiator,
    CODEBUILD_KMS_KEY_ID: record.encryptionKey ?? "",
    CODEBUILD_LOG_PATH: record.logs?.streamName ?? "",
    CODEBUILD_START_TIME: String(Date.parse(record.startedAt)),
    CODEBUILD_AGENT_ENV_CODEBUILD_ACCOUNT_ID: account,
    CODEBUILD_SRC_DIR: sources.primary,
    ...Object.fromEntries(secondaries),
    ...(record.sourceVersion ? { CODEBUILD_SOURCE_VERSION: record.sourceVersion } : {}),
    ...(record.resolvedSourceVersion ? { CODEBUILD_RESOLVED_SOURCE_VERSION: record.resolvedSourceVersion } : {}),
    ...(record.source.location ? { CODEBUILD_SOURCE_REPO_URL: record.source.location } : {}),
  };
}
